"""Messages as programs see them: lists, one, its bytes, its HTML, its files, and changes."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.web.conftest import Site
from tests.web.samples import DOMAIN, samples, store_one


@pytest.fixture
def reader(site: Site) -> httpx.Client:
    return site.client("read")


@pytest.fixture
def writer(site: Site) -> httpx.Client:
    return site.client("write")


def subjects(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["subject"] for item in answer.json()["items"]]


def test_a_list_is_newest_first_and_leaves_out_what_is_held(
    site: Site, reader: httpx.Client
) -> None:
    items = reader.get("/api/v1/messages").json()["items"]
    moments = [item["received_at"] for item in items]
    assert moments == sorted(moments, reverse=True)
    assert len(items) == len(samples()) - 1
    assert site.ids["held"] not in {item["id"] for item in items}


def test_held_shows_what_is_held_and_nothing_else(site: Site, reader: httpx.Client) -> None:
    items = reader.get("/api/v1/messages", params={"held": "true"}).json()["items"]
    assert [item["id"] for item in items] == [site.ids["held"]]
    assert items[0]["held"] is True


def test_pages_of_a_list_join_without_gap_or_overlap(reader: httpx.Client) -> None:
    whole = [item["id"] for item in reader.get("/api/v1/messages").json()["items"]]
    found: list[str] = []
    cursor = None
    while True:
        params = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = reader.get("/api/v1/messages", params=params).json()
        assert len(page["items"]) <= 4
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"category": "inquiry"}, {"chinese", "long"}),
        ({"q": "球阀"}, {"chinese"}),
        ({"q": "catalogue barker"}, {"rejection"}),
        ({"q": "展位布置图"}, {"html"}),
        ({"since": "2026-11-20T11:30:00Z"}, {"reply"}),
        ({"since": "2026-11-20T19:30:00+08:00"}, {"reply"}),
        ({"until": "2026-11-17T00:00:00"}, {"complaint"}),
        ({"unread": "true", "category": "to_reply"}, {"reply", "html", "blank"}),
    ],
)
def test_filters_narrow_the_list(
    site: Site, reader: httpx.Client, params: dict[str, str], expected: set[str]
) -> None:
    items = reader.get("/api/v1/messages", params=params).json()["items"]
    names = {identifier: name for name, identifier in site.ids.items()}
    assert {names[item["id"]] for item in items} == expected


def test_a_mailbox_has_its_own_list(reader: httpx.Client) -> None:
    box = reader.get("/api/v1/domains").json()["items"][0]["mailbox"]
    for name in (box, DOMAIN, "system"):
        assert len(subjects(reader.get("/api/v1/messages", params={"mailbox": name}))) == 11
    assert subjects(reader.get("/api/v1/messages", params={"mailbox": "nowhere"})) == []


def test_one_message_is_its_digest_and_where_it_lies(site: Site, reader: httpx.Client) -> None:
    told = reader.get(f"/api/v1/messages/{site.ids['chinese']}").json()
    assert told["subject"] == "询价：DN80 不锈钢球阀 500 只"
    assert told["from"] == {"name": "王芳", "address": "wangfang@huadong-yeya.example"}
    assert told["category"] == "inquiry"
    assert told["id"] == site.ids["chinese"]
    assert told["flags"] == {"seen": False, "flagged": False, "archived": False}
    assert told["held"] is False
    assert told["received_at"] == "2026-11-20T11:13:00Z"
    assert told["thread"]["count"] == 1
    assert [one["id"] for one in told["thread"]["messages"]] == [told["id"]]
    assert len(told["mailboxes"]) == 1


def test_authentication_is_the_stored_report(site: Site, reader: httpx.Client) -> None:
    report = reader.get(f"/api/v1/messages/{site.ids['held']}").json()["authentication"]
    assert report["dmarc"]["result"] == "fail"
    assert report["verdict"]["action"] == "quarantine"
    assert report["spf"]["domain"] == "bank.example"
    assert "authentication_results" in report


def test_every_key_of_the_digest_is_in_the_answer(site: Site, reader: httpx.Client) -> None:
    told = reader.get(f"/api/v1/messages/{site.ids['reply']}").json()
    expected = (
        "category confidence why subject from to date message_id text reply_text html attachments "
        "charset_notes defects calendar blank repair away bounce forward confirmation campaign"
    )
    assert set(expected.split()) <= set(told)


@pytest.mark.parametrize("name", ["reply", "chinese", "html", "bounce"])
def test_raw_is_exactly_what_was_stored(site: Site, reader: httpx.Client, name: str) -> None:
    answer = reader.get(f"/api/v1/messages/{site.ids[name]}/raw")
    told = reader.get(f"/api/v1/messages/{site.ids[name]}").json()
    assert hashlib.sha256(answer.content).hexdigest() == told["sha256"]
    assert len(answer.content) == told["size"]
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment;")


async def test_raw_of_odd_bytes_is_exact(site: Site) -> None:
    content = b"Subject: \xff\x00\r\n\r\n.\nlone\rcr \x80\x00" + bytes(range(256)) * 3000
    identifier = await store_one(site.database, content)
    answer = site.client("read").get(f"/api/v1/messages/{identifier}/raw")
    assert answer.content == content


def test_the_html_page_is_locked_in(site: Site, reader: httpx.Client) -> None:
    answer = reader.get(f"/api/v1/messages/{site.ids['html']}/html")
    policy = [part.strip() for part in answer.headers["content-security-policy"].split(";")]
    assert policy[:4] == [
        "sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
    ]
    assert "Stand in Hannover" in answer.text
    for gone in ("<script", "alert(1)", "tracker.example", "<form", "<input"):
        assert gone not in answer.text


def test_html_of_a_plain_message_is_not_found(site: Site, reader: httpx.Client) -> None:
    answer = reader.get(f"/api/v1/messages/{site.ids['reply']}/html")
    assert answer.status_code == 404


def test_attachments_are_downloads_with_their_own_name(site: Site, reader: httpx.Client) -> None:
    told = reader.get(f"/api/v1/messages/{site.ids['html']}").json()
    for n, attachment in enumerate(told["attachments"]):
        answer = reader.get(f"/api/v1/messages/{site.ids['html']}/attachments/{n}")
        assert hashlib.sha256(answer.content).hexdigest() == attachment["sha256"]
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].startswith("attachment;")
    second = reader.get(f"/api/v1/messages/{site.ids['html']}/attachments/1")
    assert "filename*=UTF-8''%E5%B1%95" in second.headers["content-disposition"]


@pytest.mark.parametrize("n", ["3", "99999999999999999999"])
def test_an_attachment_past_the_last_is_not_found(site: Site, reader: httpx.Client, n: str) -> None:
    assert reader.get(f"/api/v1/messages/{site.ids['html']}/attachments/{n}").status_code == 404


def test_flags_and_category_change_and_stay(site: Site, writer: httpx.Client) -> None:
    path = f"/api/v1/messages/{site.ids['reply']}"
    changed = writer.patch(path, json={"seen": True, "flagged": True, "category": "inquiry"})
    assert changed.status_code == 200
    told = writer.get(path).json()
    assert told["flags"] == {"seen": True, "flagged": True, "archived": False}
    assert (told["category"], told["confidence"]) == ("inquiry", 1.0)


def test_a_released_message_joins_the_list(site: Site, writer: httpx.Client) -> None:
    path = f"/api/v1/messages/{site.ids['held']}"
    assert writer.post(f"{path}/release").json()["held"] is False
    listed = writer.get("/api/v1/messages").json()["items"]
    assert site.ids["held"] in {item["id"] for item in listed}
    again = writer.post(f"{path}/release")
    assert again.status_code == 409


def test_a_deleted_message_is_gone_and_its_transaction_stays(
    site: Site, writer: httpx.Client
) -> None:
    path = f"/api/v1/messages/{site.ids['reply']}"
    assert writer.delete(path).status_code == 204
    for gone in (path, f"{path}/raw", f"{path}/html", f"{path}/attachments/0"):
        assert writer.get(gone).status_code == 404
    assert writer.delete(path).status_code == 404
    assert writer.get(f"/api/v1/transactions/{site.ids['reply']}").status_code == 200


async def test_a_message_that_the_worker_has_not_reached_is_shown_all_the_same(
    site: Site,
) -> None:
    content = b"From: a@b.example\r\nSubject: fresh\r\n\r\nJust in.\r\n"
    identifier = await store_one(site.database, content, digested=False)
    told = site.client("read").get(f"/api/v1/messages/{identifier}").json()
    assert told["subject"] == "fresh"
    assert told["text"].strip() == "Just in."
    assert told["digested"] is False
    assert told["envelope"]["rcpt"] == [f"sales@{DOMAIN}"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"Subject: \xff\xfe\r\n\r\n",
        b"no header at all",
        b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n" * 5000,
        "Subject: =?utf-8?b?7aCA?= \ud800\r\n\r\n".encode("utf-8", "surrogatepass"),
    ],
)
async def test_no_bytes_break_the_api_or_the_page(site: Site, content: bytes) -> None:
    identifier = await store_one(site.database, content)
    client, browser = site.client("read"), site.signed_in()
    assert client.get(f"/api/v1/messages/{identifier}").status_code == 200
    assert client.get(f"/api/v1/messages/{identifier}/raw").content == content
    assert client.get(f"/api/v1/messages/{identifier}/html").status_code in (200, 404)
    page = browser.get(f"/messages/{identifier}", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert browser.get(f"/transactions/{identifier}").status_code == 200


def times_in(told: Any) -> Iterator[str]:
    """Every text of an answer that begins like a date with a time."""
    if isinstance(told, dict):
        for value in told.values():
            yield from times_in(value)
    elif isinstance(told, list):
        for value in told:
            yield from times_in(value)
    elif isinstance(told, str) and re.match(r"\d{4}-\d\d-\d\dT", told):
        yield told


def test_every_time_is_in_utc_with_a_z(site: Site, reader: httpx.Client) -> None:
    paths = ["/api/v1/messages", "/api/v1/transactions", "/api/v1/forward-paths"]
    for identifier in site.ids.values():
        paths += [f"/api/v1/messages/{identifier}", f"/api/v1/transactions/{identifier}"]
    found = {text for path in paths for text in times_in(reader.get(path).json())}
    assert len(found) > 20
    assert {text for text in found if not text.endswith("Z")} == set()


def test_the_list_and_the_message_tell_the_same_in_the_same_form(
    site: Site, reader: httpx.Client
) -> None:
    for row in reader.get("/api/v1/messages").json()["items"]:
        told = reader.get(f"/api/v1/messages/{row['id']}").json()
        for key in ("subject", "from", "date", "category", "received_at"):
            assert told[key] == row[key], key


async def test_what_is_absent_is_null(site: Site, reader: httpx.Client) -> None:
    bare = await store_one(site.database, b"From: li@example.org\r\n\r\n")
    nobody = await store_one(site.database, b"\r\nNo header at all.\r\n")
    rows = {row["id"]: row for row in reader.get("/api/v1/messages").json()["items"]}
    for told in (rows[bare], reader.get(f"/api/v1/messages/{bare}").json()):
        assert told["from"] == {"name": None, "address": "li@example.org"}
        assert (told["subject"], told["date"]) == (None, None)
    for told in (rows[nobody], reader.get(f"/api/v1/messages/{nobody}").json()):
        assert told["from"] is None


async def test_nothing_is_told_of_what_nobody_has_read_yet(
    site: Site, reader: httpx.Client
) -> None:
    waiting = await store_one(site.database, b"From: a@b.example\r\n\r\n", digested=False)
    rows = {row["id"]: row for row in reader.get("/api/v1/messages").json()["items"]}
    assert rows[waiting]["digested"] is False
    for key in ("subject", "from", "date", "snippet", "category", "confidence"):
        assert rows[waiting][key] is None, key


def test_a_search_takes_operators_and_says_what_it_did_not_understand(site: Site) -> None:
    client = site.client("read")
    page = client.get("/api/v1/messages", params={"q": "subject:catalogue is:new OR"}).json()
    assert site.ids["reply"] in {item["id"] for item in page["items"]}
    assert page["notes"] == [
        {"code": "bad_value", "text": "is:new"},
        {"code": "lone_or", "text": "OR"},
    ]
    assert client.get("/api/v1/messages", params={"q": "catalogue"}).json()["notes"] == []


def test_a_search_of_ten_thousand_characters_is_answered(site: Site) -> None:
    for q in ("w " * 5_000, "-" * 10_000, '"' * 10_000, "OR " * 3_333):
        answer = site.client("read").get("/api/v1/messages", params={"q": q})
        assert answer.status_code == 200
        assert answer.json()["items"] == []
        assert "too_long" in {note["code"] for note in answer.json()["notes"]}
