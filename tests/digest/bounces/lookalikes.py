"""Mail that looks like a delivery report and is none."""

from collections.abc import Iterator

from tests.digest.bounces.reports import Case, mail, original, part, returned, status_of

_PERSON = "Bob Miller <bob@example.net>"
_BOB = "bob@example.net"
_TO = "bob@example.net"
_REPORT = "This is the mail system at host mx.relay.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<carl@example.org>: host mx.example.org said: 550 5.1.1 User unknown (in reply to RCPT TO command)\n"


def cases() -> Iterator[Case]:
    """All of them; `category` "" is any but a bounce, "forward" any: it is the inner one's."""
    yield from _people()
    yield from _away()
    yield from _machines()
    yield from _receipts()


def _none(name: str, raw: bytes, category: str = "", mail_from: str | None = _BOB) -> Case:
    return Case(name, raw, category=category, mail_from=mail_from, permanent=None)


def _plain(
    name: str,
    subject: str,
    text: str,
    category: str = "",
    sender: str = _PERSON,
    mail_from: str | None = _BOB,
    more: str = "",
) -> Case:
    return _none(
        name,
        mail(sender, subject, text, more=more).replace(
            b"Return-Path: <>\r\n", b"" if mail_from else b"Return-Path: <>\r\n"
        ),
        category,
        mail_from,
    )


def _people() -> Iterator[Case]:
    yield _plain(
        "forwarded-inline",
        "Fwd: Undelivered Mail Returned to Sender",
        "Hi, I got this when I wrote to Carl. Do you have his new address?\n\n---------- Forwarded message ---------\nFrom: Mail Delivery System <MAILER-DAEMON@mx.relay.example>\nSubject: Undelivered Mail Returned to Sender\n\n"
        + _REPORT,
        "forward",
    )
    quoted = "\n".join("> " + line for line in _REPORT.splitlines())
    yield _plain(
        "quoted",
        "Re: Undelivered Mail Returned to Sender",
        "Please write to carl@new.example instead.\n\n" + quoted,
    )
    bounce = (
        mail(
            "MAILER-DAEMON@mx.relay.example",
            "Undelivered Mail Returned to Sender",
            [
                part(_REPORT),
                part(status_of(_TO), "message/delivery-status"),
                returned(_TO, "<inner@acme.example>"),
            ],
        )
        .replace(b"=_report_1", b"=_inner_1")
        .decode()
    )
    yield _none(
        "forwarded-attached",
        mail(
            _PERSON,
            "FW: Undeliverable: Our offer",
            [part("See the attached.\n"), part(bounce, "message/rfc822")],
            "multipart/mixed",
        ),
        "forward",
    )
    yield _none(
        "forwarded-in-parts",
        mail(
            _PERSON,
            "Fwd: Undelivered Mail Returned to Sender",
            [
                part("This came back, what now?\n"),
                part(_REPORT),
                part(status_of(_TO), "message/delivery-status"),
                returned(_TO, "<inner@acme.example>"),
            ],
            "multipart/mixed",
        ),
    )
    yield _plain(
        "question",
        "550 5.1.1 User unknown?",
        "Hello,\n\nour server says 550 5.1.1 User unknown when I write to sales@acme.example. Delivery has failed to these recipients, it says. Can you check?\n\nBob",
    )
    yield _plain(
        "bounced-cheque",
        "Undeliverable parcel",
        "Our parcel was undeliverable because the recipient address does not exist. Please send the right address.\n",
    )
    yield _plain(
        "chinese-person",
        "退信问题",
        "你好，我给你们发邮件总是收到系统退信：550 User not found。请告诉我正确的地址。谢谢\n王",
    )
    yield _plain(
        "german-person",
        "AW: Unzustellbar: Angebot",
        "Hallo,\n\nmeine Mail kam als unzustellbar zurück (550 5.1.1). Haben Sie eine andere Adresse?\n\nGrüße",
    )
    yield _plain(
        "unknown-envelope",
        "Re: Mail delivery failed: returning message to sender",
        "I saw that my mail to you failed: 550 no such user. Now it works?\n",
        mail_from=None,
    )
    yield _plain(
        "postmaster-is-a-person",
        "Re: Your mails to our users",
        "Dear Acme,\n\nI looked into it. Your mail was refused because of 5.7.1, your SPF record lacks 192.0.2.10. I have added an exception.\n\nRegards, Karl (postmaster)",
        sender="Karl Postmaster <postmaster@example.org>",
        mail_from="postmaster@example.org",
        more="In-Reply-To: <x@acme.example>\n",
    )
    yield _plain(
        "list-about-bounces",
        "[mail-ops] Re: Undelivered Mail Returned to Sender",
        "How do you parse 550 5.1.1 replies?\n\n-- \nlist",
        more="List-Id: <mail-ops.lists.example>\nPrecedence: list\n",
    )
    yield _plain(
        "phishing",
        "Mail delivery failed: 5 messages pending",
        "Your incoming messages were not delivered. Click here to release: http://phish.example/\n",
        sender="Mail Delivery System <admin@phish.example>",
        mail_from="admin@phish.example",
    )


