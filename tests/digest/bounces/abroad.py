"""Reports in many languages, most without any enhanced status code, as providers, hosters' panels,
groupware and gateways write them. They were written before the phrases of those languages were."""

from collections.abc import Iterator

from tests.digest.bounces.reports import Case, mail, original, part, returned, status_of

# Who signs it, under which subject, what it says ({r} is the failed address), and the kind;
# a kind in brackets means that the reporter is still trying.
_TOLD = [
    # hard
    (
        "Mail Delivery System <mailer-daemon@web.example.de>",
        "Mail delivery failed: returning message to sender",
        "Dies ist eine automatisch generierte Antwort des Mailservers.\n\nFür {r} gibt es bei uns kein Postfach. Bitte überprüfen Sie die Schreibweise der Empfängeradresse.\n",
        "hard",
    ),
    (
        "postmaster@orange.example.fr",
        "Échec de la remise du message",
        "Bonjour,\n\nVotre message n'a pu être distribué à {r} : ce compte a été clôturé par son titulaire.\n",
        "hard",
    ),
    (
        "Microsoft Outlook <postmaster@firma.example.pl>",
        "Niedostarczalne: Our offer for spring",
        "Nie można dostarczyć wiadomości do następujących adresatów lub grup:\n\n{r}\nPodany adres e-mail nie został odnaleziony. Sprawdź, czy adres został wpisany poprawnie i spróbuj wysłać wiadomość ponownie.\n",
        "hard",
    ),
    (
        "Microsoft Outlook <postmaster@bedrijf.example.nl>",
        "Kan niet worden bezorgd: Our offer for spring",
        "Bezorging aan de volgende geadresseerden of groepen is mislukt:\n\n{r}\nHet e-mailadres dat u hebt ingevoerd, kan niet worden gevonden. Controleer het e-mailadres.\n",
        "hard",
    ),
    (
        "MAILER-DAEMON@libero.example.it",
        "Notifica di mancata consegna",
        "Gentile utente,\n\nil messaggio inviato a {r} non è stato consegnato: la casella è stata disattivata.\n",
        "hard",
    ),
    (
        "MAILER-DAEMON@uol.example.br",
        "Mensagem devolvida",
        "Sua mensagem não chegou ao destino.\n\nDestinatário: {r}\nMotivo: essa conta de e-mail foi cancelada.\n",
        "hard",
    ),
    (
        "Correo Postmaster <postmaster@terra.example.es>",
        "Mensaje devuelto al remitente",
        "Su mensaje dirigido a {r} ha sido devuelto porque el usuario no está dado de alta en nuestro sistema.\n",
        "hard",
    ),
    (
        "MAILER-DAEMON@mail.example.ru",
        "Недоставленное сообщение",
        "Здравствуйте!\n\nПисьмо не доставлено по адресу {r}. Такого адреса нет, возможно, он был удалён владельцем.\n",
        "hard",
    ),
    (
        "MAILER-DAEMON@seznam.example.cz",
        "Zpráva nebyla doručena",
        "Dobrý den,\n\nVaši zprávu pro {r} nelze doručit. Schránka s touto adresou u nás není zřízena.\n",
        "hard",
    ),
    (
        "postmaster@docomo.example.jp",
        "エラーメール",
        "次の宛先へのメールはお届けできませんでした。\n\n{r}\n\n理由：このメールアドレスは現在ご利用いただけません（解約済みの可能性があります）。\n",
        "hard",
    ),
    (
        "메일배달시스템 <postmaster@naver.example.kr>",
        "[메일 발송 실패] Our offer for spring",
        "메일이 정상적으로 발송되지 못했습니다.\n\n받는사람: {r}\n실패 사유: 등록되지 않은 사용자이거나 탈퇴한 회원입니다.\n",
        "hard",
    ),
    (
        "postmaster@qiye.example.cn",
        "系统退信/Systems bounce",
        "很抱歉，您的邮件未能送达。\n\n收件人：{r}\n退信原因：对方帐户已被管理员删除或离职停用\n",
        "hard",
    ),
    (
        "Microsoft Outlook <postmaster@foretag.example.se>",
        "Kan inte levereras: Our offer for spring",
        "Det gick inte att leverera till följande mottagare eller grupper:\n\n{r}\nE-postadressen du angav kunde inte hittas. Kontrollera mottagarens e-postadress.\n",
        "hard",
    ),
    (
        "Microsoft Outlook <postmaster@ceg.example.hu>",
        "Kézbesíthetetlen: Our offer for spring",
        "A kézbesítés sikertelen a következő címzettek vagy csoportok számára:\n\n{r}\nA megadott e-mail-cím nem található a címzett rendszerében.\n",
        "hard",
    ),
    (
        "MAILER-DAEMON@mail.example.bg",
        "Неуспешно доставяне на писмо",
        "Вашето писмо до {r} не можа да бъде доставено.\nПричина: няма такъв потребител.\n",
        "hard",
    ),
    (
        "Mail Delivery Subsystem <mailer-daemon@posta.example.tr>",
        "İleti teslim edilemedi",
        "İletiniz {r} adresine ulaştırılamadı. Böyle bir e-posta adresi bulunmamaktadır ya da hesap kapatılmış.\n",
        "hard",
    ),
    (
        "MAILER-DAEMON@mail.example.gr",
        "Αποτυχία παράδοσης μηνύματος",
        "Το μήνυμά σας προς {r} δεν παραδόθηκε.\nΟ λογαριασμός δεν είναι ενεργός ή έχει διαγραφεί.\n",
        "hard",
    ),
    (
        "postmaster@mail.example.co.il",
        "הודעת דואר לא נמסרה",
        "ההודעה שלך אל {r} לא נמסרה.\nהסיבה: אין משתמש כזה בשרת.\n",
        "hard",
    ),
    (
        "postmaster@mail.example.sa",
        "فشل تسليم الرسالة",
        "تعذر تسليم رسالتك إلى {r}\nالسبب: عنوان البريد الإلكتروني هذا ليس له حساب لدينا.\n",
        "hard",
    ),
    (
        "Mail Delivery System <MAILER-DAEMON@mail.example.vn>",
        "Thư không gửi được",
        "Không thể gửi thư tới {r}.\nLý do: người nhận này không có trong hệ thống.\n",
        "hard",
    ),
    (
        "MAILER-DAEMON@posti.example.fi",
        "Viestiä ei voitu toimittaa",
        "Viestiäsi vastaanottajalle {r} ei voitu toimittaa.\nSyy: käyttäjätili on poistettu käytöstä.\n",
        "hard",
    ),
    (
        "Mail Delivery System <postmaster@mail.example.hr>",
        "Poruka nije isporučena",
        "Vaša poruka za {r} nije isporučena jer korisnik nije pronađen.\n",
        "hard",
    ),
    (
        "MAILER-DAEMON@mail.example.ro",
        "Mesaj nelivrat",
        "Mesajul dumneavoastră către {r} nu a fost livrat.\nMotiv: adresa destinatarului nu este valabilă, contul a fost șters.\n",
        "hard",
    ),
    (
        "postmaster@mail.example.tw",
        "郵件退信通知",
        "您寄給 {r} 的郵件無法投遞。\n原因：該帳號已停止使用，或收件者位址輸入錯誤。\n",
        "hard",
    ),
    # quota
    (
        "Mailer Daemon <mailer-daemon@t-online.example.de>",
        "Unzustellbare Nachricht",
        "Ihre Nachricht an {r} konnte nicht ausgeliefert werden, weil das Speichervolumen des Empfängers erschöpft ist.\n",
        "quota",
    ),
    (
        "postmaster@free.example.fr",
        "Message non distribué",
        "Le courrier adressé à {r} nous revient : la messagerie du destinataire n'a plus d'espace disponible.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@virgilio.example.it",
        "Messaggio non recapitato",
        "Il tuo messaggio per {r} non può essere recapitato perché il destinatario ha esaurito lo spazio a disposizione.\n",
        "quota",
    ),
    (
        "Microsoft Outlook <postmaster@empresa.example.pt>",
        "Não é possível entregar: Our offer for spring",
        "Falha na entrega para estes destinatários ou grupos:\n\n{r}\nA caixa de correio do destinatário está cheia e não pode aceitar mensagens agora.\n",
        "quota",
    ),
    (
        "Microsoft Outlook <postmaster@empresa.example.mx>",
        "No se puede entregar: Our offer for spring",
        "No se pudo entregar el mensaje a los siguientes destinatarios o grupos:\n\n{r}\nEl buzón del destinatario ha alcanzado su límite de almacenamiento y no admite más mensajes.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@ziggo.example.nl",
        "Bericht niet afgeleverd",
        "Uw bericht aan {r} is niet afgeleverd. De ontvanger heeft geen opslagruimte meer over.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@wp.example.pl",
        "Zwrot wiadomości",
        "Wiadomość do {r} nie została doręczona: w skrzynce odbiorcy zabrakło wolnego miejsca.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@yandex.example.ru",
        "Не удалось доставить письмо",
        "Ваше письмо к {r} вернулось: у получателя закончилось место в почтовом ящике.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@ukr.example.net",
        "Лист не доставлено",
        "Лист для {r} не прийнято. В одержувача закінчилося місце для нових листів.\n",
        "quota",
    ),
    (
        "Microsoft Outlook <postmaster@firma.example.cz>",
        "Nedoručitelné: Our offer for spring",
        "Doručení těmto příjemcům nebo skupinám se nezdařilo:\n\n{r}\nPoštovní schránka příjemce je zaplněná a nyní nemůže přijímat zprávy.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@azet.example.sk",
        "Správa nebola doručená",
        "Vašu správu pre {r} sa nepodarilo doručiť, pretože adresát má plnú schránku.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@freemail.example.hu",
        "A levél nem kézbesíthető",
        "Az Ön levele nem érkezett meg ide: {r}\nOk: a címzett postaládája betelt.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@telia.example.se",
        "Ditt meddelande kom inte fram",
        "Ditt brev till {r} kunde inte lämnas. Mottagarens utrymme är slut.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@post.example.dk",
        "Meddelelsen blev ikke leveret",
        "Din mail til {r} kunne ikke afleveres, da modtagerens postkasse har nået sin maksimale størrelse.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@post.example.no",
        "E-posten ble ikke levert",
        "Meldingen til {r} ble ikke levert fordi mottakeren har brukt opp lagringsplassen sin.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@kolumbus.example.fi",
        "Viestin toimitus epäonnistui",
        "Viesti osoitteeseen {r} palautettiin, koska vastaanottajan levytila on loppunut.\n",
        "quota",
    ),
    (
        "Yahoo! メール <mailer-daemon@yahoo.example.jp>",
        "Failure Notice",
        "申し訳ございません。以下の宛先にメールを送信できませんでした。\n\n<{r}>:\n受信者のメールボックスに空きがありません。\n",
        "quota",
    ),
    (
        "postmaster@daum.example.kr",
        "메일 전송 실패 알림",
        "{r} 님에게 보낸 메일이 전송되지 않았습니다.\n사유 : 수신자의 편지함 용량이 꽉 찼습니다.\n",
        "quota",
    ),
    (
        "Postmaster@163.example.cn",
        "系统退信",
        "您发往 {r} 的信件被退回。\n退信说明：收信人的邮箱没有剩余空间，建议您通过其他方式联系对方。\n",
        "quota",
    ),
    (
        "postmaster@hinet.example.tw",
        "退信通知",
        "您的郵件無法送達 {r}\n說明：對方信箱容量已達上限\n",
        "quota",
    ),
    (
        "Mail Delivery System <MAILER-DAEMON@mail.example.th>",
        "ไม่สามารถส่งอีเมลได้",
        "ไม่สามารถส่งข้อความของคุณถึง {r} ได้ เนื่องจากพื้นที่จัดเก็บของผู้รับเต็มแล้ว\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@surat.example.id",
        "Pengiriman surat gagal",
        "Surat Anda untuk {r} tidak terkirim karena ruang penyimpanan penerima sudah habis.\n",
        "quota",
    ),
    (
        "postmaster@mail.example.ir",
        "عدم تحویل پیام",
        "پیام شما به {r} تحویل داده نشد.\nعلت: صندوق پستی گیرنده پر است.\n",
        "quota",
    ),
    (
        "MAILER-DAEMON@mail.example.si",
        "Sporočilo ni bilo dostavljeno",
        "Vašega sporočila za {r} ni bilo mogoče dostaviti, ker je nabiralnik prejemnika poln.\n",
        "quota",
    ),
    # blocked
    (
        "MAILER-DAEMON@gmx.example.net",
        "Nachricht wurde zurückgewiesen",
        "Ihre Nachricht an {r} wurde abgelehnt, da die IP-Adresse des sendenden Servers auf einer Sperrliste steht.\n",
        "blocked",
    ),
    (
        "postmaster@sfr.example.fr",
        "Votre message n'a pas été distribué",
        "Le serveur du destinataire {r} a refusé votre message : l'adresse IP émettrice figure sur une liste noire.\n",
        "blocked",
    ),
    (
        "postmaster@gateway.example.it",
        "Messaggio respinto",
        "Il messaggio diretto a {r} è stato respinto dal filtro perché ritenuto pubblicità indesiderata.\n",
        "blocked",
    ),
    (
        "postmaster@correo.example.ar",
        "Correo rechazado",
        "Su correo para {r} fue rechazado: nuestro sistema lo ha catalogado como correo basura.\n",
        "blocked",
    ),
    (
        "antispam@terra.example.br",
        "Delivery Status Notification (Failure)",
        "A mensagem para {r} foi recusada, pois o conteúdo foi considerado propaganda não solicitada.\n",
        "blocked",
    ),
    (
        "Mail Delivery System <MAILER-DAEMON@mimecast.example.nl>",
        "Undeliverable: Our offer for spring",
        "Uw bericht aan {r} is geweigerd omdat de afzender op een zwarte lijst voorkomt.\n",
        "blocked",
    ),
    (
        "MAILER-DAEMON@onet.example.pl",
        "Wiadomość odrzucona",
        "Serwer odbiorcy {r} odrzucił Twoją wiadomość. Została ona rozpoznana jako niechciana korespondencja reklamowa.\n",
        "blocked",
    ),
    (
        "MAILER-DAEMON@rambler.example.ru",
        "Письмо отклонено",
        "Почтовый сервер получателя {r} не принял письмо: IP-адрес отправителя внесён в чёрный список.\n",
        "blocked",
    ),
    (
        "postmaster@meta.example.ua",
        "Недоставлений лист",
        "Ваш лист до {r} відхилено системою захисту: він схожий на масову розсилку реклами.\n",
        "blocked",
    ),
    (
        "MAILER-DAEMON@centrum.example.cz",
        "Zpráva odmítnuta",
        "Server příjemce {r} zprávu odmítl. Důvod: odesílající server má špatnou pověst.\n",
        "blocked",
    ),
    (
        "postmaster@levelszures.example.hu",
        "Elutasított levél",
        "A(z) {r} címre küldött levelet a szűrő kéretlen reklámként azonosította, ezért visszautasítottuk.\n",
        "blocked",
    ),
    (
        "MAILER-DAEMON@mail.example.ro",
        "Mesaj respins",
        "Mesajul către {r} a fost respins: serverul expeditor se află pe o listă neagră.\n",
        "blocked",
    ),
    (
        "postmaster@filter.example.se",
        "Meddelandet avvisades",
        "Meddelandet till {r} avvisades eftersom det bedömdes vara skräppost.\n",
        "blocked",
    ),
    (
        "postmaster@filter.example.dk",
        "Besked afvist",
        "Beskeden til {r} er blevet afvist af modtagerens filter som uønsket reklame.\n",
        "blocked",
    ),
    (
        "postmaster@suodatin.example.fi",
        "Viesti hylätty",
        "Viestisi vastaanottajalle {r} hylättiin, koska se tunnistettiin roskapostiksi.\n",
        "blocked",
    ),
    (
        "postmaster@eposta.example.tr",
        "İletiniz reddedildi",
        "{r} alıcısına gönderdiğiniz ileti, sunucunuzun IP adresi kara listede olduğu için reddedildi.\n",
        "blocked",
    ),
    (
        "postmaster@mail.example.gr",
        "Το μήνυμα απορρίφθηκε",
        "Το μήνυμα προς {r} απορρίφθηκε ως ανεπιθύμητη αλληλογραφία.\n",
        "blocked",
    ),
    (
        "postmaster@mail.example.co.il",
        "ההודעה נדחתה",
        "ההודעה אל {r} נדחתה על ידי השרת המקבל משום שזוהתה כדואר זבל.\n",
        "blocked",
    ),
    (
        "postmaster@mail.example.ae",
        "تم رفض الرسالة",
        "رفض خادم المستلم {r} رسالتك لأنها صنفت على أنها بريد مزعج.\n",
        "blocked",
    ),
    (
        "postmaster@mail.example.jp",
        "配信エラーのお知らせ",
        "{r} 宛のメールは、送信元サーバがブラックリストに登録されているため受信を拒否されました。\n",
        "blocked",
    ),
    (
        "postmaster@mail.example.kr",
        "메일 반송 안내",
        "{r} 로 보낸 메일이 반송되었습니다.\n반송 사유: 수신 서버에서 광고성 메일로 판단하여 수신을 거부하였습니다.\n",
        "blocked",
    ),
    (
        "postmaster@exmail.example.cn",
        "退信：Our offer for spring",
        "您的邮件被对方服务器拒收。\n收件人：{r}\n原因：发件服务器IP信誉度过低，被反垃圾系统拦截\n",
        "blocked",
    ),
    (
        "postmaster@mail.example.vn",
        "Thư bị từ chối",
        "Thư của bạn gửi đến {r} đã bị máy chủ từ chối vì bị coi là thư rác.\n",
        "blocked",
    ),
    (
        "postmaster@mail.example.th",
        "ข้อความถูกปฏิเสธ",
        "ข้อความถึง {r} ถูกเซิร์ฟเวอร์ปลายทางปฏิเสธเพราะถูกจัดว่าเป็นอีเมลขยะ\n",
        "blocked",
    ),
    # policy
    (
        "Microsoft Outlook <postmaster@firma.example.de>",
        "Unzustellbar: Our offer for spring",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\n{r}\nIhnen fehlt die Berechtigung, an diesen Empfänger zu senden. Nur interne Absender sind zugelassen.\n",
        "policy",
    ),
    (
        "postmaster@kanzlei.example.at",
        "Zustellung abgelehnt",
        "Ihre Nachricht an {r} wurde nicht angenommen: Anhänge dieses Dateityps sind nicht erlaubt.\n",
        "policy",
    ),
    (
        "Microsoft Outlook <postmaster@societe.example.fr>",
        "Non remis : Our offer for spring",
        "Échec de la remise à ces destinataires ou groupes :\n\n{r}\nVous n'êtes pas autorisé à envoyer des messages à ce destinataire.\n",
        "policy",
    ),
    (
        "postmaster@laposte.example.fr",
        "Retour de courrier",
        "Votre message à {r} dépasse la taille maximale acceptée par le serveur du destinataire.\n",
        "policy",
    ),
    (
        "Microsoft Outlook <postmaster@empresa.example.es>",
        "No se puede entregar: Our offer for spring",
        "No se pudo entregar a estos destinatarios:\n\n{r}\nEste grupo solo acepta mensajes de personas de su organización o de su lista de remitentes permitidos.\n",
        "policy",
    ),
    (
        "MAILER-DAEMON@hostalia.example.es",
        "Correo devuelto",
        "El mensaje enviado a {r} supera el tamaño permitido por el servidor de destino.\n",
        "policy",
    ),
    (
        "Mail Delivery System <MAILER-DAEMON@aruba.example.it>",
        "Mancato recapito",
        "Messaggio per {r} rifiutato: l'autenticazione del mittente non è riuscita (SPF).\n",
        "policy",
    ),
    (
        "MAILER-DAEMON@locaweb.example.br",
        "Mensagem não entregue",
        "A entrega para {r} não foi concluída: o anexo ultrapassa o limite de tamanho permitido.\n",
        "policy",
    ),
    (
        "Microsoft Outlook <postmaster@bedrijf.example.be>",
        "Onbestelbaar: Our offer for spring",
        "Uw bericht kan niet worden bezorgd bij {r} omdat u geen machtiging hebt om berichten naar deze geadresseerde te verzenden.\n",
        "policy",
    ),
    (
        "Microsoft Outlook <postmaster@kompaniya.example.ru>",
        "Недоставлено: Our offer for spring",
        "Не удалось выполнить доставку следующим получателям или группам:\n\n{r}\nУ вас нет разрешения на отправку сообщений этому получателю.\n",
        "policy",
    ),
    (
        "MAILER-DAEMON@beget.example.ru",
        "Возврат письма",
        "Письмо для {r} отклонено: вложения с такими расширениями запрещены политикой безопасности.\n",
        "policy",
    ),
    (
        "postmaster@spolka.example.pl",
        "Wiadomość nie została dostarczona",
        "Wiadomość do {r} jest większa niż dopuszczalny rozmiar ustawiony przez administratora.\n",
        "policy",
    ),
    (
        "postmaster@firma.example.cz",
        "Nedoručitelná zpráva",
        "Zpráva pro {r} nebyla přijata: nemáte oprávnění posílat zprávy tomuto příjemci.\n",
        "policy",
    ),
    (
        "postmaster@mail.example.hu",
        "Kézbesítési hiba",
        "A(z) {r} címre küldött üzenet mérete meghaladja a megengedett legnagyobb méretet.\n",
        "policy",
    ),
    (
        "Microsoft Outlook <postmaster@bolag.example.se>",
        "Olevererbart: Our offer for spring",
        "Det gick inte att leverera ditt meddelande till {r}. Du har inte behörighet att skicka till den här mottagaren.\n",
        "policy",
    ),
    (
        "postmaster@firma.example.no",
        "Kan ikke leveres",
        "Meldingen til {r} ble avvist fordi vedlegget er for stort.\n",
        "policy",
    ),
    (
        "postmaster@yritys.example.fi",
        "Toimittamaton viesti",
        "Viestiä ei voitu toimittaa osoitteeseen {r}: sinulla ei ole oikeutta lähettää tälle ryhmälle.\n",
        "policy",
    ),
    (
        "postmaster@sirket.example.tr",
        "Teslim edilemedi: Our offer for spring",
        "{r} alıcısına gönderilen iletinin boyutu izin verilen sınırı aşıyor.\n",
        "policy",
    ),
    (
        "postmaster@etaireia.example.gr",
        "Αδυναμία παράδοσης",
        "Το μήνυμα προς {r} υπερβαίνει το μέγιστο επιτρεπόμενο μέγεθος.\n",
        "policy",
    ),
    (
        "postmaster@kaisha.example.jp",
        "配信不能: Our offer for spring",
        "次の受信者またはグループへの配信に失敗しました:\n\n{r}\nこの受信者にメッセージを送信する権限がありません。\n",
        "policy",
    ),
    (
        "postmaster@hoesa.example.kr",
        "배달되지 않음: Our offer for spring",
        "다음 받는 사람에게 배달하지 못했습니다:\n\n{r}\n첨부파일 크기가 허용된 최대 크기보다 커서 전달할 수 없습니다.\n",
        "policy",
    ),
    (
        "postmaster@gongsi.example.cn",
        "未送达: Our offer for spring",
        "未能向以下收件人或组传递邮件:\n\n{r}\n您没有权限向此收件人发送邮件，请与对方管理员联系。\n",
        "policy",
    ),
    (
        "postmaster@aliyun.example.cn",
        "退信通知",
        "您的邮件未能发送到 {r}\n原因：发信域名未配置SPF/DKIM，未通过对方的发信人认证\n",
        "policy",
    ),
    (
        "postmaster@congty.example.vn",
        "Không gửi được: Our offer for spring",
        "Thư gửi tới {r} vượt quá kích thước tối đa cho phép.\n",
        "policy",
    ),
    # soft
    (
        "Mail Delivery System <Mailer-Daemon@mx.example.de>",
        "Warnung: Nachricht verzögert",
        "Ihre Nachricht an {r} konnte bisher nicht zugestellt werden, da der Zielserver nicht erreichbar ist. Es wird weiterhin versucht, die Nachricht zuzustellen.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@mx.example.ch",
        "Nachricht unzustellbar",
        "Die Nachricht an {r} konnte fünf Tage lang nicht zugestellt werden und wird nun verworfen. Der Server der Gegenseite hat nicht geantwortet.\n",
        "soft",
    ),
    (
        "postmaster@wanadoo.example.fr",
        "Message retardé",
        "Votre message à {r} n'a pas encore pu être remis : le serveur distant est momentanément indisponible. Nous poursuivons nos tentatives pendant 4 jours.\n",
        "(soft)",
    ),
    (
        "postmaster@ovh.example.fr",
        "Échec de livraison",
        "Après plusieurs tentatives infructueuses, votre message à {r} a été abandonné. Délai d'attente dépassé lors de la connexion.\n",
        "soft",
    ),
    (
        "MAILER-DAEMON@correo.example.cl",
        "Aviso: retraso en la entrega",
        "Su mensaje para {r} aún no se ha entregado. El servidor de destino está ocupado. Seguiremos intentándolo durante 3 días.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@posta.example.it",
        "Ritardo nella consegna",
        "Il messaggio per {r} non è ancora stato consegnato per un problema temporaneo. Non è necessario rispedirlo: il sistema riproverà.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@tiscali.example.it",
        "Mancata consegna",
        "Impossibile consegnare il messaggio a {r} entro il tempo previsto: il server remoto non risponde.\n",
        "soft",
    ),
    (
        "MAILER-DAEMON@correio.example.pt",
        "Atraso na entrega",
        "A sua mensagem para {r} ainda não foi entregue. O servidor de destino está temporariamente indisponível e continuaremos a tentar.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@xs4all.example.nl",
        "Vertraagde bezorging",
        "Uw bericht aan {r} is nog niet bezorgd. De mailserver van de ontvanger is tijdelijk niet bereikbaar; wij blijven het proberen.\n",
        "(soft)",
    ),
    (
        "Mail Delivery System <Mailer-Daemon@mx.example.ru>",
        "Доставка письма задерживается",
        "Ваше письмо для {r} пока не доставлено: сервер получателя временно недоступен. Попытки доставки будут продолжены, повторно отправлять письмо не нужно.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@timeweb.example.ru",
        "Сообщение не доставлено",
        "Не удалось доставить письмо на {r} в течение 3 суток: истекло время ожидания ответа от сервера.\n",
        "soft",
    ),
    (
        "MAILER-DAEMON@i.example.ua",
        "Затримка доставки",
        "Лист до {r} ще не доставлено. Сервер одержувача тимчасово недоступний, ми спробуємо ще раз.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@interia.example.pl",
        "Opóźnienie w dostarczeniu wiadomości",
        "Wiadomość do {r} nie została jeszcze dostarczona. Serwer docelowy jest chwilowo niedostępny, kolejne próby będą ponawiane.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@volny.example.cz",
        "Zpráva nebyla doručena",
        "Zprávu pro {r} se nepodařilo doručit ani po několika pokusech, protože server neodpovídá. Další pokusy již nebudou.\n",
        "soft",
    ),
    (
        "MAILER-DAEMON@mail.example.hu",
        "Késedelmes kézbesítés",
        "Az Ön levelét még nem sikerült kézbesíteni ide: {r}. A fogadó kiszolgáló átmenetileg nem elérhető, tovább próbálkozunk.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@post.example.se",
        "Fördröjd leverans",
        "Ditt meddelande till {r} har ännu inte levererats eftersom servern inte svarar. Vi fortsätter att försöka i 48 timmar.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@post.example.dk",
        "Besked kunne ikke leveres",
        "Beskeden til {r} kunne ikke leveres, fordi forbindelsen til modtagerens server fik timeout efter gentagne forsøg.\n",
        "soft",
    ),
    (
        "MAILER-DAEMON@posta.example.tr",
        "Gecikme bildirimi",
        "{r} adresine gönderdiğiniz ileti henüz teslim edilemedi. Karşı sunucu şu anda yanıt vermiyor, tekrar denenecektir.\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@mail.example.jp",
        "配信遅延のお知らせ",
        "{r} 宛のメールはまだ配信されていません。相手先サーバーに接続できないため、引き続き配信を試みます。\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@mail.example.kr",
        "메일 배달 지연",
        "{r} 님에게 보낸 메일이 아직 전달되지 않았습니다. 상대 서버가 일시적으로 응답하지 않아 계속 재시도합니다.\n",
        "(soft)",
    ),
    (
        "Postmaster@126.example.cn",
        "系统退信",
        "您发给 {r} 的邮件多次尝试投递后仍未成功，已超过最大投递时限。\n原因：无法连接对方服务器\n",
        "soft",
    ),
    (
        "postmaster@sohu.example.cn",
        "延迟投递通知",
        "您发送给 {r} 的邮件暂时无法投递，对方服务器繁忙，系统将在48小时内自动重试，请勿重复发送。\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@mail.example.tw",
        "郵件延遲通知",
        "寄往 {r} 的郵件尚未送達，對方主機目前沒有回應，系統會持續嘗試寄送。\n",
        "(soft)",
    ),
    (
        "MAILER-DAEMON@rediff.example.in",
        "वितरण में विलंब",
        "{r} को भेजा गया आपका संदेश अभी तक नहीं पहुँचा है। सर्वर अस्थायी रूप से उपलब्ध नहीं है, हम प्रयास जारी रखेंगे।\n",
        "(soft)",
    ),
]
_NAMES = [
    "m.rossi@azienda.example",
    "j.novak@firma.example.cz",
    "anna-lena@haus.example.de",
    "wang.wei@gongsi.example.cn",
    "sato@kaisha.example.jp",
    "info@shop.example.com",
    "p_dupont@societe.example.fr",
]


