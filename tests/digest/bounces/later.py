"""Reports that were written after the rules were, to see how far those carry."""

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
_PLAIN = [
    (
        "exchange2003",
        "System Administrator <postmaster@mail.example.net>",
        "Undeliverable: Our offer for spring",
        "Your message did not reach some or all of the intended recipients.\n\n      Subject:\tOur offer for spring\n      Sent:\t11/10/2026 8:00 AM\n\nThe following recipient(s) could not be reached:\n\n      bob@example.net on 11/10/2026 8:00 AM\n            The e-mail account does not exist at the organization this message was sent to.  Check the e-mail address, or contact the recipient directly to find out the correct address.\n            <mail.example.net #5.1.1>\n",
        "hard",
        "5.1.1",
    ),
    (
        "exchange2003-de",
        "Systemadministrator <postmaster@mail.example.net>",
        "Unzustellbar: Our offer for spring",
        "Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.\n\n      Betreff:\tOur offer for spring\n      Gesendet am:\t10.11.2026 08:00\n\nFolgende(r) Empfänger kann/können nicht erreicht werden:\n\n      'bob@example.net' am 10.11.2026 08:00\n            Das Postfach des Empfängers ist voll.\n            <mail.example.net #5.2.2>\n",
        "quota",
        "5.2.2",
    ),
    (
        "exchange2007",
        "postmaster@example.net",
        "Undeliverable: Our offer for spring",
        "Delivery has failed to these recipients or distribution lists:\n\nbob@example.net\nThe recipient's e-mail address was not found in the recipient's e-mail system. Microsoft Exchange will not try to redeliver this message for you. Please check the e-mail address and try resending this message.\n\n  _____\n\nDiagnostic information for administrators:\n\nGenerating server: ex1.example.net\n\nbob@example.net\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n",
        "hard",
        "5.1.1",
    ),
    (
        "openwave",
        "Mail Administrator <Postmaster@openwave.example>",
        "Mail System Error - Returned Mail",
        "This Message was undeliverable due to the following reason:\n\nEach of the following recipients was rejected by a remote mail server.\nThe reasons given by the server are included to help you determine why\neach recipient was rejected.\n\n    Recipient: <bob@example.net>\n    Reason:    550 Unknown user bob@example.net\n",
        "hard",
        None,
    ),
    (
        "openwave-quota",
        "Mail Administrator <Postmaster@openwave.example>",
        "Mail System Error - Returned Mail",
        "This Message was undeliverable due to the following reason:\n\nThe user(s) account is temporarily over quota.\n\n<bob@example.net>\n\nPlease reply to Postmaster@openwave.example\nif you feel this message to be in error.\n",
        "quota",
        None,
    ),
    (
        "biglobe",
        "MAILER-DAEMON@biglobe.example",
        "Returned mail: see transcript for details",
        "   ----- The following addresses had delivery problems -----\n<bob@example.net>   (unrecoverable error)\n\n   ----- Non-delivered information -----\nThe number of messages in recipient's mailbox exceeded the local limit.\n",
        "quota",
        None,
    ),
    (
        "messaging-server",
        "Internet Mail Delivery <postmaster@ims.example>",
        "Delivery Notification: Delivery has failed",
        "This report relates to a message you sent with the following header fields:\n\n  Message-id: <messaging-server@acme.example>\n  Date: Tue, 10 Nov 2026 08:00:00 +0000\n  From: Acme News <news@acme.example>\n  To: bob@example.net\n  Subject: Our offer for spring\n\nYour message cannot be delivered to the following recipients:\n\n  Recipient address: bob@example.net\n  Reason: Remote SMTP server has rejected address\n  Diagnostic code: smtp;550 5.1.1 unknown or illegal alias: bob@example.net\n  Remote system: dns;mx.example.net (TCP|192.0.2.10|3456|198.51.100.4|25)\n",
        "hard",
        "5.1.1",
    ),
    (
        "mailmarshal",
        "MailMarshal@gw.example",
        "Undeliverable Mail: Our offer for spring",
        "Your message:\n   From:    news@acme.example\n   To:      bob@example.net\n   Subject: Our offer for spring\n\nCould not be delivered because of\n\n550 5.1.1 <bob@example.net>... User unknown\n\nThe following recipients were affected:\n   bob@example.net\n",
        "hard",
        "5.1.1",
    ),
    (
        "interscan",
        "postmaster@interscan.example",
        "Mail could not be delivered",
        "Sent <<< RCPT TO:<bob@example.net>\nReceived >>> 550 5.1.1 <bob@example.net>... User unknown\n\nUnable to deliver message to <bob@example.net>.\n\nThe original mail follows.\n",
        "hard",
        "5.1.1",
    ),
    (
        "v5sendmail",
        "MAILER-DAEMON@old.example",
        "Returned mail: Host unknown",
        "   ----- Transcript of session follows -----\n550 bob@example.net... Host unknown: Not a typewriter\n554 <bob@example.net>... Host unknown\n\n   ----- Unsent message follows -----\n",
        "hard",
        None,
    ),
    (
        "facebook-like",
        "Mail Delivery <mailer-daemon@mx.social.example>",
        "Sorry, your message could not be delivered",
        "This message was created automatically by a mail delivery system at mx.social.example.\nYour message to bob@example.net was rejected because the mailbox is disabled or suspended.\n",
        "hard",
        None,
    ),
    (
        "google-group",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "Hello news@acme.example,\n\nWe're writing to let you know that the group you tried to contact (bob) may not exist, or you may not have permission to post messages to the group.\n\nbob@example.net\n",
        "policy",
        None,
    ),
    (
        "gmail-blocked",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "\n** Message blocked **\n\nYour message to bob@example.net has been blocked. See technical details below for more information.\n\n\n\nThe response from the remote server was:\n\n554 5.7.1 Message detected as spam; see our policy\n",
        "blocked",
        "5.7.1",
    ),
    (
        "gmail-large",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "\n** Message too large **\n\nYour message couldn't be delivered to bob@example.net because it exceeds the size limit. Try reducing the size.\n\n552 5.3.4 Message size exceeds limit\n",
        "policy",
        "5.3.4",
    ),
    (
        "gmail-timeout",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "\n** Message not delivered **\n\nThere was a problem delivering your message to bob@example.net. See the technical details below.\n\nThe recipient server did not accept our requests to connect. Learn more at https://support.google.com/mail/answer/7720\n[mx.example.net 198.51.100.4: timed out]\n",
        "soft",
        None,
    ),
    (
        "263",
        "MAILER-DAEMON@263.net",
        "邮件投递失败",
        "您的邮件投递失败，以下收件人无法接收：\n\n    bob@example.net\n\n原因：\n    550 5.1.1 收件人地址不存在\n",
        "hard",
        "5.1.1",
    ),
    (
        "lark",
        "Mail Delivery System <mailer-daemon@feishu.example>",
        "邮件未送达：Our offer for spring",
        "你的邮件未能送达 bob@example.net\n\n失败原因：对方邮箱容量已满，请联系对方清理后重试。\n",
        "quota",
        None,
    ),
    (
        "hotmail-zh",
        "postmaster@hotmail.com",
        "传递状态通知(失败)",
        "这是自动生成的传递状态通知。\n\n向下列收件人传递邮件失败。\n\n       bob@example.net\n\n",
        "soft",
        None,
    ),
    (
        "hotmail-en",
        "postmaster@hotmail.com",
        "Delivery Status Notification (Failure)",
        "This is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed.\n\n       bob@example.net\n\n",
        "soft",
        None,
    ),
    (
        "french-old",
        "Administrateur système <postmaster@courrier.example>",
        "Non remis : Our offer for spring",
        "Votre message n'est pas parvenu à certains des destinataires prévus.\n\nLe ou les destinataires suivants n'ont pu être contactés :\n\n      bob@example.net le 10/11/2026 08:00\n            Le compte de messagerie n'existe pas dans l'organisation à laquelle ce message a été envoyé.\n            <mail.courrier.example #5.1.1>\n",
        "hard",
        "5.1.1",
    ),
    (
        "russian-exim",
        "Mail Delivery System <Mailer-Daemon@mx.example.ru>",
        "Доставка почты не удалась: возврат сообщения отправителю",
        "Это сообщение создано автоматически программой доставки почты.\n\nСообщение, отправленное вами, не может быть доставлено одному или нескольким получателям.\n\n  bob@example.net\n    550 почтовый ящик не найден\n",
        "hard",
        None,
    ),
    (
        "ukrainian",
        "Mail Delivery System <MAILER-DAEMON@mx.example.ua>",
        "Лист не доставлено",
        "Ваш лист не може бути доставлено за адресою:\n\n<bob@example.net>: скринька переповнена\n",
        "quota",
        None,
    ),
    (
        "czech",
        "Mail Delivery System <MAILER-DAEMON@posta.example.cz>",
        "Nedoručená zpráva",
        "Vaši zprávu se nepodařilo doručit těmto příjemcům:\n\n<bob@example.net>: uživatel neexistuje\n",
        "hard",
        None,
    ),
    (
        "swedish",
        "Mail Delivery System <MAILER-DAEMON@post.example.se>",
        "Meddelandet kunde inte levereras",
        "Meddelandet till bob@example.net kunde inte levereras.\n\n550 5.1.1 Okänd mottagare\n",
        "hard",
        "5.1.1",
    ),
    (
        "dutch",
        "Mail Delivery System <MAILER-DAEMON@post.example.nl>",
        "Uw bericht kon niet worden bezorgd",
        "Uw bericht aan het volgende adres kon niet worden bezorgd:\n\nbob@example.net\n\nDe mailbox is vol.\n",
        "quota",
        None,
    ),
    (
        "vietnamese",
        "Mail Delivery System <MAILER-DAEMON@mail.example.vn>",
        "Thư không gửi được",
        "Thư của bạn không được gửi tới:\n\n<bob@example.net>: 550 5.1.1 tài khoản không tồn tại\n",
        "hard",
        "5.1.1",
    ),
    (
        "korean-mx",
        "Mail Delivery System <MAILER-DAEMON@mail.example.kr>",
        "메일 전송 실패 안내",
        "다음 수신자에게 메일을 전송하지 못했습니다.\n\nbob@example.net\n\n사유: 수신 거부 (스팸 차단)\n",
        "blocked",
        None,
    ),
    (
        "arabic",
        "Mail Delivery System <MAILER-DAEMON@mail.example.ae>",
        "فشل تسليم الرسالة",
        "تعذر تسليم رسالتك إلى المستلم التالي:\n\nbob@example.net\n\n550 5.1.1 User unknown\n",
        "hard",
        "5.1.1",
    ),
    (
        "thai",
        "Mail Delivery System <MAILER-DAEMON@mail.example.th>",
        "ส่งอีเมลไม่สำเร็จ",
        "ไม่สามารถส่งข้อความของคุณไปยัง:\n\n<bob@example.net>: 552 5.2.2 Mailbox full\n",
        "quota",
        "5.2.2",
    ),
    (
        "no-code-english",
        "Mail Delivery Subsystem <mailer-daemon@isp.example>",
        "Mail delivery failed",
        "We were unable to deliver your message to <bob@example.net>. The recipient's account is no longer active.\n",
        "hard",
        None,
    ),
    (
        "over-limit",
        "Mail Delivery Subsystem <mailer-daemon@isp.example>",
        "Mail delivery failed",
        "<bob@example.net>: delivery failed: the recipient has exceeded their storage limit and cannot accept messages\n",
        "quota",
        None,
    ),
    (
        "spam-text",
        "Mail Delivery Subsystem <mailer-daemon@isp.example>",
        "Mail delivery failed",
        "<bob@example.net>: 554 rejected due to spam content (score 12.3)\n",
        "blocked",
        None,
    ),
    (
        "bcc-many",
        "MAILER-DAEMON@list.example",
        "failure notice",
        "Hi. This is the qmail-send program at list.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<bob@example.net>:\n198.51.100.7_does_not_like_recipient./Remote_host_said:_550_5.1.1_No_such_user/Giving_up_on_198.51.100.7./\n\n--- Below this line is a copy of the message.\n",
        "hard",
        "5.1.1",
    ),
    (
        "maildelay-de",
        "Mail Delivery System <MAILER-DAEMON@mx.example.de>",
        "Warnung: Nachricht noch nicht zugestellt",
        "Ihre Nachricht an <bob@example.net> konnte noch nicht zugestellt werden. Weitere Zustellversuche folgen in den nächsten 3 Tagen; Sie müssen nichts tun.\n\n451 4.4.1 Connection timed out\n",
        "soft",
        "4.4.1",
    ),
    (
        "maildelay-opensmtpd",
        "Mailer Daemon <MAILER-DAEMON@mx.example>",
        "Delivery status notification: warning",
        "    Hi!\n\n    A message is delayed for more than 2 hours for the following\n    list of recipients:\n\nbob@example.net: 421 4.3.2 Try again later\n\n    Please note that this is only a temporary failure report.\n    The message is kept in the queue for up to 2 days.\n",
        "soft",
        "4.3.2",
    ),
    (
        "settings-of-a-telephone",
        "Mail Administrator <postmaster@phone.example>",
        "Mail System Error - Returned Mail",
        "This Message was undeliverable:\n\n    Recipient: <bob@example.net>\n    Reason:    550 refused by recipient settings\n",
        "policy",
        None,
    ),
    (
        "known-dead",
        "MAILER-DAEMON@sender.example",
        "Undelivered mail",
        "Delivery to bob@example.net failed:\n605 Not sent to a previously bounced address\n",
        "hard",
        None,
    ),
]


