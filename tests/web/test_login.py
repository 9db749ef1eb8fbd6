"""Signing in: the right password opens a session, a wrong one says one sentence, and too many
are counted."""

import httpx
import pytest

from store.operators import find_session
from tests.web.conftest import PASSWORD, Site, csrf_of, sign_in
from web.caller import COOKIE
from web.throttle import CLIENT_LIMIT, PAIR_LIMIT, WINDOW

ENGLISH = {"accept-language": "en"}


def cookie_line(answer: httpx.Response, name: str) -> str:
    """The Set-Cookie field of that cookie."""
    return next(
        line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}=")
    )


def test_the_right_password_opens_a_session(site: Site) -> None:
    client = site.client()
    answer = sign_in(client, "operator")
    assert (answer.status_code, answer.headers["location"]) == (303, "/mail")
    assert client.get("/mail").status_code == 200
    assert client.get("/api/v1/messages").status_code == 200


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    line = cookie_line(sign_in(site.client(), "admin"), COOKIE).lower()
    assert "httponly" in line
    assert "samesite=lax" in line
    assert "path=/" in line
    assert "secure" not in line


@pytest.mark.parametrize(("name", "password"), [("admin", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_password_says_one_sentence_whoever_it_is(
    site: Site, name: str, password: str
) -> None:
    answer = sign_in(site.client(), name, password)
    assert answer.status_code == 401
    assert answer.text.count("The name or the password is wrong.") == 1
    assert COOKIE not in answer.cookies


def test_odd_bytes_in_the_form_are_a_wrong_password(site: Site) -> None:
    client = site.client()
    token = csrf_of(client.get("/login").text)
    body = f"csrf={token}&name=%ff%00admin&password=%ed%a0%80"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/login", content=body, headers=headers).status_code == 401


def test_a_session_is_new_at_each_sign_in(site: Site) -> None:
    client = site.client()
    sign_in(client, "admin")
    before = client.cookies[COOKIE]
    client.cookies.delete(COOKIE)
    token = csrf_of(client.get("/login").text)
    client.cookies.set(COOKIE, before, domain="127.0.0.1")
    form = {"name": "admin", "password": PASSWORD, "csrf": token}
    answer = client.post("/login", data=form)
    assert answer.status_code == 303
    assert answer.cookies[COOKIE] != before
    assert find_session(site.database, before, site.clock()) is None


def test_a_session_that_somebody_else_chose_is_never_taken(site: Site) -> None:
    client = site.client()
    client.cookies.set(COOKIE, "chosen-by-the-attacker", domain="127.0.0.1")
    answer = sign_in(client, "admin")
    assert answer.cookies[COOKIE] != "chosen-by-the-attacker"


def test_signing_out_ends_the_session_in_the_store(site: Site) -> None:
    client = site.client()
    sign_in(client, "admin")
    secret = client.cookies[COOKIE]
    token = csrf_of(client.get("/mail").text)
    answer = client.post("/logout", data={"csrf": token})
    assert answer.headers["location"] == "/login"
    assert find_session(site.database, secret, site.clock()) is None


def test_a_page_leads_to_the_login_and_back(site: Site) -> None:
    client = site.client()
    answer = client.get("/log?outcome=refused")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/log%3Foutcome%3Drefused"
    page = client.get(answer.headers["location"]).text
    token = csrf_of(page)
    then = page.split('name="next" value="', 1)[1].split('"', 1)[0]
    form = {"name": "admin", "password": PASSWORD, "csrf": token, "next": then}
    assert client.post("/login", data=form).headers["location"] == "/log?outcome=refused"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//x",
        "//[",
    ],
)
def test_signing_in_never_leads_to_another_site(site: Site, elsewhere: str) -> None:
    answer = sign_in(site.client(), "admin", next=elsewhere)
    assert answer.headers["location"] == "/mail"


def test_without_the_page_s_token_nobody_signs_in(site: Site) -> None:
    client = site.client()
    client.get("/login")
    form = {"name": "admin", "password": PASSWORD, "csrf": "guessed"}
    answer = client.post("/login", data=form)
    assert answer.status_code == 403
    assert COOKIE not in answer.cookies


def test_another_site_cannot_sign_somebody_in(site: Site) -> None:
    client = site.client()
    client.headers["origin"] = "https://evil.example"
    assert sign_in(client, "admin").status_code == 403


def test_too_many_wrong_passwords_have_to_wait(site: Site) -> None:
    client = site.client()
    for _ in range(PAIR_LIMIT):
        assert sign_in(client, "admin", "wrong").status_code == 401
    answer = sign_in(client, "admin", PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Too many attempts" in answer.text
    site.clock.advance(WINDOW.total_seconds() + 1)
    assert sign_in(client, "admin", PASSWORD).status_code == 303


def test_one_client_cannot_try_name_after_name(site: Site) -> None:
    client = site.client()
    token = csrf_of(client.get("/login").text)
    answers = [
        client.post("/login", data={"name": f"n{n}", "password": "x", "csrf": token}).status_code
        for n in range(CLIENT_LIMIT + 1)
    ]
    assert answers == [401] * CLIENT_LIMIT + [429]


def test_an_over_long_password_is_wrong_and_costs_no_more(site: Site) -> None:
    assert sign_in(site.client(), "admin", "x" * 500_000).status_code == 401


def test_a_new_password_ends_the_other_sessions(site: Site) -> None:
    here, elsewhere = site.signed_in("operator"), site.signed_in("operator")
    new = "a sentence that only I would say"
    form = {"current": PASSWORD, "new": new, "again": new}
    answer = site.submit(here, "/password", **form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/password?done=1")
    assert here.get("/mail").status_code == 200
    assert elsewhere.get("/mail").status_code == 303
    assert sign_in(site.client(), "operator", new).status_code == 303


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"current": "wrong", "new": "long enough to do", "again": "long enough to do"}, "wrong"),
        ({"current": PASSWORD, "new": "short", "again": "short"}, "at least 10"),
        ({"current": PASSWORD, "new": "long enough to do", "again": "something else"}, "differ"),
        ({"current": PASSWORD, "new": "x" * 1025, "again": "x" * 1025}, "at most"),
    ],
)
def test_a_password_that_cannot_be_set_says_why(
    site: Site, form: dict[str, str], sentence: str
) -> None:
    client = site.signed_in("viewer")
    answer = site.submit(client, "/password", **form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert sign_in(site.client(), "viewer").status_code == 303
