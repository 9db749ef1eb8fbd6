"""qmail, Exim, Sendmail, Courier and others that write reports for people."""

from collections.abc import Iterator

from tests.digest.bounces.reports import (
    SENDER,
    Case,
    headers_of,
    mail,
    original,
    part,
    returned,
    status_of,
)

_TO = "bob@example.net"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _qmail()
    yield from _exim()
    yield from _sendmail()
    yield from _small()


def _case(
    name: str,
    raw: bytes,
    kind: str,
    status: str | None = None,
    *,
    to: str = _TO,
    permanent: bool = True,
) -> Case:
    return Case(name, raw, kind, to, status, f"<{name}@acme.example>", permanent)


def _qmail() -> Iterator[Case]:
    for name, words, kind, status in (
        ("no-mailbox", "Sorry, no mailbox here by that name. (#5.1.1)", "hard", "5.1.1"),
        (
            "remote",
            "198.51.100.7 does not like recipient.\nRemote host said: 550 5.1.1 <bob@example.net>... User unknown\nGiving up on 198.51.100.7.",
            "hard",
            "5.1.1",
        ),
        ("disk", "Mail quota exceeded.", "quota", None),
        ("full", "user is over quota (#5.2.2)", "quota", "5.2.2"),
        ("no-host", "Sorry, I couldn't find any host named example.net. (#5.1.2)", "hard", "5.1.2"),
        (
            "queue",
            "I'm not going to try again; this message has been in the queue too long.",
            "soft",
            None,
        ),
        (
            "refused-spam",
            "198.51.100.7 failed after I sent the message.\nRemote host said: 554 5.7.1 Message rejected as spam by Content Filtering.",
            "blocked",
            "5.7.1",
        ),
        (
            "chkuser",
            "198.51.100.7 does not like recipient.\nRemote host said: 511 sorry, no mailbox here by that name (#5.1.1 - chkuser)\nGiving up on 198.51.100.7.",
            "hard",
            "5.1.1",
        ),
        (
            "loop",
            "This message is looping: it already has my Delivered-To line. (#5.4.6)",
            "policy",
            "5.4.6",
        ),
        (
            "connect",
            "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has been in the queue too long.",
            "soft",
            "4.4.1",
        ),
    ):
        identifier = f"qmail-{name}"
        text = (
            "Hi. This is the qmail-send program at mx.relay.example.\n"
            "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
            f"<{_TO}>:\n{words}\n\n--- Below this line is a copy of the message.\n\n"
            f"Return-Path: <{SENDER}>\n" + original(_TO, f"<{identifier}@acme.example>")
        )
        yield _case(
            identifier, mail("MAILER-DAEMON@mx.relay.example", "failure notice", text), kind, status
        )
    undelivered = (
        "Hi. This is the qmail-send program at yahoo.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        "<info@example.net>:\nUnable to deliver message after multiple retries, giving up.\n\n"
        "--- Enclosed are the original headers of the message.\n\n"
        + headers_of("info@example.net", "<qmail-headers@acme.example>")
    )
    yield _case(
        "qmail-headers",
        mail("MAILER-DAEMON@yahoo.example", "failure notice", undelivered),
        "soft",
        to="info@example.net",
    )


