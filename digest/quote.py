"""What this person wrote: the text without what it quotes and without its signature.

Rules on whole lines, of the clients and languages that our users meet. Lines are looked at once,
from the top; nothing is guessed from content. Where nothing is quoted, the text stays as it is.
"""

import re

_MOST_LINES = 20_000
_LONGEST_LINE = 500
"""Characters; a longer line is prose, never a client's separator."""

# "-----Original Message-----" in its languages, also as QQ, Foxmail and 163 draw it.
_ORIGINAL = (
    "original message|original appointment|original mail|replied message|forwarded message"
    "|original e-mail|begin forwarded message|forwarded by|forwarded mail"
    "|原始邮件|原始郵件|原邮件|回复的原邮件|回復的原郵件|转发的邮件|转发邮件信息|轉寄郵件|轉寄的郵件|转发邮件"
    "|ursprüngliche nachricht|originalnachricht|weitergeleitete nachricht|ursprungligt meddelande"
    "|message d'origine|message d’origine|message original|message transféré"
    "|mensaje original|mensaje reenviado|mensagem original|mensagem encaminhada"
    "|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht"
    "|исходное сообщение|пересылаемое сообщение|пересланное сообщение|оригінальне повідомлення"
    "|元のメッセージ|オリジナル メッセージ|転送メッセージ|원본 메시지|전달된 메시지|원본 메일"
    "|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna"
    "|původní zpráva|pôvodná správa|eredeti üzenet|özgün ileti|orijinal mesaj|thư gốc"
    "|pesan asli|الرسالة الأصلية|הודעה מקורית|αρχικό μήνυμα|mesaj original|оригинално съобщение"
)
_SEPARATOR = re.compile(
    rf"\s*[-_=*]{{2,}}\s*(?:{_ORIGINAL})[^\n]{{0,60}}?[-_=*:：]*\s*\Z", re.IGNORECASE
)
_DRAWN = re.compile(r"\s*[-_=*]{2}")
_BARE_SEPARATOR = re.compile(r"\s*begin forwarded message:\s*\Z", re.IGNORECASE)

# "On …, Li Wei wrote:" and its translations: how the line begins, and how it ends.
_WROTE = (
    "wrote|writes|schrieb.{0,80}|a écrit|escribió|ha scritto|scrisse|escreveu|schreef.{0,80}"
    "|skrev.{0,80}|kirjoitti.{0,80}|написал(?:а|\\(а\\))?|пишет|написав(?:\\(ла\\))?|пише"
    "|napisał(?:a|\\(a\\))?|napsal(?:a|\\(a\\))?|napísal(?:a|\\(a\\))?|írta|yazdı|şunları yazdı"
    "|a scris|написа|έγραψε|đã viết|menulis|เขียนว่า|כתב(?:ה)?|كتب(?:ت)?|写道|寫道|写到|来信|來信"
    "|のメール|さんは書きました|は書きました|님이 작성|님이 씀|작성"
)
_ATTRIBUTION = re.compile(rf"\s*\S.{{5,}}(?:{_WROTE})\s*[:：]?\s*\Z", re.IGNORECASE)
# Some languages leave the verb out: a date, a name, and an address before the colon.
_ADDRESSED = re.compile(r"\s*\S.{5,}<[^<>\s]+@[^<>\s]+>\s*[:：]\s*\Z")
_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}")
_DATED = re.compile(r"\d{1,4}[./\-年]\s?\d|\d{1,2}:\d{2}|@|(?:19|20)\d\d")

