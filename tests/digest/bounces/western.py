"""Gmail, Exchange and Microsoft 365, Yahoo and other western providers, in many languages."""

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

_TO = "anna@contoso.example"

_EXCHANGE = [
    (
        "en",
        "Undeliverable: Our offer for spring",
        "Delivery has failed to these recipients or groups:",
        "The email address you entered couldn't be found. Please check the recipient's email address and try to resend the message.",
        "Diagnostic information for administrators:",
        "Generating server:",
        "Original message headers:",
    ),
    (
        "de",
        "Unzustellbar: Our offer for spring",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:",
        "Die eingegebene E-Mail-Adresse konnte nicht gefunden werden.",
        "Diagnoseinformationen für Administratoren:",
        "Generierender Server:",
        "Ursprüngliche Nachrichtenkopfzeilen:",
    ),
    (
        "fr",
        "Non remis : Our offer for spring",
        "Échec de la remise à ces destinataires ou groupes :",
        "L'adresse de courrier que vous avez entrée est introuvable.",
        "Informations de diagnostic pour les administrateurs :",
        "Serveur de génération :",
        "En-têtes du message d'origine :",
    ),
    (
        "es",
        "No se puede entregar: Our offer for spring",
        "No se pudo entregar el mensaje a estos destinatarios o grupos:",
        "No se encontró la dirección de correo electrónico especificada.",
        "Información de diagnóstico para administradores:",
        "Servidor de generación:",
        "Encabezados de mensajes originales:",
    ),
    (
        "pt",
        "Não é possível entregar: Our offer for spring",
        "Falha na entrega para estes destinatários ou grupos:",
        "O endereço de email que você inseriu não foi encontrado.",
        "Informações de diagnóstico para administradores:",
        "Servidor gerador:",
        "Cabeçalhos de mensagens originais:",
    ),
    (
        "it",
        "Non recapitabile: Our offer for spring",
        "Recapito non riuscito per i seguenti destinatari o gruppi:",
        "Impossibile trovare l'indirizzo di posta elettronica immesso.",
        "Informazioni di diagnostica per gli amministratori:",
        "Server di generazione:",
        "Intestazioni originali del messaggio:",
    ),
    (
        "nl",
        "Onbestelbaar: Our offer for spring",
        "De bezorging is mislukt voor deze geadresseerden of groepen:",
        "Het ingevoerde e-mailadres is niet gevonden.",
        "Diagnostische gegevens voor beheerders:",
        "Genererende server:",
        "Oorspronkelijke berichtkoppen:",
    ),
    (
        "ru",
        "Не удается доставить: Our offer for spring",
        "Сбой доставки следующим получателям или группам:",
        "Не удалось найти введенный адрес электронной почты.",
        "Диагностические сведения для администраторов:",
        "Создающий сервер:",
        "Исходные заголовки сообщения:",
    ),
    (
        "zh",
        "未送达: Our offer for spring",
        "未能向以下收件人或通讯组传递邮件:",
        "找不到您输入的电子邮件地址。请检查收件人的电子邮件地址并尝试重新发送邮件。",
        "管理员的诊断信息:",
        "生成服务器:",
        "原始邮件头:",
    ),
    (
        "zh-hant",
        "無法傳遞: Our offer for spring",
        "傳遞至下列收件者或群組失敗:",
        "找不到您輸入的電子郵件地址。",
        "管理員的診斷資訊:",
        "產生伺服器:",
        "原始訊息標頭:",
    ),
    (
        "ja",
        "配信不能: Our offer for spring",
        "次の受信者またはグループへの配信に失敗しました:",
        "入力した電子メール アドレスが見つかりませんでした。",
        "管理者向けの診断情報:",
        "生成サーバー:",
        "元のメッセージ ヘッダー:",
    ),
    (
        "ko",
        "배달되지 않음: Our offer for spring",
        "다음 받는 사람 또는 그룹에 배달하지 못했습니다:",
        "입력한 전자 메일 주소를 찾을 수 없습니다.",
        "관리자를 위한 진단 정보:",
        "서버 생성:",
        "원본 메시지 헤더:",
    ),
    (
        "sv",
        "Kan inte levereras: Our offer for spring",
        "Leveransen till följande mottagare eller grupper misslyckades:",
        "Det gick inte att hitta e-postadressen du angav.",
        "Diagnostisk information för administratörer:",
        "Genererande server:",
        "Ursprungliga meddelanderubriker:",
    ),
    (
        "da",
        "Kan ikke leveres: Our offer for spring",
        "Leveringen mislykkedes til disse modtagere eller grupper:",
        "Den angivne mailadresse blev ikke fundet.",
        "Diagnosticeringsoplysninger til administratorer:",
        "Genererende server:",
        "Oprindelige meddelelsesheadere:",
    ),
    (
        "pl",
        "Niedostarczalna wiadomość: Our offer for spring",
        "Nie można dostarczyć wiadomości do następujących adresatów lub grup:",
        "Nie można znaleźć wprowadzonego adresu e-mail.",
        "Informacje diagnostyczne dla administratorów:",
        "Serwer generujący:",
        "Oryginalne nagłówki wiadomości:",
    ),
    (
        "cs",
        "Nedoručitelné: Our offer for spring",
        "Doručení těmto příjemcům nebo skupinám se nezdařilo:",
        "Zadanou e-mailovou adresu nebylo možné najít.",
        "Diagnostické informace pro správce:",
        "Generující server:",
        "Záhlaví původní zprávy:",
    ),
    (
        "tr",
        "Teslim edilemedi: Our offer for spring",
        "Bu alıcılara veya gruplara teslim edilemedi:",
        "Girdiğiniz e-posta adresi bulunamadı.",
        "Yöneticiler için tanılama bilgileri:",
        "Oluşturan sunucu:",
        "Özgün ileti üstbilgileri:",
    ),
    (
        "uk",
        "Не вдалося доставити: Our offer for spring",
        "Помилка доставки цим одержувачам або групам:",
        "Не вдалося знайти введену адресу електронної пошти.",
        "Діагностичні відомості для адміністраторів:",
        "Сервер створення:",
        "Вихідні заголовки повідомлення:",
    ),
]

