"""RFC 3464, as it should be, and in the shapes that it comes in."""

from collections.abc import Iterator

from tests.digest.bounces.reports import (
    Case,
    headers_of,
    mail,
    original,
    part,
    returned,
    status_of,
)

_POSTFIX = "MAILER-DAEMON@mx.relay.example (Mail Delivery System)"
_SUBJECT = "Undelivered Mail Returned to Sender"
_TEXT = (
    "This is the mail system at host mx.relay.example.\n\n"
    "I'm sorry to have to inform you that your message could not\n"
    "be delivered to one or more recipients. It's attached below.\n\n"
    "For further assistance, please send mail to postmaster.\n\n"
    "                   The mail system\n\n"
)


def _said(recipient: str, words: str, host: str = "mx.example.net[198.51.100.4]") -> str:
    return f"<{recipient}>: host {host} said: {words}\n    (in reply to RCPT TO command)\n"


def _postfix(
    name: str, words: str, kind: str, status: str, recipient: str = "anna@example.net", **more: str
) -> Case:
    identifier = f"<pf-{name}@acme.example>"
    report = status_of(
        recipient,
        status,
        f"smtp; {words}",
        more=f"Original-Recipient: rfc822;{more.get('wrote', recipient)}\n"
        + "Remote-MTA: dns; mx.example.net\n",
    )
    parts = [
        part(_TEXT + _said(recipient, words), "text/plain; charset=us-ascii"),
        part(report, "message/delivery-status"),
        returned(recipient, identifier),
    ]
    return Case(
        f"postfix-{name}",
        mail(_POSTFIX, _SUBJECT, parts, more="Auto-Submitted: auto-replied\n"),
        kind,
        more.get("wrote", recipient),
        status,
        identifier,
    )


