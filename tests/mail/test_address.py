"""Addresses of the envelope: what is one, what is not, and how two spellings become one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.address import (
    Domain,
    parse_address,
    parse_domain,
    parse_forward_path,
    parse_reverse_path,
    split_at,
)
from mail.errors import MailProblem

HOST = Domain("mx.example.com")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("li@example.com", "li@example.com"),
        ("Li.Wei@EXAMPLE.com.", "Li.Wei@example.com"),
        ('"a b"@example.com', '"a b"@example.com'),
        ('"a@b"@example.com', '"a@b"@example.com'),
        (r'"a\"b"@example.com', r'"a\"b"@example.com'),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("a@[ipv6:2001:DB8::1]", "a@[IPv6:2001:db8::1]"),
        ("用户@例子.公司", "用户@xn--fsqu00a.xn--55qx5d"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@bücher。example", "a@xn--bcher-kva.example"),
        ("x" * 300 + "@example.com", "x" * 300 + "@example.com"),
        ("a=b+c/d@_spf.example.com", "a=b+c/d@_spf.example.com"),
    ],
)
def test_valid_addresses_keep_their_local_part_and_get_one_spelling_of_the_domain(
    text: str, expected: str
) -> None:
    assert str(parse_address(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@example.com",
        "a@",
        "a@b@example.com",
        "a b@example.com",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a@-b.com",
        "a@b-.com",
        "a@b..com",
        "a@.com",
        "a@b com",
        'a"b@example.com',
        '"a"b@example.com',
        '"a@example.com',
        "a@[192.0.2.1",
        "a@[192.0.2.256]",
        "a@[example.com]",
        "a@exa\x00mple.com",
        "a\x00@example.com",
        "a\r\n@example.com",
        "a\u0085@example.com\n",
        "a@" + "b" * 64 + ".com",
        "a@" + "b." * 130 + "com",
        "<a@example.com>",
        "a@example.com ",
        "a(comment)@example.com",
        "x" * 1001 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_address(text)


def test_the_split_is_after_the_closing_quote_of_a_quoted_local_part() -> None:
    assert split_at('"evil@bank.example"@example.com') == ('"evil@bank.example"', "example.com")


def test_two_spellings_of_a_domain_are_equal() -> None:
    assert parse_domain("BÜCHER.example") == parse_domain("xn--bcher-kva.Example.")
    assert parse_domain("xn--bcher-kva.example").unicode == "bücher.example"


def test_a_name_is_within_itself_and_its_parents_only() -> None:
    assert Domain("a.example.com").is_within(Domain("example.com"))
    assert Domain("example.com").is_within(Domain("example.com"))
    assert not Domain("badexample.com").is_within(Domain("example.com"))


def test_the_null_sender_is_none() -> None:
    assert parse_reverse_path("<>", smtputf8=False) is None


def test_a_source_route_is_accepted_and_ignored() -> None:
    path = parse_forward_path("<@a.example,@b.example:c@d.example>", smtputf8=False, hostname=HOST)
    assert str(path) == "c@d.example"


@pytest.mark.parametrize("spelling", ["<postmaster>", "<Postmaster>", "<POSTMASTER>"])
def test_postmaster_needs_no_domain(spelling: str) -> None:
    path = parse_forward_path(spelling, smtputf8=False, hostname=HOST)
    assert path.is_postmaster
    assert path.domain == HOST


@pytest.mark.parametrize("text", ["a@b.example", "<a@b.example", "a@b.example>", "< a@b.example >"])
def test_a_path_stands_in_angle_brackets_and_holds_no_spaces(text: str) -> None:
    with pytest.raises(MailProblem) as caught:
        parse_reverse_path(text, smtputf8=False)
    assert (caught.value.reply.code, caught.value.reply.enhanced) == (501, "5.1.7")


def test_the_null_address_is_no_recipient() -> None:
    with pytest.raises(MailProblem) as caught:
        parse_forward_path("<>", smtputf8=False, hostname=HOST)
    assert caught.value.reply.enhanced == "5.1.3"


def test_a_non_ascii_address_needs_smtputf8() -> None:
    with pytest.raises(MailProblem) as caught:
        parse_forward_path("<用户@example.com>", smtputf8=False, hostname=HOST)
    assert (caught.value.reply.code, caught.value.reply.enhanced) == (553, "5.6.7")
    assert parse_forward_path("<用户@example.com>", smtputf8=True, hostname=HOST).local == "用户"


def test_an_encoded_word_is_not_decoded() -> None:
    address = parse_address("=?utf-8?q?x?=@example.com")
    assert address.local == "=?utf-8?q?x?="


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_reason(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError as error:
        assert str(error)
    else:
        assert parse_address(str(address)) == address
        assert address.domain.ascii.isascii()


@given(st.text(alphabet='<>@".,:[]\\ab é\x00\r\n', max_size=20), st.booleans())
def test_any_path_is_an_address_or_a_reply(text: str, smtputf8: bool) -> None:
    try:
        parse_forward_path(text, smtputf8=smtputf8, hostname=HOST)
    except MailProblem as problem:
        assert 500 <= problem.reply.code < 600
