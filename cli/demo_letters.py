"""Mails of the demonstration whose inside has to be understood: garbled, blank, away, forwarded,
and a request to confirm a forward.

Written out by hand like the others (`cli.demo_samples`), with invented people.
"""

import base64
from collections.abc import Sequence

OUR_ADDRESS = "sales@demo.test"


def letter(
    date: str,
    message_id: str,
    author: str,
    subject: str,
    lines: Sequence[str],
    *more: str,
    to: str = OUR_ADDRESS,
) -> bytes:
    """A message of these lines, in UTF-8 without any encoding unless `more` says otherwise."""
    fields = [
        f"From: {author}",
        f"To: <{to}>",
        f"Subject: {subject}",
        f"Date: {date}",
        f"Message-ID: <{message_id}>",
        "MIME-Version: 1.0",
        *(more or ("Content-Type: text/plain; charset=utf-8",)),
    ]
    return "\r\n".join([*fields, "", *lines, ""]).encode("utf-8")


def garbled(date: str, unique: str) -> bytes:
    """A form on a web site read UTF-8 as windows-874, and sent what it saw as UTF-8."""
    text = (
        "Guten Tag,",
        "",
        "wir hätten gern ein Angebot über 500 Kugelhähne DN80 für unser Werk in Münster.",
        "Können Sie bis März liefern, und was kostet die Größe DN100?",
        "",
        "Mit freundlichen Grüßen",
        "Jürgen Böhm",
    )
    return letter(
        date,
        f"form.{unique}@trade.demo.test",
        f"{_misread('Jürgen Böhm')} <form@trade.demo.test>",
        _misread("Anfrage für Kugelhähne"),
        [_misread(line) for line in text],
    )


def blank(date: str, unique: str) -> bytes:
    """A scanner's mail: a file, and not a word."""
    page = base64.b64encode(b"%PDF-1.4\n% an empty page\n%%EOF\n").decode("ascii")
    return letter(
        date,
        f"scan.{unique}@buyer.demo.test",
        "Scanner <scanner@buyer.demo.test>",
        "Scan 0042",
        [
            "--part",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "",
            "--part",
            'Content-Type: application/pdf; name="Scan-0042.pdf"',
            'Content-Disposition: attachment; filename="Scan-0042.pdf"',
            "Content-Transfer-Encoding: base64",
            "",
            page,
            "--part--",
        ],
        'Content-Type: multipart/mixed; boundary="part"',
    )


def away(date: str, unique: str) -> bytes:
    """An automatic answer in German: the last day away is not the first day back."""
    return letter(
        date,
        f"abwesend.{unique}@buyer.demo.test",
        "Sabine Vogel <sabine.vogel@buyer.demo.test>",
        "Automatische Antwort: Our autumn catalogue",
        [
            "Guten Tag,",
            "",
            "ich bin bis einschließlich 4. Januar 2027 nicht im Büro.",
            "In dringenden Fällen wenden Sie sich bitte an Herrn Jonas Weber,",
            "jonas@buyer.demo.test.",
            "",
            "Mit freundlichen Grüßen",
            "Sabine Vogel",
        ],
        "Content-Type: text/plain; charset=utf-8",
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
    )


def forwarded(date: str, unique: str) -> bytes:
    """A colleague forwards by hand what a customer wrote to her."""
    return letter(
        date,
        f"fwd.{unique}@trade.demo.test",
        "Helen Fisher <helen@trade.demo.test>",
        "Fwd: Price of DN50 valves",
        [
            "For you, I think.",
            "",
            "Helen",
            "",
            "---------- Forwarded message ---------",
            "From: Kim Soo-jin <kim@customer.demo.test>",
            "Date: Thu, 19 Nov 2026 at 09:40",
            "Subject: Price of DN50 valves",
            "To: Helen Fisher <helen@trade.demo.test>",
            "",
            "",
            "Dear Ms Fisher,",
            "",
            "please quote 300 DN50 valves, delivered to Busan, and your lead time.",
            "",
            "Best regards",
            "Kim Soo-jin",
        ],
    )


def confirmation(date: str, unique: str) -> bytes:
    """What Gmail sends to an address that a mailbox shall forward to."""
    return letter(
        date,
        f"confirm.{unique}@mail.gmail.com",
        "Gmail Team <forwarding-noreply@google.com>",
        "(#304298959) Gmail Forwarding Confirmation - Receive Mail from li.wei.demo@gmail.com",
        [
            "li.wei.demo@gmail.com has requested to automatically forward mail to your email",
            f"address {OUR_ADDRESS}.",
            "Confirmation code: 304298959",
            "",
            "To allow li.wei.demo@gmail.com to automatically forward mail to your address,",
            "please click the link below to confirm the request:",
            "",
            "https://mail-settings.google.com/mail/vf-%5BANGjdJ8demo%5D-demo",
            "",
            "If you click the link and it appears to be broken, please copy and paste it",
            "into a new browser window. If you aren't able to access the link, you can send",
            "the confirmation code 304298959 to li.wei.demo@gmail.com.",
            "",
            "Thanks for using Gmail!",
            "",
            "Sincerely,",
            "The Gmail Team",
            "",
            "If you do not approve of this request, no further action is required.",
            "li.wei.demo@gmail.com cannot automatically forward messages to your email address",
            "unless you confirm the request by clicking the link above. If you accidentally",
            "clicked the link, but you do not want to allow li.wei.demo@gmail.com to",
            "automatically forward messages to your address, click this link to cancel this",
            "verification:",
            "https://mail-settings.google.com/mail/uf-%5BANGjdJ8demo%5D-demo",
        ],
    )


def _misread(text: str) -> str:
    """UTF-8 read as windows-874, or as windows-1252 where that has no character; what neither has
    is lost for good."""
    return "".join(_read(octet) for octet in text.encode("utf-8"))


def _read(octet: int) -> str:
    for charset in ("cp874", "cp1252"):
        if found := bytes((octet,)).decode(charset, "ignore"):
            return found
    return ""
