"""A forward carries the category of the message inside it."""

from digest.digest import digest_message
from mail.raw import RawMessage
from tests.digest.forward.test_score import HERE, cases

ASKS = "We are interested in your lamps. Please send us a quotation and your catalogue."
HEADER = "From: Boss <boss@ours.example>\r\nTo: in@ours.example\r\nMessage-ID: <f@ours.example>\r\n"
BLOCK = (
    "---------- Forwarded message ---------\r\nFrom: {}\r\nDate: Tue, Nov 3, 2026 at 2:05 PM\r\n"
    "Subject: {}\r\nTo: <boss@ours.example>\r\n\r\n{}"
)


def category(raw: str) -> str:
    content = raw.encode()
    return digest_message(RawMessage.in_memory(content), "boss@ours.example", None).category.value


def inline(note: str, sender: str, subject: str, text: str) -> str:
    block = BLOCK.format(sender, subject, text)
    return f"{HEADER}Subject: Fwd: {subject}\r\n\r\n{note}\r\n\r\n{block}\r\n"


def attached(note: str, inner: str) -> str:
    return (
        f"{HEADER}Subject: see below\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\n{note}\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
    )


def test_an_inquiry_stays_one_whatever_the_forwarder_says() -> None:
    note = "Not interested? Please remove them from our list, we do not need it."
    assert category(inline(note, "Li <li@customer.example>", "Price", ASKS)) == "inquiry"


def test_a_refusal_stays_one() -> None:
    text = "Thank you, but we are not interested. Please remove us from your mailing list."
    assert category(inline("What does it cost?", "Li <li@c.example>", "Offer", text)) == "rejection"


def test_an_absence_note_stays_one() -> None:
    text = "I am out of the office until 10 November and will answer afterwards."
    subject = "Automatic reply: Offer"
    assert category(inline("FYI", "Li <li@customer.example>", subject, text)) == "ooo"


def test_an_attached_inquiry_is_one() -> None:
    inner = f"From: li@customer.example\r\nSubject: Price\r\n\r\n{ASKS}\r\n"
    assert category(attached("We are not interested.", inner)) == "inquiry"


def test_an_attached_absence_note_is_one() -> None:
    inner = (
        "From: li@customer.example\r\nAuto-Submitted: auto-replied\r\nSubject: x\r\n\r\naway\r\n"
    )
    assert category(attached("FYI", inner)) == "ooo"


def test_messages_in_messages_end_somewhere() -> None:
    raw = f"From: li@customer.example\r\nSubject: Price\r\n\r\n{ASKS}\r\n"
    for _ in range(50):
        raw = attached("", raw)
    assert category(raw) in ("inquiry", "to_reply", "notice")


def test_a_group_that_shares_its_mail_passes_on_inquiries() -> None:
    groups = [case for case in cases("lists.txt") if case.name.startswith("google group")]
    assert (HERE / "lists.txt").is_file()
    for case in groups:
        found = digest_message(RawMessage.in_memory(case.raw), case.mail_from, case.rcpt)
        assert found.category.value == "inquiry"