def cases() -> Iterator[Case]:
    """All of them."""
    for name, sender, subject, text, kind, status in _PLAIN:
        body = text
        if "essage-id:" not in text:
            body += "\n" + original(_TO, f"<{name}@acme.example>")
        permanent = not name.startswith("maildelay")
        yield Case(
            name,
            mail(sender, subject, body),
            kind,
            _TO,
            status,
            f"<{name}@acme.example>",
            permanent,
        )
    yield from _pages()
    yield from _fields()


def _pages() -> Iterator[Case]:
    office = (
        "<html><body><table><tr><td><b>Your message to bob@example.net couldn't be delivered.</b></td></tr>"
        "<tr><td>bob wasn't found at example.net.</td></tr></table><p>Unknown To address</p><p>How to Fix It</p><p>The address may be misspelled or may not exist.</p>"
        "<p><b>More Info for Email Admins</b></p><p>Status code: 550 5.1.10</p><p>This error occurs because the sender sent a message to an email address hosted by Office 365 but the address doesn't exist. For example the mailbox may be full or the user was deleted.</p>"
        "<p><b>Original Message Details</b></p><table><tr><td>Created Date:</td><td>11/10/2026 8:00:00 AM</td></tr><tr><td>Sender Address:</td><td>news@acme.example</td></tr><tr><td>Recipient Address:</td><td>bob@example.net</td></tr><tr><td>Subject:</td><td>Our offer for spring</td></tr></table>"
        "<p><b>Error Details</b></p><table><tr><td>Reported error:</td><td>550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bob@example.net not found by SMTP address lookup</td></tr><tr><td>DSN generated by:</td><td>AM0PR01MB0001.eurprd01.prod.example</td></tr></table>"
        f"<p><b>Original Message Headers</b></p><pre>{headers_of(_TO, '<office@acme.example>').replace('<', '&lt;').replace('>', '&gt;')}</pre></body></html>"
    )
    sender = "Microsoft Outlook <postmaster@example.net>"
    yield Case(
        "office-page",
        mail(sender, "Undeliverable: Our offer for spring", office, "text/html"),
        "hard",
        _TO,
        "5.1.10",
        "<office@acme.example>",
    )
    netease = (
        "<html><body><div><b>系统退信</b></div><div>很抱歉，您发送的邮件被退回，以下是该邮件的相关信息：</div><table>"
        "<tr><td>被退回邮件</td><td>主题：Our offer for spring<br>时间：2026-11-10 16:00:00</td></tr>"
        f"<tr><td>无法发送至</td><td>{_TO}</td></tr>"
        "<tr><td>退信原因</td><td>接收方邮件服务器认为邮件为垃圾邮件，拒绝接收<br>554 DT:SPM 163 mx8,QMCowAB</td></tr>"
        "<tr><td>建议解决方案</td><td>如收件人邮箱已满或不存在，请联系收件人</td></tr></table></body></html>"
    )
    parts = [
        part(netease, "text/html; charset=utf-8", "base64"),
        returned(_TO, "<netease-page@acme.example>"),
    ]
    yield Case(
        "netease-page",
        mail("postmaster@126.com", "系统退信", parts, "multipart/mixed"),
        "blocked",
        _TO,
        None,
        "<netease-page@acme.example>",
    )
    english = (
        "<html><body><p>Your email couldn't be delivered to the recipient</p><table><tr><td>Recipient</td><td>bob@example.net</td></tr>"
        "<tr><td>Reason</td><td>The recipient's mailbox is full and can't accept messages now.</td></tr></table></body></html>"
    )
    parts = [
        part(english, "text/html; charset=utf-8"),
        returned(_TO, "<page@acme.example>", headers_only=True),
    ]
    yield Case(
        "page",
        mail("Mail Delivery System <mailer-daemon@mail.example>", "Delivery failure", parts),
        "quota",
        _TO,
        None,
        "<page@acme.example>",
    )


