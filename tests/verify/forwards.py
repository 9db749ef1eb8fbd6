"""Messages that were signed, and what relays do to them: the table of mutated forwards.

Each relay is a function from octets to octets that shares no code with the search that undoes it.
"""

import base64
import quopri
import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.verify.signing import private_key, sign
from verify.breakage.change import Kind

PLAIN_HEAD = (
    b"From: Alice Example <alice@example.com>\r\n"
    b"To: Bob <bob@forward.example>, carol@forward.example\r\n"
    b"Subject: Lunch on Tuesday\r\n"
    b"Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <one@example.com>\r\n"
    b"MIME-Version: 1.0\r\n"
)
LINES = [
    "Hello Bob,",
    "",
    "shall we meet for lunch on Tuesday? The usual place is closed; the new one",
    "is said to be good. \tBring the plans = all of them.",
    "From here it is ten minutes.",
    "",
    "-- ",
    "Alice",
]
TEXT = ("\r\n".join(LINES) + "\r\n").encode()
LONG = b"A very long line that somebody will break " * 40 + b"\r\nand a short one\r\n"
UTF8 = "你好,王先生:\r\n\r\n星期二一起吃午饭吗?\r\n\r\n爱丽丝\r\n".encode()
HTML = (
    b"<html><head><title>x</title></head><body>\r\n<p>Hello <b>Bob</b>,</p>\r\n"
    b"<div>shall we meet?</div>\r\n</body></html>\r\n"
)
FOOTER = b"\r\n______________________________\r\nlist mailing list\r\nlist@l.example\r\n"
BANNER = b"CAUTION: This message came from outside. Do not click.\r\n\r\n"
HTML_FOOTER = b'<div class="footer">Sent through <a href="http://l.example">the list</a></div>\r\n'


def message(body: bytes, fields: bytes = b"", subject: bytes | None = None) -> bytes:
    head = PLAIN_HEAD
    if subject is not None:
        head = head.replace(b"Lunch on Tuesday", subject)
    return head + fields + b"\r\n" + body


def text(body: bytes = TEXT, encoding: bytes = b"7bit", charset: bytes = b"utf-8") -> bytes:
    return message(
        body,
        b"Content-Type: text/plain; charset="
        + charset
        + b"\r\nContent-Transfer-Encoding: "
        + encoding
        + b"\r\n",
    )


def alternative(plain: bytes = TEXT, html: bytes = HTML, encoding: str = "7bit") -> bytes:
    parts = b""
    for kind, content in (("plain", plain), ("html", html)):
        written = base64.encodebytes(content).replace(b"\n", b"\r\n")
        body = written if encoding == "base64" else content
        parts += f"--AAA\r\nContent-Type: text/{kind}; charset=utf-8\r\n".encode()
        parts += f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body + b"\r\n"
    head = b'Content-Type: multipart/alternative; boundary="AAA"\r\n'
    return message(parts + b"--AAA--\r\n", head)


def mixed() -> bytes:
    attachment = base64.encodebytes(bytes(range(256)) * 8).replace(b"\n", b"\r\n")
    parts = b"--MMM\r\nContent-Type: text/plain\r\n\r\n" + TEXT
    parts += b"--MMM\r\nContent-Type: application/pdf; name=a.pdf\r\n"
    parts += b"Content-Transfer-Encoding: base64\r\n\r\n" + attachment + b"--MMM--\r\n"
    return message(parts, b"Content-Type: multipart/mixed; boundary=MMM\r\n")


def signed(octets: bytes, form: str = "relaxed/relaxed", names: str = "") -> bytes:
    """Signed by the author's domain, From and Subject and Reply-To oversigned."""
    h = names or (
        "From:From:To:Cc:Subject:Subject:Date:Message-ID:MIME-Version:Content-Type:"
        "Content-Transfer-Encoding:Reply-To"
    )
    tags: dict[str, str | None] = {
        "v": "1",
        "a": "rsa-sha256",
        "c": form,
        "d": "example.com",
        "s": "sel",
        "h": h,
        "bh": "auto",
        "b": "auto",
    }
    return sign(octets, tags, private_key("rsa")) + octets


Relay = Callable[[bytes], bytes]