# Labels of a header block as Outlook and its kin quote it: first the sender's, then the others.
_SENDER = re.compile(
    r"\s*[>*]*\s*\**(?:from|发件人|寄件者|寄件人|发自|von|de|da|van|från|fra"
    r"|lähettäjä|от|от кого|від"
    r"|差出人|送信者|보낸\s?사람|발신|od|feladó|kimden|gönderen|από|من|מאת|từ|dari|จาก)\**\s*[:：]\**\s*\S",
    re.IGNORECASE,
)
_FURTHER = re.compile(
    r"\s*[>*]*\s*\**(?:sent|date|to|cc|subject|发送时间|发送日期|日期|时间|收件人|抄送|主题|寄件日期|收件者|副本"
    r"|主旨|傳送時間|gesendet|datum|an|betreff|envoyé|à|objet|enviado|enviada(?: em)?|fecha|para"
    r"|asunto"
    r"|assunto|data|inviato|oggetto|a|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne"
    r"|lähetetty|vastaanottaja|aihe|отправлено|дата|кому|тема|送信日時|日時|宛先|件名|보낸\s?날짜"
    r"|날짜|받는\s?사람|제목|참조|wysłano|do|temat|odesláno|komu|předmět|elküldve|címzett|tárgy"
    r"|gönderilme|kime|konu|تاريخ|إلى|الموضوع|תאריך|אל|נושא|gửi|đến|chủ đề|dikirim"
    r"|kepada)\**\s*[:：]",
    re.IGNORECASE,
)
_RULE_LINE = re.compile(r"\s*[_\-=─—]{5,}\s*\Z")
_SIGNATURE = re.compile(r"-- ?\Z")
_PHONE = re.compile(
    r"\s*(?:sent from (?:my|mail for|outlook|yahoo|proton)\b.{0,60}|get outlook for .{0,40}"
    r"|发自我的.{0,30}|發自我的.{0,30}|从我的.{0,20}发送|來自我的.{0,20}|来自.{0,20}(?:邮箱|手机)"
    r"|von meinem .{0,40} gesendet.{0,20}|gesendet von .{0,40}"
    r"|diese nachricht wurde von .{0,60}gesendet.{0,5}"
    r"|envoyé de(?:puis)? mon .{0,40}|enviado (?:desde|do) (?:mi|meu) .{0,40}"
    r"|inviato da(?:l mio)? .{0,40}"
    r"|отправлено (?:с|из) .{0,40}|iphoneから送信|私の.{0,20}から送信|나의 .{0,20}에서 보냄"
    r"|verzonden vanaf mijn .{0,40}|skickat från min .{0,40}|sendt fra min .{0,40}"
    r"|wysłane z .{0,40})\Z",
    re.IGNORECASE,
)


def reply_text(text: str) -> str:
    """`text` without quoted lines, quoted messages, and the signature."""
    kept: list[str] = []
    lines = text.split("\n")[:_MOST_LINES]
    position = 0
    while position < len(lines):
        line = lines[position]
        if line.startswith(">"):
            position += 1
        elif _begins_original(lines, position):
            break
        elif length := _attribution(lines, position):
            after = _skip_empty(lines, position + length)
            if after < len(lines) and not lines[after].startswith(">"):
                break
            position = after
        else:
            kept.append(line)
            position += 1
    return "\n".join(_without_signature(kept)).strip("\n ")


def _begins_original(lines: list[str], at: int) -> bool:
    """Whether everything from this line on is another message, put below by the client."""
    line = lines[at]
    if not line or len(line) > _LONGEST_LINE:
        return False
    if _BARE_SEPARATOR.match(line) or (_DRAWN.match(line) and _SEPARATOR.match(line)):
        return True
    if _RULE_LINE.match(line):
        following = _skip_empty(lines, at + 1)
        return following < len(lines) and _header_block(lines, following)
    return _header_block(lines, at)


def _header_block(lines: list[str], at: int) -> bool:
    """A sender's line with another header line close below it."""
    line = lines[at]
    if not (":" in line or "：" in line) or len(line) > _LONGEST_LINE or not _SENDER.match(line):
        return False
    below = [line for line in lines[at + 1 : at + 8] if line.strip()][:4]
    return sum(1 for line in below if _FURTHER.match(line[:_LONGEST_LINE])) >= 2


def _attribution(lines: list[str], at: int) -> int:
    """How many lines, from this one on, say that somebody wrote what follows; 0 for none."""
    joined = ""
    for length in (1, 2, 3):
        if at + length > len(lines):
            return 0
        piece = lines[at + length - 1].strip()
        if not piece or piece.startswith(">") or len(joined) + len(piece) > _LONGEST_LINE:
            return 0
        joined = f"{joined} {piece}".strip()
        ends = piece[-1] in ":：" or _is_quoted(lines, _skip_empty(lines, at + length))
        if ends and _says_who_wrote(joined):
            return length
    return 0


def _says_who_wrote(line: str) -> bool:
    if _ATTRIBUTION.match(line):
        return _DATED.search(line) is not None
    return _ADDRESSED.match(line) is not None and _CLOCK.search(line) is not None


def _is_quoted(lines: list[str], at: int) -> bool:
    return at < len(lines) and lines[at].startswith(">")


def _skip_empty(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _without_signature(lines: list[str]) -> list[str]:
    for position, line in enumerate(lines):
        if _SIGNATURE.match(line) or (len(line) < 120 and _PHONE.match(line)):
            return lines[:position]
    return lines
