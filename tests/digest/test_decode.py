"""Octets to text, declared rightly, declared wrongly, and not declared at all."""

import encodings.aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.charset.decode import decode
from digest.charset.labels import charset_of

DECLARED = [
    ("gb18030", "gb18030", "您好，报价单已收到。"),
    ("gbk", "gb18030", "陈镕基先生"),
    ("gb2312", "gb18030", "陈镕基先生，喆"),
    ("GB_2312-80", "gb2312", "您好"),
    ("big5", "big5hkscs", "您好，報價單已收到。嘅啲"),
    ("Big5-HKSCS", "big5hkscs", "佢哋嘅報價"),
    ("big5", "cp950", "您好，€ 報價"),
    ("shift_jis", "cp932", "お世話になっております①㈱髙"),
    ("windows-31j", "cp932", "見積書"),
    ("euc-jp", "euc_jp", "カタログをお送りください"),
    ("iso-2022-jp", "iso2022_jp", "日本語のメール"),
    ("euc-kr", "cp949", "안녕하세요 똠방각하"),
    ("ks_c_5601-1987", "cp949", "견적 요청 뷁"),
    ("koi8-r", "koi8_r", "Здравствуйте"),
    ("koi8-u", "koi8_u", "Дякую, її ціна"),
    ("windows-1251", "cp1251", "Здравствуйте"),
    ("iso-8859-5", "iso8859_5", "Здравствуйте"),
    ("iso-8859-1", "cp1252", "“Grüße” – 10 €"),
    ("us-ascii", "cp1252", "café"),
    ("iso-8859-15", "iso8859_15", "10 € œuvre"),
    ("iso-8859-9", "cp1254", "Teşekkürler"),
    ("windows-1250", "cp1250", "Příliš žluťoučký"),
    ("windows-1253", "cp1253", "Καλημέρα"),
    ("windows-1255", "cp1255", "שלום"),
    ("windows-1256", "cp1256", "مرحبا"),
    ("tis-620", "cp874", "สวัสดีครับ"),
    ("utf-8", "utf-8", "您好 Grüße 👋"),
    ("utf-16", "utf-16", "您好"),
    ("utf-16le", "utf-16-le", "您好"),
    ("utf-16", "utf-16-be", "Hello 您好, hello"),
    ("utf-7", "utf-7", "您好 Grüße"),
    ("hz-gb-2312", "hz", "您好"),
    ("iso-2022-kr", "iso2022_kr", "안녕하세요"),
    ("macintosh", "mac_roman", "Grüße"),
]


@pytest.mark.parametrize(("label", "codec", "text"), DECLARED)
def test_a_declared_charset_is_read_as_what_programs_mean_by_it(
    label: str, codec: str, text: str
) -> None:
    assert decode(text.encode(codec), label).text == text


UNDECLARED = [
    ("gb18030", "您好，我们对贵公司的产品很感兴趣，请把报价单发给我们。"),
    ("gb18030", "关于报价的回复"),
    ("gb18030", "你好"),
    ("big5", "您好，我們對貴公司的產品很感興趣，請把報價單寄給我們。"),
    ("big5", "自動回覆"),
    ("cp932", "お世話になっております。見積書をお送りください。"),
    ("cp932", "カタログ請求"),
    ("euc_jp", "お世話になっております。カタログを"),
    ("cp949", "안녕하세요, 견적서를 보내 주시기 바랍니다."),
    ("cp949", "견적 요청"),
    ("cp1251", "Здравствуйте, пришлите, пожалуйста, прайс-лист"),
    ("cp1251", "Привет"),
    ("koi8_r", "Здравствуйте, пришлите, пожалуйста, прайс-лист"),
    ("koi8_r", "Ответ: цена"),
    ("cp866", "Здравствуйте, пришлите, пожалуйста, прайс-лист"),
    ("cp1252", "Bonjour, j'ai bien reçu votre proposition, à bientôt, Hélène"),
    ("cp1252", "Müller: Grüße aus Köln"),
    ("cp1252", "Señor Muñoz, ¿cuál es el precio? ¡Gracias!"),
    ("cp1252", "don’t “quote” me – ok"),
    ("cp1250", "Dziękuję, proszę o przesłanie oferty cenowej. Załączam listę, źródło"),
    ("cp1254", "Teşekkürler, lütfen fiyat teklifinizi gönderin. Işık yağmur"),
    ("cp1253", "Καλημέρα, παρακαλώ στείλτε μας τιμές"),
    ("cp1255", "שלום, אנא שלחו לנו הצעת מחיר"),
    ("cp1256", "مرحبا، الرجاء إرسال عرض الأسعار"),
    ("cp874", "สวัสดีครับ กรุณาส่งใบเสนอราคา"),
    ("utf-8", "Xin chào, vui lòng gửi báo giá"),
]