def swap(old: bytes, new: bytes, count: int = 1) -> Relay:
    def relay(octets: bytes) -> bytes:
        assert old in octets
        return octets.replace(old, new, count)

    return relay


def body_of(change: Relay) -> Relay:
    def relay(octets: bytes) -> bytes:
        head, _, body = octets.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n" + change(body)

    return relay


def both(*relays: Relay) -> Relay:
    def relay(octets: bytes) -> bytes:
        for one in relays:
            octets = one(octets)
        return octets

    return relay


def field(line: bytes) -> Relay:
    return lambda octets: line + b"\r\n" + octets


def appended(more: bytes) -> Relay:
    return lambda octets: octets + more


def subject(value: bytes) -> Relay:
    return lambda octets: re.sub(rb"(?m)^Subject: .*\r$", b"Subject: " + value + b"\r", octets)


def before_line(line: bytes, more: bytes, nth: int = 1) -> Relay:
    """Put `more` before the nth occurrence of `line`."""

    def relay(octets: bytes) -> bytes:
        pieces = octets.split(line)
        assert len(pieces) > nth
        return line.join(pieces[:nth]) + more + line + line.join(pieces[nth:])

    return relay


def recoded(old: str, new: str) -> Relay:
    """Decode the single part and encode it otherwise."""

    def relay(octets: bytes) -> bytes:
        head, _, body = octets.partition(b"\r\n\r\n")
        content = decoded(body, old)
        head = head.replace(f"Encoding: {old}".encode(), f"Encoding: {new}".encode())
        return head + b"\r\n\r\n" + encoded(content, new)

    return relay


def decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.b64decode(body)
    return quopri.decodestring(body) if encoding == "quoted-printable" else body


def encoded(content: bytes, encoding: str, width: int = 76) -> bytes:
    if encoding == "base64":
        packed = base64.b64encode(content)
        rows = [packed[at : at + width] for at in range(0, len(packed), width)]
        return b"\r\n".join(rows) + b"\r\n"
    if encoding == "quoted-printable":
        unix = content.replace(b"\r\n", b"\n")
        return quopri.encodestring(unix).replace(b"\n", b"\r\n")
    return content


def rewidth(width: int) -> Relay:
    return body_of(lambda body: encoded(base64.b64decode(body), "base64", width))


def wrapped(width: int, between: bytes) -> Relay:
    def change(body: bytes) -> bytes:
        lines = []
        for line in body.split(b"\r\n"):
            lines.append(
                (b"\r\n" + between).join(
                    line[at : at + width] for at in range(0, max(1, len(line)), width)
                )
            )
        return b"\r\n".join(lines)

    return body_of(change)


def as_mailing_list(octets: bytes) -> bytes:
    """An outer multipart/mixed with the message's part and a footer part."""
    head, _, body = octets.partition(b"\r\n\r\n")
    kept: list[bytes] = []
    moved: list[bytes] = []
    for line in re.findall(rb".*?(?:\r\n(?![ \t])|\Z)", head + b"\r\n", re.DOTALL):
        (moved if line.lower().startswith(b"content-") else kept).append(line)
    outer = b'Content-Type: multipart/mixed; boundary="===LIST"\r\n'
    inner = b"--===LIST\r\n" + b"".join(moved) + b"\r\n" + body + b"\r\n--===LIST\r\n"
    inner += b"Content-Type: text/plain; charset=us-ascii\r\n\r\n" + FOOTER + b"\r\n--===LIST--\r\n"
    return b"".join(kept) + outer + b"\r\n" + inner


def munged(octets: bytes) -> bytes:
    """From of the list, the author in Reply-To."""
    return octets.replace(
        b"From: Alice Example <alice@example.com>",
        b'From: "Alice Example via List" <list@l.example>\r\n'
        b"Reply-To: Alice Example <alice@example.com>",
    )


def tagged(tag: str) -> Relay:
    """The whole subject decoded, tagged and encoded again."""

    def relay(octets: bytes) -> bytes:
        found = re.search(rb"Subject: =\?utf-8\?B\?(.*?)\?=", octets)
        assert found
        packed = base64.b64encode(tag.encode() + base64.b64decode(found[1]))
        return octets.replace(found[0], b"Subject: =?utf-8?B?" + packed + b"?=")

    return relay


