"""Some mails as they come in real life: what they are, and their exact bytes.

They are written out by hand, line by line, so that a reader sees what is on the wire. A sample
whose domain signs its mail is signed when it is sent.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from cli import demo_letters

RECIPIENT = "sales@demo.test"


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail: what it shows, its envelope, its bytes, and what the server should say.

    `expected` is how the reply begins; `signed_by` the domain that signs it; `announced` a SIZE
    larger than the content; `refused_at` is where the refusal comes where that is before data.
    """

    title: str
    mail_from: str
    content: bytes
    expected: str
    rcpt_to: str = RECIPIENT
    signed_by: str | None = None
    announced: int | None = None


def samples(date: str, unique: str) -> Iterator[Sample]:
    """All of them. `date` is an RFC 5322 date; `unique` makes the Message-IDs of one run."""
    yield Sample(
        "A customer answers our offer",
        "anna@buyer.demo.test",
        _mail(
            date,
            f"reply.{unique}@buyer.demo.test",
            "Anna Keller <anna@buyer.demo.test>",
            "Re: Our autumn catalogue",
            _text(
                "Hello,",
                "",
                "the samples arrived in good order, thank you. Could you send us your prices",
                "for 500 and for 2,000 pieces, delivered to Hamburg?",
                "",
                "Kind regards",
                "Anna Keller",
                "",
                "On Mon, 16 Nov 2026 at 09:12, Sales <sales@demo.test> wrote:",
                "> Dear Ms Keller, our autumn catalogue is out. May we send you samples?",
            ),
            "In-Reply-To: <campaign-2026-11@demo.test>",
        ),
        "250 2.0.0",
        rcpt_to="reply+autumn-26.anna=buyer.demo.test@demo.test",
        signed_by="buyer.demo.test",
    )
    yield Sample(
        "A Chinese inquiry in GB18030",
        "li.wei@trade.demo.test",
        _mail(
            date,
            f"inquiry.{unique}@trade.demo.test",
            f"{_encoded('李伟', 'gb18030')} <li.wei@trade.demo.test>",
            _encoded("询价：不锈钢阀门 500 件", "gb18030"),
            "您好！\r\n\r\n我们在贵公司网站上看到不锈钢球阀，想采购 500 件，"
            "请报价，并告知交货期和付款方式。"
            "\r\n\r\n谢谢！\r\n李伟\r\n".encode("gb18030"),
            "Content-Type: text/plain; charset=gb18030",
            "Content-Transfer-Encoding: 8bit",
        ),
        "250 2.0.0",
        signed_by="trade.demo.test",
    )
    yield Sample(
        "An out-of-office note in German: away up to and including a day, ask somebody else",
        "",
        demo_letters.away(date, unique),
        "250 2.0.0",
        signed_by="buyer.demo.test",
    )
    yield Sample("A bounce of an address that is gone", "", _bounce(date, unique), "250 2.0.0",
                 signed_by="trade.demo.test")  # fmt: skip
    yield from _understood(date, unique)
    yield Sample(
        "A stranger using a bank's name: DMARC says reject",
        "promo@unsigned.demo.test",
        _mail(
            date,
            f"phish.{unique}@bank.demo.test",
            "Your Bank <service@bank.demo.test>",
            "Please confirm your account",
            _text("Dear customer, please open the link and confirm your account."),
        ),
        "550 5.7.26",
    )
    yield Sample(
        "The same for a newsletter: DMARC says quarantine, so it is held",
        "bulk@unsigned.demo.test",
        _mail(
            date,
            f"news.{unique}@news.demo.test",
            "Weekly News <newsletter@news.demo.test>",
            "This week",
            _text("Twelve new articles. You receive our newsletter because you subscribed."),
            "List-Id: Weekly News <weekly.news.demo.test>",
            "List-Unsubscribe: <mailto:leave@news.demo.test>",
        ),
        "250 2.0.0",
    )
    yield Sample(
        "A forged header that claims our own approval",
        "mallory@unsigned.demo.test",
        _mail(
            date,
            f"forged.{unique}@bank.demo.test",
            "Your Bank <service@bank.demo.test>",
            "Verified transfer",
            _text("Our headers say that all is well."),
            "Authentication-Results: localhost; dmarc=pass header.from=bank.demo.test",
        ),
        "550 5.7.26",
    )
    yield Sample(
        "Two authors in one mail, one of them a lie",
        "mallory@unsigned.demo.test",
        _mail(
            date,
            f"authors.{unique}@unsigned.demo.test",
            "Mallory <mallory@unsigned.demo.test>",
            "Which one do you see?",
            _text("Some programs show the first From, some the last."),
            "From: Your Bank <service@bank.demo.test>",
        ),
        "550 5.",
    )
    yield Sample(
        "An order with an attachment",
        "anna@buyer.demo.test",
        _order(date, unique),
        "250 2.0.0",
        signed_by="buyer.demo.test",
    )
    yield Sample(
        "HTML with a script and a remote picture",
        "kim@unsigned.demo.test",
        _mail(
            date,
            f"html.{unique}@unsigned.demo.test",
            "Kim Soo-jin <kim@unsigned.demo.test>",
            "Our new showroom",
            _text(
                "<html><body><h2>Visit us</h2><script>alert('no')</script>",
                "<p>The <b>new showroom</b> opens on 3 December.</p>",
                '<img src="https://tracker.example/pixel.gif" alt="showroom"></body></html>',
            ),
            "Content-Type: text/html; charset=utf-8",
        ),
        "250 2.0.0",
    )
    yield Sample(
        "A sender whose name server does not answer",
        "olga@slow.demo.test",
        _mail(
            date,
            f"slow.{unique}@slow.demo.test",
            "Olga <olga@slow.demo.test>",
            "Offer",
            _text("My name server is asleep."),
        ),
        "451 4.",
    )
    yield Sample(
        "A mail over the size limit",
        "anna@buyer.demo.test",
        b"",
        "552 5.3.4",
        announced=200 * 1024 * 1024,
    )
    yield Sample(
        "Somebody who wants us to relay",
        "mallory@unsigned.demo.test",
        b"",
        "550 5.7.1",
        rcpt_to="victim@elsewhere.example",
    )