@pytest.mark.parametrize(("codec", "text"), UNDECLARED)
def test_text_without_a_charset_is_guessed(codec: str, text: str) -> None:
    decoded = decode(text.encode(codec), None)
    assert decoded.text == text
    assert decoded.note is not None
    assert decoded.note.startswith("declared nothing, decoded as ")


def test_a_wider_reading_is_said_only_where_it_was_needed() -> None:
    assert decode("您好".encode("gb2312"), "gb2312").note is None
    assert decode("镕".encode("gbk"), "gb2312").note == "declared gb2312, decoded as gb18030"
    assert decode(b"caf\xe9", "iso-8859-1").note is None
    assert decode(b"\x93x\x94", "iso-8859-1").note == "declared iso-8859-1, decoded as windows-1252"


@pytest.mark.parametrize("label", ["iso-8859-1", "us-ascii", "windows-1252", "gb2312", "x-unknown"])
def test_utf_8_under_another_label_is_recognised(label: str) -> None:
    decoded = decode("您好，请报价 é".encode(), label)
    assert (decoded.text, decoded.note) == (
        "您好，请报价 é",
        f"declared {label}, decoded as utf-8",
    )


def test_chinese_octets_under_a_western_label_are_recognised() -> None:
    decoded = decode("我们很感兴趣".encode("gbk"), "iso-8859-1")
    assert decoded.text == "我们很感兴趣"
    assert decoded.note == "declared iso-8859-1, decoded as gb18030 (guessed)"


def test_koi8_under_a_windows_label_is_recognised() -> None:
    assert decode("Привет всем".encode("koi8-r"), "windows-1251").text == "Привет всем"


def test_another_charset_under_the_label_utf_8_is_recognised() -> None:
    assert decode("关于报价".encode("gbk"), "utf-8").text == "关于报价"


def test_one_bad_octet_costs_one_character_of_utf_8() -> None:
    decoded = decode("您好，".encode() + b"\xff" + "请报价".encode(), "utf-8")
    assert decoded.text == "您好，\ufffd请报价"
    assert decoded.damaged
    assert decoded.note == "declared utf-8, damaged"


def test_a_character_cut_off_at_the_end_does_not_make_utf_8_something_else() -> None:
    assert decode("价格和交货期限是".encode()[:-1], None).charset == "utf-8"


def test_microsofts_rows_in_iso_2022_jp_are_read() -> None:
    circled_one, tall = b"\x2d\x21", b"\x7c\x62"
    octets = b"\x1b$B" + circled_one + tall + b"\x1b(B ok \x1b(I1\x1b(B"
    assert decode(octets, "iso-2022-jp").text == "①髙 ok ｱ"


def test_japanese_escapes_are_seen_without_a_label() -> None:
    decoded = decode("日本語".encode("iso2022_jp"), None)
    assert decoded.text == "日本語"
    assert decoded.note == "declared nothing, decoded as iso-2022-jp"


def test_vietnamese_tones_become_one_letter() -> None:
    assert decode("Việt".encode("cp1258", "ignore") or b"", "windows-1258") is not None
    assert decode(b"a\xcc", "windows-1258").text == "à"


@pytest.mark.parametrize(
    ("label", "octets"),
    [
        ("VISCII", b"\xbcy l\xd5i: Ti\xaang Vi\xaet \xf0\xdf\xfec \xd0\xf7c, NG\x02N"),
        ("x-viet-tcvn5712", b"\xf6y l\xb9i: Ti\xd5ng Vi\xd6t \xae\xad\xeec \xa7\xe4c, NG\xbaN"),
        ("TCVN3", b"Ti\xaa\xb3ng Vi\xaa\xb4t \xae\xad\xac\xb4c"),
        ("x-viet-vni", "Öûy laïi: Tieáng Vieät ñöôïc Ñoïc, NGAÚN".encode("cp1252")),
    ],
)
def test_vietnamese_from_before_unicode_is_read_by_its_label(label: str, octets: bytes) -> None:
    found = decode(octets, label)
    assert "Tiếng Việt được" in found.text
    assert found.note is None
    if "NG" in found.text:
        assert found.text.casefold() == "ửy lại: tiếng việt được đọc, ngẳn"


