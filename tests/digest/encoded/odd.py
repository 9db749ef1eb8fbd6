"""Messages that break the standards in the ways that mail breaks them, octet by octet."""

import base64
import binascii
from collections.abc import Iterator

from tests.digest.encoded.letters import Letter

_HEAD = b"To: a@shop.example\r\nDate: Tue, 3 Nov 2026 14:05:06 +0000\r\n"


def _fields(*lines: bytes, body: bytes = b"x") -> bytes:
    return _HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def _b64(content: bytes) -> bytes:
    return base64.b64encode(content)


SUBJECTS: tuple[tuple[bytes, str], ...] = (
    (b"=?utf-8?q?Gr=c3=bc=c3=9fe?=", "Grüße"),
    (b"=?UTF-8?Q?Gr=C3=BC=C3=9Fe aus K=C3=B6ln?=", "Grüße aus Köln"),
    (b"=?utf-8?B?5oql5Lu3?==?utf-8?B?5Y2V?=", "报价单"),
    (b"Re:=?gb2312?B?sai82w==?=", "Re:报价"),
    (b"=?utf-8?B?5oql5Lu3", "报价"),
    (b"=?utf-8?B?5oql5Lu35Y2", "报价\ufffd"),
    (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln", "Grüße aus Köln"),
    (b"=?utf-8?B?5oql\r\n 5Lu3?=", "报价"),
    (b"=?utf-8?Q?Gr=C3=BC=\r\n C3=9Fe?=", "Grüße"),
    (b"=?utf-8*zh-CN?B?5oql5Lu3?=", "报价"),
    (b"=?gb2312?B?sai82w==?= =?utf-8?B?5Y2V?=", "报价单"),
    (b'"=?utf-8?B?5oql5Lu3?="', '"报价"'),
    (b"=?utf-8?B?" + _b64(b"=?gb2312?B?sai82w==?=") + b"?=", "报价"),
    (b"=?utf-8?Q?=3D=3Futf-8=3FB=3F5oql5Lu3=3F=3D?=", "报价"),
    (b"=?big5?B?" + _b64("報價".encode("big5")) + b"?=", "報價"),
    (b"=?gb2312?B?" + _b64("報價單請查收".encode("big5")) + b"?=", "報價單請查收"),
    (b"=?iso-2022-jp?B?" + _b64("見積書の件".encode("iso2022_jp")[:-3]) + b"?=", "見積書の件"),
    (b"=?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?= =?ISO-2022-JP?B?GyRCJE43byEhGyhC?=", "見積書の件"),
    # A stateful charset whose words were cut without an escape at the border.
    (b"=?iso-2022-jp?B?GyRCOCtAUT1x?= =?iso-2022-jp?B?JE43bxsoQg==?=", "見積書の件"),
    (b"=?_iso-2022-jp$ESC?B?GyRCOCtAUT1xGyhC?=", "見積書"),
    (b"=?cp932?B?" + _b64("①㈱".encode("cp932")) + b"?=", "①㈱"),
    (b"=?utf8mb4?B?8J+agA==?=", "🚀"),
    (b"=?UNKNOWN?Q?Gr=FC=DFe_aus_K=F6ln?=", "Grüße aus Köln"),
    (b"=?x-unknown?B?" + _b64("关于报价的回复".encode("gbk")) + b"?=", "关于报价的回复"),
    (b"=?default?B?" + _b64("关于报价的回复".encode()) + b"?=", "关于报价的回复"),
    (b"=?us-ascii?Q?Gr=FC=DFe?=", "Grüße"),
    (b"=?unicode-1-1-utf-7?Q?Gr+APwA3w-e?=", "Grüße"),
    (b"=?utf-7?Q?+YqVO9w-?=", "报价"),
    (b"=?windows-1251?Q?=CF=F0=E8=E2=E5=F2?=", "Привет"),
    (b"=?koi8-r?B?" + _b64("Привет всем".encode("cp1251")) + b"?=", "Привет всем"),
    (b"=?KOI8-RU?B?" + _b64("Її ціна".encode("koi8_u")) + b"?=", "Її ціна"),
    (b"=?iso-8859-8-I?B?" + _b64("שלום".encode("iso8859_8")) + b"?=", "שלום"),
    (b"=?iso-8859-1?Q?=80_=96_=93ok=94?=", "€ – “ok”"),
    (b"=?utf-8?Q?a?=\r\n =?utf-8?Q?_b?=", "a b"),
    (b"=?utf-8?Q?50=25_off=21_=F0=9F=94=A5?=", "50% off! 🔥"),
    (b"50% =?utf-8?Q?=F0=9F=94=A5?= off", "50% 🔥 off"),
    ("报价 für Зорро".encode(), "报价 für Зорро"),
    ("报价单".encode() + b" \xff", "报价单 \ufffd"),
    (b"\xef\xbb\xbf" + "报价".encode(), "报价"),
    (b"=?utf-8?B?77u/5oql5Lu3?=", "报价"),
    (b"=?gb18030?Q?=B1=A8=BC=DB_=81=39=EF=30?=", "报价 㐁"),
    (b"=?euc-kr?B?" + _b64("똠방각하".encode("cp949")) + b"?=", "똠방각하"),
    (b"=?hz-gb-2312?Q?~{1(<[~}?=", "报价"),
    (b"=?utf-8?Q?=E6=8A=A5=E4=BB?= =?utf-8?Q?=B7?=", "报价"),
    (b"=?utf-8?b?5oql5Lu3IC0g5Y2V?=  ", "报价 - 单"),
    (b"=?utf-8?Q?Caf=C3=A9=3F?= ok?=", "Café? ok?="),
    (b"=?iso-8859-1?Q?Caf=E9", "Café"),
    (b"=?iso-8859-1?Q?Caf=E9?= =?", "Café =?"),
    (b"=?UTF-8?Q?=D0=9F=D1=80=D0=B8?=\r\n =?UTF-8?Q?=D0=B2=D0=B5=D1=82?= :)", "Привет :)"),
)

AUTHORS: tuple[tuple[bytes, str | None], ...] = (
    (b"=?gb2312?B?zfXQocP3?=<w@mail.example>", "王小明"),
    (b'"=?gb2312?B?zfXQocP3?=" <w@mail.example>', "王小明"),
    (b'"\xcd\xf5\xd0\xa1\xc3\xf7" <w@mail.example>', "王小明"),
    (b"=?utf-8?B?" + _b64("王小明 <w@mail.example>".encode()) + b"?=", "王小明"),
    (b"w@mail.example (=?utf-8?B?546L?=)", "王"),
    (b"=?utf-8?Q?M=C3=BCller,_J=C3=B6rg?= <j@mail.example>", "Müller, Jörg"),
    (b"=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?_M=C3=BCller?= <j@mail.example>", "Jörg Müller"),
    (b"=?utf-8?Q?J=C3=B6rg?= Miller <j@mail.example>", "Jörg Miller"),
    ("Jörg Müller <j@mail.example>".encode("latin-1"), "Jörg Müller"),
    ("Jörg Müller <j@mail.example>".encode(), "Jörg Müller"),
    ("王小明＜w@mail.example＞".encode(), "王小明"),
    (b"'=?utf-8?B?546L5bCP5piO?=' <w@mail.example>", "王小明"),
    (b"=?iso-8859-1?Q?=22M=FCller=2C_J=22?= <j@mail.example>", "Müller, J"),
    (b"=?koi8-r?B?6dfBziDwxdTSz9c=?= <i@mail.example>", "Иван Петров"),
)

BODIES: tuple[tuple[bytes, bytes, str], ...] = (
    (b'text/plain; charset="utf-8; format=flowed"', "您好 é".encode(), "您好 é"),
    (b"text/plain; charset='gb2312'", "您好，请报价".encode("gbk"), "您好，请报价"),
    (b"text/plain; charset=gb2312 ", "陈镕基：€５０".encode("gb18030"), "陈镕基：€５０"),
    (b"text/plain; charset=utf8", "Zażółć".encode(), "Zażółć"),
    (b"text/plain; charset=utf-8;;", "Zażółć".encode(), "Zażółć"),
    (b"text/plain; charset=", "Zażółć".encode(), "Zażółć"),
    (b"text/plain; charset=unknown-8bit", "您好，请报价".encode("gbk"), "您好，请报价"),
    (b"text/plain; charset=binary", "您好，请报价".encode(), "您好，请报价"),
    (b"text/plain; charset=us-ascii", b"caf\xe9 cr\xe8me", "café crème"),
    (b"text/plain; charset=utf-16", "您好".encode("utf-16"), "您好"),
    (b"text/plain; charset=utf-16", "Hello 您好".encode("utf-16-be"), "Hello 您好"),
    (b"text/plain; charset=utf-16le", "Hello 您好".encode("utf-16-le"), "Hello 您好"),
    (b"text/plain; charset=x-mac-roman", "café".encode("mac_roman"), "café"),
    (b"text/plain; charset=ISO-2022-JP", b"\x1b$B8+@Q=q\x1b(B (\x1b(I6@6E\x1b(B)", "見積書 (ｶﾀｶﾅ)"),
    (b"text/plain; charset=cp50221", b"\x1b$B8+@Q=q\x1b(B", "見積書"),
    (b"text/plain; charset=iso-2022-jp", "お見積り①㈱".encode("cp932"), "お見積り①㈱"),
    (
        b"text/plain; charset=shift_jis",
        "お見積りをお願いします".encode("euc_jp"),
        "お見積りをお願いします",
    ),
    (
        b"text/plain; charset=euc-jp",
        "お見積りをお願いします".encode("cp932"),
        "お見積りをお願いします",
    ),
    (b"text/plain; charset=iso-8859-1", "Zażółć gęślą jaźń".encode(), "Zażółć gęślą jaźń"),
    (b"text/plain; charset=gb2312", "您好，我們需要報價單".encode("big5"), "您好，我們需要報價單"),
    (b"text/plain; charset=big5", "您好，我们需要报价单".encode("gbk"), "您好，我们需要报价单"),
    (b"text/plain; charset=utf-8", "您好，我们需要".encode() + b"\xe6\x8a", "您好，我们需要\ufffd"),
    (
        b"text/plain; charset=gb2312",
        "您好，我们需要".encode("gbk") + b"\xb1",
        "您好，我们需要\ufffd",
    ),
    (
        b"text/plain; charset=gb2312",
        "您好，我们需要报价单。".encode("gbk") + b"\xff " + "谢谢，王小明".encode("gbk"),
        "您好，我们需要报价单。\ufffd 谢谢，王小明",
    ),
    (
        b"text/plain",
        "您好，我们需要报价单。".encode() + b"\xff " + "谢谢，王小明".encode(),
        "您好，我们需要报价单。\ufffd 谢谢，王小明",
    ),
    (
        b"text/plain",
        "您好，我们需要报价单。".encode("gbk") + b"\xff " + "谢谢，王小明".encode("gbk"),
        "您好，我们需要报价单。\ufffd 谢谢，王小明",
    ),
    (
        b"text/plain; charset=windows-1252",
        b"5 \x80\x81 f\xfcr alle Gr\xf6\xdfen",
        "5 € für alle Größen",
    ),
    (b"text/plain; charset=iso-8859-9", "Işık".encode("cp1254"), "Işık"),
    (b"text/html", b"<meta charset=gbk><p>" + "您好".encode("gbk"), "您好"),
    (
        b"text/html",
        b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r"><p>'
        + "Да".encode("koi8-r"),
        "Да",
    ),
    (
        b"text/html; charset=us-ascii",
        b"<meta charset=windows-1250><p>" + "Žluťoučký kůň".encode("cp1250"),
        "Žluťoučký kůň",
    ),
    (b"text/plain; charset=utf-8; format=flowed; delsp=yes", "您好 \r\n王".encode(), "您好王"),
    (b"text/plain; format=flowed", b"> a \r\n> b\r\nc \r\nd", "> a b\nc d"),
)

TRANSFERS: tuple[tuple[bytes, bytes, str], ...] = (
    (b"base64", _b64("您好，报价".encode()).rstrip(b"="), "您好，报价"),
    (
        b"base64",
        _b64("您好，".encode()) + b"\r\n" + _b64("报价单a".encode()) + b"\r\n",
        "您好，报价单a",
    ),
    (b"base64", _b64("a您".encode()) + _b64("好b".encode()), "a您好b"),
    (b"BASE64 ", b"!" + _b64("您好".encode()) + b"\r\n.\r\n", "您好"),
    (b'"base64"', _b64("您好".encode()), "您好"),
    (b"base64", "您好，这不是base64".encode(), "您好，这不是base64"),
    (
        b"base64",
        b"Hello, this is plain text. Please send price!",
        "Hello, this is plain text. Please send price!",
    ),
    (b"quoted-printable", b"=e6=82=a8=e5=a5=bd", "您好"),
    (b"quoted-printable", b"=E6=82=A8=\r\n=E5=A5=BD=", "您好"),
    (b"quoted-printable", b"=E6=82=A8=  \r\n=E5=A5=BD", "您好"),
    (b"quoted-printable", b"1+1=2 and a=b = c", "1+1=2 and a=b = c"),
    (b"quoted-printable", "您好 a=b".encode(), "您好 a=b"),
    (b"quoted_printable", b"=E6=82=A8", "您"),
    (b"quotedprintable", b"=E6=82=A8", "您"),
    (b"8bit", b"=E6=82=A8=E5=A5=BD=EF=BC=8C=\r\n=E6=8A=A5=E4=BB=B7", "您好，报价"),
    (
        b"7bit",
        _b64("您好，请问这个产品的价格是多少？谢谢，王小明".encode()),
        "您好，请问这个产品的价格是多少？谢谢，王小明",
    ),
    (
        b"x-uuencode",
        b"begin 644 t.txt\r\n" + binascii.b2a_uu("您好，报价".encode()) + b"`\r\nend\r\n",
        "您好，报价",
    ),
    (b"8-bit", "您好".encode(), "您好"),
    (b"utf-8", "您好".encode(), "您好"),
)

FILES: tuple[tuple[bytes, str], ...] = (
    (b"filename*0*=utf-8''%E6%8A; filename*1*=%A5%E4%BB%B7; filename*2=.pdf", "报价.pdf"),
    (b"filename*1*=%A5%E4%BB%B7; filename*2=.pdf; filename*0*=utf-8''%E6%8A", "报价.pdf"),
    (b"filename*0=a; filename*2=c.pdf", "ac.pdf"),
    (b"filename*1*=utf-8''%E6%8A%A5; filename*2*=.pdf", "报.pdf"),
    (b'filename*0="=?utf-8?B?5oql5L"; filename*1="u3LnBkZg==?="', "报价.pdf"),
    (b'filename="=?utf-8?B?5oql5Lu3?=\r\n =?utf-8?B?LnBkZg==?="', "报价.pdf"),
    (b'filename="=?utf-8?Q?=E6=8A=A5?=.pdf"', "报.pdf"),
    (b'filename*="=?utf-8?B?5oql5Lu3LnBkZg==?="', "报价.pdf"),
    (b"filename*=utf-8'%E6%8A%A5.pdf", "报.pdf"),
    (b"filename*=%E6%8A%A5.pdf", "报.pdf"),
    (b"filename*=UTF-8''\xe6\x8a\xa5.pdf", "报.pdf"),
    (b'filename="%E6%8A%A5%E4%BB%B7.pdf"', "报价.pdf"),
    (b'filename="\xb1\xa8\xbc\xdb\xb5\xa5.pdf"', "报价单.pdf"),
    (b"filename=\xb1\xa8\xbc\xdb \xb5\xa5.pdf", "报价 单.pdf"),
    (b"filename=annual report 2026.pdf", "annual report 2026.pdf"),
    (b'filename="C:\\Users\\li\\report.pdf"', "report.pdf"),
    (b'filename="../../etc/passwd"', "passwd"),
    (b'filename="a\x00b.pdf"', "a b.pdf"),
    ('filename="invoice\u202efdp.exe"'.encode(), "invoicefdp.exe"),
    (b'filename="a\tb\x07.pdf"', "a b .pdf"),
    (b'filename="a\\"b\\".pdf"', "a_b_.pdf"),
    (b"filename*=iso-8859-1'de'Gr%FC%DFe.pdf", "Grüße.pdf"),
    (b"filename*=gb2312''%B1%A8%BC%DB.pdf; filename=x.pdf", "报价.pdf"),
    (b'filename="=?UTF-8?B?5oql5Lu35Y2V?= (1).pdf"', "报价单 (1).pdf"),
    (b"filename='quoted.pdf'", "quoted.pdf"),
    (b'filename="Rechnung_M=C3=BCller.pdf"', "Rechnung_M=C3=BCller.pdf"),
    (b'filename="r&#233;sum&#233;.pdf"', "r&#233;sum&#233;.pdf"),
    (b"filename*0*=''a%20; filename*1*=b.pdf", "a b.pdf"),
)


def odd_letters() -> Iterator[Letter]:
    """All of them as messages."""
    for number, (value, subject) in enumerate(SUBJECTS):
        raw = _fields(b"From: a@mail.example", b"Subject: " + value)
        yield Letter(f"subject {number}", raw, subject=subject)
    for number, (value, author) in enumerate(AUTHORS):
        yield Letter(f"author {number}", _fields(b"From: " + value), author=author)
    for number, (kind, body, text) in enumerate(BODIES):
        raw = _fields(b"From: a@mail.example", b"Content-Type: " + kind, body=body)
        yield Letter(f"body {number}", raw, text=text)
    for number, (encoding, body, text) in enumerate(TRANSFERS):
        head = (b"From: a@mail.example", b"Content-Type: text/plain; charset=utf-8")
        raw = _fields(*head, b"Content-Transfer-Encoding: " + encoding, body=body)
        yield Letter(f"transfer {number}", raw, text=text)
    for number, (parameters, file) in enumerate(FILES):
        head = (b"From: a@mail.example", b"Content-Type: application/octet-stream")
        raw = _fields(*head, b"Content-Disposition: attachment; " + parameters)
        yield Letter(f"file {number}", raw, files=(file,))