_REFUSALS = [
    (
        "no-user",
        "550 5.1.1 <anna@example.net>: Recipient address rejected: User unknown in virtual mailbox table",
        "hard",
        "5.1.1",
    ),
    (
        "gmail-no-user",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. 550 5.1.1  https://support.google.com/mail/?p=NoSuchUser q1-20si - gsmtp",
        "hard",
        "5.1.1",
    ),
    (
        "gmail-disabled",
        "550-5.2.1 The email account that you tried to reach is inactive or disabled. 550 5.2.1 https://support.google.com/mail/?p=DisabledUser k3si - gsmtp",
        "hard",
        "5.2.1",
    ),
    (
        "gmail-full",
        "552-5.2.2 The recipient's inbox is out of storage space and inactive. Please 552-5.2.2 direct the recipient to 552 5.2.2 https://support.google.com/mail/?p=OverQuotaPerm a8si - gsmtp",
        "quota",
        "5.2.2",
    ),
    (
        "gmail-dmarc",
        "550-5.7.26 Unauthenticated email from acme.example is not accepted due to domain's 550-5.7.26 DMARC policy. Please contact the administrator of acme.example domain 550 5.7.26 https://support.google.com/mail/?p=DmarcRejection - gsmtp",
        "policy",
        "5.7.26",
    ),
    (
        "gmail-reputation",
        "550-5.7.1 [192.0.2.10      19] Our system has detected that this message is likely suspicious due to the very low reputation of the sending domain. To best protect our users from spam, the message has been blocked. - gsmtp",
        "blocked",
        "5.7.1",
    ),
    (
        "gmail-unsolicited",
        "550-5.7.1 [192.0.2.10] Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked. - gsmtp",
        "blocked",
        "5.7.1",
    ),
    (
        "gmail-rate",
        "550-5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. - gsmtp",
        "soft",
        "5.2.1",
    ),
    (
        "gmail-attachment",
        "552-5.7.0 This message was blocked because its content presents a potential security issue. Please visit 552 5.7.0 https://support.google.com/mail/?p=BlockedMessage - gsmtp",
        "policy",
        "5.7.0",
    ),
    (
        "gmail-size",
        "552-5.3.4 Your message exceeded Google's message size limits. Please visit 552 5.3.4 https://support.google.com/mail/?p=MaxSizeError - gsmtp",
        "policy",
        "5.3.4",
    ),
    (
        "gmail-rfc5322",
        "550-5.7.1 Messages missing a valid Message-ID header are not accepted. - gsmtp",
        "policy",
        "5.7.1",
    ),
    (
        "ms-dir-edge",
        "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [SN1NAM02FT003.eop-nam02.prod.protection.outlook.com]",
        "hard",
        "5.4.1",
    ),
    (
        "ms-blocklist",
        "550 5.7.1 Unfortunately, messages from [192.0.2.10] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
        "blocked",
        "5.7.1",
    ),
    (
        "ms-banned",
        "550 5.7.606 Access denied, banned sending IP [192.0.2.10]. To request removal from this list please visit https://sender.office.com/",
        "blocked",
        "5.7.606",
    ),
    (
        "ms-dmarc",
        "550 5.7.509 Access denied, sending domain ACME.EXAMPLE does not pass DMARC verification and has a DMARC policy of reject.",
        "policy",
        "5.7.509",
    ),
    (
        "hotmail-unavailable",
        "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
        "hard",
        "5.5.0",
    ),
    (
        "yahoo-no-user",
        "554 delivery error: dd This user doesn't have a yahoo.com account (anna@example.net) [0] - mta1234.mail.gq1.yahoo.com",
        "hard",
        None,
    ),
    (
        "yahoo-disabled",
        "554 30 Sorry, your message to anna@example.net cannot be delivered. This mailbox is disabled (554.30).",
        "hard",
        None,
    ),
    ("yahoo-552", "552 1 Requested mail action aborted, mailbox not found", "hard", None),
    (
        "yahoo-deferred",
        "421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes",
        "soft",
        "4.7.0",
    ),
    (
        "yahoo-policy",
        "554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes",
        "policy",
        "5.7.9",
    ),
    (
        "yahoo-spamhaus",
        "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.10, because the ip is in Spamhaus's list; see http://postmaster.yahoo.com/550-bl23.html",
        "blocked",
        "5.7.1",
    ),
    (
        "qq-denied",
        "550 Mailbox unavailable or access denied [MGX1LHLxXJHkEwFk5lDT3A== IP: 192.0.2.10]. https://open.work.weixin.qq.com/help2/pc/20046.",
        "soft",
        None,
    ),
    (
        "qq-not-found",
        "550 Mailbox not found. https://service.mail.qq.com/detail/122/169",
        "hard",
        None,
    ),
    (
        "qq-frequency",
        "550 Ip frequency limited [MKmr4tpnyw== IP: 192.0.2.10]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000725",
        "soft",
        None,
    ),
    (
        "qq-domain-frequency",
        "550 Domain frequency limited [acme.example]. https://service.mail.qq.com/detail/0/339",
        "soft",
        None,
    ),
    (
        "qq-spf",
        "550 SPF check failed. https://service.mail.qq.com/detail/0/61 [192.0.2.10]",
        "policy",
        None,
    ),
    (
        "qq-spam",
        "550 Suspected spam ip [192.0.2.10]. https://service.mail.qq.com/detail/0/980",
        "blocked",
        None,
    ),
    (
        "qq-content",
        "550 Mail content denied. https://service.mail.qq.com/detail/0/75",
        "blocked",
        None,
    ),
    (
        "qq-rejected-by-user",
        "550 Mail is rejected by recipients [aGVsbG8 IP: 192.0.2.10]. https://service.mail.qq.com/detail/0/92.",
        "policy",
        None,
    ),
    ("163-no-user", "550 User not found: anna@example.net", "hard", None),
    ("163-suspended", "550 User suspended", "hard", None),
    (
        "163-spam",
        "554 DT:SPM 163 mx12,PsCowABHS1mWcxJi,1 please see http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.10&hostid=mx12&time=1",
        "blocked",
        None,
    ),
    ("163-spam-again", "451 DT:SPM mx1, please try again", "soft", None),
    (
        "163-rbl",
        "450 DT:RBL mx3,EMCowECZ1 , http://mail.163.com/help/help_spam_16.htm",
        "blocked",
        None,
    ),
    ("163-sender-differs", "554 DT:SUM mx9 envelope from and header from differ", "policy", None),
    ("163-too-many", "451 MI:SFQ 163 mx5,PcCowE http://mail.163.com/help", "soft", None),
    (
        "163-behaviour",
        "421 HL:REP 163 mx8, http://mail.163.com/help/help_spam_16.htm",
        "blocked",
        None,
    ),
    ("sina-locked", "550 user is locked", "hard", None),
    ("sina-engine", "552 message rejected by anti-spam engine", "blocked", None),
    (
        "mailru-no-user",
        "550 Message was not accepted -- invalid mailbox.  Local mailbox anna@example.net is unavailable: user not found",
        "hard",
        None,
    ),
    (
        "mailru-spam",
        "550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=1 or report details to abuse@corp.mail.ru.",
        "blocked",
        None,
    ),
    ("yandex-no-user", "550 5.7.1 No such user!", "hard", "5.7.1"),
    ("full", "452 4.2.2 <anna@example.net>: Mailbox full", "quota", "4.2.2"),
    ("over", "552 5.2.2 Over quota", "quota", "5.2.2"),
    (
        "greylisted",
        "450 4.2.0 <anna@example.net>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.net.html",
        "soft",
        "4.2.0",
    ),
    ("relaying", "554 5.7.1 <anna@example.net>: Relay access denied", "policy", "5.7.1"),
    (
        "spamhaus",
        "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.10",
        "blocked",
        "5.7.1",
    ),
    ("size", "552 5.3.4 Message size exceeds fixed limit", "policy", "5.3.4"),
    ("null-mx-like", "556 5.1.10 Recipient address has null MX", "hard", "5.1.10"),
    ("tls", "530 5.7.0 Must issue a STARTTLS command first", "policy", "5.7.0"),
    (
        "ptr",
        "550 5.7.25 The IP address sending this message does not have a PTR record setup",
        "policy",
        "5.7.25",
    ),
    ("icloud-full", "552 5.2.2 <anna@example.net>: user is over quota", "quota", "5.2.2"),
    (
        "gmx-dnsbl",
        "554-gmx.net (mxgmx115) Nemesis ESMTP Service not available 554-No SMTP service 554 IP address is black listed.",
        "blocked",
        None,
    ),
    (
        "webde-full",
        "552 Requested mail action aborted: exceeded storage allocation. Quota exceeded for anna@example.net",
        "quota",
        None,
    ),
    (
        "tonline",
        "550 5.7.1 A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de to clarify.) (BL)",
        "blocked",
        "5.7.1",
    ),
    (
        "orange",
        "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]",
        "hard",
        "5.1.1",
    ),
    (
        "orange-spam",
        "550 5.7.1 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR005_506 [506]",
        "blocked",
        "5.7.1",
    ),
    (
        "postern-nobody",
        "550 5.1.1 There is no anna@example.net here [01JD0000000000000000000000]",
        "hard",
        "5.1.1",
    ),
    (
        "postern-dmarc",
        "550 5.7.26 Unauthenticated email from acme.example is not accepted due to domain's DMARC policy. Please contact the administrator of acme.example domain. See https://mx.postern.example/r/abc [01JD0000000000000000000001]",
        "policy",
        "5.7.26",
    ),
    (
        "postern-list",
        "550 5.7.1 Mail from 192.0.2.10 is not accepted, because zen.example lists it. To be taken off the list: https://zen.example/192.0.2.10 [01JD0000000000000000000002]",
        "blocked",
        "5.7.1",
    ),
    (
        "postern-full",
        "452 4.2.2 The mailbox of anna@example.net is full, try again later [01JD0000000000000000000003]",
        "quota",
        "4.2.2",
    ),
]


