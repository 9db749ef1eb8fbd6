"""Garbled text is repaired, right text is left alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.digest import digest_message
from digest.mojibake.mend import mend, told_together
from digest.mojibake.references import spelled_out
from mail.raw import RawMessage
from tests.digest.encoded.texts import TEXTS
from tests.digest.messages import digest_of, message
from tests.digest.mojibake.misreadings import RIGHT, WRONG, as_the_page_was, likeness, misread

PAGE = Path(__file__).with_name("page.txt").read_text("utf-8")
BODIES = {text.language: text.body for text in TEXTS}
TRAINING = Path(__file__).parents[3] / "bounce_rules" / "training"
PAIRS = [
    (right, wrong, language)
    for right, languages in RIGHT
    for wrong in WRONG
    for language in languages
    if right != wrong
]
# Two kana charsets share most of their pairs with GB18030, and Hebrew is Cyrillic of common letters
# there: what stands there reads too well to prove anything.
UNPROVABLE = {("euc_jp", "gb18030", "ja"), ("cp1255", "cp1251", "he")}


def test_every_wrong_reading_without_loss_is_undone() -> None:
    asked, wrong = 0, []
    for right, other, language in PAIRS:
        text = BODIES[language]
        garbled = misread(text, right, other)
        if "\ufffd" in garbled or garbled == text or (right, other, language) in UNPROVABLE:
            continue
        asked += 1
        found = mend(garbled)
        if found is None or likeness(found.text, text) < 0.99:
            wrong.append((right, other, language))
    print(f"\nwrong readings undone: {asked - len(wrong)} of {asked}")
    assert asked > 250
    assert len(wrong) <= asked * 0.02, wrong


def test_most_text_is_back_where_some_of_it_is_lost() -> None:
    garbled = as_the_page_was(PAGE)
    found = mend(garbled)
    assert found is not None
    assert likeness(garbled, PAGE) < 0.7
    assert likeness(found.text, PAGE) > 0.95
    lost = found.text.count("\ufffd")
    assert found.chain == f"UTF-8 read as windows-874; {lost} characters were lost"


SHORT = [
    ("GrÃ¼ÃŸe", "Grüße", "UTF-8 read as windows-1252"),
    ("MÃ¼ller GmbH", "Müller GmbH", "UTF-8 read as windows-1252"),
    ("dÃ©jÃ  vu, â€œokâ€\x9d â€“ donâ€™t", "déjà vu, “ok” – don’t", "UTF-8 read as windows-1252"),
    ("voilÃ  tout", "voilà tout", "UTF-8 read as windows-1252"),
    ("ÃƒÂ©tÃƒÂ©", "été", "UTF-8 read as windows-1252, twice"),
    ("РџСЂРёРІРµС‚", "Привет", "UTF-8 read as windows-1251"),
    ("рТЙЧЕФ ЧУЕН", "Привет всем", "KOI8-R read as windows-1251"),
    ("Ïðèâåò âñåì", "Привет всем", "windows-1251 read as windows-1252"),
    ("ÄúºÃ£¬Çë±¨¼Û", "您好，请报价", "GB18030 read as windows-1252"),
    ("เธชเธงเธฑเธชเธ”เธต", "สวัสดี", "UTF-8 read as windows-874"),
    ("縺薙ｓ縺ｫ縺｡縺ｯ", "こんにちは", "UTF-8 read as Shift_JIS"),
    ("Sainte-HÃ©lÃ¨ne", "Sainte-Hélène", "UTF-8 read as windows-1252"),
    ("Der Text Â»%sÂ« fehlt", "Der Text »%s« fehlt", "UTF-8 read as windows-1252"),
    ("liczba czÄ™Å›ci", "liczba części", "UTF-8 read as windows-1252"),
    ("Selon lâ€™imprimante", "Selon l’imprimante", "UTF-8 read as windows-1252"),
    ("ðŸš€ Launch", "🚀 Launch", "UTF-8 read as windows-1252"),
]


@pytest.mark.parametrize(("garbled", "text", "chain"), SHORT)
def test_short_texts_say_by_what_chain_they_came(garbled: str, text: str, chain: str) -> None:
    found = mend(garbled)
    assert found is not None
    assert (found.text, found.chain) == (text, chain)


@pytest.mark.parametrize("layers", ["cp1252", "cp1251", "koi8_r", "mac_roman"])
def test_two_layers_are_undone(layers: str) -> None:
    text = BODIES["ru"]
    found = mend(misread(misread(text, "utf-8", layers), "utf-8", layers))
    assert found is not None
    assert found.text == text
    assert found.chain.endswith(", twice")


def test_a_garbled_quotation_in_a_sound_mail_is_repaired_alone() -> None:
    quoted = "\n".join("> " + line for line in BODIES["zh-CN"].split("\n"))
    mail = "王先生您好，\n\n下面的询价已经收到，“价格”明天给您。\n\nGrüße, Jürgen\n\n"
    found = mend(mail + misread(quoted, "utf-8", "cp1252"))
    assert found is not None
    assert found.text == mail + quoted


def test_garbled_words_within_a_sound_line_are_repaired_alone() -> None:
    found = mend("Café – 您好: the file “GrÃ¼ÃŸe.pdf” is here")
    assert found is not None
    assert found.text == "Café – 您好: the file “Grüße.pdf” is here"


RIGHT_TEXTS = [
    "naïve café – “ok” … 10 € ± 5 °C × 2 ½ § 3 ¶ 4",
    "AMANHÃ É SÃO JOÃO, ÀS 9h: ATENÇÃO À PROMOÇÃO «NATAL»",
    "«AMANHû, “MANHÔ, „Spaß“, »Fuß«, CAFÉ® NIÑÓ»",
    "MÜLLER & SÖHNE – GRÖSSE ÄÖÜ – STRAßE",
    "ВІДПОВІДЬ: АО «СТРОЙМАРКВ», СЈЕВЕР, ВЈЕСНИК № 5 — «ГРУППА В»",
    "Łódź, Kraków: zażółć gęślą jaźń – „cytat”",
    "Příliš žluťoučký kůň úpěl ďábelské ódy",
    "Tiếng Việt: được, những, người, đường, thế giới, Ỷ lại",
    "ราคา 1,500 บาท “ลดพิเศษ” – เกม ฯลฯ ๑๒๓",
    "价格：￥１，５００（含税）——“特价”……喆、镕、堃、囍、犇、龘",
    "お世話になります①㈱髙橋 ｶﾀｶﾅ 半角",
    "안녕하세요 뷁 똠방각하 쀍",
    "if (a != b) { return x²; } // ≤ ≥ ∑ ∫ √ π → ∞ ∂ λ µ Ω",
    "👍🏽 👨‍👩‍👧 🇨🇳 ✅ ⚠️ ❤️ ♻ ☎ ★ ☆ ▲ ■ ┌──┐ │ └┘",
    "Ð is the Icelandic eth; Ã and © are signs; â, ê, î, ô, û",
    "шлём áéíóú ελληνικά עברית العربية हिन्दी ไทย 中文 한국어",
    "Kàmbódíà, Nàìjíríà; Resioŋ u Ciin; Pikët e gërmave",
    "Шрифт — PostScript; Тэмдэг; Ёйиш; Алжыр; Хэмжээ",
]


@pytest.mark.parametrize("text", RIGHT_TEXTS)
def test_right_text_is_left_alone(text: str) -> None:
    assert mend(text) is None


def test_no_letter_of_ours_in_thirty_languages_is_harmed() -> None:
    texts = [PAGE, *BODIES.values(), *(text.subject for text in TEXTS)]
    texts += [text.name for text in TEXTS] + [text.file for text in TEXTS]
    for path in sorted(TRAINING.glob("*.tsv"))[::4]:
        rows = (line.split("\t") for line in path.read_text("utf-8").splitlines())
        texts += [row[2] for row in rows if len(row) == 3 and not row[2].isascii()]
    assert len(texts) > 1000
    assert [text for text in texts if mend(text) is not None] == []


def test_references_of_a_garbled_page_are_spelled_out() -> None:
    assert spelled_out("Gr&Atilde;&frac14;n &lt;b&gt;") == "GrÃ¼n &lt;b&gt;"
    assert spelled_out("Caf&eacute; &amp; Gr&uuml;n") == "Caf&eacute; &amp; Gr&uuml;n"


def test_a_digest_shows_the_repaired_text_and_says_so() -> None:
    garbled = misread("Grüße aus Köln", "utf-8", "cp1252")
    raw = message(
        garbled.encode(),
        {
            "Subject": garbled.encode(),
            "From": misread("Jörg", "utf-8", "cp1252").encode() + b" <j@x.example>",
        },
        Content_Type="text/plain; charset=utf-8",
    )
    digest = digest_of(raw)
    assert (digest.text, digest.subject) == ("Grüße aus Köln", "Grüße aus Köln")
    assert digest.author is not None
    assert digest.author.name == "Jörg"
    assert digest.reply_text == "Grüße aus Köln"
    assert digest.as_json()["repair"] == "UTF-8 read as windows-1252"


def test_a_garbled_page_is_repaired_in_text_and_html() -> None:
    raw = message(
        "<p>GrÃ¼ÃŸe &Atilde;&frac14;ber &amp; alles</p>".encode(),
        Content_Type="text/html; charset=utf-8",
    )
    digest = digest_of(raw)
    assert digest.text == "Grüße über & alles"
    assert "Grüße über &amp; alles" in (digest.html or "")


def test_chains_of_several_texts_are_told_together() -> None:
    short, longer = "UTF-8 read as windows-1252", "UTF-8 read as windows-1252; 1 character was lost"
    assert told_together([short, longer]) == longer
    assert told_together([short, "GB18030 read as Big5"]) == f"{short}; GB18030 read as Big5"
    assert told_together([]) is None


def test_text_as_it_came_is_to_be_had() -> None:
    garbled = misread("Grüße aus Köln", "utf-8", "cp1252")
    raw = message(garbled.encode(), Content_Type="text/plain; charset=utf-8")
    came = digest_message(RawMessage.in_memory(raw), None, None, repair=False)
    assert came.text == garbled
    assert came.repair is None


def test_sound_mail_has_no_repair() -> None:
    raw = message("您好，请报价。Grüße".encode(), Content_Type="text/plain; charset=utf-8")
    assert digest_of(raw).as_json()["repair"] is None


@given(st.text(max_size=200))
def test_any_text_may_be_looked_at(text: str) -> None:
    found = mend(text)
    assert found is None or (found.chain and found.text != text)