def _case(number: int, row: tuple[str, str, str, str]) -> Case:
    sender, subject, text, kind = row
    name, to = f"abroad-{number}", _NAMES[number % len(_NAMES)]
    identifier = f"<{name}.2026@acme.example>"
    text = text.replace("{r}", to)
    is_delayed = kind.startswith("(")
    if number % 4 == 0:
        raw = mail(sender, subject, [part(text), returned(to, identifier)], "multipart/mixed")
    elif number % 4 == 1:
        raw = mail(sender, subject, f"{text}\n--- Original message ---\n{original(to, identifier)}")
    elif number % 4 == 2:
        html = "<html><body><p>" + text.replace("\n", "<br>\n") + "</p></body></html>"
        parts = [part(html, "text/html; charset=utf-8"), returned(to, identifier, True)]
        raw = mail(sender, subject, parts, "multipart/mixed")
    else:
        action = "delayed" if is_delayed else "failed"
        said = status_of(to, "4.0.0" if is_delayed else "5.0.0", "", action)
        parts = [part(text), part(said, "message/delivery-status"), returned(to, identifier)]
        raw = mail(sender, subject, parts)
    return Case(name, raw, kind.strip("()"), to, None, identifier, not is_delayed)


def cases() -> Iterator[Case]:
    """All of them."""
    for number, row in enumerate(_TOLD):
        yield _case(number, row)