def cases() -> Iterator[Case]:
    """All of them."""
    for name, words, kind, status in _REFUSALS:
        yield _postfix(name, words, kind, status or "5.0.0")
    yield _postfix(
        "forwarded",
        "550 5.1.1 User unknown",
        "hard",
        "5.1.1",
        "inner@example.org",
        wrote="info@example.net",
    )
    yield from _local()
    yield from _broken()
    yield from _actions()


def _local() -> Iterator[Case]:
    for name, words, kind, status in (
        (
            "no-host",
            "Host or domain name not found. Name service error for name=gone.example type=AAAA: Host not found",
            "hard",
            "5.4.4",
        ),
        (
            "timeout",
            "connect to mx.gone.example[198.51.100.9]:25: Connection timed out",
            "soft",
            "4.4.1",
        ),
        ("loop", "mail forwarding loop for li@gone.example", "policy", "5.4.6"),
        ("too-many-hops", "too many hops", "policy", "5.4.0"),
    ):
        identifier = f"<local-{name}@acme.example>"
        parts = [
            part(_TEXT + f"<li@gone.example>: {words}\n"),
            part(
                status_of("li@gone.example", status, f"X-Postfix; {words}"),
                "message/delivery-status",
            ),
            returned("li@gone.example", identifier),
        ]
        yield Case(
            f"postfix-{name}",
            mail(_POSTFIX, _SUBJECT, parts),
            kind,
            "li@gone.example",
            status,
            identifier,
        )
    words = "550 5.1.1 User unknown"
    plain = (
        _TEXT
        + _said("li@gone.example", words)
        + "\n--- Below is a copy\n\n"
        + original("li@gone.example", "<alone@acme.example>")
    )
    yield Case(
        "postfix-text-alone",
        mail(_POSTFIX, _SUBJECT, plain),
        "hard",
        "li@gone.example",
        "5.1.1",
        "<alone@acme.example>",
    )


