"""Failed jobs and nodes, in the console and in the API."""

import pytest
from playwright.sync_api import Browser
from sqlalchemy import insert

from mail.identifier import new_id
from store import schema
from store.dead_jobs import count_dead
from store.nodes import Member, enter
from store.outbox import claim
from store.rows import job_row
from tests.fakes import NOON
from tests.web.browsing import CONTRAST, NAMELESS, NARROW, WIDE, Complaints, looks, signed_in
from tests.web.conftest import Site

ERROR = "StoreProblem: <b>the bytes</b> are missing"


def fail(site: Site, *kinds: str) -> None:
    """A dead job of each kind, about a message that is there."""
    with site.database.write() as connection:
        for kind in kinds:
            row = job_row(kind, site.ids["held"], NOON)
            dead = {"state": "dead", "attempts": 10, "error": ERROR}
            connection.execute(insert(schema.outbox).values(row | dead))


def node(site: Site, name: str, keys: str) -> None:
    enter(
        site.database,
        Member(
            new_id(NOON), name, "worker", name, name, 1, "1", f"{name}.example", "mx", keys, "s3"
        ),
        NOON,
    )


def ids(site: Site) -> list[int]:
    return [job["id"] for job in site.client("write").get("/api/v1/jobs").json()["items"]]


def test_failed_jobs_are_listed_with_their_last_error(site: Site) -> None:
    fail(site, "digest", "recheck")
    found = site.client("write").get("/api/v1/jobs", params={"kind": "digest"}).json()
    [job] = found["items"]
    assert (job["kind"], job["message_id"], job["error"]) == ("digest", site.ids["held"], ERROR)
    assert found["next"] is None


def test_failed_jobs_come_in_pages(site: Site) -> None:
    fail(site, *(["digest"] * 3))
    client = site.client("write")
    first = client.get("/api/v1/jobs", params={"limit": 2}).json()
    second = client.get("/api/v1/jobs", params={"limit": 2, "cursor": first["next"]}).json()
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]
    assert client.get("/api/v1/jobs", params={"cursor": "x"}).status_code == 422


def test_one_job_is_retried_and_another_given_up(site: Site) -> None:
    fail(site, "digest", "digest")
    newest, oldest = ids(site)
    client = site.client("write")
    assert client.post(f"/api/v1/jobs/{oldest}/retry").json() == {"retried": 1}
    assert client.delete(f"/api/v1/jobs/{newest}").status_code == 204
    assert count_dead(site.database) == {}
    assert oldest in [job.id for job in claim(site.database, ["digest"], "a", 500, 60, NOON)]
    for method, path in (("POST", f"/api/v1/jobs/{oldest}/retry"), ("DELETE", "/api/v1/jobs/9999")):
        assert client.request(method, path).status_code == 404


def test_all_of_a_kind_are_retried(site: Site) -> None:
    fail(site, "digest", "digest", "recheck")
    client = site.client("write")
    assert client.post("/api/v1/jobs/retry", json={"kind": "digest"}).json() == {"retried": 2}
    assert count_dead(site.database) == {"recheck": 1}


def test_failed_jobs_are_not_for_those_who_only_read(site: Site) -> None:
    """An error may quote what is in a message."""
    fail(site, "digest")
    client = site.client("read")
    for path in ("/api/v1/jobs", "/api/v1/nodes"):
        assert client.get(path).status_code == 403
    assert client.post("/api/v1/jobs/retry", json={"kind": "digest"}).status_code == 403
    viewer = site.signed_in("viewer")
    assert viewer.get("/operation").status_code == 403
    assert "/operation" not in viewer.get("/domains").text
    assert site.submit(viewer, "/operation/retry", kind="digest").status_code == 403


def test_the_page_shows_the_error_as_text_and_retries(site: Site) -> None:
    fail(site, "digest", "recheck")
    client = site.signed_in("operator")
    page = client.get("/operation").text
    assert "&lt;b&gt;the bytes&lt;/b&gt; are missing" in page
    assert site.submit(client, "/operation/retry", kind="digest").status_code == 303
    assert count_dead(site.database) == {"recheck": 1}
    [left] = ids(site)
    assert site.submit(client, "/operation/drop", id=str(left)).status_code == 303
    assert count_dead(site.database) == {}
    assert client.get("/operation").status_code == 200


def test_nodes_are_shown_with_what_they_do_not_agree_on(site: Site) -> None:
    node(site, "mx1", "one")
    node(site, "mx2", "two")
    items = site.client("write").get("/api/v1/nodes").json()["items"]
    assert [(one["name"], one["lost"]) for one in items] == [("mx1", False), ("mx2", False)]
    page = site.signed_in("operator").get("/operation").text
    assert "The key files differ" in page
    assert 'postern_nodes{state="alive"} 2' in site.client().get("/metrics").text


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_it_can_be_read_on_every_screen(browser: Browser, site: Site, language: str) -> None:
    fail(site, "digest", "recheck", "somethingnew")
    node(site, "mx1", "one")
    node(site, "mx2.a-very-long-name.example.com", "two")
    context = browser.new_context(base_url=site.url, locale=language, reduced_motion="reduce")
    complaints = Complaints(context)
    page = signed_in(context, site, "operator")
    page.goto("/operation")
    for scheme, width in looks(page, NARROW, WIDE):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CONTRAST) == [], scheme
        assert page.evaluate(NAMELESS) == []
    context.close()
    assert complaints.lines == []
