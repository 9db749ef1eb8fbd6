"""Whatever goes wrong, a program gets a problem document (RFC 9457) and nothing internal."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.conftest import Site

NOBODY = "01JD0000000000000000000000"


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["type"] == "about:blank"
    assert document["title"]
    assert document["detail"]
    return dict(document)


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/messages/{NOBODY}",
        f"/api/v1/messages/{NOBODY}/raw",
        f"/api/v1/messages/{NOBODY}/html",
        f"/api/v1/messages/{NOBODY}/attachments/0",
        f"/api/v1/transactions/{NOBODY}",
        "/api/v1/messages/not-an-id",
        "/api/v1/messages/%00",
        "/api/v1/nothing",
    ],
)
def test_what_does_not_exist_is_404(site: Site, path: str) -> None:
    problem(site.client("admin").get(path), 404)


@pytest.mark.parametrize("path", ["/api/v1/messages", "/api/v1/transactions", "/api/v1/domains"])
def test_nothing_is_told_without_a_token(site: Site, path: str) -> None:
    answer = site.client().get(path)
    problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("value", ["Bearer wrong", "Bearer", "Basic YTpi", "Bearer \xff", ""])
def test_a_wrong_token_is_401(site: Site, value: str) -> None:
    headers = [(b"authorization", value.encode("latin-1"))]
    problem(site.client().get("/api/v1/messages", headers=headers), 401)


def test_a_wrong_token_is_not_saved_by_a_good_session(site: Site) -> None:
    client = site.signed_in()
    problem(client.get("/api/v1/messages", headers={"authorization": "Bearer wrong"}), 401)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "201"}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"category": "spam"}, "query.category"),
        ({"since": "yesterday"}, "query.since"),
        ({"held": "perhaps"}, "query.held"),
        ({"cursor": "nonsense"}, "query.cursor"),
        ({"q": "x" * 10_001}, "query.q"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_named(
    site: Site, params: dict[str, str], field: str
) -> None:
    document = problem(site.client("read").get("/api/v1/messages", params=params), 422)
    assert [error["field"] for error in document["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [{}, {"seen": "yes"}, {"seen": 1}, {"category": "spam"}, {"colour": "red"}, [], "text", None],
)
def test_a_body_that_is_not_allowed_is_422(site: Site, body: Any) -> None:
    path = f"/api/v1/messages/{site.ids['reply']}"
    problem(site.client("write").patch(path, json=body), 422)


def test_a_body_that_is_no_json_is_400(site: Site) -> None:
    headers = {"content-type": "application/json"}
    client = site.client("write")
    path = f"/api/v1/messages/{site.ids['reply']}"
    problem(client.patch(path, content=b'{"seen":', headers=headers), 400)


def test_what_was_sent_is_not_repeated(site: Site) -> None:
    secret = {"password": "hunter2hunter2"}
    answer = site.client("admin").post("/api/v1/domains", json=secret)
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_a_method_that_is_not_there_is_405_and_names_those_that_are(site: Site) -> None:
    answer = site.client("admin").put("/api/v1/domains", json={})
    problem(answer, 405)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_413(site: Site, announced: bool) -> None:
    content = b" " * (1024 * 1024 + 1)
    body = content if announced else iter([content])
    headers = {"content-type": "application/json"}
    path = f"/api/v1/messages/{site.ids['reply']}"
    problem(site.client("write").patch(path, content=body, headers=headers), 413)


def test_altered_bytes_are_a_500_that_tells_no_path(site: Site) -> None:
    with site.database.write() as connection:
        connection.exec_driver_sql("UPDATE blobs SET content = zeroblob(10)")
    answer = site.client("admin").get(f"/api/v1/messages/{site.ids['reply']}/raw")
    document = problem(answer, 500)
    assert str(Path(site.database.place).parent) not in str(document)


def test_a_bug_is_a_500_without_internals(site: Site) -> None:
    with site.database.write() as connection:
        connection.exec_driver_sql("UPDATE reports SET report = '{\"spf\": 7}'")
    answer = site.client("admin").get(f"/api/v1/transactions/{site.ids['reply']}")
    document = problem(answer, 500)
    assert "Traceback" not in answer.text
    assert "Error" not in str(document["detail"])


def test_the_server_goes_on_after_a_bug(site: Site) -> None:
    test_a_bug_is_a_500_without_internals(site)
    assert site.client().get("/healthz").status_code == 200


QUERIES = [
    "q=%ff%00",
    "q=%ED%A0%80",
    "q=%25_%5C",
    "mailbox=%00",
    "since=0001-01-01T00:00:00%2B14:00",
    "until=9999-12-31",
    "until=9999-12-31T23:59:59-14:00",
    "since=99999999999",
    "cursor=%00",
    "cursor=QUFBQQ",
    "category=to_reply&category=ooo",
    "%00=%00&=&&",
]


@pytest.mark.parametrize("path", ["/api/v1/messages", "/api/v1/transactions", "/mail", "/log"])
def test_no_query_breaks_a_list(site: Site, path: str) -> None:
    client = site.client("read") if path.startswith("/api") else site.signed_in()
    for query in QUERIES:
        assert client.get(f"{path}?{query}").status_code in (200, 404, 422), query


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"\xff\xfe=%ff&csrf=\x00"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
        ("multipart/form-data", b"--x"),
        ("application/json", b"[]"),
        ("text/plain", b"csrf=x"),
    ],
)
def test_no_form_breaks_a_page(site: Site, kind: str, body: bytes) -> None:
    client = site.signed_in()
    for path in ("/login", "/domains", "/password", "/logout"):
        answer = client.post(path, content=body, headers={"content-type": kind})
        assert answer.status_code in (400, 403, 422)