def _broken() -> Iterator[Case]:
    to, report = "bob@example.net", status_of("bob@example.net")
    text = part("Delivery to the following recipient failed permanently:\n\n     bob@example.net\n")

    def case(
        name: str, parts: list[bytes], identifier: str = "<broken@acme.example>", **more: str
    ) -> Case:
        kind = more.get("type", 'multipart/report; report-type="delivery-status"')
        sender = more.get("sender", "Mail Delivery Subsystem <mailer-daemon@mx.relay.example>")
        raw = mail(sender, "Delivery Status Notification (Failure)", parts, kind)
        return Case(
            name, raw, more.get("kind", "hard"), to, more.get("status", "5.1.1") or None, identifier
        )

    back = returned(to, "<broken@acme.example>")
    yield case("dsn-base64", [text, part(report, "message/delivery-status", "base64"), back])
    yield case("dsn-as-text", [text, part(report, "text/plain"), back])
    yield case(
        "dsn-as-attachment",
        [
            text,
            part(
                report,
                "application/octet-stream",
                "base64",
                'Content-Disposition: attachment; filename="details.txt"\n',
            ),
            back,
        ],
    )
    yield case(
        "dsn-named-dsn",
        [
            text,
            part(
                report, "text/plain", more='Content-Disposition: attachment; filename="dsn.txt"\n'
            ),
            back,
        ],
    )
    yield case(
        "dsn-in-mixed",
        [text, part(report, "message/delivery-status"), back],
        type="multipart/mixed",
    )
    yield case(
        "dsn-headers-only",
        [
            text,
            part(report, "message/delivery-status"),
            returned(to, "<broken@acme.example>", headers_only=True),
        ],
    )
    yield case(
        "dsn-headers-as-rfc822-headers",
        [
            text,
            part(report, "message/delivery-status"),
            part(headers_of(to, "<broken@acme.example>"), "message/rfc822-headers"),
        ],
    )
    yield case(
        "dsn-original-base64",
        [
            text,
            part(report, "message/delivery-status"),
            part(original(to, "<broken@acme.example>"), "message/rfc822", "base64"),
        ],
    )
    yield case(
        "dsn-original-as-text",
        [
            text,
            part(report, "message/delivery-status"),
            part(
                original(to, "<broken@acme.example>"),
                "text/plain",
                more='Content-Disposition: attachment; filename="original.eml"\n',
            ),
        ],
    )
    yield case("dsn-no-dsn-part", [text, back], status="", kind="soft")
    yield case(
        "dsn-crammed", [text, part(report.replace("\n\n", "\n"), "message/delivery-status"), back]
    )
    yield case(
        "dsn-blank-lines",
        [text, part("\n\n" + report.replace("\n\n", "\n \n\n\n"), "message/delivery-status"), back],
    )
    yield case(
        "dsn-no-final",
        [
            text,
            part(
                report.replace(
                    "Final-Recipient: rfc822; bob@example.net\n",
                    "X-Actual-Recipient: rfc822; bob@example.net\n",
                ),
                "message/delivery-status",
            ),
            back,
        ],
    )
    yield case("dsn-no-recipient", [text, part(status_of(""), "message/delivery-status"), back])
    yield case(
        "dsn-angle",
        [
            text,
            part(
                report.replace("rfc822; bob@example.net", "RFC822;<bob@example.net>"),
                "message/delivery-status",
            ),
            back,
        ],
    )
    yield case(
        "dsn-bare", [text, part(report.replace("rfc822; ", ""), "message/delivery-status"), back]
    )
    yield case(
        "dsn-commented",
        [
            text,
            part(
                report.replace(
                    "rfc822; bob@example.net",
                    "rfc822; bob@example.net (expanded from <staff@example.net>)",
                ),
                "message/delivery-status",
            ),
            back,
        ],
    )
    yield case(
        "dsn-utf8",
        [
            text,
            part(report.replace("rfc822; bob", "utf-8; bob"), "message/global-delivery-status"),
            back,
        ],
    )
    yield case(
        "dsn-xtext",
        [
            text,
            part(
                report.replace("Action:", "Original-Recipient: rfc822;bob+40example.net\nAction:"),
                "message/delivery-status",
            ),
            back,
        ],
    )
    yield case(
        "dsn-empty-original-recipient",
        [
            text,
            part(
                report.replace("Action:", "Original-Recipient: rfc822;\nAction:"),
                "message/delivery-status",
            ),
            back,
        ],
    )
    yield case(
        "dsn-capitals",
        [
            text,
            part(report.upper().replace("BOB@EXAMPLE.NET", to), "message/delivery-status"),
            back,
        ],
    )
    yield case(
        "dsn-folded",
        [
            text,
            part(
                report.replace("550 5.1.1 User unknown", "550 5.1.1\n    User\n\tunknown"),
                "message/delivery-status",
            ),
            back,
        ],
    )
    yield case(
        "dsn-no-diagnostic",
        [text, part(status_of(to, diagnostic=""), "message/delivery-status"), back],
    )
    yield case(
        "dsn-general-status",
        [
            text,
            part(status_of(to, "5.0.0", "smtp; 550 5.1.1 unknown user"), "message/delivery-status"),
            back,
        ],
    )
    yield case(
        "dsn-status-commented",
        [
            text,
            part(
                status_of(to, "5.1.1 (bad destination mailbox address)"), "message/delivery-status"
            ),
            back,
        ],
    )
    yield case(
        "dsn-status-is-a-code",
        [
            text,
            part(
                status_of(to, "550", "smtp; 550 5.1.1 no such user here"), "message/delivery-status"
            ),
            back,
        ],
    )
    yield case(
        "dsn-from-postmaster",
        [text, part(report, "message/delivery-status"), back],
        sender="postmaster@mx.relay.example",
    )
    yield case(
        "dsn-from-a-name",
        [text, part(report, "message/delivery-status"), back],
        sender="Mail Gateway <noreply@mx.relay.example>",
    )
    nested = part(
        original(to, "<broken@acme.example>").replace("\n\nDear", "\n\n> ---\n\nDear"),
        "message/rfc822",
    )
    yield case("dsn-quoted-inside", [text, part(report, "message/delivery-status"), nested])
    lost = mail(
        "MAILER-DAEMON@mx.relay.example",
        "Returned mail",
        [text, part(report, "message/delivery-status")],
    )
    yield Case("dsn-no-original", lost, "hard", to, "5.1.1", None)
    answered = mail(
        "MAILER-DAEMON@mx.relay.example",
        "Returned mail",
        [text, part(report, "message/delivery-status")],
        more="In-Reply-To: <replied@acme.example>\n",
    )
    yield Case("dsn-in-reply-to", answered, "hard", to, "5.1.1", "<replied@acme.example>")
    referred = mail(
        "MAILER-DAEMON@mx.relay.example",
        "Returned mail",
        [text, part(report, "message/delivery-status")],
        more="References: <ref@acme.example>\n",
    )
    yield Case("dsn-references", referred, "hard", to, "5.1.1", "<ref@acme.example>")
    split = original(to, "<broken@acme.example>").replace("Message-ID: <", "Message-Id:\n <")
    yield case(
        "dsn-folded-message-id",
        [text, part(report, "message/delivery-status"), part(split, "message/rfc822")],
    )


