"""Categories by certain signs."""

import pytest

from tests.digest.messages import digest_of, message, multipart, part

STATUS = part(
    b"Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; a@example.net\r\n"
    b"Action: failed\r\nStatus: 5.1.1\r\n",
    content_type="message/delivery-status",
)
REPORT = multipart("multipart/report; report-type=delivery-status", [part(b"failed"), STATUS])
EXCHANGE = "postmaster@x.outbound.protection.outlook.com"

AWAY: list[dict[str, str | bytes]] = [
    {"Auto-Submitted": "auto-replied"},
    {"Auto-Submitted": "auto-replied (vacation)"},
    {"Auto-Submitted": 'auto-replied; owner-email="a@example.com"'},
    {"X-Autoreply": "yes"},
    {"X-Autorespond": "Out of office"},
    {"Precedence": "auto_reply"},
    {"X-Apple-Action": "vacation"},
    {"Delivered-To": "autoresponder"},
    {"Subject": "Automatic reply: Offer"},
    {"Subject": "自动回复：报价"},
    {"Subject": "=?gb2312?B?19S2r7vYuLSjurGovNs=?="},
    {"Subject": "转发: 自动回复: 报价"},
    {"Subject": "自動回覆: 報價"},
    {"Subject": "不在のお知らせ"},
    {"Subject": "자동 회신: 견적"},
    {"Subject": "Automatische Antwort: Angebot"},
    {"Subject": "Réponse automatique : Offre"},
    {"Subject": "Автоответ: цена"},
    {"Subject": "رد تلقائي: السعر"},
    {"Subject": "Out of Office: back on Monday"},
]


@pytest.mark.parametrize("headers", AWAY)
def test_an_automatic_answer_is_ooo(headers: dict[str, str | bytes]) -> None:
    digest = digest_of(message(b"I am away.", headers))
    assert digest.category == "ooo"
    assert digest.why
    assert digest.bounce is None


PEOPLE: list[dict[str, str | bytes]] = [
    {},
    {"Auto-Submitted": "no"},
    {"X-Auto-Response-Suppress": "All"},
    {"X-MS-Exchange-Inbox-Rules-Loop": "me@example.com"},
    {"Subject": "Automatic door openers: offer"},
    {"Subject": "Vacation rental in May"},
    {"Subject": "Re: Out of stock"},
    {"Subject": "Auto parts: price list"},
    {"Precedence": "bulk"},
    {"List-Id": "<x.example.com>"},
    {"X-Autoreply": "no"},
]


@pytest.mark.parametrize("headers", PEOPLE)
def test_a_person_is_not_taken_for_a_machine(headers: dict[str, str | bytes]) -> None:
    digest = digest_of(message(b"How much is it?", headers), mail_from="li@example.com")
    assert digest.category in ("to_reply", "inquiry")


def test_a_delivery_report_is_a_bounce() -> None:
    digest = digest_of(REPORT, mail_from="")
    assert (digest.category, digest.why) == ("bounce", ("dsn-failed", "status-5.1.1"))


def test_a_bounce_is_never_an_automatic_answer() -> None:
    headers = b"Auto-Submitted: auto-replied\r\nX-Autoreply: yes\r\n"
    assert digest_of(headers + REPORT, mail_from="").category == "bounce"


def test_an_absence_note_of_exchange_is_no_bounce() -> None:
    headers: dict[str, str | bytes] = {
        "From": f"Li Wei <{EXCHANGE}>",
        "Auto-Submitted": "auto-generated",
        "X-MS-Exchange-Generated-Message-Source": "Mailbox Rules Agent",
        "X-MS-Exchange-Inbox-Rules-Loop": "li@example.com",
    }
    digest = digest_of(message(b"I am away until 5.1.2027", headers), mail_from="")
    assert digest.category == "ooo"


def test_a_delivered_report_is_a_notice() -> None:
    digest = digest_of(REPORT.replace(b"Action: failed", b"Action: delivered"))
    assert (digest.category, digest.bounce) == ("notice", None)


def test_a_read_receipt_is_a_notice() -> None:
    receipt = part(
        b"Disposition: manual-action/x; displayed\r\n",
        content_type="message/disposition-notification",
    )
    content = multipart("multipart/report", [part(b"read"), receipt], Auto_Submitted="auto-replied")
    assert digest_of(content, mail_from="").category == "notice"


def test_a_report_in_prose_needs_a_mailer_and_a_status() -> None:
    text = b"Your message could not be delivered:\r\n550 5.1.1 no such user\r\n"
    prose = message(text, {"From": "Mail Delivery System <MAILER-DAEMON@mx.example.net>"})
    assert digest_of(prose, mail_from="").category == "bounce"
    assert digest_of(message(text), mail_from="li@example.com").category != "bounce"


NOTICES: list[dict[str, str | bytes]] = [
    {"Auto-Submitted": "auto-generated"},
    {"List-Id": "<news.example.com>", "Precedence": "bulk"},
]


@pytest.mark.parametrize("headers", NOTICES)
def test_mail_that_machines_send_to_many_is_a_notice(headers: dict[str, str | bytes]) -> None:
    assert digest_of(message(b"News", headers), mail_from="x@example.com").category == "notice"


def test_an_abuse_report_is_a_complaint() -> None:
    feedback = part(
        b"Feedback-Type: abuse\r\nUser-Agent: Provider/1.0\r\nVersion: 1\r\n"
        b"Original-Rcpt-To: <li@example.com>\r\n",
        content_type="message/feedback-report",
    )
    original = part(b"Message-ID: <m1@acme.example>\r\n\r\nhi", content_type="message/rfc822")
    digest = digest_of(multipart("multipart/report", [part(b"abuse"), feedback, original]))
    assert digest.category == "complaint"
    assert digest.bounce is not None
    assert digest.bounce.as_json() == {
        "kind": None,
        "permanent": None,
        "recipient": "li@example.com",
        "status": None,
        "diagnostic": "abuse",
        "original_message_id": "<m1@acme.example>",
        "reporter": "Provider/1.0",
    }


@pytest.mark.parametrize(
    "text", ["", "Thanks!", "谢谢", "Danke!", "Gracias", "Спасибо", "👍", "Hola", "好的，谢谢"]
)
def test_a_word_that_says_nothing_is_no_rejection(text: str) -> None:
    digest = digest_of(message(text.encode(), {"Subject": "Re: Our offer"}))
    assert digest.category.value == "to_reply"


@pytest.mark.parametrize("text", ["No.", "stop", "退订", "不需要", "Abmelden!", "Baja", "TD"])
def test_a_word_that_says_no_is_a_rejection(text: str) -> None:
    assert (
        digest_of(message(text.encode(), {"Subject": "Re: Our offer"})).category.value
        == "rejection"
    )


def test_a_mail_program_that_asks_to_be_unsubscribed_is_no_automatic_answer() -> None:
    by_program = {"Auto-Submitted": "auto-replied"}
    sent = "Diese Nachricht wurde automatisch gesendet, um die Liste abzubestellen."
    wrong = []
    for subject, text, headers, expected in [
        ("unsubscribe", "The mail program sent this to unsubscribe.", by_program, "rejection"),
        ("Unsubscribe: 4711-abc", "", by_program, "rejection"),
        ("unsubscribe", sent, {}, "rejection"),
        ("Unsubscribe confirmation", "You were removed from our list.", by_program, "ooo"),
    ]:
        told = digest_of(message(text.encode(), {"Subject": subject, **headers}), "a@example.com")
        if told.category != expected:
            wrong.append((subject, told.category, told.why))
    assert not wrong
