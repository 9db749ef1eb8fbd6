"""One complete message for each reason why there is nothing to read."""

import pytest

from digest.blank import Blank
from digest.gateways import read_gateways, shipped_gateways
from digest.timezone import read_zones
from mail.errors import SettingsProblem
from tests.digest import tnef_writer as tnef
from tests.digest.messages import base64_lines, json_of, message, multipart, part
from tests.digest.smime import ENVELOPED

PDF = part(b"%PDF", content_type='application/pdf; name="quote.pdf"')
MIMECAST = {
    "Received": "from eu-smtp-1.mimecast.com (eu-smtp-1.mimecast.com [192.0.2.9]) by mx.example",
    "X-MC-Unique": "mXyZ-1",
}
PGP_MESSAGE = (
    b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA+AaAaAaAaAaAQf/\r\n=abcd\r\n"
    b"-----END PGP MESSAGE-----\r\n"
)
PRE_HEADER = (
    b'<html><body><div style="display:none;max-height:0;overflow:hidden">Our offer</div>'
    b"</body></html>"
)

SPECIMENS = [
    (message(b""), "the message has no body"),
    (
        message(b"", MIMECAST),
        "the message has no body: it passed Mimecast, which may have taken it",
    ),
    (
        message(b"", {"X-Proofpoint-Virus-Version": "vendor=x", "Content-Length": "4711"}),
        "the message lost its body on the way: its header says 4711 octets; it passed Proofpoint, "
        "which may have taken it",
    ),
    (
        message(b"", {"Content-Type": "multipart/mixed; boundary=b", "X-Barracuda-URL": "x"}),
        "the message lost its body on the way: its header promises parts, and there are none; it "
        "passed Barracuda, which may have taken it",
    ),
    (
        message(b"\r\n", {"X-MS-Has-Attach": "yes"}, content_type="text/plain"),
        "the message lost its body on the way: its header promises attachments",
    ),
    (message(b" \r\n\t\r\n"), "only white space"),
    (
        message("\u3000\u00a0\r\n".encode(), content_type="text/plain; charset=utf-8"),
        "only white space",
    ),
    (multipart("multipart/mixed", [part(b"")]), "the body is empty"),
    (multipart("multipart/mixed", [part(b""), PDF]), "only attachments: quote.pdf"),
    (
        multipart("multipart/mixed", [PDF] * 7),
        "only attachments: quote.pdf, quote.pdf, quote.pdf, quote.pdf, quote.pdf and 2 more",
    ),
    (message(b"<p></p>", content_type="text/html"), "the HTML shows no text"),
    (
        message(b"<title>Offer</title><!-- x --><p>&nbsp;</p>", content_type="text/html"),
        "the HTML shows no text",
    ),
    (message(PRE_HEADER, content_type="text/html"), "the HTML hides its text"),
    (
        message(b'<a href="https://x.example"><img src=http://x.example/y></a>' * 3).replace(
            b"\r\n\r\n", b"\r\nContent-Type: text/html\r\n\r\n", 1
        ),
        "only pictures that lie on a server of the sender: 3",
    ),
    (message(b"<img src=cid:y>", content_type="text/html"), "only pictures"),
    (
        multipart(
            "multipart/mixed",
            [part(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n", content_type="text/calendar")],
        ),
        "only a calendar entry",
    ),
    (
        multipart("multipart/mixed", [part(b"x", content_type="application/ms-tnef")]),
        "the text may be inside winmail.dat",
    ),
    (
        multipart(
            "multipart/mixed",
            [
                part(
                    base64_lines(tnef.stream(tnef.attached(b"x", {tnef.LONG_NAME: "a.doc"}))),
                    content_type="application/ms-tnef",
                    content_transfer_encoding="base64",
                )
            ],
        ),
        "only attachments: a.doc",
    ),
    (
        multipart(
            "multipart/encrypted",
            [
                part(b"Version: 1\r\n", content_type="application/pgp-encrypted"),
                part(PGP_MESSAGE, content_type="application/octet-stream; name=encrypted.asc"),
            ],
        ),
        "the message is encrypted: PGP",
    ),
    (message(PGP_MESSAGE), "the message is encrypted: PGP"),
    (
        multipart(
            "multipart/mixed",
            [
                part(b" "),
                part(
                    b"x",
                    content_type="application/x-microsoft-rpmsg-message; name=message.rpmsg",
                ),
            ],
        ),
        "the message is encrypted: Microsoft rights management",
    ),
    (
        message(
            base64_lines(ENVELOPED),
            {"Content-Transfer-Encoding": "base64"},
            content_type='application/x-pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
        ),
        "the message is encrypted: S/MIME",
    ),
    (
        message(
            base64_lines(ENVELOPED),
            {"Content-Transfer-Encoding": "base64"},
            content_type='application/octet-stream; name="smime.p7m"',
        ),
        "the message is encrypted: S/MIME",
    ),
    (
        message(
            b"more of it", content_type='message/partial; number=2; total=5; id="<x@example.com>"'
        ),
        "a piece of a message that was sent in pieces: part 2 of 5, id <x@example.com>",
    ),
    (
        message(
            b"Content-Type: image/png\r\n\r\n",
            content_type='message/external-body; access-type=URL; url="https://x.example/a.png"',
        ),
        "the text lies elsewhere: URL https://x.example/a.png",
    ),
    (
        message(b"\x01\x02\x03\x04\x05\x06\x07\x08", content_type="text/plain"),
        "the text cannot be read in any charset",
    ),
    (
        message(
            b"--b\r\nContent-Type: text/plain\r\nContent-Tra",
            content_type="multipart/mixed; boundary=b",
        ),
        "the message is cut off before its text",
    ),
]


@pytest.mark.parametrize(("content", "reason"), SPECIMENS, ids=[said for _, said in SPECIMENS])
def test_an_empty_text_has_its_reason(content: bytes, reason: str) -> None:
    said = json_of(content)
    assert said["text"].strip() == ""
    assert said["blank"] == reason


@pytest.mark.parametrize("body", [b"hi", b"> Please quote.\r\n", b"-- \r\nLi"])
def test_a_text_that_is_there_has_no_reason_to_be_blank(body: bytes) -> None:
    assert json_of(message(body))["blank"] is None


def test_what_a_stranger_wrote_into_a_reason_is_fit_for_one_line() -> None:
    kind = 'message/external-body; access-type=URL; url="https://x.example/a\x15.png"'
    said = json_of(message(b"Content-Type: image/png\r\n\r\n", content_type=kind))
    assert said["blank"].isprintable()


def test_every_reason_has_a_specimen() -> None:
    shown = {said.partition(": ")[0] for _, said in SPECIMENS}
    assert shown == {reason.value for reason in Blank}


def test_every_gateway_can_be_known() -> None:
    for gateway in shipped_gateways():
        assert gateway.fields or gateway.received
        assert all(word == word.lower() for word in (*gateway.fields, *gateway.received))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[gateway]]\nname = "x"\nfields = []\n', "an entry lacks 'received'"),
        ("x = 1", "an entry lacks 'gateway'"),
        ("[[", "gateways/gateways.toml: "),
    ],
)
def test_data_that_are_wrong_say_so(text: str, said: str) -> None:
    with pytest.raises(SettingsProblem, match=said):
        read_gateways(text)


def test_zones_that_are_wrong_say_so() -> None:
    with pytest.raises(SettingsProblem, match="no table of zones"):
        read_zones("x = 1")
