"""Reports about several recipients: who failed first, and why that one did."""

from tests.digest.bounces.reports import mail, original, part
from tests.digest.messages import json_of

A, B, C = "anna@one.example", "bert@two.example", "carl@three.example"
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.relay.example>"
FULL, GONE = "552 5.2.2 Mailbox full", "550 5.1.1 User unknown"
REPORT = "multipart/report; report-type=delivery-status"

# What is said of each, the recipients of the message, and who failed first with what kind.
_TOLD = [
    (f"<{A}>: host mx1 said: {FULL}\n\n<{B}>: host mx2 said: {GONE}", [A, B], (A, "quota")),
    (f"<{B}>: host mx2 said: {GONE}\n\n<{A}>: host mx1 said: {FULL}", [A, B], (B, "hard")),
    (f"<{C}>: host mx3 said: {FULL}\n\n<{B}>: host mx2 said: {GONE}", [A, B], (C, "quota")),
    (f'<{A}>: unknown user: "anna"\n\n<{B}>: host mx2 said: {FULL}', [A, B], (A, "hard")),
    (f"<{A}>: connect to mx1: timed out\n\n<{B}>: host said: {GONE}", [A, B], (A, "soft")),
    (f"<{C}> (expanded from <{A}>): {FULL}\n\n<{B}>: host said: {GONE}", [A, B], (A, "quota")),
    (f"  {A}\n    Unrouteable address\n  {B}\n    SMTP error: {FULL}", [A, B], (A, "hard")),
    (f"  {C}\n    (generated from {A})\n    {FULL}\n  {B}\n    {GONE}", [A, B], (A, "quota")),
    (
        f"<{A}>:\nIt has been in the queue too long.\n\n<{B}>:\nNo mailbox. (#5.1.1)",
        [A],
        (A, "soft"),
    ),
    (
        "----- The following addresses had successful delivery notifications -----\n"
        f"<{A}>  (relayed to non-DSN-aware mailer)\n\n"
        f"----- The following addresses had permanent fatal errors -----\n<{B}>\n"
        f"    (reason: {GONE})\n\n----- Transcript of session follows -----\n<<< {GONE}",
        [A, B],
        (B, "hard"),
    ),
    (
        f"----- The following addresses had permanent fatal errors -----\n<{A}>\n<{B}>\n\n"
        f"----- Transcript of session follows -----\n>>> RCPT To:<{A}>\n<<< {FULL}\n"
        f">>> RCPT To:<{B}>\n<<< {GONE}",
        [A, B],
        (A, "quota"),
    ),
    (f"Delivered to the following:\n  {A}\n\nNot to these:\n  {B}: {GONE}", [A, B], (B, "hard")),
    (f"Zugestellt an:\n{A}\n\nNicht zugestellt an:\n{B}: Postfach voll", [A, B], (B, "quota")),
    (f"It was successfully delivered to:\n{A}\n\nNot to:\n{B}: {FULL}", [A, B], (B, "quota")),
    (
        f"Recipient: {A}\nStatus: delivered\n\nRecipient: {B}\nStatus: failed, {FULL}",
        [A, B],
        (B, "quota"),
    ),
    (f"Email: {A}\nError: mailbox full\n\nEmail: {B}\nError: unknown", [A, B], (A, "quota")),
    (f"1. {A}\n   Reason: user unknown\n2. {B}\n   Reason: full", [A, B], (A, "hard")),
    (f"| {A} | {GONE} |\n| {B} | {FULL} |", [A, B], (A, "hard")),
    (f"{A} - delivered\n{B} - failed: {FULL}", [A, B], (B, "quota")),
    (f"您的邮件无法投递：\n{A}：对方邮箱空间已满\n{B}：用户不存在", [A, B], (A, "quota")),
    (f"Nicht zugestellt:\n\n{A}: Postfach voll\n{B}: Unbekannter Empfänger", [A, B], (A, "quota")),
]


def test_the_first_that_failed_is_told_with_its_own_reason() -> None:
    wrong = []
    for said, to, wanted in _TOLD:
        text = f"Your message could not be delivered to one or more recipients.\n\n{said}\n\n"
        back = f"------ Original message ------\n\n{original(', '.join(to), '<7@acme.example>')}"
        told = json_of(mail(DAEMON, "Undelivered Mail Returned to Sender", text + back), "")[
            "bounce"
        ]
        if told is None or (told["recipient"], told["kind"]) != wanted:
            wrong.append((said, wanted, told))
    assert not wrong


def _fields(recipient: str, action: str, status: str) -> str:
    return f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"


def test_fields_of_a_recipient_that_was_reached_are_no_success_of_the_others() -> None:
    reached, failed = _fields(A, "relayed", "2.0.0"), _fields(B, "failed", "5.0.0")
    said = f"Relayed:\n  {A}\n\nFailed:\n<{C}>: {GONE}\n\n<{B}>: {FULL}\n"
    head, kind = "Reporting-MTA: dns; mx.relay.example\n\n", "message/delivery-status"
    for parts in (
        [part(f"{head}{reached}\n{failed}", kind)],
        [part(head + reached, kind), part(head + failed, kind)],
    ):
        back = part(original(f"{A}, {B}", "<7@acme.example>"), "message/rfc822")
        told = json_of(mail(DAEMON, "Undelivered", [part(said), *parts, back], REPORT), "")[
            "bounce"
        ]
        assert (told["recipient"], told["kind"], told["permanent"]) == (B, "quota", True)


def test_a_failure_is_found_behind_many_successes_and_without_a_line_between() -> None:
    many = "\n".join(
        _fields(f"u{number}@one.example", "delivered", "2.0.0") for number in range(150)
    )
    head, kind = "Reporting-MTA: dns; mx.relay.example\n\n", "message/delivery-status"
    for others in (f"{many}\n", _fields(A, "delivered", "2.0.0")):
        original_recipient = f"Original-Recipient: rfc822; {B}\n"
        failed = original_recipient + _fields("b2@two.example", "failed", "5.1.1")
        parts = [part("Not all was delivered.\n"), part(head + others + failed, kind)]
        back = part(original(f"{A}, {B}", "<7@acme.example>"), "message/rfc822")
        told = json_of(mail(DAEMON, "Undelivered", [*parts, back], REPORT), "")["bounce"]
        assert (told["recipient"], told["kind"]) == (B, "hard")
