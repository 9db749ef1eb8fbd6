"""Delivery status notifications, field by field."""

import pytest

from digest.bounce import Bounce, kind_of
from tests.digest.messages import digest_of, multipart, part

ORIGINAL = b"Message-ID: <m1@acme.example>\r\nSubject: Offer\r\n\r\nold text\r\n"


def report(
    status: bytes, original: bytes = ORIGINAL, kind: str = "message/rfc822", **more: str
) -> bytes:
    parts = [
        part(b"I could not deliver.", content_type="text/plain"),
        part(status, content_type="message/delivery-status"),
        part(original, content_type=kind),
    ]
    return multipart("multipart/report; report-type=delivery-status", parts, **more)


def bounce_of(content: bytes) -> Bounce:
    bounce = digest_of(content, mail_from="").bounce
    assert bounce is not None
    return bounce


POSTFIX = (
    b"Reporting-MTA: dns; mx.example.net\r\nX-Postfix-Queue-ID: 4F\r\nArrival-Date: Tue\r\n\r\n"
    b"Final-Recipient: rfc822; a@example.net\r\nOriginal-Recipient: rfc822;info@example.net\r\n"
    b"Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; inner.example.net\r\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 <a@example.net>: Recipient address\r\n    rejected\r\n"
)


def test_every_field_of_a_report_is_read() -> None:
    assert bounce_of(report(POSTFIX)).as_json() == {
        "kind": "hard",
        "permanent": True,
        "recipient": "info@example.net",
        "status": "5.1.1",
        "diagnostic": "550 5.1.1 <a@example.net>: Recipient address rejected",
        "original_message_id": "<m1@acme.example>",
        "reporter": "mx.example.net",
    }


def test_others_that_failed_are_told_each_once_with_what_is_said_of_them() -> None:
    others = (
        b"Final-Recipient: rfc822; full@example.net\r\nAction: failed\r\nStatus: 4.2.2\r\n"
        b"Diagnostic-Code: smtp; 452 4.2.2 mailbox full\r\n",
        b"Final-Recipient: rfc822; late@example.net\r\nAction: delayed\r\nStatus: 4.4.1\r\n",
        b"Final-Recipient: rfc822; INFO@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n",
    )
    told = bounce_of(report(b"\r\n".join((POSTFIX, *others)))).as_json()["others"]
    assert told == [
        {
            "recipient": "full@example.net",
            "kind": "quota",
            "permanent": True,
            "status": "4.2.2",
            "diagnostic": "452 4.2.2 mailbox full",
        }
    ]


def test_of_several_that_failed_the_one_is_told_that_the_header_names() -> None:
    other = b"Final-Recipient: rfc822; full@example.net\r\nAction: failed\r\nStatus: 5.2.2\r\n"
    content = b"X-Failed-Recipients: full@example.net\r\n" + report(POSTFIX + b"\r\n" + other)
    told = bounce_of(content).as_json()
    assert (told["recipient"], told["kind"]) == ("full@example.net", "quota")
    assert [(one["recipient"], one["kind"]) for one in told["others"]] == [
        ("info@example.net", "hard")
    ]


@pytest.mark.parametrize(
    ("ours", "recipient"),
    [
        ("b-77-li=kunde.example@news.acme.example", "li@kunde.example"),
        ("bounce+spring.li=kunde.example@acme.example", "li@kunde.example"),
        ("list-return-88-mary-ann=a.kunde.example@acme.example", "mary-ann@a.kunde.example"),
        ("bounce-li=kunde.example@acme.example", "li@kunde.example"),
        ("list-return-ann=kunde.example@acme.example", None),
        ("bounces+li+news=kunde.example@acme.example", None),
        ("SRS0=HH=TT=kunde.example=li@acme.example", None),
        ("prvs=12345678=li@acme.example", None),
    ],
)
def test_who_is_named_nowhere_stands_in_the_address_that_the_report_came_to(
    ours: str, recipient: str | None
) -> None:
    header = f"From: MAILER-DAEMON@mx.example\r\nTo: {ours}\r\nSubject: failure notice\r\n\r\n"
    content = f"{header}There is no such user here. I gave up.\r\n".encode()
    assert bounce_of(content).recipient == recipient


