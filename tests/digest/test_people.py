"""Names and addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.people import MANY, read_people
from mail.address import parse_domain
from mail.message import parse_message
from mail.raw import RawMessage
from verify.dmarc.author import find_author

LISTS: list[tuple[bytes, list[tuple[str | None, str | None]]]] = [
    (b"a@example.com", [(None, "a@example.com")]),
    (b"<a@example.com>", [(None, "a@example.com")]),
    (b"Li Wei <li@example.com>", [("Li Wei", "li@example.com")]),
    (b'"Li, Wei" <li@example.com>', [("Li, Wei", "li@example.com")]),
    (b"Li, Wei <li@example.com>", [("Li, Wei", "li@example.com")]),
    (b'"Li \\"Wei\\"" <li@example.com>', [('Li "Wei"', "li@example.com")]),
    (b"li@example.com (Li Wei)", [("Li Wei", "li@example.com")]),
    (b"li@example.com (Li (the one) Wei)", [("Li the one Wei", "li@example.com")]),
    (b"a@x.example, B <b@x.example>", [(None, "a@x.example"), ("B", "b@x.example")]),
    (b"a@x.example; b@x.example", [(None, "a@x.example"), (None, "b@x.example")]),
    (b"Team: a@x.example, b@x.example;", [(None, "a@x.example"), (None, "b@x.example")]),
    (b"undisclosed-recipients:;", []),
    (b"=?utf-8?B?5p2O5Lyf?= <li@example.com>", [("李伟", "li@example.com")]),
    (b'"=?utf-8?B?5p2O5Lyf?=" <li@example.com>', [("李伟", "li@example.com")]),
    (b"=?utf-8?Q?Li=2C_Wei?= <li@example.com>", [("Li, Wei", "li@example.com")]),
    ("李伟 <li@example.com>".encode("gbk"), [("李伟", "li@example.com")]),
    ("李伟 <li@例子.example>".encode(), [("李伟", "li@例子.example")]),
    (b'"li@example.com" <li@example.com>', [(None, "li@example.com")]),
    (b"'li@example.com'", [(None, "li@example.com")]),
    (b"<@relay.example:li@example.com>", [(None, "li@example.com")]),
    (b'"li wei"@example.com', [(None, '"li wei"@example.com')]),
    (b'"li.wei"@example.com', [(None, "li.wei@example.com")]),
    (b"Just a name", [("Just a name", None)]),
    (b"Li\r\n Wei <li@example.com>", [("Li Wei", "li@example.com")]),
    (b"Li\x00Wei <li@example.com>", [("Li Wei", "li@example.com")]),
    ("\u202egro.knab <a@evil.example>".encode(), [("gro.knab", "a@evil.example")]),
    (b"", []),
    (b" , ,, ", []),
]


@pytest.mark.parametrize(("value", "people"), LISTS)
def test_people_are_found_in(value: bytes, people: list[tuple[str | None, str | None]]) -> None:
    found, cut = read_people(value)
    assert [(one.name, one.address) for one in found] == people
    assert not cut


@pytest.mark.parametrize(
    "value",
    [
        b'"ceo@bank.example"@evil.example',
        b'"ceo@bank.example x"@evil.example',
        b"=?utf-8?q?ceo=40bank.example?= (<) <ceo@evil.example>",
        b'=?utf-8?q?ceo=40bank.example?= (") <ceo@evil.example>',
        b"=?utf-8?q?ceo=40bank.example?= (\\)<) <ceo@evil.example>",
        b'=?utf-8?q?ceo=40bank.example?= ((<) ") <ceo@evil.example>',
        b'=?utf-8?q?ceo=40bank.example?= "<" <ceo@evil.example>',
    ],
)
def test_the_address_shown_is_of_the_domain_that_was_authenticated(value: bytes) -> None:
    message = parse_message(RawMessage.in_memory(b"From: " + value + b"\r\n\r\n", ""))
    author = find_author(message)
    assert author.domain == parse_domain("evil.example")
    [person] = read_people(value)[0]
    assert (person.address or "").endswith("@evil.example")


def test_a_very_long_list_is_cut_and_says_so() -> None:
    found, cut = read_people(b"a@b.example," * 5000)
    assert len(found) == MANY
    assert cut


@given(st.binary(max_size=300) | st.text(alphabet='<>()"\\,;:@a ', max_size=80).map(str.encode))
def test_any_octets_become_people(value: bytes) -> None:
    for person in read_people(value)[0]:
        assert person.name or person.address
        assert "\n" not in (person.name or "") + (person.address or "")
