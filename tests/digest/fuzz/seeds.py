"""What mutations begin with: messages of many languages, structures and encodings, and every
message that stands in a test of this room."""

import base64
import importlib
import pkgutil
import quopri
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import tests.digest
from tests.digest.messages import joined, message

_TEXTS = {
    "utf-8": "Dear Sir,\n\nwhat is the price of 100 pieces – today?\n\n> old line\n-- \nJohn\n",
    "gb18030": "您好！\n\n请报价，一百件。谢谢。\n\n发件人: 李伟 <li@example.com>\n主题: 询价\n",
    "big5": "您好，請報價。\n敬祝 商祺\n\n-----原始郵件-----\n寄件者: 王\n",
    "iso-2022-jp": "お世話になっております。\n不在のお知らせ\n見積もりをお願いします。\n",
    "shift_jis": "お世話になっております。価格を教えてください。\n",
    "euc-kr": "안녕하세요.\n견적을 부탁드립니다. 감사합니다.\n",
    "koi8-r": "Здравствуйте!\nПришлите, пожалуйста, цены.\n\n> старое письмо\n",
    "windows-1251": "Я в отпуске до 14.08.2026. С уважением, Иван\n",
    "windows-1252": "Sehr geehrte Damen und Herren,\nich bin bis 5. Mai nicht im Büro.\n",
    "iso-8859-2": "Dzień dobry,\nproszę o ofertę.\n\nW dniu 1.02.2026 Jan napisał:\n> stare\n",
    "windows-1256": "مرحبا\nأرجو إرسال عرض السعر\n",
    "windows-1255": "שלום\nאני לא במשרד\n",
    "tis-620": "สวัสดีครับ ขอใบเสนอราคา\n",
    "utf-16": "Hello 你好\n",
    "utf-7": "Hello 你好 – ok\n",
}
_PAGE = (
    "<html><head><meta charset=%s><style>p{color:red}</style></head><body>"
    '<p style="margin:0">%s</p><img src="cid:p1"><blockquote>alt</blockquote>'
    "<table><tr><td>1<td>2</table><script>alert(1)</script></body></html>"
)
_REPORT = (
    b"Reporting-MTA: dns; mx.example.net\r\nArrival-Date: Mon, 2 Nov 2026 10:00:00 +0800\r\n\r\n"
    b"Final-Recipient: rfc822; nobody@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.net>: user unknown\r\n"
)
_RETURNED = b"From: a@example.com\r\nTo: nobody@example.net\r\nMessage-ID: <1@example.com>\r\n\r\nx"
_FEEDBACK = (
    b"Feedback-Type: abuse\r\nUser-Agent: X/1\r\nVersion: 1\r\n"
    b"Original-Rcpt-To: <li@example.com>\r\n"
)
_CALENDAR = (
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Asia/Shanghai:"
    b"20261201T100000\r\nSUMMARY:Meeting\\, long\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_PROSE = (
    b"I'm not able to deliver your message to the following addresses.\r\n\r\n"
    b"<nobody@example.net>:\r\n552 5.2.2 mailbox full\r\n\r\n--- Below this line is a copy\r\n\r\n"
)
_UU = b"begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"
_YENC = b"=ybegin line=128 size=3 name=a.bin\r\nr\x8b\x9e\r\n=yend size=3\r\n"
_TNEF = b"\x78\x9f\x3e\x22\x01\x00\x01\x06\x90\x08\x00\x04\x00\x00\x00\x00\x00\x01\x00\x01\x00\x01"


@cache
def seeds() -> tuple[bytes, ...]:
    """All of them, each once, always in the same order."""
    return tuple(dict.fromkeys([*_built(), *_in_tests()]))


def _built() -> Iterator[bytes]:
    for charset, text in _TEXTS.items():
        content = text.encode(charset, "replace")
        yield from _in_one_part(charset, content)
        yield _alternatives(charset, text)
    yield from _reports()
    yield from _files()


def _in_one_part(charset: str, content: bytes) -> Iterator[bytes]:
    word = b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(content[:40]))
    typed: dict[str, str | bytes] = {"Content-Type": f"text/plain; charset={charset}"}
    base: dict[str, str | bytes] = {
        "Subject": word,
        "From": word + b" <li@example.com>",
        "To": b'"' + content[:10].replace(b'"', b"") + b'" <a@example.com>, b@example.com',
        "Date": "Mon, 2 Nov 2026 10:00:00 +0800",
        "Message-ID": "<1@example.com>",
    }
    yield message(content, {**base, **typed})
    yield message(content, base)
    yield message(
        base64.encodebytes(content), {**base, **typed, "Content-Transfer-Encoding": "base64"}
    )
    yield message(
        quopri.encodestring(content),
        {**base, **typed, "Content-Transfer-Encoding": "quoted-printable"},
    )