WORD = b"=?utf-8?B?" + base64.b64encode("星期二的午饭".encode()) + b"?="
TAG_WORD = b"=?utf-8?B?" + base64.b64encode("【外部邮件】".encode()) + b"?="


@dataclass(frozen=True, slots=True)
class Forward:
    """One forwarded message, and what must be found out about it."""

    name: str
    octets: bytes
    kinds: frozenset[Kind]


def _make(name: str, octets: bytes, relay: Relay, *kinds: Kind) -> Forward:
    return Forward(name, relay(octets), frozenset(kinds))


def forwards() -> list[Forward]:
    """All of them."""
    made: list[Forward] = []
    for form in ("relaxed/relaxed", "simple/simple", "relaxed/simple", "simple/relaxed"):
        made += _of_every_form(form)
    return made + _of_bodies() + _of_headers()


def _of_every_form(form: str) -> list[Forward]:
    plain, multi = signed(text(), form), signed(alternative(), form)
    word = signed(message(TEXT, subject=WORD), form)
    k = Kind
    table = (
        ("footer", plain, appended(FOOTER), k.TEXT_APPENDED),
        ("footer long after", multi, appended(b"\r\n-- \r\nscanned\r\n"), k.TEXT_APPENDED),
        ("footer in plain part", multi, before_line(b"\r\n--AAA", FOOTER, 2), k.TEXT_IN_PART),
        ("footer in html", multi, before_line(b"</body>", HTML_FOOTER), k.TEXT_IN_PART),
        ("banner", plain, body_of(lambda body: BANNER + body), k.TEXT_PREPENDED),
        ("tag", plain, subject(b"[EXTERNAL] Lunch on Tuesday"), k.SUBJECT),
        ("re tag", plain, subject(b"[list-l] Lunch on Tuesday"), k.SUBJECT),
        ("chinese tag, a word", word, subject(TAG_WORD + b" " + WORD), k.SUBJECT),
        ("chinese tag, recoded", word, tagged("【外部邮件】"), k.SUBJECT),
        ("list", plain, as_mailing_list, k.REWRAPPED),
    )
    made = [_make(f"{name} {form}", octets, relay, kind) for name, octets, relay, kind in table]
    made.append(
        _make(
            f"tag and footer {form}",
            plain,
            both(subject(b"[l] Lunch on Tuesday"), appended(FOOTER)),
            k.SUBJECT,
            k.TEXT_APPENDED,
        )
    )
    made.append(
        _make(
            f"both footers {form}",
            multi,
            both(before_line(b"\r\n--AAA", FOOTER, 2), before_line(b"</body>", HTML_FOOTER)),
            k.TEXT_IN_PART,
        )
    )
    return made


