"""Who may do what: scopes of tokens, roles of operators, and that a write is the page's own."""

import httpx
import pytest

from tests.web.conftest import Site
from tests.web.samples import store_one
from web.caller import COOKIE
from web.csrf import token_for

CODE = "304298959"
EVIL = {"origin": "https://evil.example"}


def writes(site: Site) -> list[tuple[str, str, object]]:
    """Every call that changes mail."""
    path = f"/api/v1/messages/{site.ids['held']}"
    return [
        ("PATCH", path, {"seen": True}),
        ("POST", f"{path}/release", None),
        ("DELETE", path, None),
    ]


def settings() -> list[tuple[str, str, object]]:
    """Every call that changes settings."""
    return [
        ("POST", "/api/v1/domains", {"name": "new.example"}),
        ("DELETE", "/api/v1/domains/new.example", None),
    ]


def trust() -> list[tuple[str, str, object]]:
    """Every call that changes whom we trust; none of these paths is there."""
    return [
        ("POST", "/api/v1/forward-paths", {"id": "none"}),
        ("DELETE", "/api/v1/forward-paths/none", None),
    ]


def test_only_administrators_say_whom_we_trust(site: Site) -> None:
    for scope, status in (("read", 403), ("write", 403), ("admin", 404)):
        client = site.client(scope)
        assert client.get("/api/v1/forward-paths").json() == {"items": [], "next": None}
        for method, path, body in trust():
            assert client.request(method, path, json=body).status_code == status


def test_a_read_token_changes_nothing(site: Site) -> None:
    client = site.client("read")
    for method, path, body in writes(site) + settings():
        assert client.request(method, path, json=body).status_code == 403


def test_a_write_token_changes_mail_but_no_settings(site: Site) -> None:
    client = site.client("write")
    for method, path, body in settings():
        assert client.request(method, path, json=body).status_code == 403
    for method, path, body in writes(site):
        assert client.request(method, path, json=body).status_code in (200, 204)


def test_an_admin_token_changes_settings(site: Site) -> None:
    client = site.client("admin")
    answers = [client.request(method, path, json=body) for method, path, body in settings()]
    assert [answer.status_code for answer in answers] == [201, 204]


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_roles_of_operators_are_those_of_scopes(site: Site, role: str) -> None:
    client = site.signed_in(role)
    flags = client.patch(f"/api/v1/messages/{site.ids['reply']}", json={"seen": True})
    domain = client.post("/api/v1/domains", json={"name": "new.example"})
    expected = {"viewer": (403, 403), "operator": (200, 403), "admin": (200, 201)}
    assert (flags.status_code, domain.status_code) == expected[role]


@pytest.mark.parametrize("path", ["flags", "release", "delete"])
def test_a_viewer_s_forms_are_refused(site: Site, path: str) -> None:
    client = site.signed_in("viewer")
    answer = site.submit(client, f"/messages/{site.ids['held']}/{path}", action="read")
    assert answer.status_code == 403


def test_an_operator_s_domain_form_is_refused(site: Site) -> None:
    client = site.signed_in("operator")
    assert site.submit(client, "/domains", name="new.example").status_code == 403
    assert site.submit(client, "/domains/remove", name="new.example").status_code == 403


def test_a_viewer_sees_no_button_that_would_be_refused(site: Site) -> None:
    page = site.signed_in("viewer").get(f"/messages/{site.ids['held']}").text
    assert "/release" not in page
    assert "/delete" not in page
    assert 'action="/domains"' not in site.signed_in("operator").get("/domains").text


