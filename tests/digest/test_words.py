"""Encoded words, right and wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.words import decode_words

WORDS = [
    (b"=?utf-8?B?5oKo5aW9?=", "您好"),
    (b"=?UTF-8?q?Gr=C3=BC=C3=9Fe_aus?=", "Grüße aus"),
    (b"=?iso-8859-1?Q?a?= b", "a b"),
    (b"a =?iso-8859-1?Q?b?=", "a b"),
    (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
    (b"=?utf-8?q?a?=\t =?iso-8859-1?q?b?=", "ab"),
    (b"=?utf-8?q?a_?= =?utf-8?q?b?=", "a b"),
    (b"=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
    (b"x=?utf-8?q?a?=y", "xay"),
    (b'"=?utf-8?q?a_b?=" <a@b>', '"a b" <a@b>'),
    (b"=?utf-8*zh?q?a?=", "a"),
    (b"=?utf-8?q?a b c?=", "a b c"),
    (b"=?utf-8?q?what??=", "what?"),
    (b"=?utf-8?B?5oKo5aW9", "您好"),
    (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
    (b"=?utf-8?B??=", ""),
    (b"=?utf-8?B?5oKo5aW9=?=", "您好"),
    (b"=?utf-8?B?5oKo*5aW9?=", "您好"),
    (b"=?utf-8?Q?=E6=82=A8=E5=A5=BD?= =?utf-8?Q?!?=", "您好!"),
    # one character's octets in two words, which RFC 2047 forbids and several mailers do
    (b"=?utf-8?B?5oKo5Q==?= =?utf-8?B?pb0=?=", "您好"),
    (b"=?gb2312?Q?=C4=FA=BA?= =?gb2312?Q?=C3?=", "您好"),
    (b"=?gb2312?B?6UY=?=", "镕"),
    (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
    (b"=?ks_c_5601-1987?B?sKrAuw==?=", "값을"),
    (b"=??B?5oKo5aW9?= =??Q?!?=", "您好!"),
    (b"=?unknown-8bit?q?=E6=82=A8=E5=A5=BD?=", "您好"),
    (b"=?unicode_escape?q?=5Cx41?=", "\\x41"),
    (b"", ""),
]


@pytest.mark.parametrize(("value", "text"), WORDS)
def test_encoded_words_are_read_as_people_send_them(value: bytes, text: str) -> None:
    assert decode_words(value).text == text


def test_raw_octets_are_guessed_and_said() -> None:
    words = decode_words("关于报价的回复".encode("gbk"))
    assert words.text == "关于报价的回复"
    assert words.notes == ("declared nothing, decoded as gb18030 (guessed)",)


def test_a_hint_decides_what_octets_alone_do_not() -> None:
    octets = "価格".encode("euc_jp")
    assert decode_words(octets, ("euc-jp",)).text == "価格"


def test_raw_utf_8_beside_encoded_words_is_read() -> None:
    assert decode_words("报价 ".encode() + b"=?utf-8?q?=E5=8D=95?=").text == "报价 单"


@given(st.binary(max_size=200) | st.text(alphabet="=?uqbQB8-f_ \t", max_size=80).map(str.encode))
def test_any_octets_become_text(value: bytes) -> None:
    assert isinstance(decode_words(value).text, str)