NO_CHARSETS = ["idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "rot13"]


@pytest.mark.parametrize("name", [*NO_CHARSETS, "zip", "bz2", "hex", "base64", "quopri", "uu"])
def test_a_codec_that_is_no_charset_is_not_used(name: str) -> None:
    assert charset_of(name) is None
    assert decode(rb"\x41\u0041 x", name).text == rb"\x41\u0041 x".decode()


def test_every_label_leads_to_a_codec_that_decodes_text() -> None:
    for alias in encodings.aliases.aliases:
        charset = charset_of(alias)
        if charset is not None:
            for codec in charset.codecs:
                assert isinstance(b"a b".decode(codec, "replace"), str)


@pytest.mark.parametrize(
    "label", ["", " ", '"utf-8"', "UTF_8", "utf8", "x-gbk", "\u00e9", "a" * 999]
)
def test_odd_spellings_of_labels_break_nothing(label: str) -> None:
    assert decode("您好，请报价".encode(), label).text == "您好，请报价"


SPELLINGS = [
    ("utf-8; format=flowed", "utf-8"),
    ("'UTF-8'", "utf-8"),
    ("charset=utf-8", "utf-8"),
    ("utf8mb4", "utf-8"),
    ("utf-8//TRANSLIT", "utf-8"),
    ("_iso-2022-jp$ESC", "iso-2022-jp"),
    ("CP50221", "iso-2022-jp"),
    ("ISO-2022-JP-2", "iso-2022-jp"),
    ("unicode-1-1-utf-7", "utf-7"),
    ("x-gbk", "gb18030"),
    ("cp936", "gb18030"),
    ("HZ-GB-2312", "hz-gb-2312"),
    ("KOI8-RU", "koi8-u"),
    ("TIS-620", "windows-874"),
    ("iso-8859-11", "windows-874"),
    ("x-mac-roman", "macintosh"),
    ("iso8859-9", "windows-1254"),
    ("win-1251", "windows-1251"),
    ("UHC", "euc-kr"),
]


@pytest.mark.parametrize(("label", "name"), SPELLINGS)
def test_labels_mean_what_browsers_agreed_on_whatever_stands_around_them(
    label: str, name: str
) -> None:
    charset = charset_of(label)
    assert charset is not None
    assert charset.name == name


@pytest.mark.parametrize("label", ["default", "x-unknown", "unknown-8bit", "binary", "none"])
def test_labels_that_mean_nothing_are_no_charsets(label: str) -> None:
    assert charset_of(label) is None


WHOLE = "您好，我们对贵公司的产品很感兴趣，请把报价单发给我们。"


@pytest.mark.parametrize("label", [None, "utf-8", "gb2312", "iso-8859-1"])
@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_one_wrong_octet_does_not_flip_a_text_to_another_charset(
    codec: str, label: str | None
) -> None:
    octets = WHOLE.encode(codec)
    for damaged in (octets[:-1], octets[:20] + b"\xff" + octets[20:], octets + b"\xe6"):
        assert decode(damaged, label).charset == codec


def test_octets_without_a_character_are_controls_as_in_browsers() -> None:
    assert decode(b"5 \x80\x81 f\xfcr alle Gr\xf6\xdfen", "windows-1252").text == (
        "5 €\x81 für alle Größen"
    )


def test_letters_among_the_controls_of_iso_8859_are_those_of_windows() -> None:
    decoded = decode("Příliš žluťoučký kůň".encode("cp1250"), "iso-8859-2")
    assert decoded.text == "Příliš žluťoučký kůň"
    assert (decoded.note or "").startswith("declared iso-8859-2, decoded as windows-1250")


LABELS = st.sampled_from([label for label, _, _ in DECLARED] + ["cp437", "johab", "utf-32"])


@given(content=st.binary(max_size=300), label=st.none() | LABELS | st.text(max_size=20))
def test_any_octets_under_any_label_become_text(content: bytes, label: str | None) -> None:
    decoded = decode(content, label)
    assert isinstance(decoded.text, str)
    assert decoded.note is None or decoded.note.isprintable()


@given(text=st.text(alphabet=st.characters(codec="gb18030", exclude_categories=["Cs"])))
def test_what_gb18030_wrote_gb18030_reads(text: str) -> None:
    octets = text.encode("gb18030")
    if decode(octets, "gb18030").charset == "gb18030":
        assert decode(octets, "gb18030").text == text.removeprefix("\ufeff")


@pytest.mark.parametrize("codec", ["gb2312", "gbk"])
def test_a_chinese_charset_reads_every_character_as_its_superset_does(codec: str) -> None:
    """What is right by the letter of its label is decoded once, with nothing lost by it."""
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            octets = bytes((lead, trail))
            try:
                octets.decode(codec)
            except UnicodeDecodeError:
                continue
            said = ("您好，请报价，谢谢。" * 20).encode("gbk") + octets
            assert decode(said, codec).text == said.decode("gb18030")
