"""Reports in more languages and by more systems, written after the rules were."""

from collections.abc import Iterator

from tests.digest.bounces.reports import Case, mail, original

_TO = "huang@shop.example"


def _case(
    name: str,
    sender: str,
    subject: str,
    text: str,
    kind: str,
    status: str | None = None,
    *,
    returned: bool = True,
) -> Case:
    identifier = f"<{name}@acme.example>"
    body = f"{text}\n\n{original(_TO, identifier)}" if returned else text
    raw = mail(sender, subject, body)
    return Case(name, raw, kind, _TO, status, identifier if returned else None)


def cases() -> Iterator[Case]:
    """All of them."""
    yield _case(
        "lang-a1",
        "Mailer-Daemon@aliyun.com",
        "退信：Our offer for spring",
        f"您好：\n很抱歉，您的邮件未能发送到以下地址：{_TO}\n原因：对方服务器返回 550 5.1.1 User unknown\n如有疑问，请联系客服 kf@aliyun.example 。",
        "hard",
        "5.1.1",
    )
    yield _case(
        "lang-a2",
        "postmaster@mxhichina.com",
        "邮件投递失败通知",
        f"您发送给 <{_TO}> 的邮件没有投递成功。\n错误信息：554 Reject by behaviour spam at Rcpt State(Connection IP address:192.0.2.10)\n",
        "blocked",
    )
    yield _case(
        "lang-a3",
        "postmaster@188.com",
        "系统退信",
        f"您的邮件发往{_TO}时失败，原因是该收件人的邮箱已被停用。\n",
        "hard",
    )
    yield _case(
        "lang-a4",
        "MAILER-DAEMON@tom.com",
        "Undelivered Mail Returned to Sender",
        f"<{_TO}>: 用户邮箱容量超限 (552 mailbox full)\n",
        "quota",
    )
    yield _case(
        "lang-a5",
        "postmaster@foxmail.com",
        "来自postmaster@foxmail.com的退信",
        f"尊敬的用户：您的来信被退回。\n收件人：{_TO}\n原因：发信频率过高，请稍后再发\n",
        "soft",
    )
    yield _case(
        "lang-a6",
        "postmaster@139.com",
        "系统退信",
        f"退信收件人:{_TO}\n退信理由: 收件人设置了拒收\n",
        "policy",
    )
    yield _case(
        "lang-a7",
        "Mail Delivery Subsystem <MAILER-DAEMON@mail.example.tw>",
        "郵件退回通知",
        f"您寄給 {_TO} 的郵件因對方信箱已滿而無法送達。\n",
        "quota",
    )
    yield _case(
        "lang-a8",
        "MAILER-DAEMON@nifty.example",
        "【メール配信エラー】",
        f"次のメールアドレス宛にメールを送信できませんでした。\n宛先: {_TO}\n理由: 宛先のメールボックスがいっぱいです。\n",
        "quota",
    )
    yield _case(
        "lang-a9",
        "Mail Delivery System <MAILER-DAEMON@sakura.example>",
        "Undelivered Mail Returned to Sender",
        f"This is the mail system at host www1.sakura.example.\n\n<{_TO}>: host mx.shop.example[198.51.100.4] said: 550 5.7.1 Rejected by content scanner (in reply to end of DATA command)\n",
        "blocked",
        "5.7.1",
    )
    yield _case(
        "lang-b1",
        "Postmaster <postmaster@firma.example>",
        "Nachricht unzustellbar",
        f"Ihre E-Mail an {_TO} konnte nicht zugestellt werden.\nGrund: Der Empfänger existiert nicht.\nBei Fragen: hilfe@firma.example\n",
        "hard",
    )
    yield _case(
        "lang-b2",
        "MAILER-DAEMON@freenet.example",
        "Mail delivery failed: returning message to sender",
        f"Ihre Nachricht konnte an folgenden Empfänger nicht zugestellt werden:\n  {_TO}\n    Postfach des Empfängers ist überfüllt\n",
        "quota",
    )
    yield _case(
        "lang-b3",
        "MAILER-DAEMON@laposte.example",
        "Message non distribué",
        f"Votre message n'a pas pu être distribué à : {_TO}\nCause : l'adresse du destinataire n'existe pas.\n",
        "hard",
    )
    yield _case(
        "lang-b4",
        "MAILER-DAEMON@free.example",
        "Échec de livraison",
        f"Le message adressé à <{_TO}> n'a pas été livré: la boîte du destinataire est pleine\n",
        "quota",
    )
    yield _case(
        "lang-b5",
        "postmaster@correo.example",
        "Error en la entrega del mensaje",
        f"No pudimos entregar su mensaje a {_TO}: la cuenta no existe o está deshabilitada.\n",
        "hard",
    )
    yield _case(
        "lang-b6",
        "MAILER-DAEMON@uol.example",
        "Falha na entrega da mensagem",
        f"Não foi possível entregar a mensagem para {_TO}. Usuário inexistente.\n",
        "hard",
    )
    yield _case(
        "lang-b7",
        "MAILER-DAEMON@tiscali.example",
        "Errore di consegna",
        f"Impossibile consegnare il messaggio a {_TO}: utente sconosciuto\n",
        "hard",
    )
    yield _case(
        "lang-b8",
        "MAILER-DAEMON@rambler.example",
        "Ошибка доставки сообщения",
        f"Не удалось доставить письмо адресату {_TO}: почтовый ящик получателя переполнен.\n",
        "quota",
    )
    yield _case(
        "lang-b9",
        "MAILER-DAEMON@wp.example",
        "Wiadomość nie została doręczona",
        f"Nie udało się doręczyć wiadomości do {_TO}. Przyczyna: użytkownik nieznany.\n",
        "hard",
    )
    yield _case(
        "lang-c1",
        "MAILER-DAEMON@seznam.example",
        "Nedoručený e-mail",
        f"E-mail se nepodařilo doručit na adresu {_TO}. Schránka je plná.\n",
        "quota",
    )
    yield _case(
        "lang-c2",
        "MAILER-DAEMON@mynet.example",
        "E-posta iletilemedi",
        f"{_TO} adresine gönderdiğiniz e-posta iletilemedi: alıcının posta kutusu dolu\n",
        "quota",
    )
    yield _case(
        "lang-c3",
        "MAILER-DAEMON@telia.example",
        "Leveransfel",
        f"Ditt meddelande till {_TO} gick inte att leverera. Adressen finns inte.\n",
        "hard",
    )
    yield _case(
        "lang-c4",
        "MAILER-DAEMON@online.example",
        "Levering mislykkedes",
        f"Din mail til {_TO} kunne ikke leveres. Modtageren findes ikke.\n",
        "hard",
    )
    yield _case(
        "lang-c5",
        "MAILER-DAEMON@ziggo.example",
        "Bezorging mislukt",
        f"Het bericht aan {_TO} is niet bezorgd. De ontvanger bestaat niet.\n",
        "hard",
    )
    yield _case(
        "lang-c6",
        "MAILER-DAEMON@hanmail.example",
        "반송된 메일",
        f"{_TO} 님에게 보낸 메일이 반송되었습니다. 사유: 존재하지 않는 사용자\n",
        "hard",
    )
    yield _case(
        "lang-c7",
        "MAILER-DAEMON@fpt.example",
        "Thông báo gửi thư thất bại",
        f"Không thể gửi thư đến {_TO}: hộp thư của người nhận đã đầy.\n",
        "quota",
    )
    yield _case(
        "lang-c8",
        "MAILER-DAEMON@telkom.example",
        "Pesan gagal terkirim",
        f"Pesan ke {_TO} tidak dapat dikirim: alamat tidak ditemukan.\n",
        "hard",
    )
    yield _case(
        "lang-d1",
        "Mail Delivery System <MAILER-DAEMON@sparkpost.example>",
        "Mail Delivery Failure",
        f"Message from sparkpost.example.\nUnable to deliver message to the following address(es).\n\n<{_TO}>: 552 1 Requested mail action aborted, mailbox not found\n",
        "hard",
    )
    yield _case(
        "lang-d2",
        "Mail Delivery System <MAILER-DAEMON@pmta.example>",
        "Delivery report",
        f"Hello, this is the mail server on pmta.example.\n\nI am sending you this message to inform you on the delivery status of a\nmessage you previously sent.  Immediately below you will find a list of\nthe affected recipients;  also attached is a Delivery Status Notification\n(DSN) report in standard format, as well as the headers of the original\nmessage.\n\n  <{_TO}>  delivery failed; will not continue trying\n",
        "soft",
    )
    yield _case(
        "lang-d3",
        "MAILER-DAEMON@mx.example",
        "Returned mail: Quota exceeded",
        f"{_TO}: quota exceeded\n",
        "quota",
    )
    yield _case(
        "lang-d4",
        "MAILER-DAEMON@mx.example",
        "Delivery failure (huang@shop.example)",
        "Your message has been bounced: huang@shop.example: Relaying denied. IP name lookup failed [192.0.2.10]\n",
        "policy",
    )
    yield _case(
        "lang-d5",
        "MAILER-DAEMON@mx.example",
        "failure notice",
        f"<{_TO}>:\nConnected to 198.51.100.7 but sender was rejected.\nRemote host said: 550 5.7.1 SPF MAIL FROM check failed\n",
        "policy",
        "5.7.1",
    )
    yield _case(
        "lang-d6",
        "MAILER-DAEMON@mx.example",
        "failure notice",
        f"<{_TO}>:\nConnected to 198.51.100.7 but connection died. (#4.4.2)\nI'm not going to try again; this message has been in the queue too long.\n",
        "soft",
        "4.4.2",
    )
    yield _case(
        "lang-d7",
        "postmaster@mx.example",
        "Undeliverable: Our offer for spring",
        f"Your message to {_TO} was rejected. I said:\nRCPT To:<{_TO}>\nAnd mx.shop.example responded with\n550 Address does not exist\n",
        "hard",
    )
    yield _case(
        "lang-d8",
        "MAILER-DAEMON@mx.example",
        "Message delivery has failed",
        f"Message delivery has failed for {_TO}; the domain shop.example does not exist (NXDOMAIN).\n",
        "hard",
        returned=False,
    )
    yield _case(
        "lang-d9",
        "MAILER-DAEMON@mx.example",
        "Mail delivery failed",
        f"The following message to <{_TO}> was undeliverable.\nThe reason for the problem:\n5.1.2 - Bad destination host 'DNS Hard Error looking up shop.example (MX): NXDomain'\n",
        "hard",
        "5.1.2",
    )
    yield _case(
        "lang-e1",
        "MAILER-DAEMON@ironport.example",
        "Delivery Status Notification (Failure)",
        f"The following message to <{_TO}> was undeliverable.\nThe reason for the problem:\n5.4.7 - Delivery expired (message too old) 'timeout'\n",
        "soft",
        "5.4.7",
    )
    yield _case(
        "lang-e2",
        "MAILER-DAEMON@ironport.example",
        "Delivery Status Notification (Failure)",
        f"The following message to <{_TO}> was undeliverable.\nThe reason for the problem:\n5.3.0 - Other mail system problem '550-'5.7.1 Message rejected, sender blacklisted''\n",
        "blocked",
    )