_CODES = [
    (
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient anna@contoso.example not found by SMTP address lookup",
        "hard",
        "5.1.10",
    ),
    ("550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found", "hard", "5.1.1"),
    (
        "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException; Failed to process message due to a permanent exception",
        "quota",
        "5.2.2",
    ),
    (
        "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed because the sender was not authenticated when sending to this group",
        "policy",
        "5.7.133",
    ),
    ("550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", "policy", "5.7.1"),
    ("550 5.4.14 Hop count exceeded - possible mail loop ATTR14", "policy", "5.4.14"),
    (
        "550 5.4.310 DNS domain contoso.example does not exist [Message=InfoDomainNonexistent]",
        "hard",
        "5.4.310",
    ),
    ("550 5.4.300 Message expired -> 451 4.4.0 Temporary server error", "soft", "5.4.300"),
    (
        "550 5.7.520 Access denied, Your organization does not allow external forwarding",
        "policy",
        "5.7.520",
    ),
    (
        "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
        "policy",
        "5.2.3",
    ),
    ("550 5.7.501 Access denied, spam abuse detected", "blocked", "5.7.501"),
    (
        "550 5.0.350 Remote server returned an error -> 550 No such user (anna@contoso.example)",
        "hard",
        "5.0.350",
    ),
    (
        "550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized",
        "policy",
        "5.7.129",
    ),
    ("550 5.7.705 Access denied, tenant has exceeded threshold", "soft", "5.7.705"),
]


def cases() -> Iterator[Case]:
    """All of them."""
    for number, words in enumerate(_EXCHANGE):
        yield _exchange(words, *_CODES[number % len(_CODES)], structured=number % 2 == 0)
    for number, code in enumerate(_CODES):
        yield _exchange((f"code{number}", *_EXCHANGE[number % 4][1:]), *code, structured=True)
    yield from _gmail()
    yield from _others()