def _of_bodies() -> list[Forward]:
    k = Kind
    chinese = signed(text(UTF8, b"8bit"))
    packed = signed(text(encoded(UTF8, "base64"), b"base64"))
    narrow = signed(text(encoded(UTF8 * 3, "base64", 64), b"base64"))
    quoted = signed(text(encoded(UTF8, "quoted-printable"), b"quoted-printable"))
    simple = signed(text(), "simple/simple")
    bare = signed(text(TEXT.replace(b"\r\n", b"\n")), "simple/simple")
    folded = signed(text(LONG), "relaxed/relaxed")
    html64 = signed(alternative(encoding="base64"))
    part = b"--MMM\r\nContent-Type: text/plain\r\n\r\nScanned.\r\n"
    table = (
        ("8bit to base64", chinese, recoded("8bit", "base64"), k.TRANSFER_ENCODING),
        ("8bit to qp", chinese, recoded("8bit", "quoted-printable"), k.TRANSFER_ENCODING),
        ("base64 to 8bit", packed, recoded("base64", "8bit"), k.TRANSFER_ENCODING),
        ("base64 to qp", packed, recoded("base64", "quoted-printable"), k.TRANSFER_ENCODING),
        ("qp to 8bit", quoted, recoded("quoted-printable", "8bit"), k.TRANSFER_ENCODING),
        ("qp to base64", quoted, recoded("quoted-printable", "base64"), k.TRANSFER_ENCODING),
        ("base64 at 72", packed, rewidth(72), k.TRANSFER_ENCODING),
        ("base64 at 60", packed, rewidth(60), k.TRANSFER_ENCODING),
        ("base64 at 76", narrow, rewidth(76), k.TRANSFER_ENCODING),
        (
            "qp other breaks",
            quoted,
            body_of(lambda b: b.replace(b"=E4", b"=\r\n=E4", 1)),
            k.TRANSFER_ENCODING,
        ),
        (
            "spaces at line ends",
            simple,
            body_of(lambda b: b.replace(b"ten minutes.\r\n", b"ten minutes.  \r\n")),
            k.WHITE_SPACE,
        ),
        ("signature mark", simple, body_of(lambda b: b.replace(b"-- \r", b"--\r")), k.WHITE_SPACE),
        ("bare LF to CRLF", bare, body_of(lambda b: b.replace(b"\n", b"\r\n")), k.LINE_ENDS),
        ("CRLF to LF", simple, body_of(lambda b: b.replace(b"\r\n", b"\n")), k.LINE_ENDS),
        (
            "doubled line ends",
            signed(text(TEXT.replace(b"\r\n\r\n", b"\r\n"))),
            body_of(lambda b: b.replace(b"\r\n", b"\r\n\r\n")),
            k.LINE_ENDS,
        ),
        ("tabs", simple, body_of(lambda b: b.replace(b"\t", b" " * 8)), k.WHITE_SPACE),
        (
            "empty line in part",
            signed(alternative()),
            before_line(b"\r\n--AAA", b"\r\n", 2),
            k.LINE_ENDS,
        ),
        (
            ">From",
            signed(text()),
            body_of(lambda b: b.replace(b"\r\nFrom ", b"\r\n>From ")),
            k.MBOX_QUOTING,
        ),
        ("wrapped at 998", folded, wrapped(998, b" "), k.LINES_WRAPPED),
        ("wrapped at 990", folded, wrapped(990, b""), k.LINES_WRAPPED),
        ("wrapped at 78", folded, wrapped(78, b""), k.LINES_WRAPPED),
        ("part added", signed(mixed()), before_line(b"--MMM--", part), k.PART_ADDED),
        ("first part added", signed(mixed()), before_line(b"--MMM\r\n", part), k.PART_ADDED),
        ("list of parts", signed(alternative()), as_mailing_list, k.REWRAPPED),
        (
            "transcoded",
            signed(text(UTF8.decode().encode("gb18030"), b"8bit", b"gb18030")),
            lambda octets: octets.replace(UTF8.decode().encode("gb18030"), UTF8).replace(
                b"charset=gb18030", b"charset=utf-8"
            ),
            k.CHARSET,
        ),
        (
            "footer in base64",
            signed(text(encoded(UTF8, "base64"), b"base64")),
            body_of(lambda b: encoded(base64.b64decode(b) + FOOTER, "base64")),
            k.TEXT_IN_PART,
        ),
        (
            "footer in a base64 part",
            html64,
            lambda octets: octets.replace(
                base64.encodebytes(TEXT).replace(b"\n", b"\r\n"), encoded(TEXT + FOOTER, "base64")
            ),
            k.TEXT_IN_PART,
        ),
        (
            "html banner",
            signed(alternative()),
            swap(b"<body>\r\n", b"<body>\r\n<div>CAUTION: external</div>\r\n"),
            k.TEXT_IN_PART,
        ),
    )
    return [_make(name, octets, relay, kind) for name, octets, relay, kind in table]


