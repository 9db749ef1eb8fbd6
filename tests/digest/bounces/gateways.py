"""Gateways that filter mail, services that send it, and what is half a report."""

from collections.abc import Iterator

from tests.digest.bounces.reports import Case, headers_of, mail, original, part, returned, status_of

_TO = "carol@example.org"
_DAEMON = "Mail Delivery System <MAILER-DAEMON@gw.example.org>"


def cases() -> Iterator[Case]:
    """All of them."""
    for name, words, kind, status in (
        (
            "proofpoint",
            "554 5.7.1 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.10",
            "blocked",
            "5.7.1",
        ),
        ("proofpoint-user", "550 5.1.1 User Unknown", "hard", "5.1.1"),
        (
            "barracuda",
            "554 Service unavailable; Client host [192.0.2.10] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.10",
            "blocked",
            "5.0.0",
        ),
        (
            "barracuda-user",
            "550 permanent failure for one or more recipients (carol@example.org:550 5.1.1 User unknown)",
            "hard",
            "5.1.1",
        ),
        (
            "mimecast",
            "550 Rejected by header based manually Blocked Senders - https://community.mimecast.com/docs/DOC-1369#550 [abc.uk123]",
            "policy",
            "5.0.0",
        ),
        (
            "mimecast-user",
            "550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [abc.us22]",
            "hard",
            "5.0.0",
        ),
        (
            "mimecast-grey",
            "451 Internal resource temporarily unavailable - https://community.mimecast.com/docs/DOC-1369#451",
            "soft",
            "4.0.0",
        ),
        (
            "cisco",
            "554-esa1.example.org 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means.",
            "blocked",
            "5.0.0",
        ),
        (
            "symantec",
            "553-Message filtered. Refer to the Troubleshooting page at 553-http://www.symanteccloud.com/troubleshooting for more 553 information. (#5.7.1)",
            "blocked",
            "5.7.1",
        ),
        (
            "symantec-user",
            "550-Invalid recipient <carol@example.org> 550 (#5.1.1)",
            "hard",
            "5.1.1",
        ),
        ("sophos", "550 5.7.1 Command rejected", "policy", "5.7.1"),
        (
            "trend",
            "550 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using Trend Micro Email Reputation Service",
            "blocked",
            "5.7.1",
        ),
        (
            "fortimail",
            "550 5.7.1 This message has been blocked because it contains FortiSpamshield-blocking URL(s)",
            "blocked",
            "5.7.1",
        ),
        (
            "spf-fail",
            "550 5.7.23 The message was rejected because of Sender Policy Framework violation",
            "policy",
            "5.7.23",
        ),
        ("callout", "550 Sender verify failed", "policy", "5.0.0"),
        (
            "helo",
            "550 5.7.1 Helo command rejected: need fully-qualified hostname",
            "policy",
            "5.7.1",
        ),
        ("virus", "554 5.6.0 Message contains a virus: Eicar-Test", "blocked", "5.6.0"),
        ("left", "550 5.1.6 Recipient no longer on server: carol@example.org", "hard", "5.1.6"),
        ("moved", "551 5.1.6 User not local; please try carol@new.example", "hard", "5.1.6"),
        ("inactive", "550 5.2.1 Mailbox inactive", "hard", "5.2.1"),
        ("busy", "421 4.3.2 Service shutting down", "soft", "4.3.2"),
        ("too-many", "452 4.5.3 Too many recipients", "soft", "4.5.3"),
        (
            "throttled",
            "421 4.7.0 Too many connections from your IP, try again later",
            "soft",
            "4.7.0",
        ),
        ("disk", "452 4.3.1 Insufficient system storage", "soft", "4.3.1"),
        ("syntax", "501 5.1.3 Bad recipient address syntax", "hard", "5.1.3"),
        ("dkim", "550 5.7.20 No valid DKIM signature found", "policy", "5.7.20"),
        ("members-only", "550 5.7.2 Only members may post to this list", "policy", "5.7.2"),
        ("naver", "550 5.1.1 No such user abc - nsmtp", "hard", "5.1.1"),
        ("unknown", "550 Something went quite wrong", "soft", "5.0.0"),
    ):
        identifier = f"<gw-{name}@acme.example>"
        report = status_of(_TO, status, f"smtp; {words}")
        parts = [
            part(f"The message could not be delivered.\n\n{_TO}\n{words}\n"),
            part(report, "message/delivery-status"),
            returned(_TO, identifier),
        ]
        yield Case(
            f"gateway-{name}",
            mail(_DAEMON, "Undeliverable mail", parts),
            kind,
            _TO,
            None,
            identifier,
        )
    yield from _services()


def _services() -> Iterator[Case]:
    def case(
        name: str,
        sender: str,
        subject: str,
        parts: list[bytes] | str,
        kind: str,
        status: str | None,
        more: str = "",
    ) -> Case:
        return Case(
            name,
            mail(sender, subject, parts, more=more),
            kind,
            _TO,
            status,
            f"<{name}@acme.example>",
        )

    back = "<%s@acme.example>"
    ses = status_of(
        _TO,
        "5.1.1",
        "smtp; 550 5.1.1 user unknown",
        reporter="dns; a8-31.smtp-out.amazonses.com",
        more=f"Original-Recipient: rfc822; {_TO}\n",
    )
    yield case(
        "service-ses",
        "MAILER-DAEMON@amazonses.com",
        "Delivery Status Notification (Failure)",
        [
            part(
                f"An error occurred while trying to deliver the mail to the following recipients:\n{_TO}\n"
            ),
            part(ses, "message/delivery-status"),
            returned(_TO, back % "service-ses"),
        ],
        "hard",
        "5.1.1",
    )
    mailgun = status_of(
        _TO,
        "5.2.2",
        "smtp; 552 5.2.2 The email account that you tried to reach is over quota",
        reporter="dns; mg.example",
    )
    yield case(
        "service-mailgun",
        "Mail Delivery System <MAILER-DAEMON@mg.example>",
        "Undelivered Mail Returned to Sender",
        [
            part("Bounced.\n"),
            part(mailgun, "message/delivery-status"),
            part(headers_of(_TO, back % "service-mailgun"), "text/rfc822-headers"),
        ],
        "quota",
        "5.2.2",
    )
    plain = f"Failed to deliver your mail to the following recipients: {_TO}\n\n550 5.4.1 [{_TO}]: Recipient address rejected: Access denied\n\n"
    yield case(
        "service-sendgrid",
        "mailer-daemon@sg.example",
        "Delivery failure",
        plain + original(_TO, back % "service-sendgrid"),
        "hard",
        "5.4.1",
    )
    gateway = f"Your message to:\n{_TO}\n\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: Our offer for spring\n\nReporting-MTA: dns; barracuda.example\nFinal-Recipient: rfc822; {_TO}\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 550 5.7.1 Message content rejected\n\n"
    yield case(
        "service-barracuda-ndr",
        "Barracuda Spam Firewall <postmaster@barracuda.example>",
        "**Message you sent blocked by our bulk email filter**",
        gateway + headers_of(_TO, back % "service-barracuda-ndr"),
        "blocked",
        "5.7.1",
    )
    lmtp = status_of(
        _TO, "5.2.0", "smtp; 550 5.2.0 <carol@example.org> Mailbox doesn't exist: user.carol"
    )
    yield case(
        "service-cyrus",
        _DAEMON,
        "Undelivered Mail Returned to Sender",
        [
            part("Bounced.\n"),
            part(lmtp, "message/delivery-status"),
            returned(_TO, back % "service-cyrus"),
        ],
        "hard",
        "5.2.0",
    )
