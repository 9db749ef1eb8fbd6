"""Which charset a label means.

Mail is written by programs that label a superset with the name of its subset: "gb2312" for GBK or
GB18030, "iso-8859-1" for windows-1252, "ks_c_5601-1987" for UHC. Browsers agreed on what is meant
(WHATWG Encoding Standard), and mail clients follow them, so we do too. Only labels of this table
are charsets: a name that happens to be some codec of Python ("idna", "unicode_escape", "zip") is
unknown here.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from digest.charset.vietnamese import composed_vni, table_of

_PUNCTUATION = re.compile(r"[^a-z0-9]+")
# What programs leave behind a label: other parameters, escapes, options of iconv.
_JUNK = re.compile(r"[;,$\s(/\"']")
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Charset:
    """`name` is what people call it; `strict` is the narrower codec that the label says by the
    letter, where we read it as a superset; `codecs` are tried in order."""

    name: str
    codecs: tuple[str, ...]
    strict: str | None = None
    stateful: bool = False
    """Whether its octets are all ASCII, so that only the label or an escape gives it away."""

    @property
    def table(self) -> str | None:
        """The characters of all 256 octets; None where a character may have several octets.

        Octets without a character are controls where they lie among the controls (WHATWG does
        so: what was garbled by such a reading can then be undone), else U+FFFD.
        """
        return None if self.stateful or self.multibyte else _table(self.codecs[0])

    @property
    def multibyte(self) -> bool:
        """Whether a wrong guess of it usually fails to decode."""
        return self.codecs[0] in _MULTIBYTE


@cache
def _table(codec: str) -> str:
    own = table_of(codec)
    if own is not None:
        return own
    return "".join(_character(octet, codec) for octet in range(256))


def _character(octet: int, codec: str) -> str:
    try:
        return bytes((octet,)).decode(codec)
    except UnicodeDecodeError:
        return chr(octet) if 0x80 <= octet < 0xA0 else "\ufffd"


def composed(text: str, charset: Charset) -> str:
    """Some charsets write Vietnamese tones as marks of their own; people search for one letter."""
    if charset.name == "x-viet-vni":
        return composed_vni(text)
    return unicodedata.normalize("NFC", text) if charset.name in _OF_MARKS else text


_OF_MARKS = frozenset(["windows-1258", "tcvn5712"])


_MULTIBYTE = frozenset(
    ["utf-8", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "johab", "utf-16", "utf-32"]
)

UTF_8 = Charset("utf-8", ("utf-8",))
WINDOWS_1252 = Charset("windows-1252", ("cp1252",))
GB18030 = Charset("gb18030", ("gb18030",))
BIG5 = Charset("big5", ("big5hkscs", "cp950"))
SHIFT_JIS = Charset("shift_jis", ("cp932",))
EUC_JP = Charset("euc-jp", ("euc_jp",))
EUC_KR = Charset("euc-kr", ("cp949",))
ISO_2022_JP = Charset("iso-2022-jp", ("iso2022_jp_ext",), stateful=True)
ISO_2022_KR = Charset("iso-2022-kr", ("iso2022_kr",), stateful=True)
HZ = Charset("hz-gb-2312", ("hz",), stateful=True)
UTF_7 = Charset("utf-7", ("utf-7",), stateful=True)
UTF_16 = Charset("utf-16", ("utf-16",), stateful=True)
UTF_16LE = Charset("utf-16le", ("utf-16-le",), stateful=True)
UTF_16BE = Charset("utf-16be", ("utf-16-be",), stateful=True)
UTF_32 = Charset("utf-32", ("utf-32",), stateful=True)

# One row: what it is called, its codec, the narrower codec of the labels in this row (or none),
# and the labels.
_SUPERSETS: tuple[tuple[Charset, str | None, str], ...] = (
    (UTF_8, None, "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8 utf-8-mac cp65001 65001"),
    (UTF_8, None, "utf8mb4 utf8mb3 utf-8-sig unicode11utf8 cesu-8 utf-8n utf-8-bom"),
    (WINDOWS_1252, None, "windows-1252 cp1252 x-cp1252 ansi 1252"),
    (WINDOWS_1252, "latin-1", "iso-8859-1 latin1 l1 iso8859-1 iso_8859-1:1987 cp819 ibm819"),
    (WINDOWS_1252, "latin-1", "iso-ir-100 csisolatin1 iso-latin-1 iso-8859 8859-1"),
    (WINDOWS_1252, "ascii", "us-ascii ascii ansi_x3.4-1968 iso-ir-6 iso646-us us 646 7bit"),
    (GB18030, None, "gb18030 gb18030-2000 gb18030-2005 gb18030-2022 chinesegb18030 54936"),
    (GB18030, "gbk", "gbk x-gbk cp936 ms936 windows-936 936 gb2312-80-gbk gb-k"),
    (GB18030, "gb2312", "gb2312 gb_2312 gb_2312-80 csgb2312 csiso58gb231280 chinese iso-ir-58"),
    (
        GB18030,
        "gb2312",
        "euc-cn x-euc-cn gb2312-80 cn-gb gb-2312 gb gb2312-1980 x-mac-chinesesimp",
    ),
    (
        BIG5,
        "cp950",
        "big5 big-5 csbig5 cn-big5 x-x-big5 cp950 windows-950 950 big5-eten x-mac-chinesetrad",
    ),
    (BIG5, None, "big5-hkscs big5hk big5-hkscs-2004 hkscs"),
    (
        SHIFT_JIS,
        "shift_jis",
        "shift_jis shift-jis sjis x-sjis csshiftjis ms_kanji s-jis x-mac-japanese",
    ),
    (SHIFT_JIS, None, "windows-31j cp932 ms932 cswindows31j windows-932 932 x-ms-cp932"),
    (
        EUC_JP,
        None,
        "euc-jp x-euc-jp x-euc cseucpkdfmtjapanese eucjp-ms cp51932 ujis eucjpms 20932 51932",
    ),
    (ISO_2022_JP, None, "iso-2022-jp csiso2022jp jis iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3"),
    (
        ISO_2022_JP,
        None,
        "iso-2022-jp-ms iso-2022-jp-ext iso-2022-jp-2004 cp50220 cp50221 cp50222 50220 50221",
    ),
    (EUC_KR, "euc_kr", "ks_c_5601-1987 ks_c_5601 ksc5601 ksc_5601 korean iso-ir-149 csksc56011987"),
    (EUC_KR, "euc_kr", "euc-kr cseuckr ks_c_5601-1989 ksx1001 ks_x_1001 51949 x-mac-korean"),
    (EUC_KR, None, "cp949 uhc windows-949 ms949 949 x-windows-949 ext-euc-kr"),
    (ISO_2022_KR, None, "iso-2022-kr csiso2022kr"),
    (HZ, None, "hz-gb-2312 hz hzgb hz-gb chinese-hz"),
    (UTF_7, None, "utf-7 unicode-1-1-utf-7 csutf7 65000 x-imap4-modified-utf7"),
    (UTF_16, None, "utf-16 utf16 unicode ucs-2 iso-10646-ucs-2 csunicode"),
    (UTF_16LE, None, "utf-16le unicodelittle"),
    (UTF_16BE, None, "utf-16be unicodebig unicodefffe"),
    (UTF_32, None, "utf-32 ucs-4 iso-10646-ucs-4 utf-32le utf-32be"),
    (Charset("johab", ("johab",)), None, "johab cp1361"),
    (
        Charset("windows-874", ("cp874",)),
        None,
        "windows-874 tis-620 iso-8859-11 dos-874 cp874 874 tis620 iso8859-11 thai",
    ),
    (Charset("windows-1254", ("cp1254",)), None, "windows-1254 cp1254 x-cp1254 1254"),
    (Charset("windows-1254", ("cp1254",)), "iso8859_9", "iso-8859-9 latin5 l5 csisolatin5 8859-9"),
    (Charset("windows-1255", ("cp1255",)), None, "windows-1255 cp1255 x-cp1255 1255"),
    (Charset("iso-8859-8", ("iso8859_8",)), None, "iso-8859-8 iso-8859-8-i iso-8859-8-e hebrew"),
)

# Charsets that are read as they are labelled: name, then more labels.
_PLAIN = """
windows-1250=cp1250 x-cp1250 1250 win-1250 win1250
windows-1251=cp1251 x-cp1251 1251 ansi-1251 win-1251 win1251 win-cyrillic
windows-1253=cp1253 x-cp1253 1253
windows-1256=cp1256 x-cp1256 1256
windows-1257=cp1257 x-cp1257 1257
windows-1258=cp1258 x-cp1258 1258
koi8-r=koi8_r koi koi8 cskoi8r
koi8-u=koi8_u koi8-ru cskoi8u
iso-8859-2=iso8859_2 latin2 l2 csisolatin2 8859-2
iso-8859-3=iso8859_3 latin3 l3
iso-8859-4=iso8859_4 latin4 l4
iso-8859-5=iso8859_5 iso-ir-144 cyrillic csisolatincyrillic 8859-5
iso-8859-6=iso8859_6 arabic asmo-708 iso-8859-6-i iso-8859-6-e
iso-8859-7=iso8859_7 greek greek8 elot_928 csisolatingreek
iso-8859-10=iso8859_10 latin6 l6
iso-8859-13=iso8859_13 latin7
iso-8859-14=iso8859_14 latin8
iso-8859-15=iso8859_15 latin9 latin-9 l9
iso-8859-16=iso8859_16 latin10
macintosh=mac_roman mac macroman csmacintosh x-mac-roman
x-mac-cyrillic=mac_cyrillic x-mac-ukrainian
x-mac-greek=mac_greek
x-mac-turkish=mac_turkish
x-mac-ce=mac_latin2 x-mac-centraleurroman
ibm437=cp437 437
ibm850=cp850 850
ibm852=cp852 852
ibm858=cp858
ibm862=cp862
ibm866=cp866 866 csibm866
ptcp154=ptcp154 cyrillic-asian
kz-1048=kz1048 strk1048-2002
viscii=viscii csviscii viscii1.1-1 x-viscii
tcvn5712=tcvn tcvn-5712-1 tcvn5712-1:1993 x-viet-tcvn5712 x-viet-tcvn tcvn3 x-viet-tcvn3 x-viet-abc
x-viet-vni=cp1252 vni x-vni vni-win vni-windows
"""


def _key(label: str) -> str:
    return _PUNCTUATION.sub("", label.lower())


def _build() -> dict[str, Charset]:
    table: dict[str, Charset] = {}
    for charset, strict, labels in _SUPERSETS:
        read_as = Charset(charset.name, charset.codecs, strict, charset.stateful)
        for label in labels.split():
            table[_key(label)] = read_as
    for line in _PLAIN.split("\n"):
        name, _, labels = line.partition("=")
        if labels:
            charset = Charset(name, (labels.split()[0],))
            for label in (name, *labels.split()):
                table.setdefault(_key(label), charset)
    return table


_TABLE = _build()


def charset_of(label: str) -> Charset | None:
    """The charset that a label of mail means, or None if it is not one.

    >>> charset_of('"GB2312"').name
    'gb18030'
    >>> charset_of("unicode_escape") is None
    True
    """
    return _meaning(label) if len(label) <= _LONGEST_LABEL else _looked_up(label)


@lru_cache(maxsize=1024)
def _meaning(label: str) -> Charset | None:
    """Many parts have the same few labels."""
    return _looked_up(label)


def _looked_up(label: str) -> Charset | None:
    for spelling in (label, _JUNK.split(label.strip("_ \t\"'"), maxsplit=1)[0]):
        key = _key(spelling[:_LONGEST_LABEL]).removeprefix("charset")
        found = _TABLE.get(key) or _TABLE.get(key.removeprefix("x"))
        if found is not None:
            return found
    return None


_COUSINS = {
    "iso-8859-2": "windows-1250",
    "iso-8859-5": "windows-1251",
    "iso-8859-6": "windows-1256",
    "iso-8859-7": "windows-1253",
    "iso-8859-8": "windows-1255",
    "iso-8859-13": "windows-1257",
    "iso-8859-15": "windows-1252",
}


def cousin_of(charset: Charset) -> Charset | None:
    """What Windows has in the place of an ISO 8859 charset where WHATWG keeps the two apart."""
    name = _COUSINS.get(charset.name)
    return charset_of(name) if name else None
