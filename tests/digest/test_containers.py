"""Messages as they really come: whole ones, with the structure that some mailer gave them."""

import base64
import sys
from collections.abc import Callable
from typing import Any

import pytest

from digest.cms import MAX_INFLATED
from digest.embedded import cut_out
from digest.parts import attachment
from mail.raw import RawMessage
from tests.digest.messages import base64_lines, json_of, message
from tests.digest.smime import CERTIFICATES, ENTITY, SIGNED, STREAMED, compressed, element

HEAD = (
    b"From: Li Wei <li@example.com>\r\nTo: sales@example.org\r\nSubject: Offer\r\n"
    b"MIME-Version: 1.0\r\n"
)


def mail(text: str) -> bytes:
    """A message whose header begins as HEAD; lines end in CRLF."""
    return HEAD + text.removeprefix("\n").replace("\n", "\r\n").encode()


def seen(content: bytes) -> tuple[str, list[str]]:
    """The text, and the attachments' names."""
    said = json_of(content)
    return said["text"].strip(), [one["name"] for one in said["attachments"]]


PDF = """Content-Type: application/pdf; name="offer.pdf"
Content-Disposition: attachment; filename="offer.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK
"""

STRUCTURES: dict[str, tuple[str, str, list[str]]] = {
    "Outlook: related within alternative within mixed": (
        f"""
Content-Type: multipart/mixed; boundary="----=_NextPart_000_0001_01DA.A0"

This is a multi-part message in MIME format.

------=_NextPart_000_0001_01DA.A0
Content-Type: multipart/alternative;
\tboundary="----=_NextPart_001_0002_01DA.A0"

------=_NextPart_001_0002_01DA.A0
Content-Type: text/plain; charset="us-ascii"

Dear sir,
------=_NextPart_001_0002_01DA.A0
Content-Type: text/html; charset="us-ascii"

<p>Dear sir,</p>
------=_NextPart_001_0002_01DA.A0--

------=_NextPart_000_0001_01DA.A0
{PDF}
------=_NextPart_000_0001_01DA.A0--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "Apple Mail: text, file, HTML, file, text": (
        f"""
Content-Type: multipart/mixed; boundary="Apple-Mail=_1"

--Apple-Mail=_1
Content-Type: text/plain; charset=us-ascii

before
--Apple-Mail=_1
{PDF}
--Apple-Mail=_1
Content-Type: text/html; charset=us-ascii

<html><body>between<br></body></html>
--Apple-Mail=_1
Content-Disposition: inline; filename=photo.jpeg
Content-Type: image/jpeg; name="photo.jpeg"

x
--Apple-Mail=_1
Content-Type: text/plain; charset=us-ascii

after
--Apple-Mail=_1--
""",
        "before\n\nbetween\n\nafter",
        ["offer.pdf", "photo.jpeg"],
    ),
    "Apple Mail: alternative whose HTML is a mixed": (
        f"""
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain

Please see below.
--a
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: text/html

<p>Please see below.</p>
--m
{PDF}
--m
Content-Type: text/html

<p>-- Li</p>
--m--
--a--
""",
        "Please see below.",
        ["offer.pdf"],
    ),
    "an alternative within an alternative": (
        """
Content-Type: multipart/alternative; boundary=o

--o
Content-Type: text/plain

Hello
--o
Content-Type: multipart/alternative; boundary=i

--i
Content-Type: text/plain

Hello
--i
Content-Type: text/html

<p>Hello</p>
--i--
--o--
""",
        "Hello",
        [],
    ),
    "enriched text beside plain text": (
        """
Content-Type: multipart/alternative; boundary=o

--o
Content-Type: text/plain

Hello
--o
Content-Type: text/enriched

<bold>Hello</bold>
--o--
""",
        "Hello",
        [],
    ),
    "enriched text alone": (
        """
Content-Type: text/enriched

<color><param>red</param>Dear</color> Li,

the <bold>price</bold>
is << 5.
""",
        "Dear Li,\nthe price is < 5.",
        [],
    ),
    "RTF as an alternative": (
        """
Content-Type: multipart/alternative; boundary=o

--o
Content-Type: text/rtf

{\\rtf1\\ansi Hello \\b Li\\b0\\par}
--o--
""",
        "Hello Li",
        [],
    ),
    "related whose root is not the first": (
        """
Content-Type: multipart/related; boundary=r; start="<root@x>"; type="text/html"

--r
Content-Type: image/png; name=logo.png
Content-ID: <logo@x>

x
--r
Content-Type: text/html; name="body.html"
Content-ID: <root@x>

<p>Hello <img src="cid:logo@x"></p>
--r--
""",
        "Hello",
        ["logo.png"],
    ),
    "a Macintosh file with its resources": (
        """
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain

See the file.
--m
Content-Type: multipart/appledouble; boundary=d

--d
Content-Type: application/applefile; name="offer.pdf"
Content-Transfer-Encoding: base64

AAUWBwACAAA=
--d
Content-Type: application/pdf; name="offer.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--d--
--m--
""",
        "See the file.",
        ["offer.pdf"],
    ),
    "a digest of a list": (
        """
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain

Today's topics
--m
Content-Type: multipart/digest; boundary=d

--d

From: a@example.com
Subject: First

one
--d

From: b@example.com
Subject: Second

two
--d--
--m--
""",
        "Today's topics",
        ["First.eml", "Second.eml"],
    ),
    "text files that are shown inline": (
        """
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain

See the log.
--m
Content-Type: text/plain; name="server.log"
Content-Disposition: inline; filename="server.log"

10:00 error
--m
Content-Type: text/plain
Content-Disposition: inline

Regards, Li
--m--
""",
        "See the log.\nRegards, Li",
        ["server.log"],
    ),
    "a body that has a name": (
        f"""
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain; name="message.txt"
Content-Disposition: inline; filename="message.txt"

Dear sir,
--m
{PDF}
--m--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "an unknown multipart": (
        f"""
Content-Type: multipart/x-whatever; boundary=m

--m
Content-Type: text/plain

Dear sir,
--m
{PDF}
--m--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "a message inside, in base64": (
        """
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain

See below.
--m
Content-Type: message/rfc822
Content-Transfer-Encoding: base64

U3ViamVjdDogSW5uZXIgbGV0dGVyMQ0KDQp4
--m--
""",
        "See below.",
        ["Inner letter1.eml"],
    ),
    "a message inside, in quoted-printable": (
        """
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain

See below.
--m
Content-Type: message/rfc822
Content-Transfer-Encoding: quoted-printable

Subject: =3D?utf-8?Q?Angebot_f=3DC3=3DBCr?=3D

x
--m--
""",
        "See below.",
        ["Angebot für.eml"],
    ),
    "text that lies elsewhere beside text": (
        """
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain

See the server.
--m
Content-Type: message/external-body; access-type=URL; url="https://x.example/a.zip"; name="a.zip"

Content-Type: application/zip
--m--
""",
        "See the server.",
        ["a.zip"],
    ),
    "a multipart that was encoded as a whole": (
        "Content-Type: multipart/mixed; boundary=m\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(
            f"--m\r\nContent-Type: text/plain\r\n\r\nDear sir,\r\n--m\r\n{PDF}--m--\r\n".encode()
        ).decode(),
        "Dear sir,",
        ["offer.pdf"],
    ),
    "a multipart in quoted-printable": (
        """
Content-Type: multipart/mixed; boundary="=_m"
Content-Transfer-Encoding: quoted-printable

--=3D_m
Content-Type: text/plain; charset=3Dutf-8

Gr=C3=BC=C3=9Fe
--=3D_m--
""",
        "Grüße",
        [],
    ),
    "a multipart that says so but was not encoded": (
        f"""
Content-Type: multipart/mixed; boundary=m
Content-Transfer-Encoding: base64

--m
Content-Type: text/plain

Dear sir,
--m
{PDF}
--m--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "no boundary is named": (
        f"""
Content-Type: multipart/mixed

--=_abc
Content-Type: text/plain

Dear sir,
--=_abc
{PDF}
--=_abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "another boundary is named": (
        f"""
Content-Type: multipart/mixed; boundary="abc"

--=_abc
Content-Type: text/plain

Dear sir,
--=_abc
{PDF}
--=_abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "the type of the message was lost": (
        f"""

This is a multi-part message in MIME format.
--=_abc
Content-Type: text/plain

Dear sir,
--=_abc
{PDF}
--=_abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "a text that begins with two hyphens": (
        """

-- From the desk of Li --
Content-Type: is a header field.
""",
        "-- From the desk of Li --\nContent-Type: is a header field.",
        [],
    ),
    "the boundary's quotation does not end": (
        f"""
Content-Type: multipart/mixed; boundary="abc

--abc
Content-Type: text/plain

Dear sir,
--abc
{PDF}
--abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "the boundary stands in single quotes": (
        f"""
Content-Type: multipart/mixed; boundary='abc'

--abc
Content-Type: text/plain

Dear sir,
--abc
{PDF}
--abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "white space at the end of the boundary": (
        f"""
Content-Type: multipart/mixed; boundary="abc  "

--abc
Content-Type: text/plain

Dear sir,
--abc\x20\x20
{PDF}
--abc--\x20
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "an inner boundary begins as the outer one": (
        f"""
Content-Type: multipart/mixed; boundary=abc

--abc
Content-Type: multipart/alternative; boundary=abcd

--abcd
Content-Type: text/plain

Dear sir,
--abcd--
--abc
{PDF}
--abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "an outer boundary begins as the inner one": (
        f"""
Content-Type: multipart/mixed; boundary=abcd

--abcd
Content-Type: multipart/alternative; boundary=abc

--abc
Content-Type: text/plain

Dear sir,
--abc--
--abcd
{PDF}
--abcd--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "the boundary is given in pieces": (
        f"""
Content-Type: multipart/mixed; boundary*0="ab"; boundary*1="c"

--abc
Content-Type: text/plain

Dear sir,
--abc
{PDF}
--abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "the last boundary is missing": (
        f"""
Content-Type: multipart/mixed; boundary=abc

--abc
Content-Type: text/plain

Dear sir,
--abc
{PDF}""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "no empty line in the part": (
        """
Content-Type: multipart/mixed; boundary=abc

--abc
Content-Type: text/plain
Dear sir,
we offer bolts.
--abc--
""",
        "Dear sir,\nwe offer bolts.",
        [],
    ),
    "no empty line in the message": (
        """
Content-Type: text/plain
Dear sir,

we offer bolts.
""",
        "Dear sir,\n\nwe offer bolts.",
        [],
    ),
    "a broken line among the fields of old syntax": (
        """To      : Mary Smith
__
          <mary@example.net>
Subject   : Saying Hello
Content-Type: text/plain

Dear sir,
""",
        "Dear sir,",
        [],
    ),
    "a picture that has a place and no name": (
        """Content-Type: multipart/mixed; boundary=abc

--abc
Content-Type: text/plain

Dear sir,
--abc
Content-Type: image/jpeg
Content-Location: https://www.example.com/pictures/Photo%2025.jpg?size=2
Content-Disposition: inline

x
--abc
Content-Type: image/jpeg
Content-Location: cid:4711

x
--abc--
""",
        "Dear sir,",
        ["Photo 25.jpg", "attachment-2.jpg"],
    ),
    "a report whose words stand before its parts": (
        """Content-Type: multipart/report; report-type=delivery-status; boundary=abc

Processing your mail caused the following errors:

error: no such user: li@example.com

--abc
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Action: failed
Final-Recipient: rfc822; li@example.com
--abc--
""",
        "Processing your mail caused the following errors:\n\nerror: no such user: li@example.com",
        ["attachment-1.txt"],
    ),
    "a lost fold in the part's header": (
        """
Content-Type: multipart/mixed; boundary=abc

--abc
Content-Type: text/plain

Dear sir,
--abc
Content-Type: application/pdf;
name="offer.pdf"
Content-Disposition: attachment;
filename="offer.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "the type is given twice, first in vain": (
        f"""
Content-Type: text
Content-Type: multipart/mixed; boundary=abc

--abc
Content-Type: text/plain

Dear sir,
--abc
{PDF}
--abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "the type is three words": (
        """
Content-Type: text/plain/html; charset=utf-8

Dear sir,
""",
        "Dear sir,",
        [],
    ),
    "the type is half a word": (
        """
Content-Type: html

<p>Dear sir,</p>
""",
        "Dear sir,",
        [],
    ),
    "the type is multipart and no more": (
        f"""
Content-Type: multipart; boundary=abc

--abc
Content-Type: plain

Dear sir,
--abc
{PDF}
--abc--
""",
        "Dear sir,",
        ["offer.pdf"],
    ),
    "preamble and epilogue have text": (
        """
Content-Type: multipart/mixed; boundary=abc

This is a multi-part message in MIME format.
--abc
Content-Type: text/plain

Dear sir,
--abc--
Scanned by a gateway.
""",
        "Dear sir,",
        [],
    ),
    "clear-signed with S/MIME": (
        """
Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;
 boundary="----A"

This is an S/MIME signed message

------A
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe
------A
Content-Type: application/pkcs7-signature; name="smime.p7s"
Content-Transfer-Encoding: base64

MIIB
------A--
""",
        "Grüße",
        ["smime.p7s"],
    ),
    "signed with PGP/MIME": (
        """
Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary=s

--s
Content-Type: multipart/mixed; boundary=i

--i
Content-Type: text/plain

Dear sir,
--i--
--s
Content-Type: application/pgp-signature; name="signature.asc"

-----BEGIN PGP SIGNATURE-----
--s--
""",
        "Dear sir,",
        ["signature.asc"],
    ),
}


@pytest.mark.parametrize(("text", "expected", "names"), STRUCTURES.values(), ids=STRUCTURES.keys())
def test_a_structure_is_read(text: str, expected: str, names: list[str]) -> None:
    assert seen(mail(text)) == (expected, names)


@pytest.mark.parametrize(("text", "expected", "names"), STRUCTURES.values(), ids=STRUCTURES.keys())
def test_a_structure_with_line_feeds_alone_is_read_alike(
    text: str, expected: str, names: list[str]
) -> None:
    assert seen(mail(text).replace(b"\r\n", b"\n")) == (expected, names)


SAID = {
    "no boundary is named": "the boundary of a multipart was found by its parts",
    "another boundary is named": "the boundary of a multipart was found by its parts",
    "a multipart that was encoded as a whole": "a multipart was encoded as base64",
    "the last boundary is missing": "the last boundary is missing",
    "no empty line in the part": "no empty line between a part's header and its text",
    "no empty line in the message": "no empty line between the header and the text",
    "the type is given twice, first in vain": "Content-Type is given more than once",
    "preamble and epilogue have text": "text after the last boundary is not shown",
}


@pytest.mark.parametrize(("name", "defect"), SAID.items())
def test_what_was_mended_is_said(name: str, defect: str) -> None:
    assert defect in json_of(mail(STRUCTURES[name][0]))["defects"]


def signed(content: bytes, kind: str = "application/pkcs7-mime; smime-type=signed-data") -> bytes:
    return message(
        base64_lines(content),
        {"Content-Transfer-Encoding": "base64"},
        content_type=f'{kind}; name="smime.p7m"',
    )


@pytest.mark.parametrize(
    "content",
    [
        signed(SIGNED),
        signed(STREAMED),
        signed(SIGNED, "application/x-pkcs7-mime"),
        signed(SIGNED, "application/octet-stream"),
        signed(compressed(ENTITY), "application/pkcs7-mime; smime-type=compressed-data"),
        message(
            SIGNED, {"Content-Transfer-Encoding": "binary"}, content_type="application/pkcs7-mime"
        ),
        message(
            base64_lines(SIGNED), content_type="application/pkcs7-mime; smime-type=signed-data"
        ),
        message(
            b"-----BEGIN PKCS7-----\r\n" + base64_lines(SIGNED) + b"-----END PKCS7-----\r\n",
            content_type="application/x-pkcs7-mime",
        ),
        signed(
            compressed(b"Content-Type: application/pkcs7-mime\r\n\r\n" + SIGNED),
            "application/pkcs7-mime",
        ),
    ],
)
def test_what_is_wrapped_in_a_signature_is_read_through(content: bytes) -> None:
    said = json_of(content)
    assert said["text"] == "Dear Ms Müller,\nplease find our offer."
    assert [one["name"] for one in said["attachments"]] == ["offer.pdf"]
    assert said["blank"] is None
    found = attachment(RawMessage.in_memory(content), 0)
    assert found is not None
    assert found.content == b"%PDF-1.4\n"


def test_a_string_in_pieces_of_pieces_is_put_together() -> None:
    pieces = [element(0x04, ENTITY[at : at + 50]) for at in range(0, len(ENTITY), 50)]
    content = b"\x24\x80" + element(0x24, *pieces[:3]) + b"".join(pieces[3:]) + b"\0\0"
    inside = element(0x30, element(0x06, b"\x2a"), b"\xa0\x80" + content + b"\0\0")
    data = element(0x30, element(0x02, b"\1"), b"\x31\x80" + element(0x30) + b"\0\0", inside)
    whole = element(0x30, element(0x06, bytes.fromhex("2a864886f70d010702")), element(0xA0, data))
    assert json_of(signed(whole))["text"].startswith("Dear Ms Müller,")


def test_certificates_alone_are_an_attachment() -> None:
    said = json_of(signed(CERTIFICATES, "application/pkcs7-mime; smime-type=certs-only"))
    assert [one["name"] for one in said["attachments"]] == ["smime.p7m"]
    assert said["blank"] == "only attachments: smime.p7m"


def test_compressed_content_is_inflated_so_far_and_no_further() -> None:
    bomb = compressed(b"Content-Type: text/plain\r\n\r\n" + bytes(100) + b" " * 200_000_000)
    said = json_of(signed(bomb, "application/pkcs7-mime; smime-type=compressed-data"))
    assert any("was cut" in defect for defect in said["defects"])
    assert sys.getsizeof(said["text"]) < 10_000_000


def test_many_compressed_parts_share_what_one_may_become() -> None:
    zeros = compressed(b"Content-Type: application/octet-stream\r\n\r\n" + bytes(20_000_000))
    head = {"Content-Type": "application/pkcs7-mime", "Content-Transfer-Encoding": "base64"}
    fields = b"".join(f"{name}: {value}\r\n".encode() for name, value in head.items())
    part = b"--b\r\n" + fields + b"\r\n" + base64_lines(zeros) + b"\r\n"
    said = json_of(message(part * 8 + b"--b--\r\n", content_type='multipart/mixed; boundary="b"'))
    assert sum(one["size"] for one in said["attachments"]) < MAX_INFLATED + 1_000_000
    assert any("was cut" in defect for defect in said["defects"])


@pytest.mark.parametrize("cut", range(0, len(STREAMED), 37))
def test_cut_off_cms_is_read_as_far_as_it_goes(cut: int) -> None:
    assert isinstance(json_of(signed(STREAMED[:cut]))["text"], str)


def test_wrappers_inside_each_other_are_opened_so_deep_and_no_deeper() -> None:
    inner = b"Content-Type: text/plain\r\n\r\nhello"
    for _ in range(30):
        inner = b"Content-Type: application/pkcs7-mime\r\n\r\n" + compressed(inner)
    said = json_of(HEAD + inner)
    assert said["text"] == ""
    assert [one["content_type"] for one in said["attachments"]] == ["application/pkcs7-mime"]


def work_of(action: Callable[[], object]) -> int:
    """How many functions are called, ours and C's."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(None)
    return calls


LARGE = {
    "parts under a wrong boundary": HEAD
    + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    + b"--y\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 100_000,
    "multiparts that lack a boundary": HEAD
    + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    + b"--x\r\nContent-Type: multipart/mixed\r\n\r\n--y\r\nContent-Type: a/b\r\n\r\n" * 50_000,
    "headers": HEAD + b"X-Y: z\r\n" * 200_000 + b"\r\nhello",
    "a header of 50 MB": HEAD + b"X-Y: " + b"z" * 50_000_000 + b"\r\n\r\nhello",
    "begin lines": HEAD + b"\r\n" + b"begin 644 x\r\n" * 300_000,
    "begin lines in base64": HEAD + b"\r\n" + b"begin-base64 644 x\r\n" * 300_000,
    "yEnc lines": HEAD + b"\r\n" + b"=ybegin line=128 size=1 name=x\r\n" * 200_000,
    "yEnc escapes": HEAD + b"\r\n=ybegin line=128 size=1 name=x\r\n" + b"=" * 3_000_000,
    "encrypted armour": HEAD + b"\r\n" + b"-----BEGIN PGP MESSAGE-----\r\n" * 100_000,
    "BinHex marks": HEAD + b"\r\n" + b"(This file must be converted with BinHex 4.0)\r\n" * 50_000,
    "BinHex runs": HEAD
    + b"\r\n(This file must be converted with BinHex 4.0)\r\n:"
    + b"!!%l`" * 500_000,
    "named files of one picture": HEAD
    + b"Content-Type: multipart/related; boundary=x; start=a\r\n\r\n"
    + b"--x\r\nContent-Type: text/html; name=a\r\nContent-ID: <b>\r\n\r\ncid:b\r\n" * 5_000,
    "winmail.dat in every part": HEAD
    + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    + b"--x\r\nContent-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\1\0" * 5_000,
    "less-than signs": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<" * 5_000_000,
    "elements": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000,
    "style sheets": HEAD
    + b"Content-Type: text/html\r\n\r\n"
    + b"<style>"
    + b".a{display:none} @media x{" * 50_000,
    "pictures without an end": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<img " * 200_000,
    "pictures and spaces": HEAD
    + b"Content-Type: text/html\r\n\r\n"
    + (b"<img" + b" " * 900) * 1_000,
    "open comments": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * 250_000,
}


@pytest.mark.parametrize("content", LARGE.values(), ids=LARGE.keys())
def test_the_work_for_hostile_structures_is_bounded(content: bytes) -> None:
    """Counted in calls: at a microsecond each, two million of them are two seconds."""
    json_of(HEAD + b"\r\nwhat is read once is read now")
    assert work_of(lambda: json_of(content)) < 2_000_000


def test_armour_that_never_ends_is_looked_at_once() -> None:
    content = b"-----BEGIN PGP SIGNED MESSAGE-----\r\n" * 100_000
    assert work_of(lambda: cut_out(content)) < 200_000
