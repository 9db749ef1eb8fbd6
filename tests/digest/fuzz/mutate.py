"""One message made of another: damage as networks, relays, programs and bad people do it."""

import base64
import random
import re
from collections.abc import Callable, Sequence

Chance = random.Random

MOST = 3_000_000
"""Octets that a mutated message has at most."""

_LABELS = re.compile(rb"(?i)(charset=\"?|=\?)([a-z0-9_\-]+)")
_CHARSETS = (
    *(b"utf-8", b"gb2312", b"gbk", b"big5", b"iso-2022-jp", b"utf-7", b"utf-16", b"utf-16le"),
    *(b"iso-2022-kr", b"hz-gb-2312", b"koi8-r", b"windows-1252", b"ks_c_5601-1987", b"x-unknown"),
    *(b"us-ascii", b"utf-32", b"idna", b"rot13", b"zlib", b"unicode_escape", b"undefined", b""),
)
_ENCODING = re.compile(rb"(?i)(content-transfer-encoding: *)([^\r\n]*)")
_ENCODINGS = (b"base64", b"quoted-printable", b"8bit", b"uuencode", b"x-yenc", b"x", b"binary")
_TYPE = re.compile(rb"(?i)(content-type: *)([a-z0-9/\-]+)")
_TYPES = (
    *(b"text/plain", b"text/html", b"text/calendar", b"multipart/mixed", b"multipart/alternative"),
    *(b"multipart/report", b"message/rfc822", b"message/delivery-status", b"application/ms-tnef"),
    *(b"message/partial", b"application/pkcs7-mime", b"text/enriched", b"text/rtf", b"image/png"),
    *(b"multipart/signed", b"message/feedback-report", b"text/rfc822-headers", b"x/", b"/"),
)
_BOUNDARY = re.compile(rb"(?i)boundary=\"?([^\"\r\n;]+)")
_TOKENS = (
    *(b"\r\n", b"\n", b"\r", b"\0", b"\t", b"--", b"=?", b"?=", b"=?utf-8?B?", b"=?utf-8?Q?=ff?="),
    *(
        b"<",
        b">",
        b"<<<<",
        b"(",
        b")",
        b'"',
        b"\\",
        b",",
        b";",
        b":",
        b"=",
        b"@",
        b"%",
        b"\xff\xfe",
    ),
    *(b"\r\n\r\n", b"\r\n ", b"\r\n--b\r\n", b"\r\n--b--\r\n", b"\xe2\x80\xae", b"\xed\xa0\x80"),
    *(b"From: ", b"Subject: ", b"Date: 1 Jan 0000", b"Content-Type: ", b"boundary=", b"charset="),
    *(
        b"filename*0*=''",
        b"filename=../../etc/passwd",
        b"name=\xe4\xbd",
        b"-----Original Message-----",
    ),
    *(
        b"\nOn Mon, 2 Nov 2026 at 10:00, A <a@b.c> wrote:\n",
        "\n发件人: ".encode(),
        b"\n> > > > x\n",
    ),
    *(b"wrote:\n", b"\n-- \n", b"BEGIN:VEVENT\r\nDTSTART:99999999T999999Z\r\n", b"\x1b$B", b"~{"),
    *(b"begin 644 x\r\n", b"=ybegin line=128 size=9999999999 name=\r\n", b"\x78\x9f\x3e\x22"),
    *(b"<script>", b"<div>", b"</div>", b"<b>", b"<table>", b"<!--", b"&#x110000;", b"&#xd800;"),
    *(b"Final-Recipient: rfc822; ", b"Status: 9.9.9", b"Diagnostic-Code: ", b"Action: failed"),
    *(b"until 31.12.9999", b"back on 30 February", b"+caf_=", b"SRS0=a=b=c=d@e", b"550 5.1.1"),
    *(b"Auto-Submitted: auto-replied\r\n", b"&shy;", b"+AGE-", b"\xef\xbb\xbf", b"\x00\xd8"),
)