def test_a_write_with_a_session_needs_the_page_s_token(site: Site) -> None:
    client = site.signed_in()
    del client.headers["x-csrf-token"]
    path = f"/api/v1/messages/{site.ids['reply']}"
    assert client.patch(path, json={"seen": True}).status_code == 403
    assert client.delete(path).status_code == 403
    forged = {"x-csrf-token": token_for("another session")}
    assert client.patch(path, json={"seen": True}, headers=forged).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_write_from_another_origin_is_refused_even_with_the_token(
    site: Site, origin: str
) -> None:
    client = site.signed_in()
    path = f"/api/v1/messages/{site.ids['reply']}"
    answer = client.patch(path, json={"seen": True}, headers={"origin": origin})
    assert answer.status_code == 403
    own = client.patch(path, json={"seen": True}, headers={"origin": site.url})
    assert own.status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/logout", "/password", "/domains", "/domains/remove", "/messages/x/flags"],
)
def test_every_form_needs_the_page_s_token(site: Site, path: str) -> None:
    client = site.signed_in()
    assert client.post(path, data={"name": "x"}).status_code == 403
    assert site.submit(client, path, csrf="guessed").status_code == 403
    token = client.headers["x-csrf-token"]
    assert client.post(path, data={"csrf": token}, headers=EVIL).status_code == 403


def test_a_token_needs_no_csrf_and_no_origin(site: Site) -> None:
    path = f"/api/v1/messages/{site.ids['reply']}"
    answer = site.client("write").patch(path, json={"seen": True}, headers=EVIL)
    assert answer.status_code == 200


def test_a_session_that_is_over_is_nobody(site: Site) -> None:
    client = site.signed_in()
    site.clock.advance(13 * 3600)
    assert client.get("/api/v1/messages").status_code == 401
    assert client.get("/mail").status_code == 303


def test_an_invented_session_is_nobody(site: Site) -> None:
    client = site.client()
    client.cookies.set(COOKIE, "invented", domain="127.0.0.1")
    assert client.get("/api/v1/messages").status_code == 401


def everything_about(client: httpx.Client, identifier: str) -> str:
    """All that a caller can read of one message, by any way."""
    paths = [
        "/api/v1/messages",
        f"/api/v1/messages/{identifier}",
        f"/api/v1/messages/{identifier}/raw",
        f"/api/v1/messages/{identifier}/html",
        f"/api/v1/messages/{identifier}/attachments/0",
        "/api/v1/transactions",
        f"/api/v1/transactions/{identifier}",
        "/mail",
        "/mail?category=notice",
        f"/messages/{identifier}",
        "/log",
        f"/transactions/{identifier}",
    ]
    return "\n".join(client.get(path).text for path in paths)


@pytest.mark.parametrize("scope", ["read", "write"])
def test_a_confirmation_s_code_is_not_for_lesser_tokens(site: Site, scope: str) -> None:
    client = site.client(scope)
    assert CODE not in everything_about(client, site.ids["confirmation"])
    raw = client.get(f"/api/v1/messages/{site.ids['confirmation']}/raw")
    assert raw.status_code == 403
    assert client.get(f"/api/v1/messages/{site.ids['reply']}/raw").status_code == 200


def test_a_confirmation_s_code_is_not_for_viewers(site: Site) -> None:
    assert CODE not in everything_about(site.signed_in("viewer"), site.ids["confirmation"])


def test_a_confirmation_is_shown_to_admin_tokens_and_operators(site: Site) -> None:
    path = f"/api/v1/messages/{site.ids['confirmation']}"
    for client in (site.client("admin"), site.signed_in("operator"), site.signed_in("admin")):
        told = client.get(path).json()
        assert told["confirmation"]["code"] == CODE
        assert CODE in told["text"]
        assert client.get(f"{path}/raw").status_code == 200


async def test_a_confirmation_s_html_and_files_are_closed_too(site: Site) -> None:
    content = (
        b"From: x@y.example\r\nSubject: code 777\r\nContent-Type: text/html\r\n\r\n<b>777</b>\r\n"
    )
    confirmation = {"provider": "x", "code": "777", "link": None, "requested_by": None}
    learned = {"confirmation": confirmation, "category": "notice"}
    identifier = await store_one(site.database, content, learned=learned)
    path = f"/api/v1/messages/{identifier}"
    assert site.client("read").get(f"{path}/html").status_code == 403
    assert site.client("admin").get(f"{path}/html").status_code == 200