def _away() -> Iterator[Case]:
    outlook = "postmaster@am9pr01.outbound.protection.outlook.com"
    yield _plain(
        "outlook-away",
        "Automatic reply: Our offer for spring",
        "I am out of the office until 1 December. In urgent cases call +49 123 555.\n",
        "ooo",
        mail_from=outlook,
        more="Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n",
    )
    yield _plain(
        "outlook-away-null",
        "Automatische Antwort: Our offer for spring",
        "Ich bin bis 1. Dezember nicht im Büro.\n",
        "ooo",
        mail_from="",
        more="Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n",
    )
    yield _plain(
        "outlook-away-from-postmaster",
        "Automatic reply: Our offer",
        "I am on leave until Monday.\n",
        "ooo",
        sender=f"Bob <{outlook}>",
        mail_from="",
        more="Auto-Submitted: auto-replied\n",
    )
    yield _plain(
        "left-the-company",
        "Automatic reply: Our offer for spring",
        "Bob Miller has left the company. This mailbox is no longer monitored and the address does not exist any more from December. Please write to carol@example.net.\n",
        "ooo",
        mail_from="",
        more="Auto-Submitted: auto-replied\n",
    )
    yield _plain(
        "vacation",
        "Re: Our offer for spring",
        "I'm on vacation, back on 3 December.\n",
        "ooo",
        mail_from="",
        more="Auto-Submitted: auto-replied (vacation)\nPrecedence: bulk\n",
    )
    yield _plain(
        "qq-away",
        "自动回复: Our offer for spring",
        "您好，我正在休假，无法及时回复您的邮件。\n",
        "ooo",
        mail_from="",
        more="X-Autoreply: yes\n",
    )
    yield _plain(
        "mailbox-closed",
        "Automatic reply",
        "This email address is no longer in use. Please contact info@example.net instead.\n",
        "ooo",
        mail_from="",
        more="Auto-Submitted: auto-replied\n",
    )
    yield _plain(
        "ticket",
        "[#1234] We received your request",
        "Your ticket was opened. Do not reply above this line.\n",
        "",
        sender="Support <support@example.net>",
        mail_from="",
        more="Auto-Submitted: auto-replied\nX-Autoreply: yes\n",
    )
    yield _plain(
        "challenge",
        "Your message to bob@example.net requires verification",
        "The message you sent requires that you verify that you are a real live human being. Until then it has not been delivered.\nReply to this mail to confirm: 550-challenge\n",
        "",
        mail_from="",
        more="Auto-Submitted: auto-replied\nX-BoxTrapper-Queue: abc\n",
    )
    yield _plain(
        "challenge-mailer",
        "Please confirm your message",
        "This message was created automatically by mail delivery software (TMDA). Your message is being held because your address was not recognized. To release your pending message for delivery, please reply.\n",
        "",
        sender="bob-confirm@example.net",
        mail_from="",
        more="Precedence: bulk\nX-Delivery-Agent: TMDA/1.1\n",
    )


