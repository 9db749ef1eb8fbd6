"""A message that breaks whoever reads it costs its own opening: the console says so, gives the
bytes, and goes on. The readers do here what a fault of ours would do, or what a hostile message
tries."""

import asyncio
import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from digest.apart.keeper import Nursery
from digest.apart.limits import Limits
from digest.apart.pool import Pool
from tests.web.browsing import signed_in
from tests.web.conftest import Front, Site, console
from tests.web.samples import store_one
from web import i18n

LIMITS = Limits(cpu=0.5, wall=60.0, headline=20.0, headline_wall=60.0)
PAGE = {"accept": "text/html"}
CHINESE = PAGE | {"accept-language": "zh-CN"}


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One whose children do what a message's subject says."""
    made = Pool(limits=LIMITS, nursery=Nursery("tests.digest.apart.hostile"), readers=1, waiting=0)
    yield made
    made.close()


@pytest.fixture
def site(
    front: Front, folder: Path, filled: tuple[Path, dict[str, str]], pool: Pool
) -> Iterator[Site]:
    with console(front, folder, pool=pool) as found:
        found.ids.update(filled[1])
        yield found


def evil(subject: str) -> bytes:
    return (
        f"From: Li <li@example.org>\r\nSubject: {subject}\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n"
        "--b\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\nabc\r\n--b--\r\n"
    ).encode()


def places(identifier: str) -> tuple[str, str]:
    """By which the web opens what is inside a message."""
    api = f"/api/v1/messages/{identifier}"
    return f"{api}/html", f"{api}/attachments/0"


@pytest.mark.parametrize("subject", ["loop", "creep", "killed", "fault"])
async def test_what_cannot_be_opened_is_said_and_its_bytes_are_at_hand(
    site: Site, subject: str
) -> None:
    content = evil(subject)
    identifier = await store_one(site.database, content)
    raw = f"/api/v1/messages/{identifier}/raw"
    program, person = site.client("read"), site.signed_in()
    for place in places(identifier):
        answer = program.get(place)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["original"] == raw
        assert "could not be opened within its limits" in answer.json()["detail"]
        for language, headers in (("en", PAGE), ("zh-CN", CHINESE)):
            page = person.get(place, headers=headers)
            assert page.status_code == 422
            assert page.headers["content-type"].startswith("text/html")
            assert i18n.say(language, "error.unopened") in page.text
    assert f'href="{raw}"' in page.text
    assert program.get(raw).content == content
    sound = await store_one(site.database, evil("sound"))
    html, file = (program.get(place) for place in places(sound))
    assert "Hello" in html.text
    assert file.content == b"abc"
    assert file.headers["content-length"] == "3"


async def test_the_frame_of_the_page_may_show_why_there_is_nothing_in_it(site: Site) -> None:
    identifier = await store_one(site.database, evil("crash"))
    answer = site.signed_in().get(places(identifier)[0], headers=PAGE)
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "sandbox; default-src 'none'" in answer.headers["content-security-policy"]
    assert "<nav" not in answer.text


async def test_a_page_that_the_worker_has_not_reached_shows_what_the_header_says(
    site: Site,
) -> None:
    identifier = await store_one(site.database, evil("crash"), digested=False)
    for language, headers in (("en", PAGE), ("zh-CN", CHINESE)):
        page = site.signed_in().get(f"/messages/{identifier}", headers=headers)
        assert page.status_code == 200
        assert '<h1 id="subject">crash</h1>' in page.text
        assert i18n.say(language, "error.unopened") in page.text
        assert f'<a class="button" href="/api/v1/messages/{identifier}/raw">' in page.text
    told = site.client("admin").get(f"/api/v1/messages/{identifier}").json()
    assert told["why"] == ["unreadable"]
    assert "our reader gave up" in told["defects"][0]


async def test_nobody_sees_what_may_not_be_for_them_because_it_cannot_be_read(
    site: Site,
) -> None:
    """Whether it is a forwarding confirmation is not known yet."""
    identifier = await store_one(site.database, evil("crash"), digested=False)
    reader = site.client("read")
    for path in ("", "/raw", "/html"):
        answer = reader.get(f"/api/v1/messages/{identifier}{path}")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "original" not in answer.json()
    rows = {one["id"]: one for one in reader.get("/api/v1/messages").json()["items"]}
    assert rows[identifier]["subject"] is None
    page = site.signed_in("viewer").get(f"/messages/{identifier}", headers=PAGE)
    assert page.status_code == 503
    assert i18n.say("en", "error.not_read_yet") in page.text


def test_where_too_many_open_mail_the_next_is_told_to_come_again(site: Site, pool: Pool) -> None:
    identifier = site.ids["html"]
    with pool._reader():
        for place in places(identifier):
            answer = site.client("read").get(place)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["original"] == f"/api/v1/messages/{identifier}/raw"
            page = site.signed_in().get(place, headers=CHINESE)
            assert (page.status_code, page.headers["retry-after"]) == (503, "5")
            assert i18n.say("zh-CN", "error.busy") in page.text
        assert site.signed_in().get("/mail").status_code == 200
        assert site.signed_in().get(f"/messages/{identifier}").status_code == 200
    assert site.client("read").get(places(identifier)[0]).status_code == 200


def bombs() -> dict[str, bytes]:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(10_000)
    )
    head = b"Content-Type: text/html\r\nContent-Transfer-Encoding: "
    tags = b"<div><table><tr><td>" * 500_000
    squeezed = b"=3Cp=3E" * 1_500_000
    pictures = b"<img src=cid:a>" * 300_000
    related = (
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        + pictures
        + b"\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <a>\r\n"
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(bytes(300_000))
        + b"\r\n--b--\r\n"
    )
    return {
        "nested": deep,
        "tags": head + b"base64\r\n\r\n" + base64.encodebytes(tags),
        "quoted": head + b"quoted-printable\r\n\r\n" + squeezed,
        "pictures": related,
    }


@pytest.mark.parametrize("name", sorted(bombs()))
async def test_bombs_cost_their_own_opening(site: Site, name: str) -> None:
    content = b"From: a@b.example\r\nSubject: boom\r\n" + bombs()[name]
    identifier = await store_one(site.database, content, digested=False)
    person = site.signed_in()
    person.timeout = httpx.Timeout(60)
    assert person.get(f"/messages/{identifier}", headers=PAGE).status_code == 200
    for place in places(identifier):
        answer = person.get(place, headers=PAGE)
        assert answer.status_code in (200, 404, 422)
        assert len(answer.content) < 40 << 20
    assert person.get(f"/api/v1/messages/{identifier}/raw").content == content
    assert site.client("read").get(places(site.ids["html"])[0]).status_code == 200


def test_a_browser_shows_why_in_the_frame_and_in_place_of_a_file(
    site: Site, browser: Browser
) -> None:
    """With a profile of its own: the others take each answer of 422 for a fault of ours."""
    # In a thread of its own: beside a browser, a loop runs in this one already.
    with ThreadPoolExecutor(1) as thread:
        stored = store_one(site.database, evil("crash"))
        identifier = thread.submit(lambda: asyncio.run(stored)).result()
    context = browser.new_context(base_url=site.url, locale="en-GB")
    page = signed_in(context, site)
    words = i18n.say("en", "error.unopened")
    page.goto(f"/messages/{identifier}?show=html")
    expect(page.frame_locator("iframe.frame").get_by_text(words)).to_be_visible()
    page.get_by_role("link", name="Download a.bin").click()
    expect(page.get_by_text(words)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download original").click()
    assert download.value.suggested_filename == f"{identifier}.eml"
    context.close()
