"""Confirmations as providers write them, in many languages, and mail that only looks like one."""

from dataclasses import dataclass

from tests.digest.messages import joined, message, part

ASKED_BY = "maria.lopez@gmail.example"
OURS = "reply@acme.example"
CONFIRM = "https://mail-settings.google.com/mail/vf-%5BANGjdJ9x-2kQ%5D-o7Zc_18Tm"
CANCEL = "https://mail-settings.google.com/mail/uf-%5BANGjdJ9x-2kQ%5D-o7Zc_18Tm"
NEW_CONFIRM = "https://mail.google.com/mail/vf-%5BAPd4Q%5D-xY12?hl=en"

# The subject of Gmail's message in its languages; the word before is the organisation's own.
GMAIL_SUBJECTS = {
    "en": "(#304298959) Gmail Forwarding Confirmation - Receive Mail from {who}",
    "en-workspace": "(#304298959) Acme Tubes Ltd Forwarding Confirmation - Receive Mail from {who}",
    "es": "Confirmación de reenvío de 304298959 (n.º Gmail) - Recibir correo de {who}",
    "de": "(#304298959) Gmail-Weiterleitungsbestätigung – E-Mails von {who} empfangen",
    "fr": "(#304298959) Confirmation de transfert Gmail - Recevoir les e-mails de {who}",
    "it": "(#304298959) Conferma inoltro di Gmail - Ricevi posta da {who}",
    "pt-BR": "(#304298959) Confirmação de encaminhamento do Gmail - Receber e-mails de {who}",
    "pt-PT": "(N.º 304298959) Confirmação de reencaminhamento do Gmail: receber email de {who}",
    "nl": "(#304298959) Bevestiging van doorsturen via Gmail - E-mail ontvangen van {who}",
    "ru": "(№304298959) Подтверждение пересылки Gmail — получение писем от {who}",
    "uk": "(№304298959) Підтвердження пересилання Gmail – отримувати листи від {who}",
    "pl": "(#304298959) Potwierdzenie przekazywania Gmail – odbieranie poczty z {who}",
    "cs": "(#304298959) Gmail: potvrzení přeposílání – příjem pošty z adresy {who}",
    "tr": "(#304298959) Gmail Yönlendirme Onayı - {who} adresinden posta alın",
    "zh-CN": "(#304298959) Gmail 转发确认 - 接收来自 {who} 的邮件",
    "zh-TW": "(#304298959) Gmail 轉寄確認 - 接收來自 {who} 的郵件",
    "ja": "(#304298959) Gmail の転送の確認 - {who} からメールを受信",
    "ko": "(#304298959) Gmail 전달 확인 - {who}에서 메일 받기",
    "sv": "(#304298959) Bekräftelse på vidarebefordran från Gmail – ta emot e-post från {who}",
    "da": "(#304298959) Gmail-bekræftelse af videresendelse – modtag mail fra {who}",
    "nb": "(#304298959) Bekreftelse på videresending fra Gmail – motta e-post fra {who}",
    "fi": "(#304298959) Gmailin edelleenlähetyksen vahvistus – vastaanota postia: {who}",
    "hu": "(#304298959) Gmail-továbbítás megerősítése – levelek fogadása innen: {who}",
    "ro": "(#304298959) Confirmarea redirecționării Gmail – primiți e-mailuri de la {who}",
    "el": "(#304298959) Επιβεβαίωση προώθησης Gmail - Λήψη αλληλογραφίας από {who}",
    "ar": "(#304298959) تأكيد إعادة التوجيه في Gmail - استلام البريد من {who}",
    "he": "(#304298959) אישור העברה של Gmail - קבלת דואר מ-{who}",
    "vi": "(#304298959) Xác nhận chuyển tiếp Gmail - Nhận thư từ {who}",
    "th": "(#304298959) การยืนยันการส่งต่อของ Gmail - รับอีเมลจาก {who}",
    "id": "(#304298959) Konfirmasi Penerusan Gmail - Terima Email dari {who}",
    "hi": "(#304298959) Gmail अग्रेषण पुष्टि - {who} से मेल प्राप्त करें",
}

GMAIL_TEXT = """{who} has requested to automatically forward mail to your email address {ours}.
Confirmation code: 304298959

To allow {who} to automatically forward mail to your address, please click the link below to
confirm the request:

{confirm}

If you click the link and it appears to be broken, please copy and paste it into a new browser
window.

If you do not approve of this request, no further action is required. If you accidentally clicked
the link, but you do not want to allow {who} to automatically forward messages to your address,
click this link to cancel this verification:
{cancel}

To learn more about why you might have received this message, please visit:
https://support.google.com/mail/bin/answer.py?answer=184973.
"""


@dataclass(frozen=True)
class Specimen:
    """`signed` are the domains whose signatures verify; `provider` None: not a confirmation."""

    name: str
    content: bytes
    provider: str | None
    code: str | None = None
    link: str | None = None
    requested_by: str | None = None
    signed: frozenset[str] = frozenset()


