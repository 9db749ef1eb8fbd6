"""Suppressions: in the API, as CSV, on their page, and on the command line."""

import csv
import io

import pytest
from playwright.sync_api import Page, expect

from store.audit import list_audit
from store.suppression_csv import harmless
from store.suppressions import add_suppression
from tests.web.conftest import Site
from tests.web.test_api_description import check
from web.api import suppression_models as models

API = "/api/v1/suppressions"
DEAD = "anna@example.net"

RETURNED = "purchasing@tubes.example"
"""To whom a sample message could not be delivered."""


def test_an_address_is_added_checked_listed_and_removed(site: Site) -> None:
    client = site.client("write")
    new = {"address": "Anna@Example.net", "note": "asked by phone"}
    made = check(models.Suppression, client.post(API, json=new))
    assert (made["address"], made["reason"], made["expires_at"]) == (DEAD, "manual", None)
    found = check(models.CheckedAddress, client.get(f"{API}/ANNA@example.net"))
    assert found["suppressed"] is True
    listed = check(models.SuppressionPage, client.get(API, params={"q": "anna"}))
    assert [one["address"] for one in listed["items"]] == [DEAD]
    hard = client.get(API, params={"reason": "hard"}).json()["items"]
    assert [one["address"] for one in hard] == [RETURNED]
    assert client.delete(f"{API}/{DEAD}", params={"note": "works"}).status_code == 204
    assert client.delete(f"{API}/{DEAD}").status_code == 404
    assert client.get(f"{API}/{DEAD}").json()["suppressed"] is False
    done = [one.what for one in list_audit(site.database)]
    assert done[:2] == ["suppression.remove", "suppression.add"]


def test_readers_read_and_strangers_do_not(site: Site) -> None:
    reader = site.client("read")
    assert reader.get(API).status_code == 200
    assert reader.get(f"{API}.csv").status_code == 200
    assert reader.post(API, json={"address": DEAD}).status_code == 403
    assert reader.delete(f"{API}/{DEAD}").status_code == 403


@pytest.mark.parametrize(
    "new",
    [
        {"address": "nobody"},
        {"address": "a b@example.net"},
        {"address": DEAD, "odd": 1},
        {"address": DEAD, "expires_at": "2001-01-01T00:00:00Z"},
        {},
    ],
)
def test_what_cannot_be_added_is_refused(site: Site, new: dict[str, object]) -> None:
    answer = site.client("write").post(API, json=new)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_bad_cursor_and_a_bad_address_are_problems(site: Site) -> None:
    client = site.client("read")
    assert client.get(API, params={"cursor": "x"}).status_code == 422
    assert client.get(f"{API}/nobody").status_code == 422


def test_an_address_with_a_slash_has_a_path(site: Site) -> None:
    client = site.client("write")
    client.post(API, json={"address": "a/b@example.net"})
    assert client.get(f"{API}/a/b@example.net").json()["suppressed"] is True


def test_csv_has_every_entry_and_no_formula(site: Site) -> None:
    now = site.clock()
    add_suppression(site.database, "=cmd|calc@example.net", '+1, "two"', by="li", now=now)
    add_suppression(site.database, DEAD, "", by="li", now=now)
    answer = site.client("read").get(f"{API}.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    found = {row["address"] for row in rows}
    assert found == {DEAD, RETURNED, "'=cmd|calc@example.net"}
    assert {row["note"] for row in rows} == {"", '\'+1, "two"'}


@pytest.mark.parametrize(
    "cell", ["=1", "+1", "-1", "@x", "\t=1", " =1", '"=1', "|x", "%x", "＝1", " ＠x"]
)
def test_a_cell_that_would_run_is_quoted(cell: str) -> None:
    assert harmless(cell) == f"'{cell}" or cell.startswith("\t")
    assert harmless("anna@example.net") == "anna@example.net"


def test_a_person_adds_finds_and_removes_an_address(page: Page, site: Site) -> None:
    page.goto("/suppressions")
    page.get_by_label("Address", exact=True).fill("Anna@example.net")
    page.get_by_role("button", name="Suppress").click()
    page.get_by_text("The address is on the list.").wait_for()
    page.get_by_label("Part of an address").fill("anna")
    page.locator("form[action='/suppressions'] button", has_text="Search").click()
    page.wait_for_url("**/suppressions?q=anna*")
    page.get_by_text(DEAD).wait_for()
    expect(page.get_by_text(RETURNED)).to_have_count(0)
    page.locator("summary", has_text="Remove").click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("The address is off the list.").wait_for()


def test_what_is_no_address_is_said_on_the_page(site: Site) -> None:
    answer = site.submit(site.signed_in(), "/suppressions", address="nobody")
    assert answer.status_code == 422
    assert "is not an address" in answer.text
    assert 'value="nobody"' in answer.text