def test_a_header_alone_names_the_original_message() -> None:
    headers = report(POSTFIX, b"Message-ID:\r\n <m2@acme.example>\r\n", "text/rfc822-headers")
    assert bounce_of(headers).original_message_id == "<m2@acme.example>"


def test_a_delayed_report_is_not_permanent() -> None:
    status = POSTFIX.replace(b"failed", b"delayed").replace(b"5.1.1", b"4.4.1")
    bounce = bounce_of(report(status))
    assert (bounce.kind, bounce.permanent) == ("soft", False)


def test_the_failed_one_of_several_recipients_is_told() -> None:
    delivered = (
        b"Final-Recipient: rfc822; b@example.net\r\nAction: relayed\r\nStatus: 2.1.5\r\n\r\n"
    )
    status = (
        b"Reporting-MTA: dns; mx.example.net\r\n\r\n"
        + delivered
        + POSTFIX.partition(b"\r\n\r\n")[2]
    )
    assert bounce_of(report(status)).recipient == "info@example.net"


def test_a_base64_report_is_read() -> None:
    content = report(POSTFIX).replace(
        b"content-type: message/delivery-status\r\n\r\n" + POSTFIX,
        b"content-type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + __import__("base64").encodebytes(POSTFIX),
    )
    assert bounce_of(content).recipient == "info@example.net"


def test_an_empty_report_is_still_a_bounce() -> None:
    bounce = bounce_of(report(b"Action: failed\r\n", b""))
    assert bounce.as_json() == {
        "kind": "soft",
        "permanent": True,
        "recipient": None,
        "status": None,
        "diagnostic": None,
        "original_message_id": None,
        "reporter": "example.com",
    }


KINDS = [
    ("5.1.1", "", "hard"),
    ("5.1.2", "", "hard"),
    ("5.1.10", "Recipient not found", "hard"),
    ("5.2.1", "The email account that you tried to reach is disabled", "hard"),
    ("5.4.1", "Recipient address rejected: Access denied", "hard"),
    ("5.2.2", "", "quota"),
    ("4.2.2", "The recipient's inbox is out of storage space", "quota"),
    ("5.7.1", "Our system has detected that this message is likely unsolicited mail", "blocked"),
    ("5.7.1", "Service unavailable; Client host blocked using Spamhaus", "blocked"),
    ("5.7.26", "Unauthenticated email is not accepted due to DMARC policy", "policy"),
    ("5.7.1", "Delivery not authorized", "policy"),
    ("5.3.4", "Message too big", "policy"),
    ("5.2.3", "", "policy"),
    ("5.4.6", "Routing loop detected", "policy"),
    ("5.7.28", "unusual rate of mail", "soft"),
    ("4.4.1", "Connection timed out", "soft"),
    ("4.7.0", "blocked for low reputation of the sending IP", "blocked"),
    ("5.0.0", "550 User not found", "hard"),
    ("5.0.0", "554 rejected as spam", "blocked"),
    ("5.0.0", "x", "soft"),
    (None, "mailbox is full", "quota"),
    (None, "用户不存在", "hard"),
    (None, "", "soft"),
]


@pytest.mark.parametrize(("status", "diagnostic", "kind"), KINDS)
def test_status_and_words_together_tell_the_kind(
    status: str | None, diagnostic: str, kind: str
) -> None:
    assert kind_of(status, diagnostic) == kind


def test_a_telling_code_in_the_words_wins_over_a_general_one() -> None:
    status = POSTFIX.replace(b"Status: 5.1.1", b"Status: 5.0.0")
    assert bounce_of(report(status)).status == "5.1.1"