def _exim() -> Iterator[Case]:
    for name, words, kind, status in (
        ("unrouteable", "    Unrouteable address", "hard", None),
        (
            "unknown",
            "    host mx.example.net [198.51.100.4]\n    SMTP error from remote mail server after RCPT TO:<bob@example.net>:\n    550 5.1.1 <bob@example.net>: Recipient address rejected:\n    User unknown in relay recipient table",
            "hard",
            "5.1.1",
        ),
        ("no-such", "    No Such User Here", "hard", None),
        ("gone", "    all relevant MX records point to non-existent hosts", "hard", None),
        ("retry", "    retry timeout exceeded", "soft", None),
        ("quota", "    mailbox is full:\n    retry timeout exceeded", "quota", None),
        (
            "blocked",
            "    SMTP error from remote mail server after end of data:\n    host mx.example.net [198.51.100.4]: 550 High probability of spam",
            "blocked",
            None,
        ),
        (
            "dmarc",
            "    host mx.example.net [198.51.100.4]\n    SMTP error from remote mail server after pipelined end of data:\n    550 5.7.1 rejected by DMARC policy for acme.example",
            "policy",
            "5.7.1",
        ),
        (
            "large",
            "    message size exceeds the maximum\n    host mx.example.net [198.51.100.4]: 552 Message size exceeds maximum permitted",
            "policy",
            None,
        ),
    ):
        identifier = f"exim-{name}"
        text = (
            "This message was created automatically by mail delivery software.\n\n"
            "A message that you sent could not be delivered to one or more of its\n"
            "recipients. This is a permanent error. The following address(es) failed:\n\n"
            f"  {_TO}\n{words}\n\n"
            "------ This is a copy of the message, including all the headers. ------\n\n"
            f"Return-path: <{SENDER}>\n" + original(_TO, f"<{identifier}@acme.example>")
        )
        more = f"X-Failed-Recipients: {_TO}\nAuto-Submitted: auto-replied\n"
        yield _case(
            identifier,
            mail(
                "Mail Delivery System <Mailer-Daemon@mx.relay.example>",
                "Mail delivery failed: returning message to sender",
                text,
                more=more,
            ),
            kind,
            status,
        )
    newer = [
        part(
            f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to all of its recipients.\n\n  info@example.org\n    (ultimately generated from {_TO})\n    unrouteable mail domain\n"
        ),
        part(status_of("info@example.org", "5.0.0", ""), "message/delivery-status"),
        returned(_TO, "<exim-alias@acme.example>"),
    ]
    yield _case(
        "exim-alias",
        mail(
            "Mail Delivery System <Mailer-Daemon@mx.relay.example>",
            "Mail delivery failed: returning message to sender",
            newer,
            more=f"X-Failed-Recipients: {_TO}\nAuto-Submitted: auto-replied\n",
        ),
        "hard",
    )
    warning = (
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\n"
        "recipients after more than 24 hours on the queue on mx.relay.example.\n\nThe message identifier is:     1abcde-000001-AB\n"
        "The subject of the message is: Our offer for spring\nThe date of the message is:    Tue, 10 Nov 2026 08:00:00 +0000\n\n"
        f"The address to which the message has not yet been delivered is:\n\n  {_TO}\n    host mx.example.net [198.51.100.4]\n    Delay reason: Connection timed out\n\n"
        "No action is required on your part. Delivery attempts will continue for\nsome time, and this warning may be repeated at intervals if the message\nremains undelivered.\n"
    )
    raw = mail(
        "Mail Delivery System <Mailer-Daemon@mx.relay.example>",
        "Warning: message 1abcde-000001-AB delayed 24 hours",
        warning,
        more="Auto-Submitted: auto-replied\nReferences: <exim-delayed@acme.example>\n",
    )
    yield _case("exim-delayed", raw, "soft", permanent=False)


def _sendmail() -> Iterator[Case]:
    for name, failed, talk, kind, status in (
        (
            "unknown",
            "(reason: 550 5.1.1 <bob@example.net>... User unknown)",
            "... while talking to mx.example.net.:\n>>> DATA\n<<< 550 5.1.1 <bob@example.net>... User unknown\n550 5.1.1 <bob@example.net>... User unknown\n<<< 503 5.0.0 Need RCPT (recipient)",
            "hard",
            "5.1.1",
        ),
        (
            "host",
            "(reason: 550 Host unknown)",
            "550 5.1.2 <bob@example.net>... Host unknown (Name server: example.net: host not found)",
            "hard",
            "5.1.2",
        ),
        (
            "full",
            "(reason: 552 5.2.2 mailbox is over quota)",
            "... while talking to mx.example.net.:\n<<< 552 5.2.2 mailbox is over quota\n554 5.0.0 Service unavailable",
            "quota",
            "5.2.2",
        ),
        (
            "access",
            "(reason: 550 5.7.1 <bob@example.net>... Access denied)",
            "... while talking to mx.example.net.:\n<<< 550 5.7.1 <bob@example.net>... Access denied",
            "policy",
            "5.7.1",
        ),
        (
            "expired",
            "(reason: 451 4.4.1 reply: read error from mx.example.net.)",
            "<bob@example.net>... Deferred: Connection timed out with mx.example.net.\nMessage could not be delivered for 5 days\nMessage will be deleted from queue",
            "soft",
            "4.4.1",
        ),
    ):
        identifier = f"sendmail-{name}"
        text = (
            "The original message was received at Tue, 10 Nov 2026 08:00:00 GMT\nfrom mail.acme.example [192.0.2.10]\n\n"
            f"   ----- The following addresses had permanent fatal errors -----\n<{_TO}>\n    {failed}\n\n"
            f"   ----- Transcript of session follows -----\n{talk}\n"
        )
        report = status_of(_TO, status, f"SMTP; {failed[9:-1]}")
        parts = [
            part(text, "text/plain"),
            part(report, "message/delivery-status"),
            returned(_TO, f"<{identifier}@acme.example>"),
        ]
        yield _case(
            identifier,
            mail(
                "Mail Delivery Subsystem <MAILER-DAEMON@mx.relay.example>",
                "Returned mail: see transcript for details",
                parts,
            ),
            kind,
            status,
        )
    old = (
        "The original message was received at Tue, 10 Nov 2026 08:00:00 GMT\nfrom mail.acme.example [192.0.2.10]\n\n"
        f"   ----- The following addresses have delivery notifications -----\n<{_TO}>  (unrecoverable error)\n\n"
        f"   ----- Transcript of session follows -----\n550 <{_TO}>... User unknown\n\n"
        "   ----- Original message follows -----\n\n" + original(_TO, "<sendmail-old@acme.example>")
    )
    yield _case(
        "sendmail-old",
        mail("Mail Delivery Subsystem <MAILER-DAEMON>", "Returned mail: User unknown", old),
        "hard",
    )
    warning = (
        "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\n"
        f"The original message was received at Tue, 10 Nov 2026 08:00:00 GMT\n\n   ----- Transcript of session follows -----\n<{_TO}>... Deferred: Connection refused by mx.example.net.\n"
        "Warning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old\n\n   ----- Original message follows -----\n\n"
        + headers_of(_TO, "<sendmail-warning@acme.example>")
    )
    yield _case(
        "sendmail-warning",
        mail(
            "Mail Delivery Subsystem <MAILER-DAEMON@mx.relay.example>",
            "Warning: could not send message for past 4 hours",
            warning,
        ),
        "soft",
        permanent=False,
    )