def _exchange(
    words: tuple[str, ...], code: str, kind: str, status: str, *, structured: bool
) -> Case:
    """With a report, or as a page alone."""
    name, subject, failed, why, admins, server, headers = words
    identifier = f"<ndr-{name}@acme.example>"
    page = (
        "<html><head><style>p { font: 10pt Segoe UI }</style></head><body>"
        f'<p><b>{failed}</b></p><p><a href="mailto:{_TO}">{_TO}</a><br>{why}</p><br><br><br>'
        f"<p><b>{admins}</b></p><p>{server} AM9PR01MB1234.eurprd01.prod.example<br></p><p>{_TO}<br>"
        f"Remote Server returned '{code}'<br></p><p>{headers}<br></p>"
        f"<pre>{headers_of(_TO, identifier).replace('<', '&lt;').replace('>', '&gt;')}</pre></body></html>"
    )
    sender = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.example>"
    if structured:
        report = status_of(
            _TO, status, f"smtp;{code}", reporter="dns;AM9PR01MB1234.eurprd01.prod.example"
        )
        parts = [
            part(page, "text/html; charset=utf-8"),
            part(report, "message/delivery-status"),
            returned(_TO, identifier),
        ]
        raw = mail(
            sender, subject, parts, more="X-MS-Exchange-Message-Is-Ndr:\nContent-Language: en-US\n"
        )
    else:
        raw = mail(
            sender.replace("Microsoft Outlook", "postmaster"),
            subject,
            page.replace("Remote Server returned '", "#").replace(code + "'", code + " ##"),
            kind="text/html",
        )
    return Case(f"exchange-{name}", raw, kind, _TO, status, identifier)


_GOOGLE = [
    (
        "en",
        "Delivery Status Notification (Failure)",
        "** Address not found **\n\nYour message wasn't delivered to {to} because the address couldn't be found, or is unable to receive mail.",
        "The response from the remote server was:",
    ),
    (
        "zh",
        "Delivery Status Notification (Failure)",
        "** 找不到地址 **\n\n系统找不到 {to} 这一地址或该地址无法接收邮件，因此您的邮件未送达。",
        "远程服务器的响应为：",
    ),
    (
        "zh-hant",
        "Delivery Status Notification (Failure)",
        "** 找不到地址 **\n\n系統無法將您的郵件傳送給 {to}，因為找不到這個地址，或者這個地址無法接收郵件。",
        "遠端伺服器回應：",
    ),
    (
        "ja",
        "Delivery Status Notification (Failure)",
        "** アドレス不明 **\n\nアドレスが見つからないか、メールを受信できないため、{to} へのメールは配信されませんでした。",
        "リモート サーバーからの応答：",
    ),
    (
        "ko",
        "Delivery Status Notification (Failure)",
        "** 주소를 찾을 수 없음 **\n\n{to}의 주소를 찾을 수 없거나 메일을 받을 수 없어 메일이 전송되지 않았습니다.",
        "원격 서버의 응답:",
    ),
    (
        "de",
        "Delivery Status Notification (Failure)",
        "** Die Adresse wurde nicht gefunden **\n\nIhre Nachricht wurde nicht an {to} zugestellt, weil die Adresse nicht gefunden wurde oder keine E-Mails empfangen kann.",
        "Antwort des Remoteservers:",
    ),
    (
        "fr",
        "Delivery Status Notification (Failure)",
        "** Adresse introuvable **\n\nVotre message n'est pas parvenu à {to}, car l'adresse est introuvable ou ne peut pas recevoir de messages.",
        "Réponse du serveur distant :",
    ),
    (
        "es",
        "Delivery Status Notification (Failure)",
        "** No se ha encontrado la dirección **\n\nTu mensaje no se ha entregado a {to} porque no se ha encontrado la dirección o esta no puede recibir correo.",
        "La respuesta del servidor remoto fue:",
    ),
    (
        "pt",
        "Delivery Status Notification (Failure)",
        "** Endereço não encontrado **\n\nSua mensagem não foi entregue para {to} porque o endereço não foi encontrado ou não pode receber e-mails.",
        "A resposta do servidor remoto foi:",
    ),
    (
        "it",
        "Delivery Status Notification (Failure)",
        "** Indirizzo non trovato **\n\nIl messaggio non è stato recapitato a {to} perché l'indirizzo non è stato trovato o non può ricevere posta.",
        "La risposta del server remoto è stata:",
    ),
    (
        "ru",
        "Delivery Status Notification (Failure)",
        "** Адрес не найден **\n\nВаше сообщение не доставлено по адресу {to}, поскольку он не найден или не принимает почту.",
        "Ответ удалённого сервера:",
    ),
    (
        "pl",
        "Delivery Status Notification (Failure)",
        "** Nie znaleziono adresu **\n\nTwoja wiadomość do {to} nie została dostarczona, ponieważ nie znaleziono adresu.",
        "Odpowiedź serwera zdalnego:",
    ),
    (
        "tr",
        "Delivery Status Notification (Failure)",
        "** Adres bulunamadı **\n\nİletiniz {to} adresine teslim edilemedi.",
        "Uzak sunucunun yanıtı:",
    ),
    (
        "vi",
        "Delivery Status Notification (Failure)",
        "** Không tìm thấy địa chỉ **\n\nThư của bạn chưa được gửi đến {to}.",
        "Phản hồi từ máy chủ từ xa là:",
    ),
]


