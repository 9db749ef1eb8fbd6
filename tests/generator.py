"""Messages of every shape that the wire allows, each different, each made anew from its number.

Charsets, sizes from 1 KB to 20 MB, 8-bit, long lines, lines of dots, odd white space. Every line
ends with CRLF, because a message on the wire is lines (RFC 5321 §2.3.8).
"""

import random
from collections.abc import Callable, Iterator

_TEXTS = {
    "utf-8": "您好，请报价五百件。 Grüße aus Köln! Ürün fiyatı? 見積もりをお願いします。",
    "gb18030": "我们想采购五百件不锈钢阀门，请报价。",
    "big5": "請報價五百件不鏽鋼閥門。",
    "shift_jis": "バルブ五百個の見積もりをお願いします。",
    "iso-2022-jp": "バルブ五百個の見積もりをお願いします。",
    "euc-kr": "밸브 오백 개의 견적을 부탁드립니다.",
    "koi8-r": "Пришлите, пожалуйста, цены на пятьсот клапанов.",
    "windows-1251": "Пришлите, пожалуйста, цены на пятьсот клапанов.",
    "windows-1256": "نرجو إرسال الأسعار لخمسمائة صمام.",
    "iso-8859-1": "Bitte senden Sie uns Ihre Preise für fünfhundert Ventile.",
    "tis-620": "กรุณาส่งราคาวาล์วห้าร้อยชิ้น",
}

Body = Callable[[random.Random, int], bytes]


def generate(number: int, *, largest: int = 20 * 1024 * 1024) -> bytes:
    """The message of that number: always the same bytes, and other bytes than any other's."""
    chance = random.Random(number)
    charset = chance.choice(list(_TEXTS))
    body = chance.choice(_BODIES)(chance, _size(chance, number, largest))
    greeting = _TEXTS[charset].encode(charset)
    return _header(chance, number, charset) + b"\r\n" + greeting + b"\r\n" + body


def generated(count: int, *, largest: int = 20 * 1024 * 1024) -> Iterator[bytes]:
    """The first `count` messages."""
    return (generate(number, largest=largest) for number in range(count))


def _size(chance: random.Random, number: int, largest: int) -> int:
    if number % 100 == 99:
        return largest - 4096 if number % 500 == 499 else chance.randrange(largest // 2)
    if number % 10 == 9:
        return chance.randrange(300_000)
    return chance.randrange(1024, 20_000)


def _header(chance: random.Random, number: int, charset: str) -> bytes:
    lines = [
        b"From: =?utf-8?B?5p2O5Lyf?= <sender@open.test>",
        b"To:sales@reply.test",
        b"Subject: " + (b"message " if number % 3 else b"raw \xc4\xe3\xba\xc3 ") + b"%d" % number,
        b"Message-ID: <%d@open.test>" % number,
        b"Date: Sat, 21 Nov 2026 08:00:%02d +0800" % (number % 60),
        b"MIME-Version: 1.0",
        b"Content-Type: text/plain;\r\n\tcharset=" + charset.encode(),
        b"X-White: \t odd  \t ",
        b"X-Empty:",
        b"X-Folded: one\r\n  two \r\n\tthree",
        b"X-Long: " + b"y" * chance.randrange(3000),
    ]
    return b"\r\n".join(lines) + b"\r\n"


def _text(chance: random.Random, size: int) -> bytes:
    line = bytes(chance.choices(range(32, 127), k=76))
    return (line + b"\r\n") * (size // 78 + 1)


def _eight_bit(chance: random.Random, size: int) -> bytes:
    """Every octet but CR and LF, NUL included, in lines of uneven length."""
    allowed = bytes(octet for octet in range(256) if octet not in b"\r\n")
    content = bytes(chance.choices(allowed, k=min(size, 50_000)))
    lines = b"\r\n".join(content[at : at + 611] for at in range(0, len(content), 611))
    return lines + b"\r\n" + _text(chance, max(0, size - len(lines)))


def _dots(chance: random.Random, size: int) -> bytes:
    pieces = [b".", b"..", b"...", b". ", b".a", b" .", b"", b"a."]
    lines = [chance.choice(pieces) for _ in range(min(size // 4 + 1, 20_000))]
    return b"\r\n".join(lines) + b"\r\n" + _text(chance, max(0, size - 80_000))


def _long_lines(chance: random.Random, size: int) -> bytes:
    return b"z" * size + b"\r\n." + b"-" * 5000 + b"\r\n"


def _white_space(chance: random.Random, size: int) -> bytes:
    pieces = [
        b" ",
        b"\t",
        b"",
        b" \t ",
        b"text ",
        b" text",
        b"\x0b",
        b"\x0c",
        b"\xa0",
        b"\xe3\x80\x80",
    ]
    lines = [chance.choice(pieces) for _ in range(min(size // 4 + 1, 20_000))]
    return b"\r\n".join(lines) + b"\r\n\r\n\r\n"


_BODIES: list[Body] = [_text, _eight_bit, _dots, _long_lines, _white_space]
