"""Names and addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.apart.keeper import Nursery
from digest.apart.limits import Limits
from digest.apart.reader import Reader
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
    # broken in the ways of programs and people
    (b"name <a@b.example", [("name", "a@b.example")]),
    (b"name a@b.example>", [("name", "a@b.example")]),
    (b"name a@b.example", [("name", "a@b.example")]),
    (b'"name" <a@b.example> (comment)', [("name", "a@b.example")]),
    (b"name [mailto:a@b.example]", [(None, "a@b.example")]),
    (b"mailto:a@b.example", [(None, "a@b.example")]),
    (b'"Li" <mailto:li@x.example>', [("Li", "li@x.example")]),
    (b"<<a@x.example>>", [(None, "a@x.example")]),
    (b'"Li" <li@x.example> <li2@x.example>', [("Li", "li@x.example")]),
    (b"Li <li @ x.example>", [("Li", "li@x.example")]),
    (b"Li <li@x.example.>", [("Li", "li@x.example")]),
    (b"Li <li@[192.0.2.1]>", [("Li", "li@[192.0.2.1]")]),
    (b"Wang,li@x.example", [("Wang", "li@x.example")]),
    (
        b"Wang, Li <w@x.example>, Li, Wei <l@x.example>",
        [("Wang, Li", "w@x.example"), ("Li, Wei", "l@x.example")],
    ),
    (b"Dr. Jo, Ph.D. <j@x.example>", [("Dr. Jo, Ph.D.", "j@x.example")]),
    (b"'Jo O'Neil' <j@x.example>", [("Jo O'Neil", "j@x.example")]),
    (b"(comment) li@x.example (Li)", [("comment Li", "li@x.example")]),
    (b"A: <a@x.example>; B: <b@x.example>", [(None, "a@x.example"), (None, "b@x.example")]),
    (b"Li Wei &lt;li@x.example&gt;", [("Li Wei", "li@x.example")]),
    ("王小明＜w＠x.example＞".encode(), [("王小明", "w@x.example")]),
    ("王小明 <w＠x.example>".encode(), [("王小明", "w@x.example")]),
    (b"=?utf-8?Q?J=C3=B6rg_=3Cj=40x.example=3E?=", [("Jörg", "j@x.example")]),
    (b'"=?utf-8?B?546L5bCP5piO?= <w@x.example>"', [("王小明", "w@x.example")]),
    (b"=?utf-8?Q?J=C3=B6rg?= <=?utf-8?Q?j=40x.example?=>", [("Jörg", "j@x.example")]),
    (b"a@b.example <A@b.example>", [(None, "A@b.example")]),
    (b"Mail Delivery Subsystem <MAILER-DAEMON>", [("Mail Delivery Subsystem", "MAILER-DAEMON")]),
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
        "ceo＠bank.example <ceo@evil.example>".encode(),
        b"ceo@evil.example.",
    ],
)
def test_the_address_shown_is_of_the_domain_that_was_authenticated(value: bytes) -> None:
    message = parse_message(RawMessage.in_memory(b"From: " + value + b"\r\n\r\n", ""))
    author = find_author(message)
    assert author.domain == parse_domain("evil.example")
    [person] = read_people(value)[0]
    assert (person.address or "").endswith("@evil.example")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("許功蓋", "big5"),
        ("表示ソ", "shift_jis"),
        ("田中 太郎", "iso2022_jp"),
        ("김민수", "iso2022_kr"),
    ],
)
def test_octets_within_a_character_are_no_syntax(name: str, codec: str) -> None:
    [person] = read_people(f'"{name}" <x@x.example>'.encode(codec), (codec.replace("2", "-2"),))[0]
    assert (person.name, person.address) == (name, "x@x.example")


def test_a_very_long_list_is_cut_and_says_so() -> None:
    found, cut = read_people(b"a@b.example," * 5000)
    assert len(found) == MANY
    assert cut


def test_blanks_without_end_before_an_at_sign_are_read_in_time(nursery: Nursery) -> None:
    content = b"From: <" + b"\v" * 400_000 + b"@b.example>\r\n\r\nhello\r\n"
    raw = RawMessage.in_memory(content)
    with Reader(Limits(wall=60), nursery) as reader:
        assert reader.read(raw).broke is None


@given(st.binary(max_size=300) | st.text(alphabet='<>()"\\,;:@a ', max_size=80).map(str.encode))
def test_any_octets_become_people(value: bytes) -> None:
    for person in read_people(value)[0]:
        assert person.name or person.address
        assert "\n" not in (person.name or "") + (person.address or "")


@pytest.mark.parametrize(
    "name",
    [b"", b"Karl M", b"O'Neil-X.", b'"Li, Wei"', b'"a@b.example"', b'""', b"=?utf-8?B?w6Q=?=",
     b"=?utf-8?Q?=C3=A4_b?=", b"=?gb2312?B?wO7OsA==?=", b"a@example.com", b"'x'", b" ", b"."],
)  # fmt: skip
@pytest.mark.parametrize("space", [b"", b" ", b"\t"])
def test_what_most_fields_are_is_read_as_all_others_are(name: bytes, space: bytes) -> None:
    """A second entry makes it a field that is read piece by piece."""
    field = name + space + b"<a@example.com>"
    alone, _ = read_people(field)
    several, _ = read_people(field + b", <b@example.com>")
    assert alone == several[:-1]