async def test_a_confirmation_s_code_is_in_no_log_of_its_repetition_or_after_its_end(
    site: Site,
) -> None:
    content = b"From: x@y.example\r\nSubject: code 888777\r\n\r\n888777\r\n"
    confirmation = {"provider": "x", "code": "888777", "link": None, "requested_by": None}
    learned = {"confirmation": confirmation, "category": "notice"}
    first = await store_one(site.database, content, learned=learned)
    again = await store_one(site.database, content)
    client = site.client("write")
    log = client.get(f"/api/v1/transactions/{again}").json()
    assert log["duplicate_of"] == first
    assert "888777" not in everything_about(client, again)
    assert client.delete(f"/api/v1/messages/{first}").status_code == 204
    assert "888777" not in everything_about(client, first) + everything_about(client, again)


SEARCHES = [
    "/api/v1/messages?q={}",
    "/api/v1/transactions?q={}",
    "/mail?q={}",
    "/mail/system?q={}",
    "/log?q={}",
]


def hits(client: httpx.Client, path: str, word: str, identifier: str) -> bool:
    """Whether the search finds this message."""
    return identifier in client.get(path.format(word)).text


@pytest.mark.parametrize("path", SEARCHES)
def test_a_search_cannot_be_asked_for_a_confirmation_s_code(site: Site, path: str) -> None:
    identifier = site.ids["confirmation"]
    others = site.client("read"), site.client("write"), site.signed_in("viewer")
    operator = site.client("admin") if path.startswith("/api") else site.signed_in("operator")
    in_log = path.startswith(("/log", "/api/v1/transactions"))
    for word in (CODE, CODE[:4], CODE[3:], f"{CODE[:4]}*", f"subject:{CODE[:4]}*", "receive"):
        for client in others:
            assert not hits(client, path, word, identifier), word
        if word in (CODE, "receive") or in_log is not word.endswith("*"):  # the log finds parts too
            assert hits(operator, path, word, identifier), word


@pytest.mark.parametrize("path", ["/api/v1/messages?q=-{}", "/mail?q=-{}"])
def test_what_a_search_leaves_out_tells_nothing_of_a_code(site: Site, path: str) -> None:
    identifier = site.ids["confirmation"]
    viewer = site.client("read") if path.startswith("/api") else site.signed_in("viewer")
    operator = site.client("admin") if path.startswith("/api") else site.signed_in("operator")
    for word in (CODE, f"subject:{CODE}", "nonsense", f"{CODE[:4]}*"):
        assert hits(viewer, path, word, identifier)
        assert hits(operator, path, word, identifier) is (word == "nonsense")


@pytest.mark.parametrize("path", SEARCHES)
def test_a_confirmation_is_still_found_by_its_sender(site: Site, path: str) -> None:
    client = site.client("read") if path.startswith("/api") else site.signed_in("viewer")
    assert hits(client, path, "forwarding-noreply", site.ids["confirmation"])
    assert CODE not in client.get(path.format("forwarding-noreply")).text


@pytest.mark.parametrize("path", SEARCHES)
def test_other_mail_is_found_by_its_subject_as_before(site: Site, path: str) -> None:
    client = site.client("read") if path.startswith("/api") else site.signed_in("viewer")
    assert hits(client, path, "catalogue", site.ids["reply"])


async def test_a_subject_that_nobody_has_looked_at_yet_is_no_search_s(site: Site) -> None:
    content = b"From: x@y.example\r\nSubject: code 424242\r\n\r\n424242\r\n"
    identifier = await store_one(site.database, content, digested=False)
    again = await store_one(site.database, content, digested=False)
    for path in SEARCHES:
        client = site.client("read") if path.startswith("/api") else site.signed_in("viewer")
        for one in (identifier, again):
            assert not hits(client, path, "424242", one)
    found = site.client("admin").get("/api/v1/transactions?q=424242").json()["items"]
    assert {one["id"] for one in found} == {identifier, again}


def test_what_was_refused_is_found_by_its_subject(site: Site) -> None:
    found = site.client("read").get("/api/v1/transactions?q=blocked").json()["items"]
    assert {one["outcome"] for one in found} == {"refused", "deferred"}
