"""Complaints: the Abuse Reporting Format, forms of providers, and feedback that is no complaint."""

from pathlib import Path

import pytest

from tests.digest.bounces.reports import SENDER, headers_of, mail, original, part
from tests.digest.messages import digest_of, json_of, message

TO, ID = "bob@example.net", "<sent@acme.example>"
ARF = "multipart/report; report-type=feedback-report"


def feedback(kind: str = "abuse", more: str = "", original_part: bytes | None = None) -> bytes:
    fields = (
        f"Feedback-Type: {kind}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n"
        f"Original-Mail-From: <{SENDER}>\n{more}Reporting-MTA: dns; mail.example.net\n"
        "Source-IP: 192.0.2.10\nReported-Domain: acme.example\n"
    )
    parts = [
        part("This is an email abuse report for a message received from 192.0.2.10.\n"),
        part(fields, "message/feedback-report"),
        original_part or part(original(TO, ID), "message/rfc822"),
    ]
    return mail("abuse desk <abuse@example.net>", "FW: Our offer for spring", parts, ARF)


@pytest.mark.parametrize("kind", ["abuse", "fraud", "virus", "other", "opt-out"])
def test_feedback_is_a_complaint(kind: str) -> None:
    told = json_of(feedback(kind, f"Original-Rcpt-To: <{TO}>\n"), "abuse@example.net")
    assert told["category"] == "complaint"
    bounce = told["bounce"]
    assert (bounce["recipient"], bounce["original_message_id"]) == (TO, ID)
    assert (bounce["kind"], bounce["permanent"], bounce["diagnostic"]) == (None, None, kind)
    assert bounce["reporter"] == "mail.example.net"


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "dkim"])
def test_feedback_that_complains_of_nothing_is_a_notice(kind: str) -> None:
    told = json_of(feedback(kind, "Auth-Failure: dmarc\n"), "abuse@example.net")
    assert (told["category"], told["bounce"]) == ("notice", None)


@pytest.mark.parametrize(
    "hidden",
    [
        "redacted@example.net",
        "[redacted]",
        "REDACTED@redacted.invalid",
        "xxxxxx@example.net",
        "<>",
        "undisclosed recipients",
    ],
)
def test_a_hidden_recipient_is_none(hidden: str) -> None:
    header = part(original(hidden, ID), "message/rfc822")
    told = json_of(feedback(more=f"Original-Rcpt-To: {hidden}\n", original_part=header), "")
    assert told["category"] == "complaint"
    assert told["bounce"]["recipient"] is None
    assert told["bounce"]["original_message_id"] == ID


def test_a_message_id_without_its_brackets_is_one() -> None:
    header = part(headers_of(TO, ID.strip("<>")), "text/rfc822-headers")
    assert json_of(feedback(original_part=header), "")["bounce"]["original_message_id"] == ID


def test_the_header_alone_is_enough() -> None:
    header = part(headers_of(TO, ID), "text/rfc822-headers")
    told = json_of(feedback(original_part=header), "abuse@example.net")
    assert (told["bounce"]["recipient"], told["bounce"]["original_message_id"]) == (TO, ID)


def test_feedback_without_its_part_is_a_complaint() -> None:
    parts = [part("A user complained.\n"), part(original(TO, ID), "message/rfc822")]
    told = json_of(mail("fbl@example.net", "Complaint", parts, ARF), "fbl@example.net")
    assert (told["category"], told["bounce"]["original_message_id"]) == ("complaint", ID)


def test_jmrp_is_a_complaint() -> None:
    saved = original(TO, ID).replace("To: bob@", f"X-HmXmrOriginalRecipient: {TO}\nTo: bob@")
    raw = mail(
        "staff@hotmail.com",
        "complaint about message from 192.0.2.10",
        [part(saved, "message/rfc822")],
        "multipart/mixed",
    )
    told = json_of(raw, "staff@hotmail.com")
    assert told["category"] == "complaint"
    assert (told["bounce"]["recipient"], told["bounce"]["original_message_id"]) == (TO, ID)


def test_a_form_of_a_chinese_provider_is_a_complaint() -> None:
    text = "您发送的以下邮件被用户投诉为垃圾邮件：\n\n" + headers_of(TO, ID)
    told = json_of(
        mail("abuse@163.com", "用户投诉反馈：Our offer for spring", text), "abuse@163.com"
    )
    assert told["category"] == "complaint"
    assert told["bounce"]["original_message_id"] == ID


def test_spamcop_tells_which_message_and_never_who_complained() -> None:
    text = (
        "[ SpamCop V5 ]\nThis message is brief for your comfort.  Please use links below for details."
        "\n\nEmail from 192.0.2.10 / Fri, 20 Nov 2026 09:00:00 +0000\n"
        "https://www.spamcop.net/w3m?i=z7123\n\n[ Offending message ]\n" + headers_of("x", ID)
    )
    subject = "[SpamCop (192.0.2.10) id:7123456789]Our offer for spring"
    told = json_of(mail("7123456789@reports.spamcop.net", subject, text), "b@bounces.spamcop.net")
    assert (told["category"], told["why"]) == ("complaint", ["complaint-form-spamcop"])
    bounce = told["bounce"]
    assert (bounce["original_message_id"], bounce["recipient"]) == (ID, None)


