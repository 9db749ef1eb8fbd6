"""Parameters of Content-Type and Content-Disposition, and what is sent instead of RFC 2231."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.parameters import read_value

NAMES = [
    (b"attachment; filename=a.pdf", "a.pdf"),
    (b'attachment; filename="a b.pdf"', "a b.pdf"),
    (b"attachment; filename=a b.pdf", "a b.pdf"),
    (b'attachment; filename="a;b.pdf"', "a;b.pdf"),
    (b'attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
    (b'attachment; filename="C:\\dir\\a.pdf"', "C:\\dir\\a.pdf"),
    (b'attachment; filename="never closed.pdf', "never closed.pdf"),
    (b"attachment; filename = a.pdf ;x=y", "a.pdf"),
    (b"attachment;filename=a.pdf", "a.pdf"),
    (b"attachment; FileName=A.pdf", "A.pdf"),
    (b"attachment; filename*=utf-8''%E6%8A%A5%E4%BB%B7.pdf", "报价.pdf"),
    (b"attachment; filename*=UTF-8'zh'%E6%8A%A5.pdf", "报.pdf"),
    (b"attachment; filename*=gb2312''%B1%A8%BC%DB.pdf", "报价.pdf"),
    (b"attachment; filename*=\"utf-8''%E6%8A%A5.pdf\"", "报.pdf"),
    (b"attachment; filename=old.pdf; filename*=utf-8''%E6%8A%A5.pdf", "报.pdf"),
    (b'attachment; filename*0="very long "; filename*1="name.pdf"', "very long name.pdf"),
    (b'attachment; filename*1="name.pdf"; filename*0="very long "', "very long name.pdf"),
    (b"attachment; filename*0*=utf-8''%E6%8A; filename*1*=%A5.pdf", "报.pdf"),
    (b"attachment; filename*0*=utf-8''%E6%8A%A5; filename*1=.pdf", "报.pdf"),
    (b"attachment; filename*0*=utf-8''%E6%; filename*1*=8A%A; filename*2*=5.pdf", "报.pdf"),
    (b"attachment; filename*0*=utf-8''%E6%8A%A5; filename*1=%25; filename*2*=%25", "报%25%"),
    (b'attachment; filename="=?utf-8?B?5oql5Lu3LnBkZg==?="', "报价.pdf"),
    (b"attachment; filename==?utf-8?Q?=E6=8A=A5.pdf?=", "报.pdf"),
    (b'attachment; filename="=?gb2312?B?sai82w==?= =?gb2312?B?LnBkZg==?="', "报价.pdf"),
    (b'attachment; filename="%E6%8A%A5.pdf"', "报.pdf"),
    (b'attachment; filename="100%.pdf"', "100%.pdf"),
    (b"attachment; filename=utf-8''%E6%8A%A5.pdf", "报.pdf"),
    (b'attachment; filename="' + "报价单.pdf".encode() + b'"', "报价单.pdf"),
    (b'attachment; filename="' + "报价单.pdf".encode("gbk") + b'"', "报价单.pdf"),
    (b"attachment; filename=first.pdf; filename=second.pdf", "first.pdf"),
]


@pytest.mark.parametrize(("raw", "name"), NAMES)
def test_a_file_name_is_read_however_it_is_written(raw: bytes, name: str) -> None:
    value = read_value(raw)
    assert value.value == "attachment"
    assert value.parameters["filename"] == name


def test_a_guessed_name_is_said() -> None:
    value = read_value(b"attachment; filename=" + "报价单".encode("gbk"))
    assert value.notes == ("declared nothing, decoded as gb18030 (guessed)",)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (None, ""),
        (b"", ""),
        (b"Text/HTML", "text/html"),
        (b"text / html ; charset=x", "text/html"),
        (b"text/plain (comment); charset=x", "text/plain"),
        (b'"text/plain"', "text/plain"),
        (b";;;", ""),
    ],
)
def test_the_value_itself_is_lower_case_and_bare(raw: bytes | None, value: str) -> None:
    assert read_value(raw).value == value


def test_twenty_thousand_parameters_are_not_all_read() -> None:
    raw = b"text/plain" + b"".join(b"; a%d=b" % number for number in range(20_000))
    assert len(read_value(raw).parameters) <= 200


@given(st.binary(max_size=200) | st.text(alphabet="a*0=;\"'\\%E ", max_size=80).map(str.encode))
def test_any_octets_become_parameters(raw: bytes) -> None:
    assert all(isinstance(text, str) for text in read_value(raw).parameters.values())