def _fields() -> Iterator[Case]:
    def case(
        name: str,
        status: str,
        kind: str,
        recipient: str = _TO,
        enhanced: str | None = None,
        more: str = "",
        sender: str = "MAILER-DAEMON@mx.relay.example",
    ) -> Case:
        parts = [
            part("Delivery failed.\n"),
            part(status, "message/delivery-status"),
            returned(recipient, f"<{name}@acme.example>"),
        ]
        return Case(
            name,
            mail(sender, "Delivery failure", parts, more=more),
            kind,
            recipient,
            enhanced,
            f"<{name}@acme.example>",
        )

    notes = status_of(
        _TO,
        "5.1.1",
        "X-Notes; Recipient user name bob (bob@example.net) not unique. Several matches found in Domino Directory.",
    )
    yield case("notes-fields", notes, "hard", enhanced="5.1.1")
    yield case(
        "kerio-fields", status_of(_TO, "5.4.7", "smtp; 450 mailbox busy"), "soft", enhanced="5.4.7"
    )
    yield case(
        "rate-as-550",
        status_of(_TO, "5.7.1", "smtp; 550 5.7.1 Daily sending limit exceeded, try again later"),
        "soft",
    )
    yield case(
        "list-member",
        status_of(
            _TO,
            "5.7.2",
            "smtp; 550 5.7.2 This group only accepts messages from people in its organization or on its allowed senders list",
        ),
        "policy",
    )
    yield case(
        "dbl",
        status_of(
            _TO,
            "5.7.1",
            "smtp; 554 5.7.1 Service unavailable; Sender domain listed at dbl.spamhaus.org",
        ),
        "blocked",
    )
    yield case(
        "arc-like", status_of(_TO, "5.7.29", "smtp; 550 5.7.29 ARC validation failure"), "policy"
    )
    yield case("user-disabled", status_of(_TO, "5.2.1", ""), "hard", enhanced="5.2.1")
    yield case(
        "system-full",
        status_of(_TO, "4.3.1", "smtp; 452 4.3.1 Insufficient system resources"),
        "soft",
    )
    yield case(
        "spam-local-part",
        status_of("spam@example.net", "5.1.1", "smtp; 550 5.1.1 <spam@example.net>: user unknown"),
        "hard",
        "spam@example.net",
    )
    yield case(
        "full-local-part",
        status_of(
            "quota.full@example.net",
            "5.1.1",
            "smtp; 550 5.1.1 <quota.full@example.net> no such user",
        ),
        "hard",
        "quota.full@example.net",
    )
    two = status_of(
        "x@example.org",
        "5.1.1",
        "smtp; 550 5.1.1 unknown",
        more="Original-Recipient: rfc822;bob@example.net\n",
    )
    yield case("alias", two, "hard")
    yield case(
        "verp",
        status_of(_TO, "5.0.0", "smtp; 550 5.1.1 User unknown"),
        "hard",
        enhanced="5.1.1",
        sender=f"Mail Delivery System <postmaster+{SENDER.partition('@')[0]}@mx.relay.example>",
    )