def _actions() -> Iterator[Case]:
    to, back = "carol@example.net", returned("carol@example.net", "<action@acme.example>")

    def case(
        name: str,
        status: str,
        text: str,
        subject: str,
        kind: str | None,
        enhanced: str,
        *,
        permanent: bool | None,
        category: str = "bounce",
    ) -> Case:
        parts = [part(text), part(status, "message/delivery-status"), back]
        found = None if category == "notice" else to
        identifier = None if category == "notice" else "<action@acme.example>"
        return Case(
            name,
            mail(_POSTFIX, subject, parts),
            kind,
            found,
            enhanced or None,
            identifier,
            permanent,
            category,
        )

    delayed = status_of(
        to,
        "4.4.1",
        "smtp; connect to mx.example.net: Connection refused",
        "delayed",
        more="Will-Retry-Until: Sun, 15 Nov 2026 08:00:00 +0000\n",
    )
    yield case(
        "delayed",
        delayed,
        "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nYour message could not be delivered for more than 4 hour(s).\nIt will be retried until it is 5 day(s) old.\n",
        "Delayed Mail (still being retried)",
        "soft",
        "4.4.1",
        permanent=False,
    )
    expired = status_of(to, "4.4.7", "smtp; 451 4.3.0 mail server temporarily rejected message")
    yield case("expired", expired, "Message expired.\n", _SUBJECT, "soft", "4.4.7", permanent=True)
    for action, status in (("delivered", "2.0.0"), ("relayed", "2.1.5"), ("expanded", "2.1.5")):
        good = status_of(to, status, "smtp; 250 2.0.0 Ok", action)
        yield case(
            f"success-{action}",
            good,
            "Your message was successfully delivered.\n",
            "Successful Mail Delivery Report",
            None,
            "",
            permanent=None,
            category="notice",
        )
    several = status_of("dave@example.net", "2.0.0", "smtp; 250 ok", "delivered")
    several += f"\nFinal-Recipient: rfc822; {to}\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\n"
    several += "\nFinal-Recipient: rfc822; erin@example.net\nAction: delayed\nStatus: 4.4.1\n"
    yield case("several", several, "One failed.\n", _SUBJECT, "quota", "5.2.2", permanent=True)
