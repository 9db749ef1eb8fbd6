"""Refusals in words that the rules had not seen when they were written."""

from collections.abc import Iterator

from tests.digest.bounces.reports import Case, mail, original, part, returned, status_of

_TO = "m.rossi@azienda.example"


def _fields(
    name: str,
    status: str,
    diagnostic: str,
    kind: str,
    action: str = "failed",
    subject: str = "Undelivered Mail Returned to Sender",
    around: str = "multipart/report; report-type=delivery-status",
) -> Case:
    parts = [
        part(f"Your message to {_TO} could not be delivered.\n"),
        part(status_of(_TO, status, diagnostic, action), "message/delivery-status"),
        returned(_TO, f"<{name}@acme.example>"),
    ]
    raw = mail("MAILER-DAEMON@mx.relay.example (Mail Delivery System)", subject, parts, around)
    identifier = f"<{name}@acme.example>"
    return Case(name, raw, kind, _TO, None, identifier, action == "failed")


def _prose(
    name: str,
    text: str,
    kind: str,
    subject: str = "Delivery failure",
    sender: str = "Mail Delivery System <mailer-daemon@mail.isp.example>",
    mail_from: str = "",
    *,
    permanent: bool = True,
) -> Case:
    identifier = f"<{name}@acme.example>"
    raw = mail(sender, subject, f"{text}\n\n{original(_TO, identifier)}")
    return Case(name, raw, kind, _TO, None, identifier, permanent, mail_from=mail_from)