def letter(sender: str, subject: str, text: str, page: str | None = None) -> bytes:
    fields: dict[str, str | bytes] = {"From": sender, "To": OURS, "Subject": subject}
    if page is None:
        return message(text.encode(), fields, content_type="text/plain; charset=utf-8")
    parts = [
        part(text.encode(), content_type="text/plain; charset=utf-8"),
        part(page.encode(), content_type="text/html; charset=utf-8"),
    ]
    kind = 'multipart/alternative; boundary="b"'
    return message(joined(parts, "b"), fields, content_type=kind)


def gmail_text(confirm: str = CONFIRM, cancel: str = CANCEL) -> str:
    return GMAIL_TEXT.format(who=ASKED_BY, ours=OURS, confirm=confirm, cancel=cancel)


GMAIL = "Gmail Team <forwarding-noreply@google.com>"


def _of_gmail() -> list[Specimen]:
    signed = frozenset(["google.com"])
    found = []
    for language, subject in GMAIL_SUBJECTS.items():
        content = letter(GMAIL, subject.format(who=ASKED_BY), gmail_text())
        told = ("gmail", "304298959", CONFIRM, ASKED_BY)
        found.append(Specimen(f"gmail-{language}", content, *told, signed))
    text = gmail_text(NEW_CONFIRM).replace("Confirmation code: 304298959\n", "")
    newer = letter(GMAIL, "(Gmail) 转发确认", text)
    found.append(Specimen("gmail-newer", newer, "gmail", None, NEW_CONFIRM, ASKED_BY, signed))
    link = NEW_CONFIRM.replace("?hl=en", "?a=1&b=2")
    page = f'<p>{ASKED_BY}</p><a href="{link.replace("&", "&amp;")}">Confirm</a><p>304298959</p>'
    only_page = letter(GMAIL, "Gmail Forwarding Confirmation", "", page)
    told_page = ("gmail", "304298959", link, ASKED_BY)
    found.append(Specimen("gmail-page", only_page, *told_page, signed))
    cancel_first = gmail_text(CANCEL, CONFIRM)
    swapped = letter(GMAIL, GMAIL_SUBJECTS["en"].format(who=ASKED_BY), cancel_first)
    told = ("gmail", "304298959", CONFIRM, ASKED_BY)
    found.append(Specimen("gmail-cancel-link-first", swapped, *told, signed))
    return found


def _other(
    name: str, sender: str, subject: str, text: str, code: str | None, link: str | None, by: str
) -> Specimen:
    provider = name.partition("-")[0]
    signed = frozenset([sender.rpartition("@")[2].rstrip(">")])
    return Specimen(name, letter(sender, subject, text), provider, code, link, by or None, signed)


OTHERS = [
    _other(
        "yahoo",
        "Yahoo Mail <no-reply@cc.yahoo-inc.com>",
        "Verify your forwarding address",
        "ann@yahoo.example wants to forward mail to this address. To verify it open "
        "https://mail.yahoo.com/d/verify?token=Ab12Cd34 within three days.",
        None,
        "https://mail.yahoo.com/d/verify?token=Ab12Cd34",
        "ann@yahoo.example",
    ),
    _other(
        "yandex",
        "Яндекс Почта <noreply@mail.yandex.ru>",
        "Подтверждение пересылки",
        "Пользователь anna@yandex.example настроил пересылку писем на ваш адрес. Чтобы подтвердить,"
        " перейдите по ссылке:\nhttps://mail.yandex.ru/confirm?e=Zm9v&lang=ru",
        None,
        "https://mail.yandex.ru/confirm?e=Zm9v&lang=ru",
        "anna@yandex.example",
    ),
    _other(
        "mailru",
        "Почта Mail.ru <noreply@mail.ru>",
        "Подтвердите пересылку",
        "Пользователь oleg@mail.example хочет пересылать вам письма.\nКод подтверждения: 482913",
        "482913",
        None,
        "oleg@mail.example",
    ),
    _other(
        "zoho",
        "Zoho Mail <noreply@zoho.com>",
        "Email forwarding confirmation",
        "raj@zoho.example has requested to forward emails to your account. Verify it here:\n"
        "https://mail.zoho.com/zm/verifyForward.do?d=123abc\nVerification code: 5512890",
        "5512890",
        "https://mail.zoho.com/zm/verifyForward.do?d=123abc",
        "raj@zoho.example",
    ),
    _other(
        "zoho-eu",
        "Zoho Mail <noreply@zoho.eu>",
        "Confirm forwarding of emails",
        "Confirm at https://mail.zoho.eu/confirm/mf?d=77 that karl@zoho.example may forward.",
        None,
        "https://mail.zoho.eu/confirm/mf?d=77",
        "karl@zoho.example",
    ),
    _other(
        "outlook",
        "Microsoft <account-security-noreply@accountprotection.microsoft.com>",
        "Verify your forwarding address",
        "Use this code to verify that tom@outlook.example may forward mail to you: 774120",
        "774120",
        None,
        "tom@outlook.example",
    ),
    _other(
        "fastmail",
        "Fastmail <noreply@fastmailteam.com>",
        "Confirm forwarding",
        "Please confirm that kim@fastmail.example may forward mail: "
        "https://app.fastmail.com/verify/AbCdEf12",
        None,
        "https://app.fastmail.com/verify/AbCdEf12",
        "kim@fastmail.example",
    ),
    _other(
        "icloud",
        "iCloud <noreply@email.apple.com>",
        "Verify your forwarding address",
        "Enter the code 918273 to confirm forwarding from joe@icloud.example.",
        "918273",
        None,
        "joe@icloud.example",
    ),
    _other(
        "gmx",
        "GMX <noreply@gmx.net>",
        "Bitte bestätigen Sie die Weiterleitung",
        "Für uwe@gmx.example wurde eine Weiterleitung an Sie eingerichtet. Bestätigen: "
        "https://www.gmx.net/mail/bestaetigen/?t=abc123",
        None,
        "https://www.gmx.net/mail/bestaetigen/?t=abc123",
        "uwe@gmx.example",
    ),
    _other(
        "qq",
        "QQ邮箱 <10000@qq.com>",
        "QQ邮箱自动转发验证",
        "用户 10086@qq.example 申请将邮件自动转发到您的邮箱。验证码：839201，请在30分钟内填写。",
        "839201",
        None,
        "10086@qq.example",
    ),
    _other(
        "qq-link",
        "QQ邮箱团队 <mail10000@qq.com>",
        "邮件转发确认",
        "请点击确认转发：https://mail.qq.com/cgi-bin/fwdconfirm?sid=abc&t=1 来自xiao@qq.example",
        None,
        "https://mail.qq.com/cgi-bin/fwdconfirm?sid=abc&t=1",
        "xiao@qq.example",
    ),
    _other(
        "netease",
        "网易邮箱 <mail@service.netease.com>",
        "自动转发验证码",
        "帐号 wang@163.example 设置了自动转发到本邮箱，验证码为：51AX9K。",
        "51AX9K",
        None,
        "wang@163.example",
    ),
    _other(
        "cloudflare",
        "Cloudflare <noreply@notify.cloudflare.com>",
        "[Cloudflare]: Verify Email Routing address",
        "Verify the destination address for shop.example:\n"
        "https://dash.cloudflare.com/?verifyEmailRoutingAddress=eyJhbGci.x-y_z",
        None,
        "https://dash.cloudflare.com/?verifyEmailRoutingAddress=eyJhbGci.x-y_z",
        "",
    ),
]