def _of_headers() -> list[Forward]:
    k = Kind
    relaxed, simple = signed(text()), signed(text(), "simple/simple")
    table = (
        ("reply-to added", relaxed, field(b"Reply-To: list@l.example"), (k.FIELD_ADDED,)),
        ("cc added", relaxed, field(b"Cc: x@l.example"), (k.FIELD_ADDED,)),
        ("second subject", relaxed, field(b"Subject: Win"), (k.FIELD_ADDED,)),
        (
            "from of the list",
            relaxed,
            munged,
            (k.FIELD_REWRITTEN, k.FIELD_ADDED),
        ),
        (
            "from of the list, copy kept",
            relaxed,
            both(
                swap(
                    b"From: Alice Example <alice@example.com>", b"From: Alice via L <l@l.example>"
                ),
                field(b"X-Original-From: Alice Example <alice@example.com>"),
            ),
            (k.FIELD_REWRITTEN,),
        ),
        (
            "names lost",
            signed(
                text()
                .replace(b"carol@f", b"<carol@f")
                .replace(b".example\r\nSub", b".example>\r\nSub")
            ),
            swap(b"<carol@forward.example>", b"carol@forward.example"),
            (k.FIELD_REWRITTEN,),
        ),
        ("quotes", relaxed, swap(b"To: Bob <bob", b'To: "Bob" <bob'), (k.FIELD_REWRITTEN,)),
        ("charset label", relaxed, swap(b"charset=utf-8", b"charset=us-ascii"), (k.CHARSET,)),
        ("folded", simple, swap(b">, carol", b">,\r\n carol"), (k.FIELD_FOLDED,)),
        (
            "folded by tab",
            simple,
            swap(b"Lunch on Tuesday", b"Lunch on\r\n\tTuesday"),
            (k.FIELD_FOLDED,),
        ),
        ("two spaces", simple, swap(b"Subject: Lunch", b"Subject:  Lunch"), (k.FIELD_FOLDED,)),
        ("name case", simple, swap(b"\r\nMessage-ID:", b"\r\nMessage-Id:"), (k.FIELD_CASE,)),
        (
            "all names upper",
            simple,
            lambda octets: octets.replace(b"\r\nTo:", b"\r\nTO:").replace(
                b"\r\nDate:", b"\r\nDATE:"
            ),
            (k.FIELD_CASE,),
        ),
        ("mime-version lost", relaxed, swap(b"MIME-Version: 1.0\r\n", b""), (k.FIELD_REMOVED,)),
        (
            "encoding lost",
            relaxed,
            swap(b"Content-Transfer-Encoding: 7bit\r\n", b""),
            (k.FIELD_REMOVED,),
        ),
        ("suffix", relaxed, subject(b"Lunch on Tuesday [scanned]"), (k.SUBJECT,)),
        (
            "reply tag",
            signed(message(TEXT, subject=b"Re: Lunch")),
            subject(b"Re: [l] Lunch"),
            (k.SUBJECT,),
        ),
        (
            "list footer, tag and author",
            relaxed,
            both(munged, subject(b"[l] Lunch on Tuesday"), appended(FOOTER)),
            (k.FIELD_REWRITTEN, k.FIELD_ADDED, k.SUBJECT, k.TEXT_APPENDED),
        ),
    )
    return [_make(name, octets, relay, *kinds) for name, octets, relay, kinds in table]


def unprovable() -> list[Forward]:
    """What leaves nothing to find the original by, or was never signed so."""
    plain, multi = signed(text()), signed(mixed())
    pdf = re.compile(rb"--MMM\r\nContent-Type: application/pdf.*?(?=--MMM--)", re.DOTALL)
    table = (
        ("another body", plain, body_of(lambda _: b"Buy now!\r\n")),
        ("a word changed", plain, swap(b"Tuesday? The", b"Monday? The")),
        ("a line removed", plain, swap(b"From here it is ten minutes.\r\n", b"")),
        ("attachment removed", multi, lambda octets: pdf.sub(b"", octets)),
        (
            "attachment replaced",
            multi,
            lambda octets: pdf.sub(
                b"--MMM\r\nContent-Type: text/plain\r\n\r\nAn attachment was removed.\r\n", octets
            ),
        ),
        ("no body", plain, body_of(lambda _: b"")),
        ("another author", plain, swap(b"alice@example.com", b"mallory@example.com")),
        ("another subject", plain, subject(b"Urgent: send money")),
        ("another date", plain, swap(b"10:00:00", b"11:00:00")),
        ("a link replaced in html", signed(alternative()), swap(b"<b>Bob</b>", b"<a>Bob</a>")),
        (
            "the signature's hash replaced",
            plain,
            lambda octets: re.sub(
                rb"bh=[^;]*;", b"bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;", octets
            ),
        ),
        ("spaces lost", signed(text(), "simple/simple"), swap(b". \tBring", b". Bring")),
    )
    return [_make(name, octets, relay) for name, octets, relay in table]