def cases() -> Iterator[Case]:
    """All of them."""
    yield _fields("words-d1", "5.1.1", "smtp; 550-5.1.1 recipient not found: m.rossi", "hard")
    yield _fields("words-d2", "5.7.1", "smtp; 550 5.7.1 Blocked by SpamAssassin", "blocked")
    yield _fields(
        "words-d3", "5.7.1", "smtp; 554 5.7.1 You are not allowed to send to this address", "policy"
    )
    yield _fields(
        "words-d4",
        "4.4.1",
        "smtp; No answer from host",
        "soft",
        "delayed",
        subject="Warning: message still undelivered after 4 hours",
    )
    yield _fields(
        "words-d5",
        "4.2.2",
        "smtp; 452 4.2.2 Mailbox full",
        "quota",
        "delayed",
        subject="Delayed Mail (still being retried)",
    )
    yield _fields(
        "words-d6",
        "5.4.0",
        "X-Postfix; Name service error for name=azienda.example type=MX: Malformed or unexpected name server reply",
        "soft",
    )
    yield _fields("words-d7", "5.0.0", 'X-Postfix; unknown user: "m.rossi"', "hard")
    yield _fields(
        "words-d8",
        "5.2.0",
        "X-Postfix; maildir delivery failed: error writing message: Disk quota exceeded",
        "quota",
    )
    yield _fields(
        "words-d9", "5.3.0", 'X-Postfix; Command died with status 127: "/usr/bin/procmail"', "soft"
    )
    yield _fields("words-d10", "5.1.0", "X-Zimbra; LMTP 550 5.1.1 no such user", "hard")
    yield _fields(
        "words-d11",
        "5.7.0",
        "smtp; 550 5.7.0 Message rejected under suspicion of SPAM; https://ya.cc/1IrBc",
        "blocked",
    )
    yield _fields("words-d12", "5.7.13", "smtp; 525 5.7.13 User account disabled", "hard")
    yield _fields(
        "words-d13",
        "5.7.0",
        "smtp; 554 5.7.0 Your message could not be delivered because the size is too big",
        "policy",
    )
    yield _fields("words-d14", "5.6.1", "smtp; 554 5.6.1 Eight bit content not supported", "policy")
    yield _fields("words-d15", "5.1.3", "", "hard")
    yield _fields("words-d16", "5.4.7", "X-Notes; Delivery time expired", "soft")
    yield _fields(
        "words-d17",
        "5.1.1",
        "smtp; 550 5.1.1 <m.rossi@azienda.example> is not a valid mailbox",
        "hard",
    )
    yield _fields("words-d18", "5.5.0", "smtp; 550 user not found", "hard")
    yield _fields("words-d19", "5.0.0", "smtp; 554 rejected due to virus", "blocked")
    yield _fields(
        "words-d20",
        "5.4.1",
        "smtp; 550 5.4.1 All recipient addresses rejected : Access denied.",
        "hard",
    )
    yield _fields(
        "words-d21",
        "5.7.1",
        "smtp; 550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy",
        "policy",
    )
    yield _fields("words-d22", "5.7.506", "smtp; 550 5.7.506 Access Denied, Bad HELO", "policy")
    yield _fields(
        "words-d23",
        "5.7.511",
        "smtp; 550 5.7.511 Access denied, banned sender[192.0.2.1]. To request removal",
        "blocked",
    )
    yield _fields(
        "words-d24",
        "5.2.2",
        "smtp; 554 5.2.2 mailbox full; STOREDRV.Deliver",
        "quota",
        around="multipart/mixed",
    )
    yield _prose(
        "words-p1",
        f"Sorry, your mail to {_TO} was not delivered because the account has been closed by its owner.\n",
        "hard",
    )
    yield _prose(
        "words-p2", f"Delivery to <{_TO}> failed after 5 days: connection timed out.\n", "soft"
    )
    yield _prose(
        "words-p3", f"The recipient <{_TO}> has no more space left to store mail.\n", "quota"
    )
    yield _prose(
        "words-p4", f"Your message for {_TO} was refused by our anti spam system.\n", "blocked"
    )
    yield _prose("words-p5", f"Message to {_TO} exceeds the allowed size of 10 MB.\n", "policy")
    yield _prose(
        "words-p6",
        f"We could not find a mail server for azienda.example; delivery to {_TO} is impossible. The domain has no MX record.\n",
        "hard",
    )
    yield _prose(
        "words-p7", f"无法投递到{_TO}，原因：收件人邮箱不存在。\n", "hard", subject="您的邮件被退回"
    )
    yield _prose(
        "words-p8",
        f"您的邮件已被对方服务器拒收：{_TO}\n550 DMARC check failed\n",
        "policy",
        subject="系统退信",
        sender="postmaster@qq.com",
    )
    yield _prose(
        "words-p9",
        f"您发给 {_TO} 的邮件被退回：对方服务器连接超时\n",
        "soft",
        subject="退信",
        sender="postmaster@163.com",
    )
    yield _prose(
        "words-p10", f"宛先 {_TO} は現在使用されておりません。\n", "hard", subject="配信不能通知"
    )
    yield _prose(
        "words-p11",
        f"Impossible de remettre votre message à {_TO} : quota de la messagerie dépassé.\n",
        "quota",
        subject="Message non remis",
    )
    yield _prose(
        "words-p12",
        f"No se pudo entregar a {_TO}: buzón de correo lleno.\n",
        "quota",
        subject="Correo devuelto",
    )
    yield _prose(
        "words-p13",
        f"Zustellung an {_TO} nicht möglich: unbekannter Benutzer.\n",
        "hard",
        subject="Mail konnte nicht zugestellt werden",
    )
    yield _prose(
        "words-p14",
        f"Ваше письмо для {_TO} отклонено: обнаружен спам.\n",
        "blocked",
        subject="Письмо не доставлено",
    )
    yield _prose(
        "words-p15",
        f"Mail to {_TO} bounced: 550 unknown user\n",
        "hard",
        sender="Mailer <bounces@mail.isp.example>",
        mail_from="bounces@mail.isp.example",
    )
    yield _prose(
        "words-p16",
        f"----- The following addresses had transient non-fatal errors -----\n<{_TO}>\n\n   ----- Transcript of session follows -----\n<{_TO}>... Deferred: Connection timed out with mx.azienda.example.\nWarning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old\n",
        "soft",
        subject="Warning: could not send message for past 4 hours",
        permanent=False,
    )