def _understood(date: str, unique: str) -> Iterator[Sample]:
    """Mails that say something else than they show at first sight."""
    yield Sample(
        "A web form whose text was garbled before it was sent",
        "form@trade.demo.test",
        demo_letters.garbled(date, unique),
        "250 2.0.0",
        signed_by="trade.demo.test",
    )
    yield Sample(
        "A scanner's mail without a word",
        "scanner@buyer.demo.test",
        demo_letters.blank(date, unique),
        "250 2.0.0",
        signed_by="buyer.demo.test",
    )
    yield Sample(
        "A colleague forwards what a customer wrote",
        "helen@trade.demo.test",
        demo_letters.forwarded(date, unique),
        "250 2.0.0",
        signed_by="trade.demo.test",
    )
    yield Sample(
        "A mailbox shall forward here: the code is for operators only",
        "forwarding-noreply@google.com",
        demo_letters.confirmation(date, unique),
        "250 2.0.0",
        signed_by="google.com",
    )


def _mail(date: str, message_id: str, author: str, subject: str, body: bytes, *more: str) -> bytes:
    fields = [
        *(line for line in more if line.startswith("From:")),
        f"From: {author}",
        f"To: Sales <{RECIPIENT}>",
        f"Subject: {subject}",
        f"Date: {date}",
        f"Message-ID: <{message_id}>",
        "MIME-Version: 1.0",
        *(line for line in more if not line.startswith("From:")),
    ]
    return "\r\n".join(fields).encode("ascii") + b"\r\n\r\n" + body


def _text(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _encoded(text: str, charset: str) -> str:
    """RFC 2047 encoded word."""
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode('ascii')}?="


def _bounce(date: str, unique: str) -> bytes:
    """A delivery status notification (RFC 3464)."""
    return _mail(
        date,
        f"dsn.{unique}@trade.demo.test",
        "Mail Delivery System <mailer-daemon@trade.demo.test>",
        "Undelivered Mail Returned to Sender",
        _text(
            "--part",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "Your message to wang@trade.demo.test could not be delivered.",
            "--part",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.trade.demo.test",
            "",
            "Final-Recipient: rfc822; wang@trade.demo.test",
            "Action: failed",
            "Status: 5.1.1",
            "Diagnostic-Code: smtp; 550 5.1.1 user unknown",
            "",
            "--part",
            "Content-Type: text/rfc822-headers",
            "",
            "From: Sales <sales@demo.test>",
            "To: wang@trade.demo.test",
            "Subject: Our autumn catalogue",
            "Message-ID: <campaign-2026-11.wang@demo.test>",
            "Reply-To: reply+autumn-26.wang=trade.demo.test@demo.test",
            "",
            "--part--",
        ),
        "Auto-Submitted: auto-replied",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="part"',
    )


def _order(date: str, unique: str) -> bytes:
    table = base64.b64encode(b"item;pieces\r\nvalve DN25;500\r\nvalve DN40;120\r\n").decode("ascii")
    return _mail(
        date,
        f"order.{unique}@buyer.demo.test",
        "Anna Keller <anna@buyer.demo.test>",
        "Order 4711",
        _text(
            "--part",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "Please find our order attached.",
            "--part",
            'Content-Type: text/csv; name="order-4711.csv"',
            'Content-Disposition: attachment; filename="order-4711.csv"',
            "Content-Transfer-Encoding: base64",
            "",
            table,
            "--part--",
        ),
        'Content-Type: multipart/mixed; boundary="part"',
    )