@pytest.mark.parametrize(
    "subject",
    [
        "Report domain: acme.example Submitter: example.net Report-ID: <1>",
        "Report Domain: acme.example Submitter: google.com Report-ID: 77",
    ],
)
def test_a_report_about_authentication_is_a_notice(subject: str) -> None:
    told = json_of(mail("dmarc-noreply@example.net", subject, "See the file.\n"), "d@example.net")
    assert (told["category"], told["bounce"]) == ("notice", None)


def test_a_person_who_complains_is_no_feedback_report() -> None:
    text = "Stop sending me spam! This is abuse, I will report you.\n"
    told = json_of(mail("Bob <bob@example.net>", "Complaint about your mail", text), TO)
    assert "arf-feedback-report" not in told["why"]


def test_an_abuse_desk_complains_of_mail_and_a_customer_of_goods() -> None:
    wrong = []
    lines = (Path(__file__).parent / "desks.tsv").read_text("utf-8").splitlines()[1:]
    for expected, subject, text in (line.split("\t") for line in lines):
        plain: dict[str, str | bytes] = {"Subject": subject, "From": "a@example.net"}
        by_program = plain | {"Auto-Submitted": "auto-generated"}
        for headers in (plain, by_program) if expected == "complaint" else (plain,):
            told = digest_of(message(text.encode(), headers), "a@example.net").category
            if (told.value == "complaint") != (expected == "complaint"):
                wrong.append((expected, told.value, len(headers), text))
    assert not wrong


def test_jmrp_of_any_provider_is_a_complaint_and_a_person_who_uses_its_words_is_none() -> None:
    for source in ("192.0.2.44", "2001:db8::44"):
        raw = mail("staff@post.example", f"complaint about message from {source}", "See below.\n")
        assert json_of(raw, "staff@post.example")["why"] == ["complaint-form-jmrp"]
    raw = mail("ann@example.net", "Complaint about message from your driver", "He was late.\n")
    assert json_of(raw, "ann@example.net")["category"] != "complaint"


def test_a_message_of_ours_that_came_back_with_who_complained_on_top_is_a_complaint() -> None:
    raw = f"X-HmXmrOriginalRecipient: {TO}\n{original('us@acme.example', ID)}".encode()
    told = json_of(raw.replace(b"\n", b"\r\n"), "staff@hotmail.com")
    assert told["category"] == "complaint"
    assert (told["bounce"]["recipient"], told["bounce"]["original_message_id"]) == (TO, ID)


def test_names_and_customer_services_are_no_abuse_desks() -> None:
    for sender, subject, is_complaint in [
        ("fbl-reports@post.example", "Fwd: Our offer for spring", True),
        ("reports@fbl.post.example", "Fwd: Our offer for spring", True),
        ("abuse@post.example", "FW: Our offer for spring", True),
        ("feedback@post.example", "Email feedback report for 192.0.2.10", True),
        ("scarf@shop.example", "Fwd: Our offer for spring", False),
        ("ann@warfield.example", "Fwd: Our offer for spring", False),
        ("complaints@shop.example", "Complaint 4711: the chair is late", False),
        ("feedback@shop.example", "Feedback on your visit", False),
    ]:
        told = json_of(mail(sender, subject, "Please see what is below.\n"), sender)
        assert (told["category"] == "complaint") == is_complaint, (sender, told["why"])


def test_who_complained_of_what_is_read_from_a_letter_in_any_language() -> None:
    wrong = []
    lines = (Path(__file__).parent / "accused.tsv").read_text("utf-8").splitlines()[1:]
    for line in lines:
        recipient, message_id, text = line.split("\t")
        raw = mail("Abuse <abuse@host.example>", "Abuse 4711: spam", text.replace("|", "\n"))
        told = json_of(raw, "abuse@host.example")
        found = [told["bounce"][name] or "-" for name in ("recipient", "original_message_id")]
        if (told["category"], *found) != ("complaint", recipient, message_id):
            wrong.append((found, text))
    assert len(lines) > 20 and not wrong


def test_a_message_that_a_desk_attached_tells_of_itself() -> None:
    text = "Please stop this spam from 192.0.2.44, our user complained.\n"
    parts = [part(text), part(original(TO, ID), "message/rfc822")]
    told = json_of(
        mail("abuse@host.example", "Abuse 12: spam", parts, "multipart/mixed"), "a@b.example"
    )
    assert told["category"] == "complaint"
    assert (told["bounce"]["recipient"], told["bounce"]["original_message_id"]) == (TO, ID)
