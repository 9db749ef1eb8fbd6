"""Messages of given sizes as people send them: no two alike, of four kinds.

- plain: an answer with what it quotes below, UTF-8 in quoted-printable;
- page: the same as text and HTML beside each other, with a picture in the page;
- files: a few lines and attachments in base64;
- chinese: text and HTML in GBK under the name gb2312, in base64, with encoded words in the header.

Words come from lists by chance, with the same seed each time.
"""

import base64
import quopri
import random
from collections.abc import Callable

SIZES = {"10 KB": 10_000, "1 MB": 1_000_000, "20 MB": 20_000_000}

_ENGLISH = """
the of and to in is that for it with as was on be at by this had not are but from or have an they
which one you were all her she there would their we him been has when who will no more if out so up
said what its about than into them can only other time new some could these two may first then do
price pieces delivery offer sample order invoice payment machine valve pump quality factory
""".split()  # noqa: SIM905
_CHINESE = """
您好 请 报价 我们 需要 一百 件 产品 价格 交货 时间 谢谢 公司 工厂 质量 样品 付款 方式 合同 数量 规格
型号 泵 阀门 机器 市场 客户 经理 联系 电话 邮件 附件 查收 收到 回复 尽快 最好 可以 如果 因为
所以 但是 已经 没有 问题 情况 今年 明年 上海 北京 广州 出口 进口 运费 海运 空运 包装 颜色
""".split()  # noqa: SIM905
_QUOTED_SHARE = 3
Encoded = tuple[str, bytes]
"""The name of a transfer encoding, and octets in it."""
_PICTURE = 4_000


def letters(kind: str, size: int, count: int) -> list[bytes]:
    """So many messages of a kind, each of about that size."""
    make = _KINDS[kind]
    return [make(random.Random(f"{kind}:{size}:{n}"), size) for n in range(count)]


def _plain(chance: random.Random, size: int) -> bytes:
    text = _answer(chance, size - 700, _ENGLISH, " ")
    head = _head(chance, "Re: Offer for pumps", "Karl Müller")
    return head + _part("text/plain; charset=utf-8", _quoted_printable(text, "utf-8"))


def _page(chance: random.Random, size: int) -> bytes:
    room = max(1_000, size - _PICTURE * 4 // 3 - 1_200)
    head = _head(chance, "Re: Offer for pumps", "Karl Müller")
    both = _both(chance, room, _ENGLISH, " ", "utf-8", _quoted_printable)
    picture = (
        b"Content-Type: image/png; name=logo.png\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-ID: <logo@example.com>\r\nContent-Disposition: inline; filename=logo.png\r\n\r\n"
        + _base64(chance.randbytes(_PICTURE))
    )
    return head + _multipart("related", chance, both, picture)


def _files(chance: random.Random, size: int) -> bytes:
    text = _answer(chance, 1_500, _ENGLISH, " ")
    parts = [_part("text/plain; charset=utf-8", _quoted_printable(text, "utf-8"))]
    number = 1 if size < 100_000 else 3
    for n in range(number):
        content = chance.randbytes(max(100, (size - 3_000) * 3 // 4 // number * 75 // 77))
        fields = (
            b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment; filename*=utf-8''%%c3%%a4-offer-%d.pdf\r\n" % n
        )
        parts.append(fields + b"\r\n" + _base64(content))
    return _head(chance, "Offer", "Karl Müller") + _multipart("mixed", chance, *parts)


def _chinese(chance: random.Random, size: int) -> bytes:
    head = _head(chance, "回复: 询价 水泵 一百件", "李伟", "gb2312")
    return head + _both(chance, size - 900, _CHINESE, "", "gbk", _in_base64)


_KINDS = {"plain": _plain, "page": _page, "files": _files, "chinese": _chinese}
KINDS = tuple(_KINDS)


def _both(
    chance: random.Random,
    size: int,
    words: list[str],
    space: str,
    charset: str,
    encode: Callable[[str, str], Encoded],
) -> bytes:
    """A multipart/alternative of text and HTML, together of about that size."""
    label = "gb2312" if charset == "gbk" else charset
    share = 4 if encode is _in_base64 else 3
    text = _answer(chance, size // share, words, space)
    lines = "".join(f'<div class="MsoNormal">{line}</div>\n' for line in text.split("\n"))
    page = f"<html><head><style>p {{color:#333}}</style></head><body>{lines}</body></html>"
    return _multipart(
        "alternative",
        chance,
        _part(f"text/plain; charset={label}", encode(text, charset)),
        _part(f"text/html; charset={label}", encode(page, charset)),
    )


def _answer(chance: random.Random, size: int, words: list[str], space: str) -> str:
    """What somebody wrote, and what they answer, quoted below."""
    lines, octets = [], 0
    while octets < size:
        line = space.join(chance.choices(words, k=12))
        if octets > size // _QUOTED_SHARE:
            line = f"> {line}"
        lines.append(line)
        octets += len(line.encode("gbk" if not space else "utf-8")) + 2
    at = next((n for n, line in enumerate(lines) if line.startswith(">")), len(lines))
    lines.insert(at, "\nOn Mon, 2 Nov 2026 at 10:00, Li Wei <li@example.com> wrote:")
    return "\n".join(lines) + "\n"


def _head(chance: random.Random, subject: str, name: str, charset: str = "utf-8") -> bytes:
    def word(text: str) -> bytes:
        octets = base64.b64encode(text.encode("gbk" if charset == "gb2312" else charset))
        return b"=?" + charset.encode() + b"?B?" + octets + b"?="

    number = b"%d" % chance.randrange(10**9)
    return (
        b"Received: from mail.example.com (mail.example.com [192.0.2.1])\r\n"
        b"\tby mx.example.net with ESMTPS id " + number + b";\r\n"
        b"\tMon, 2 Nov 2026 10:00:00 +0800\r\n"
        b"From: " + word(name) + b" <a" + number + b"@example.com>\r\n"
        b'To: "Sales, Pumps" <sales@example.net>, b@example.net\r\n'
        b"Subject: " + word(subject) + b"\r\nMessage-ID: <" + number + b"@example.com>\r\n"
        b"In-Reply-To: <1@example.net>\r\nReferences: <0@example.net> <1@example.net>\r\n"
        b"Date: Mon, 2 Nov 2026 10:00:00 +0800\r\nMIME-Version: 1.0\r\n"
    )


def _part(content_type: str, encoded: Encoded) -> bytes:
    encoding, octets = encoded
    fields = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return fields.encode() + octets


def _multipart(kind: str, chance: random.Random, *parts: bytes) -> bytes:
    boundary = b"----=_Part_%d" % chance.randrange(10**12)
    inside = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    fields = b"Content-Type: multipart/" + kind.encode() + b';\r\n\tboundary="' + boundary
    return fields + b'"\r\n\r\n' + inside + b"--" + boundary + b"--\r\n"


def _quoted_printable(text: str, charset: str) -> Encoded:
    encoded = quopri.encodestring(text.encode(charset)).replace(b"\n", b"\r\n")
    return "quoted-printable", encoded


def _in_base64(text: str, charset: str) -> Encoded:
    return "base64", _base64(text.encode(charset))


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")