def _alternatives(charset: str, text: str) -> bytes:
    page = (_PAGE % (charset, text)).encode(charset, "replace")
    inner = joined(
        [
            f"Content-Type: text/plain; charset={charset}; format=flowed\r\n\r\n".encode()
            + text.encode(charset, "replace"),
            f"Content-Type: text/html; charset={charset}\r\n\r\n".encode() + page,
        ],
        "in",
    )
    outer = joined(
        [
            b'Content-Type: multipart/alternative; boundary="in"\r\n\r\n' + inner,
            b"Content-Type: image/png\r\nContent-ID: <p1>\r\nContent-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: inline; filename*0*=UTF-8''%e4%bd; filename*1*=%a0.png\r\n\r\n"
            + base64.encodebytes(b"\x89PNG" * 20),
        ],
        "out",
    )
    return message(outer, {"Content-Type": "multipart/related; boundary=out", "Subject": "x"})


def _reports() -> Iterator[bytes]:
    returned = b"Content-Type: message/rfc822\r\n\r\n" + _RETURNED
    for kind, notice in (
        ("delivery-status", b"Content-Type: message/delivery-status\r\n\r\n" + _REPORT),
        ("feedback-report", b"Content-Type: message/feedback-report\r\n\r\n" + _FEEDBACK),
        (
            "disposition-notification",
            b"Content-Type: message/disposition-notification\r\n\r\nDisposition: a/b; displayed",
        ),
    ):
        parts = [b"\r\nSee below: 550 5.1.1 unknown", notice, returned]
        typed = f"multipart/report; report-type={kind}; boundary=r"
        yield message(
            joined(parts, "r"), {"Content-Type": typed, "From": "mailer-daemon@a.example"}
        )
    yield message(_PROSE + _RETURNED, {"From": "MAILER-DAEMON@a.example", "Subject": "failure"})
    away = {"Auto-Submitted": "auto-replied", "Subject": "Automatic reply: Offer"}
    yield message(b"I am out of the office until 5 May 2026. Please ask bob@example.com", away)
    listed = {"List-ID": "<l.example.com>", "Precedence": "bulk", "List-Unsubscribe": "<mailto:a>"}
    yield message(b"News", listed)


def _files() -> Iterator[bytes]:
    typed = b"Content-Type: text/calendar; method=REQUEST\r\n\r\n"
    invitation = joined([b"\r\nCome", typed + _CALENDAR], "c")
    yield message(invitation, {"Content-Type": "multipart/mixed; boundary=c"})
    yield message(_UU, {"Subject": "uu"})
    yield message(_YENC, {"Subject": "yenc"})
    tnef = b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n" + _TNEF
    yield message(joined([b"\r\nx", tnef], "t"), {"Content-Type": "multipart/mixed; boundary=t"})
    forwarded = b"Content-Type: message/rfc822\r\n\r\n" + message(b"inside", {"Subject": "old"})
    yield message(
        joined([b"\r\nFYI\r\n", forwarded], "f"),
        {"Content-Type": "multipart/mixed; boundary=f", "Subject": "Fwd: old"},
    )
    partial = {"Content-Type": 'message/partial; id="a@b"; number=1; total=2'}
    yield message(b"Subject: whole\r\n\r\nfirst half", partial)
    signed = {"Content-Type": "multipart/signed; boundary=s; protocol=application/pgp-signature"}
    signature = b"Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\nx"
    yield message(joined([b"\r\nsigned", signature], "s"), signed)
    clear = b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n- -- x\r\n"
    yield message(clear + b"-----BEGIN PGP SIGNATURE-----\r\nx\r\n-----END PGP SIGNATURE-----\r\n")


def _in_tests() -> Iterator[bytes]:
    """Whatever stands in the modules of this room's tests, and files beside them."""
    for path in sorted(Path(tests.digest.__file__).parent.rglob("*.eml")):
        yield path.read_bytes()
    for found in sorted(
        one.name for one in pkgutil.walk_packages(tests.digest.__path__, "tests.digest.")
    ):
        if ".fuzz" not in found and not found.endswith("hostile"):
            yield from _in_module(importlib.import_module(found))


def _in_module(module: ModuleType) -> Iterator[bytes]:
    for name, value in sorted(vars(module).items()):
        if not name.startswith("__"):
            yield from _messages(value, 3)


def _messages(value: Any, depth: int) -> Iterator[bytes]:
    if isinstance(value, bytes):
        if len(value) > 30 and b":" in value.partition(b"\n")[0]:
            yield value[:200_000]
    elif depth and isinstance(value, list | tuple):
        for one in value:
            yield from _messages(one, depth - 1)
    elif depth and isinstance(value, dict):
        for one in value.values():
            yield from _messages(one, depth - 1)
    elif depth and is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _messages(getattr(value, field.name), depth - 1)