def mutate(seed: bytes, seeds: Sequence[bytes], chance: Chance) -> bytes:
    """`seed` after one to eight steps of damage."""
    found = seed
    for _ in range(min(8, 1 + int(chance.expovariate(0.5)))):
        step = chance.choices(_STEPS, _WEIGHTS)[0]
        found = step(found, seeds, chance)[:MOST]
    return found


Step = Callable[[bytes, Sequence[bytes], Chance], bytes]


def _flip(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    changed = bytearray(content or b"x")
    for _turn in range(chance.choice((1, 1, 4, 32))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _insert(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + chance.choice(_TOKENS) + content[at:]


def _blow_up(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    """A token, or a piece of the message, again and again."""
    at = chance.randint(0, len(content))
    piece = chance.choice(_TOKENS) if chance.random() < 0.6 else content[at : at + 60]
    times = chance.choice((20, 300, 3_000, 3_000, 20_000, 100_000))
    return content[:at] + piece * times + content[at:]


def _truncate(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    return content[: chance.randint(0, len(content))]


def _splice(content: bytes, seeds: Sequence[bytes], chance: Chance) -> bytes:
    other = chance.choice(seeds)
    cut, from_there = chance.randint(0, len(content)), chance.randint(0, len(other))
    return content[:cut] + other[from_there:]


def _remove(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + content[at + chance.choice((1, 2, 10, 200)) :]


def _double_a_line(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    lines = content.split(b"\n")
    at = chance.randrange(min(len(lines), 40))
    lines[at:at] = [lines[at]] * chance.choice((1, 2, 50, 1_000))
    return b"\n".join(lines)


def _shuffle(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    lines = content.split(b"\n")
    at = chance.randrange(len(lines))
    some = lines[at : at + 8]
    chance.shuffle(some)
    lines[at : at + 8] = some
    return b"\n".join(lines)


def _relabel(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    return _LABELS.sub(lambda match: match[1] + chance.choice(_CHARSETS), content)


def _reencode(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    return _ENCODING.sub(lambda match: match[1] + chance.choice(_ENCODINGS), content)


def _retype(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    return _TYPE.sub(
        lambda match: match[1] + (chance.choice(_TYPES) if chance.random() < 0.5 else match[2]),
        content,
    )


def _damage_boundary(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    names = _BOUNDARY.findall(content)
    if not names:
        return content
    name = chance.choice(names)
    other = chance.choice((b"", name[:-1], name + b"x", name.upper(), chance.choice(names), b"--"))
    at = content.find(name, chance.randint(0, len(content)))
    return content[:at] + other + content[at + len(name) :] if at >= 0 else content


def _line_ends(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    plain = content.replace(b"\r\n", b"\n")
    return plain.replace(b"\n", chance.choice((b"\n", b"\r", b"\r\n", b"\r\r\n", b"\n\r")))


def _wrap(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    """The message inside another one, some levels deep."""
    for level in range(chance.choice((1, 1, 3, 70))):
        kind = chance.choice((b"message/rfc822", b"multipart/mixed; boundary=w%d" % level))
        head = b"Subject: level %d\r\nContent-Type: " % level + kind + b"\r\n\r\n"
        if kind.startswith(b"multipart"):
            head += b"--w%d\r\nContent-Type: message/rfc822\r\n\r\n" % level
        content = head + content
    return content


def _encode_body(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    head, _empty, body = content.partition(b"\r\n\r\n")
    return head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(body)


def _recode(content: bytes, _: Sequence[bytes], chance: Chance) -> bytes:
    """The text read in one charset and written in another, as careless programs do."""
    wrong, right = (
        chance.choice(("latin-1", "cp1252", "gbk", "utf-8")),
        chance.choice(("utf-8", "utf-16", "gb18030", "utf-7", "cp437")),
    )
    return content.decode(wrong, "replace").encode(right, "replace")


_STEPS: tuple[Step, ...] = (
    *(_flip, _insert, _blow_up, _truncate, _splice, _remove, _double_a_line, _shuffle, _relabel),
    *(_reencode, _retype, _damage_boundary, _line_ends, _wrap, _encode_body, _recode),
)
_WEIGHTS = (16, 14, 5, 6, 8, 6, 5, 4, 8, 6, 6, 6, 3, 3, 2, 4)