def _gmail() -> Iterator[Case]:
    answers = [
        (
            "550 5.1.1 The email account that you tried to reach does not exist. Learn more at https://support.google.com/mail/?p=NoSuchUser - gsmtp",
            "hard",
            "5.1.1",
        ),
        ("550 #5.1.0 Address rejected.", "hard", "5.1.0"),
        ("452 4.2.2 The email account that you tried to reach is over quota.", "quota", "4.2.2"),
        (
            "DNS Error: DNS type 'mx' lookup of contoso.example responded with code NXDOMAIN Domain name not found: contoso.example",
            "hard",
            None,
        ),
    ]
    for number, (name, subject, text, label) in enumerate(_GOOGLE):
        words, kind, status = answers[number % len(answers)]
        identifier = f"<google-{name}@acme.example>"
        body = f"\n{text.format(to=_TO)}\n\n\n{label}\n\n{words}\n"
        if number % 2:
            raw = mail(
                "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
                subject,
                f"{body}\n----- Original message -----\n\n{headers_of(_TO, identifier)}",
                more=f"X-Failed-Recipients: {_TO}\nAuto-Submitted: auto-replied\n",
            )
        else:
            report = status_of(
                _TO, status or "5.0.0", f"smtp; {words}", reporter="dns; googlemail.com"
            )
            parts = [part(body), part(report, "message/delivery-status"), returned(_TO, identifier)]
            raw = mail(
                "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
                subject,
                parts,
                more=f"X-Failed-Recipients: {_TO}\nAuto-Submitted: auto-replied\nIn-Reply-To: {identifier}\nReferences: {identifier}\n",
            )
        yield Case(f"gmail-{name}", raw, kind, _TO, status, identifier)
    text = f"\n** Delivery incomplete **\n\nThere was a temporary problem delivering your message to {_TO}. Gmail will retry for 47 more hours. You'll be notified if the delivery fails permanently.\n\nThe response was:\n\nThe recipient server did not accept our requests to connect. [mx.contoso.example 198.51.100.4: timed out]\n"
    report = status_of(_TO, "4.4.1", "smtp; timed out", "delayed", "dns; googlemail.com")
    parts = [
        part(text),
        part(report, "message/delivery-status"),
        part(headers_of(_TO, "<google-delay@acme.example>"), "text/rfc822-headers"),
    ]
    yield Case(
        "gmail-delay",
        mail(
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "Delivery Status Notification (Delay)",
            parts,
        ),
        "soft",
        _TO,
        "4.4.1",
        "<google-delay@acme.example>",
        permanent=False,
    )