def _machines() -> Iterator[Case]:
    daemon = "Mail Delivery System <MAILER-DAEMON@mx.acme.example>"
    yield _plain(
        "quota-warning",
        "Your mailbox is almost full",
        "Your mailbox is 95% full. Please delete some messages, or you may not be able to receive mail.\n",
        "notice",
        sender="postmaster@acme.example",
        mail_from="",
    )
    yield _plain(
        "quota-warning-cyrus",
        "Mailbox quota warning",
        "WARNING: your mailbox has reached 90% of its quota of 500 MB. When the mailbox is over quota, mail to you will be returned to sender.\n",
        "notice",
        sender=daemon,
        mail_from="",
    )
    yield _plain(
        "quota-warning-zh",
        "邮箱容量告警",
        "您的邮箱容量已使用 95%，空间即将用满，请及时清理，以免影响收信。\n",
        "notice",
        sender="postmaster@acme.example",
        mail_from="",
    )
    yield _plain(
        "quota-warning-de",
        "Ihr Postfach ist fast voll",
        "Ihr Postfach ist zu 95 % belegt. Bitte löschen Sie Nachrichten.\n",
        "notice",
        sender="Postmaster <postmaster@acme.example>",
        mail_from="postmaster@acme.example",
    )
    yield _plain(
        "quota-exceeded",
        "Your mailbox has exceeded its storage limit",
        "Your mailbox has exceeded the limit of 2 GB set by your administrator. You may not be able to send or receive new mail until you reduce your mailbox size.\n",
        "notice",
        sender="postmaster@acme.example",
        mail_from="",
    )
    yield _plain(
        "quarantined",
        "Message quarantined",
        "A message to you from eve@example.net was quarantined because it may contain a virus.\n",
        "notice",
        sender="MAILER-DAEMON@mx.acme.example",
        mail_from="",
    )
    yield _plain(
        "parcel",
        "Delivery status notification",
        "Your shipment 5.1.1 could not be delivered today. We will retry tomorrow.\n",
        sender="Parcels <noreply@parcels.example>",
        mail_from="noreply@parcels.example",
    )
    yield _plain(
        "address-gone",
        "Auto: Address no longer valid",
        "Bob left. This address is no longer valid, your message was not delivered to anyone. Write to anna@example.net.\n",
        "ooo",
        mail_from="",
        more="Auto-Submitted: auto-replied\n",
    )
    yield _plain(
        "quarantine",
        "Quarantine summary: 3 messages",
        "These messages were blocked as spam and are in quarantine:\n bob@example.net  Offer\n",
        "notice",
        sender="postmaster@acme.example",
        mail_from="",
        more="Auto-Submitted: auto-generated\n",
    )
    yield _plain(
        "virus-notice",
        "Virus found in a mail to you",
        "A mail from bob@example.net to you contained a virus and was removed.\n",
        "notice",
        sender="postmaster@acme.example",
        mail_from="",
        more="Auto-Submitted: auto-generated\n",
    )
    yield _plain(
        "cron",
        "Cron <root@mx> backup",
        "backup: 550 files, 5.1.1 seconds\n",
        "notice",
        sender="root@mx.acme.example",
        mail_from="root@mx.acme.example",
        more="Auto-Submitted: auto-generated\n",
    )
    yield _plain(
        "newsletter",
        "Why your emails bounce: 550 5.1.1 explained",
        "Undelivered mail returned to sender? Learn what a mailer-daemon means.\n",
        "",
        sender="Mail Tips <tips@letters.example>",
        mail_from="bounce@letters.example",
        more="List-Id: <tips.letters.example>\nPrecedence: bulk\nList-Unsubscribe: <https://letters.example/u>\n",
    )
    yield _plain(
        "login-alert",
        "New sign-in to your account",
        "Somebody signed in. If it was not you, change your password.\n",
        "notice",
        sender="postmaster@acme.example",
        mail_from="",
        more="Auto-Submitted: auto-generated\n",
    )
    dmarc = [
        part("This is a DMARC aggregate report.\n"),
        part(
            "H4sIAAAA",
            "application/gzip",
            more='Content-Disposition: attachment; filename="example.net!acme.example!1.xml.gz"\n',
        ),
    ]
    yield _none(
        "dmarc-aggregate",
        mail(
            "noreply-dmarc-support@example.net",
            "Report domain: acme.example Submitter: example.net Report-ID: 1",
            dmarc,
            "multipart/mixed",
        ),
        "notice",
        "noreply-dmarc-support@example.net",
    )
    tls = [part("TLS report\n"), part("{}", "application/tlsrpt+json")]
    yield _none(
        "tls-report",
        mail(
            "tlsrpt-noreply@example.net",
            "Report Domain: acme.example Submitter: example.net Report-ID: <1>",
            tls,
            "multipart/report; report-type=tlsrpt",
        ),
        "notice",
        "tlsrpt-noreply@example.net",
    )