def _small() -> Iterator[Case]:
    back = original(_TO, "<%s@acme.example>")

    def plain(
        name: str,
        sender: str,
        subject: str,
        text: str,
        kind: str,
        status: str | None = None,
        **more: str,
    ) -> Case:
        return _case(name, mail(sender, subject, text + "\n\n" + back % name, **more), kind, status)

    yield plain(
        "courier",
        "<MAILER-DAEMON@mx.relay.example>",
        "NOTICE: mail delivery status.",
        f"This is a delivery status notification from mx.relay.example,\nrunning the Courier mail server, version 1.0.\n\nThe original message was received on Tue, 10 Nov 2026 08:00:00 +0000\nfrom mail.acme.example (192.0.2.10)\n\n---------------------------------------------------------------------------\n\n                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<{_TO}>:\n    mx.example.net [198.51.100.4]:\n<<< 550 User unknown\n\n---------------------------------------------------------------------------\n\nThe original message follows as a separate attachment.",
        "hard",
    )
    yield plain(
        "mdaemon",
        "MDaemon at mx.relay.example <MDaemon@mx.relay.example>",
        "Permanent Delivery Failure",
        f"The attached message had PERMANENT fatal delivery errors!\n\nAfter one or more unsuccessful delivery attempts the attached message has\nbeen removed from the mail queue on this server.\n\nFAILED ADDRESS: {_TO}\n\nTHIS MESSAGE WAS UNDELIVERABLE DUE TO THE FOLLOWING REASON:\n\n--- Session Transcript ---\n Tue 2026-11-10 08:00:05: <-- 550 <{_TO}>, Recipient unknown\n Tue 2026-11-10 08:00:05: --> QUIT\n--- End Transcript ---\n",
        "hard",
    )
    yield plain(
        "hmailserver",
        "mailer-daemon@mx.relay.example",
        "Message undeliverable: Our offer for spring",
        f"Your message did not reach some or all of the intended recipients.\n\n   Sent: Tue, 10 Nov 2026 08:00:00 +0000\n   Subject: Our offer for spring\n\nThe following recipient(s) could not be reached:\n\n{_TO}\n   Error Type: SMTP\n   Remote server (198.51.100.4) issued an error.\n   hMailServer sent: RCPT TO:<{_TO}>\n   Remote server replied: 550 Unknown user\n\n\nhMailServer",
        "hard",
    )
    yield plain(
        "imail",
        "Postmaster <postmaster@mx.relay.example>",
        "Undeliverable Mail",
        f"Unknown user: {_TO}\n\nOriginal message follows.",
        "hard",
    )
    yield plain(
        "domino",
        "Postmaster@notes.example",
        "DELIVERY FAILURE: User bob (bob@example.net) not listed in Domino Directory",
        f"Your message\n\n  Subject: Our offer for spring\n\nwas not delivered to:\n\n  {_TO}\n\nbecause:\n\n  User bob (bob@example.net) not listed in Domino Directory\n",
        "hard",
    )
    yield plain(
        "groupwise",
        "Mailer-Daemon@gw.example",
        "Mail message delivery failed",
        f"The message that you sent was undeliverable to the following:\n\tbob ({_TO} Mailbox disabled)\n\nPossibly truncated original message follows:",
        "hard",
    )
    yield plain(
        "zimbra-over",
        "MAILER-DAEMON@zimbra.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        f"This is the mail system at host zimbra.example.\n\n<{_TO}>: host zimbra.example[198.51.100.4] said: 552 5.2.2 Over quota (in\n    reply to end of DATA command)\n",
        "quota",
        "5.2.2",
    )
    yield plain(
        "zoho",
        "mailer-daemon@mail.zoho.example",
        "Undelivered Mail Returned to Sender",
        f"This message was created automatically by mail delivery software.\n A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n\n{_TO}, ERROR CODE :550 - 5.1.1 Email address could not be found, or was misspelled\n",
        "hard",
        "5.1.1",
    )
    yield plain(
        "smail",
        "Mailer-Daemon@smail.example",
        "mail failed, returning to sender",
        f"|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n <{_TO}> ... unknown user\n|------------------------- Message text follows: ------------------------|",
        "hard",
    )
    yield plain(
        "mmdf",
        "Memo Service <mmdf@mmdf.example>",
        "Failed mail  (msg.aa01234)",
        f"    Your message could not be delivered to\n    '{_TO} (host: example.net) (queue: smtp)' for the following\n    reason: '<{_TO}>... User Unknown'\n\n    Your message follows:",
        "hard",
    )
    yield plain(
        "merak",
        "MAILER-DAEMON@merak.example",
        "Undeliverable: Our offer for spring",
        f"Could not deliver message to the following recipient(s):\n\nFailed Recipient: {_TO}\nReason: Remote host said: 550 5.1.1 Mailbox does not exist\n\n   -- The header and top 20 lines of the message follows --\n",
        "hard",
        "5.1.1",
    )
    yield plain(
        "communigate",
        "CommuniGate Pro <MAILER-DAEMON@cgp.example>",
        "Undeliverable mail: Our offer for spring",
        f"Failed to deliver to '{_TO}'\nSMTP module(domain example.net) reports:\n {_TO}: no such user here\n",
        "hard",
    )
    yield plain(
        "kerio",
        "Mail Delivery Subsystem <postmaster@kerio.example>",
        "Undeliverable mail",
        f"Your message wasn't delivered to one or more recipients.\n\n<{_TO}>: 550 5.1.1 User unknown\n",
        "hard",
        "5.1.1",
    )
    yield plain(
        "axigen",
        "MAILER-DAEMON@axigen.example",
        "Delivery failure",
        f"Your message to <{_TO}> could not be delivered.\nRemote server said: 452 4.2.2 mailbox quota exceeded; giving up after 5 days.\n",
        "quota",
        "4.2.2",
    )
    yield plain(
        "smtp32",
        "Postmaster <postmaster@smtp32.example>",
        "Undeliverable Mail",
        f"undeliverable to {_TO}\nOriginal message follows.\n",
        "soft",
    )
    yield plain(
        "opensmtpd",
        "Mailer Daemon <MAILER-DAEMON@osmtpd.example>",
        "Delivery status notification: error",
        f"    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\n{_TO}: 550 5.1.1 Invalid recipient\n\n    Below is a copy of the original message:",
        "hard",
        "5.1.1",
    )
    yield plain(
        "james",
        "postmaster@james.example",
        "Re:Our offer for spring",
        f"Hi. This is the James mail server at james.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.  Below\nI include the list of recipients and the reason why I was unable to deliver\nyour message.\n\nFailed recipient(s):\n{_TO}\n\nError message:\n550 5.1.1 user unknown\n",
        "hard",
        "5.1.1",
    )
    yield plain(
        "base64-text",
        "MAILER-DAEMON@mx.relay.example",
        "failure notice",
        f"Hi. This is the qmail-send program at mx.relay.example.\n\n<{_TO}>:\nSorry, no mailbox here by that name. vpopmail (#5.1.1)\n\n--- Below this line is a copy of the message.",
        "hard",
        "5.1.1",
        coding="base64",
    )