def _others() -> Iterator[Case]:
    to = "bob@example.net"

    def case(
        name: str,
        sender: str,
        subject: str,
        text: str,
        kind: str,
        status: str | None = None,
        *,
        permanent: bool = True,
        **more: str,
    ) -> Case:
        identifier = f"<{name}@acme.example>"
        raw = mail(sender, subject, text + "\n\n" + original(to, identifier), **more)
        return Case(name, raw, kind, to, status, identifier, permanent)

    yield case(
        "yahoo",
        "MAILER-DAEMON@yahoo.com",
        "Failure Notice",
        f"Sorry, we were unable to deliver your message to the following address.\n\n<{to}>:\n554: delivery error: dd Not a valid recipient - atlas-production.v2-mail-prod1.example\n\n--- Below this line is a copy of the message.",
        "hard",
    )
    yield case(
        "yahoo-cannot",
        "mailer-daemon@yahoo.com",
        "Failure Notice",
        f"Sorry, we were unable to deliver your message to the following address.\n\n<{to}>:\n552: 5.2.2 Mailbox full\n\n--- Below this line is a copy of the message.",
        "quota",
        "5.2.2",
    )
    yield case(
        "yandex",
        "mailer-daemon@yandex.ru",
        "Недоставленное сообщение",
        f"Это письмо отправлено почтовым сервером yandex.ru.\n\nК сожалению, мы вынуждены сообщить Вам о том, что Ваше письмо не может\nбыть отправлено одному или нескольким адресатам. Технические подробности можно найти ниже.\n\n<{to}>: host mx.example.net[198.51.100.4] said: 550 5.7.1 No such user! (in reply to RCPT TO command)\n\n----- Конец -----",
        "hard",
        "5.7.1",
    )
    yield case(
        "mailru",
        "mailer-daemon@corp.mail.ru",
        "Mail delivery failed: returning message to sender",
        f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n{to}\nuser not found\n\n------ This is a copy of your message, including all the headers. ------",
        "hard",
        more=f"X-Failed-Recipients: {to}\n",
    )
    yield case(
        "mailru-russian",
        "mailer-daemon@corp.mail.ru",
        "Сообщение не доставлено",
        f"Это письмо создано автоматически сервером Mail.ru, отвечать на него не нужно.\n\nК сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n\n**********************\n\n{to}\nТакого пользователя не существует\n\n**********************",
        "hard",
    )
    yield case(
        "gmx",
        "GMX Mailer Daemon <mailer-daemon@gmx.de>",
        "Mail delivery failed: returning message to sender",
        f'This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n"{to}":\nSMTP error from remote server for RCPT TO command, host: mx.example.net (198.51.100.4) reason: 550 5.1.1 mailbox unavailable\n\n--- The header of the original message is following. ---',
        "hard",
        "5.1.1",
    )
    yield case(
        "webde",
        "WEB.DE Mailer Daemon <mailer-daemon@web.de>",
        "Mail delivery failed: returning message to sender",
        f"Diese Nachricht wurde automatisch erzeugt.\n\nEine von Ihnen gesendete Nachricht konnte nicht zugestellt werden:\n\n{to}:\nSMTP error from remote server in greeting, host: mx.example.net (198.51.100.4) reason: 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation.\n\n--- Der Header der ursprünglichen Nachricht folgt. ---",
        "blocked",
    )
    yield case(
        "tonline",
        "Mail Delivery System <MAILER-DAEMON@t-online.de>",
        "Ihre Nachricht konnte nicht zugestellt werden",
        f"|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n <{to}> ... transport smtp: 550 5.1.1 unknown recipient\n|------------------------- Message text follows: ------------------------|",
        "hard",
        "5.1.1",
    )
    yield case(
        "orange",
        "Mail Delivery System <MAILER-DAEMON@orange.fr>",
        "Courrier non remis / Undelivered Mail",
        f"Ce message a été généré automatiquement.\nVotre message n'a pas pu être remis au destinataire suivant :\n\n<{to}>\n\nboîte aux lettres pleine\n",
        "quota",
    )
    yield case(
        "rediff",
        "MAILER-DAEMON@rediffmail.com",
        "failure notice",
        f"Hi. The e-mail message could not be delivered because the user's mailfolder is full.\n<{to}>:\nMailbox is full\n",
        "quota",
    )
    yield case(
        "naver",
        "Naver Mail <mailer-daemon@naver.com>",
        "[메일 발송 실패 안내] Our offer for spring",
        f"메일이 정상적으로 발송되지 못했습니다.\n\n받는사람 : {to}\n발송 실패 사유 : 존재하지 않는 이메일 주소입니다.\n550 5.1.1 No such user - nsmtp\n",
        "hard",
        "5.1.1",
    )
    yield case(
        "daum",
        "Daum Mail <MAILER-DAEMON@daum.net>",
        "메일 발송 실패 : Our offer for spring",
        f"보내신 메일이 전송되지 않았습니다.\n\n수신자: {to}\n사유: 수신자의 메일함 용량 초과\n",
        "quota",
    )
    yield case(
        "docomo",
        "Mail Delivery Subsystem <MAILER-DAEMON@docomo.ne.jp>",
        "Mail System Error - Returned Mail",
        f"Unknown User <{to}>\n\n次のあて先へのメッセージはエラーのため送信できませんでした。\n",
        "hard",
    )
    yield case(
        "au",
        "Mail Delivery Subsystem <Mailer-Daemon@ezweb.ne.jp>",
        "Mail System Error - Returned Mail",
        f"The user(s) account is disabled.\n\n<{to}>: user unknown\n",
        "hard",
    )
    yield case(
        "japanese",
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.jp>",
        "メールを配信できませんでした",
        f"以下の宛先へのメールは配信できませんでした。\n\n<{to}>\n\n宛先のメールアドレスは存在しません。\n",
        "hard",
        charset="iso-2022-jp",
    )
    yield case(
        "ses",
        "MAILER-DAEMON@amazonses.com",
        "Delivery Status Notification (Failure)",
        f"An error occurred while trying to deliver the mail to the following recipients:\n{to}\n\n550 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS for example.net>\n",
        "soft",
        "4.4.7",
    )
    yield case(
        "libero",
        "Postmaster <mailer-daemon@libero.it>",
        "Messaggio non consegnato",
        f"Il messaggio non può essere consegnato al seguente destinatario:\n\n  {to}\n\nMotivo: casella di posta piena\n",
        "quota",
    )
    yield case(
        "spanish",
        "Sistema de correo <MAILER-DAEMON@correo.example>",
        "Mensaje no entregado",
        f"No se ha podido entregar su mensaje a:\n\n  {to}\n\nEl usuario no existe.\n",
        "hard",
    )
    yield case(
        "polish",
        "Mail Delivery System <MAILER-DAEMON@poczta.example>",
        "Nie można dostarczyć wiadomości",
        f"Twoja wiadomość nie została dostarczona do:\n\n<{to}>: konto nie istnieje\n",
        "hard",
    )
    yield case(
        "turkish",
        "postmaster@posta.example",
        "İletilemedi: Our offer for spring",
        f"İletiniz aşağıdaki alıcıya iletilemedi:\n\n{to}\n\n550 5.1.1 Kullanıcı bulunamadı\n",
        "hard",
        "5.1.1",
    )
    yield case(
        "portuguese",
        "Mail Delivery System <mailer-daemon@correio.example>",
        "Mensagem não entregue",
        f"Sua mensagem não pôde ser entregue ao destinatário:\n\n{to}\n\nCaixa de correio cheia\n",
        "quota",
    )
