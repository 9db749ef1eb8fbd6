"""Whatever a server says, what comes out is one readable line without the password."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.errors import SettingsProblem
from pull.causes import SAID_LIMIT, Stage, readable, tls_trouble
from pull.settings import check_account


@given(st.one_of(st.text(), st.binary(), st.binary().map(repr), st.text().map(Exception)))
def test_anything_a_server_says_is_one_short_printable_line(foreign: object) -> None:
    said = readable(foreign)
    assert len(said) <= SAID_LIMIT
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in said)
    assert len(said.splitlines()) <= 1
    said.encode("utf-8")


@pytest.mark.parametrize(
    ("foreign", "said"),
    [
        ("b'[AUTHENTICATIONFAILED] Authentication failed.'", "[AUTHENTICATIONFAILED] Authen"),
        ("select failed: NO such folder", "NO such folder"),
        (repr("NO 登录失败".encode()), "NO 登录失败"),
        (repr("NO 登录失败".encode("gb18030")), "NO 登录失败"),
        ("NO 登录失败".encode("gb18030"), "NO 登录失败"),
        ("a\r\nb\x00c", "a b c"),
        ("None", ""),
        ("right-to-left \u202e override", "right-to-left override"),
    ],
)
def test_octets_are_read_in_the_charset_that_fits(foreign: object, said: str) -> None:
    assert readable(foreign).startswith(said)


def test_an_unknown_tls_failure_is_told_in_openssls_words() -> None:
    error = ssl.SSLError(1, "odd")
    error.reason = "SOMETHING_NEW"
    trouble = tls_trouble("imap.example.com:993", error)
    assert trouble.stage is Stage.TLS
    assert "SOMETHING_NEW" in trouble.cause


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "address": st.just("li@example.com") | _JSON,
            "imap": st.fixed_dictionaries(
                {},
                optional={
                    "host": st.from_regex(r"[a-z:/\[\]@.0-9]{1,20}") | _JSON,
                    "port": _JSON,
                    "encryption": st.sampled_from(["tls", "starttls", "none"]) | _JSON,
                    "user": _JSON,
                    "password": st.just("x") | _JSON,
                },
            )
            | _JSON,
            "sync": _JSON,
            "name": _JSON,
        },
    )
)
def test_any_json_is_an_account_or_one_line_that_says_why_not(account: dict[str, object]) -> None:
    try:
        checked = check_account(account)
    except SettingsProblem as problem:
        assert len(str(problem).splitlines()) == 1
        assert str(problem).isprintable()
    else:
        assert check_account(checked) == checked