def _receipts() -> Iterator[Case]:
    text = part("Your message was read.\n")
    read = "Reporting-UA: mail.example.net; Mail\nFinal-Recipient: rfc822; bob@example.net\nOriginal-Message-ID: <m@acme.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    for name, disposition in (("read", "displayed"), ("deleted", "deleted"), ("denied", "denied")):
        parts = [
            text,
            part(
                read.replace("; displayed", "; " + disposition), "message/disposition-notification"
            ),
        ]
        yield _none(
            f"receipt-{name}",
            mail(
                _PERSON,
                "Read: Our offer",
                parts,
                "multipart/report; report-type=disposition-notification",
            ),
            "notice",
            "",
        )
    yield _none(
        "receipt-postmaster",
        mail(
            "postmaster@example.net",
            "Not read: Our offer",
            [text, part(read.replace("displayed", "deleted"), "message/disposition-notification")],
            "multipart/report; report-type=disposition-notification",
        ),
        "notice",
        "",
    )
    for action, subject in (
        ("delivered", "Delivery Status Notification (Success)"),
        ("relayed", "Relayed: Our offer for spring"),
        ("expanded", "Expanded: Our offer for spring"),
    ):
        parts = [
            part(
                "Your message has been successfully relayed to the following recipients, but the requested delivery status notifications may not be generated by the destination.\n\nbob@example.net\n"
            ),
            part(status_of(_TO, "2.0.0", "", action), "message/delivery-status"),
            returned(_TO, "<ok@acme.example>", headers_only=True),
        ]
        yield _none(
            f"dsn-{action}", mail("postmaster@contoso.example", subject, parts), "notice", ""
        )
    relayed = f"Delivery to these recipients or groups is complete, but no delivery notification was sent by the destination server:\n\n{_TO}\n\nSubject: Our offer for spring\n"
    yield _plain(
        "relayed-text",
        "Relayed: Our offer for spring",
        relayed,
        "notice",
        sender="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.example>",
        mail_from="",
    )
    yield _plain(
        "delivered-text",
        "Successful Mail Delivery Report",
        f"This is the mail system at host mx.example.net.\n\nYour message was successfully delivered to the destination(s) listed below.\n\n<{_TO}>: delivery via local: delivered to mailbox\n",
        "notice",
        sender="MAILER-DAEMON@mx.example.net",
        mail_from="",
    )
    yield _plain(
        "returned-item",
        "Returned mail policy of our shop",
        "If a parcel is returned to sender, we refund it.\n",
        sender="Shop <shop@example.net>",
        mail_from="shop@example.net",
    )
    yield _none(
        "just-an-attached-mail",
        mail(
            _PERSON,
            "the mail you wanted",
            [part("here it is\n"), part(original(_TO, "<q@acme.example>"), "message/rfc822")],
            "multipart/mixed",
        ),
    )
