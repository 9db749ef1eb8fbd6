"""Mail of machines by certain signs, and people who write through machines."""

from pathlib import Path

import pytest

from digest.automatic.notices import FOLDER, load_notices
from mail.errors import SettingsProblem
from tests.digest.automatic.cases import read_cases
from tests.digest.messages import digest_of, joined, message, part

Fields = dict[str, str | bytes]

NEWSLETTER: Fields = {
    "From": "Acme News <news@acme.example>",
    "List-Unsubscribe": "<https://acme.example/u/1>",
    "Precedence": "bulk",
    "Subject": "Our autumn offers",
}
NOTICES: dict[str, tuple[Fields, str]] = {
    "a newsletter": (NEWSLETTER, "View this email in your browser. Unsubscribe here."),
    "a list's digest": (
        {"List-Id": "<news.acme.example>", "Precedence": "list", "List-Post": "NO"},
        "News of the week.",
    ),
    "a mass mailer's": (
        {"List-Unsubscribe": "<mailto:u@acme.example>", "List-Id": "<a.b>", "Feedback-ID": "1:a:b"},
        "Dear customer, our new catalogue is here.",
    ),
    "cron": ({"X-Cron-Env": "<SHELL=/bin/sh>", "From": "root@host.example"}, "job done"),
    "a monitoring system": ({"Auto-Submitted": "auto-generated"}, "Disk usage is at 91%."),
    "a code": (
        {"From": "no-reply@shop.example", "Subject": "Your verification code"},
        "Your code is 482913. It expires in ten minutes.",
    ),
    "a code in Chinese": (
        {"From": "noreply@shop.example", "Subject": "验证码"},
        "您的验证码是482913，请勿回复本邮件。",
    ),
    "a receipt": (
        {"From": "donotreply@shop.example", "Subject": "Order confirmation 4711"},
        "Thank you for your order. Tracking number: 12345.",
    ),
    "a receipt in German": (
        {"From": "noreply-bestellung@shop.example", "Subject": "Bestellbestätigung"},
        "Ihre Bestellung ist unterwegs. Bitte antworten Sie nicht auf diese E-Mail.",
    ),
    "a read receipt in prose": (
        {"Subject": "Gelesen: Angebot 4711", "In-Reply-To": "<a@b.example>"},
        "Ihre Nachricht an Li Wei wurde am 20.11.2026 um 10:00 gelesen.",
    ),
    "a read receipt in Chinese": (
        {"Subject": "已读：报价单", "In-Reply-To": "<a@b.example>"},
        "您的邮件已于2026年11月20日被阅读。",
    ),
    "a code tracker": (
        {"X-GitHub-Reason": "mention", "List-Id": "<x.y>", "From": "notifications@git.example"},
        "A new issue was opened.",
    ),
}


@pytest.mark.parametrize("name", NOTICES)
def test_a_machine_s_mail_is_a_notice_by_its_signs(name: str) -> None:
    fields, text = NOTICES[name]
    digest = digest_of(
        message(text.encode(), fields, content_type="text/plain; charset=utf-8"), "b@x.example"
    )
    assert digest.category == "notice"
    assert not any(why.startswith("word") for why in digest.why)


def test_who_quotes_that_a_mail_takes_no_answer_is_a_person() -> None:
    wrong = []
    for case in read_cases("quoted.tsv"):
        found = digest_of(case.content(), "writer@example.net").category
        if (found in ("notice", "ooo")) != (case.language == "machine"):
            wrong.append((case.subject, found))
    assert wrong == []


def test_what_became_of_an_order_is_a_notice_and_no_receipt_of_a_letter() -> None:
    wrong = []
    lines = (Path(__file__).parent / "business.tsv").read_text("utf-8").splitlines()
    for line in lines[1:]:
        expected, language, sender, subject, text = line.split("\t")
        fields: Fields = {"From": sender, "Subject": subject}
        content = message(text.encode(), fields, content_type="text/plain; charset=utf-8")
        found = digest_of(content, sender).category.value
        if found not in ("to_reply", "inquiry") if expected == "person" else found != expected:
            wrong.append((expected, language, found))
    assert len(lines) > 40
    assert not wrong


PEOPLE: dict[str, tuple[Fields, str]] = {
    "an answer through a helpdesk": (
        {"Precedence": "bulk", "In-Reply-To": "<a@b.example>", "Subject": "Re: Offer"},
        "The price is fine. Can you deliver 300 pieces in January?",
    ),
    "an answer through a mailing system": (
        {
            "Precedence": "bulk",
            "List-Unsubscribe": "<https://crm.example/u>",
            "In-Reply-To": "<a@b.example>",
            "Subject": "Re: Offer",
        },
        "We would like to order 300 pieces. What is the lead time?",
    ),
    "a letter through a mailing system": (
        {"List-Unsubscribe": "<https://crm.example/u>", "Feedback-ID": "1:a:b"},
        "How much would 300 pieces cost, delivered to Hull?",
    ),
    "a question on a list": (
        {
            "List-Id": "<users.acme.example>",
            "List-Post": "<mailto:users@acme.example>",
            "List-Unsubscribe": "<mailto:u@acme.example>",
            "Precedence": "list",
            "Subject": "[users] which pump?",
        },
        "Hello, which of your pumps fits a two inch pipe, and what does it cost?",
    ),
    "a form on a website": (
        {
            "From": "Website <no-reply@shop.example>",
            "Auto-Submitted": "auto-generated",
            "Subject": "New inquiry from your website",
        },
        "Contact form\nName: Tom\nEmail: tom@example.org\nMessage: Please quote for 300 chairs.",
    ),
    "who asks for something to be read": (
        {"Subject": "Read: our request"},
        "Dear Li, can you tell us what 300 chairs cost?",
    ),
    "who accepts a quotation": (
        {"Subject": "Accepted: quotation 4711", "In-Reply-To": "<a@b.example>"},
        "We accept your quotation, please ship the goods this week.",
    ),
    "a Chinese platform's inquiry": (
        {"From": "noreply@platform.example", "Subject": "您收到一条新询盘"},
        "询盘内容：我们需要500条毛巾，请报价，谢谢。",
    ),
}


@pytest.mark.parametrize("name", PEOPLE)
def test_a_person_s_mail_is_no_notice_for_its_fields(name: str) -> None:
    fields, text = PEOPLE[name]
    digest = digest_of(
        message(text.encode(), fields, content_type="text/plain; charset=utf-8"), "b@x.example"
    )
    assert digest.category in ("inquiry", "to_reply")


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "CANCEL"])
def test_an_answer_of_a_calendar_is_a_notice(method: str) -> None:
    entry = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nSUMMARY:Call\r\nEND:VEVENT\r\n"
    parts = [
        part(b"Tom has accepted", content_type="text/plain"),
        part(entry.encode(), content_type=f"text/calendar; method={method}"),
    ]
    content = message(joined(parts, "b"), None, content_type='multipart/mixed; boundary="b"')
    digest = digest_of(content, "b@x.example")
    assert (digest.category, digest.why) == ("notice", ("calendar-answer",))


@pytest.mark.parametrize(
    ("before", "after"),
    [("code = 4", "code = 4\nguess = 1"), ("[senders]", "[sender]"), ("enough = 8", "")],
)
def test_faulty_signs_are_named(tmp_path: Path, before: str, after: str) -> None:

    text = (FOLDER / "signs.toml").read_text("utf-8")
    assert before in text
    (tmp_path / "signs.toml").write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(SettingsProblem, match=r"signs\.toml"):
        load_notices(tmp_path)