SPECIMENS = [*_of_gmail(), *OTHERS]

_SUBJECT = GMAIL_SUBJECTS["en"].format(who=ASKED_BY)


def _spoof(name: str, sender: str, text: str, subject: str = _SUBJECT) -> Specimen:
    return Specimen(name, letter(sender, subject, text), None)


def _link(link: str) -> str:
    return gmail_text(link, link)


# What is none by itself, whatever signed it.
LOOKALIKES = [
    _spoof("other-domain", "Gmail Team <forwarding-noreply@google.com.evil.example>", gmail_text()),
    _spoof("name-only", '"forwarding-noreply@google.com" <x@evil.example>', gmail_text()),
    _spoof("user-of-gmail", "Gmail Team <forwarding-noreply@gmail.com>", gmail_text()),
    _spoof("letters-alike", "Gmail Team <forwarding-noreply@gооgle.com>", gmail_text()),
    _spoof("other-sender", "Google <no-reply@accounts.google.com>", gmail_text()),
    _spoof("two-authors", "a@evil.example, forwarding-noreply@google.com", gmail_text()),
    _spoof("author-second", "forwarding-noreply@google.com, a@evil.example", gmail_text()),
    _spoof(
        "host-below", GMAIL, _link("https://mail-settings.google.com.evil.example/mail/vf-abc123")
    ),
    _spoof(
        "host-before", GMAIL, _link("https://evil.example/mail-settings.google.com/mail/vf-abc")
    ),
    _spoof(
        "user-in-link", GMAIL, _link("https://mail-settings.google.com@evil.example/mail/vf-abc")
    ),
    _spoof("port", GMAIL, _link("https://mail-settings.google.com:8443/mail/vf-abcdef")),
    _spoof("not-https", GMAIL, _link("http://mail-settings.google.com/mail/vf-abcdef")),
    _spoof("only-cancel", GMAIL, _link(CANCEL)),
    _spoof(
        "open-redirect", GMAIL, _link("https://mail.google.com/url?q=https://evil.example/vf-abc")
    ),
    _spoof("letters-in-host", GMAIL, _link("https://mail-settings.gооgle.com/mail/vf-abcdef")),
    _spoof("no-link", GMAIL, "Confirmation code: 304298959"),
    _spoof("user-of-qq", "QQ <12345@qq.com>", "自动转发验证码：839201", "QQ邮箱自动转发验证"),
    _spoof("other-code-of-qq", "QQ邮箱 <10000@qq.com>", "您的登录验证码：839201", "登录保护"),
    _spoof(
        "receipt-of-zoho", "Zoho <noreply@zoho.com>", "Your invoice 1234567 is paid.", "Receipt"
    ),
    _spoof(
        "sign-in-of-yahoo",
        "Yahoo <no-reply@cc.yahoo-inc.com>",
        "Your verification code is 123456",
        "Sign-in code",
    ),
]
