"""The text that a reader of HTML sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.page import sanitise
from digest.plain import rough_text, text_of

PAGES = [
    ("<p>one</p><p>two</p>", "one\n\ntwo"),
    ("one<br>two", "one\ntwo"),
    ("<div>one</div><div>two</div>", "one\ntwo"),
    ("<div>one<div>two</div>three</div>", "one\ntwo\nthree"),
    ("a <b>bold</b> word", "a bold word"),
    ("a<b>b</b>c", "abc"),
    ("  lots \n of\t space ", "lots of space"),
    ("a&nbsp;b &lt;c&gt; &amp; &quot;d&quot; &euro;", 'a b <c> & "d" €'),
    ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    ("<pre>a\n  b\n</pre>c", "a\n  b\n\nc"),
    ("<blockquote>quoted<br>twice</blockquote>mine", "> quoted\n> twice\n\nmine"),
    ("<blockquote><blockquote>deep</blockquote></blockquote>", ">> deep"),
    ("<img alt='Logo'>", "Logo"),
    ('<div style="display:none">hidden <b>words</b></div>seen', "seen"),
    ("<style>p{}</style><title>t</title><script>x</script>seen", "seen"),
    ("<a href='https://example.com'>link</a>", "link"),
    ("1 &lt; 2", "1 < 2"),
    ("您好<br>请报价", "您好\n请报价"),
    ("", ""),
    ("<p></p><p>&nbsp;</p>", ""),
    ("<ol><li>one<li>two<ul><li>x</ul><li>three</ol>", "1. one\n2. two\n\n- x\n\n3. three"),
    ("<ol start=4><li>four<li>five</ol>", "4. four\n5. five"),
    ("a<!--[if mso]><p>for Outlook</p><![endif]-->b", "ab"),
    ("<![if !mso]>for others<![endif]>", "for others"),
    ("&#8217;&#x4f60;&eacute&copy;&bogus;&#0;&#128;", "\u2019你é©&bogus;\ufffd€"),
    ("<p>unclosed <b>bold<p>next", "unclosed bold\n\nnext"),
    ("<td>cells</td><td>without a table</td>", "cellswithout a table"),
    ("one\x00two", "onetwo"),
    ('<div style="white-space: pre-wrap">one\n  two</div>three', "one\n  two\nthree"),
    ('<p style="color:red;white-space:pre">a\nb<span>\nc</span></p>d\ne', "a\nb\nc\n\nd e"),
    ('<p style="white-space:pre"><b style="white-space:normal">a\nb</b></p>', "a b"),
    (
        '<blockquote>a<blockquote style="display:none">x</blockquote>b</blockquote>',
        "> ab",
    ),
]


@pytest.mark.parametrize(("html", "text"), PAGES)
def test_html_reads_as(html: str, text: str) -> None:
    page = sanitise(html, {})
    assert page is not None
    assert text_of(page) == text


HIDDEN = [
    '<div style="display:none;font-size:1px">x</div>seen',
    '<div style="DISPLAY : none !important">x <table><tr><td>y</table></div>seen',
    '<span style="visibility:hidden">x</span>seen',
    '<span style="opacity:0">x</span>seen',
    '<span style="color:transparent">x</span>seen',
    '<div style="max-height:0px;overflow:hidden">x</div>seen',
    '<div style="height:0;overflow:hidden;">x</div>seen',
    "<div hidden>x</div>seen",
    '<span style="font-size:0">x</span>seen',
    '<div style="font-size:0px"><b style="font-size:13px">seen</b> x</div>',
    "<style>.pre, td.y{display:none!important}</style><p class='a pre'>x</p>seen",
    "<style>/* .no{} */ .pre\n{ color:red; display:none }</style><p class=pre>x</p>seen",
    "<style>@media screen{.pre{display:block} .x{display:none}} .pre{display:none}</style>"
    "<i class=pre>x</i><i class=x>seen</i>",
]


@pytest.mark.parametrize("html", HIDDEN)
def test_what_css_hides_is_not_read(html: str) -> None:
    page = sanitise(html, {})
    assert page is not None
    assert text_of(page) == "seen"


SEEN = [
    '<span style="opacity:0.5">seen</span>',
    '<span style="font-size:0.8em">seen</span>',
    '<div style="overflow:hidden;height:20px">seen</div>',
    '<div style="overflow:hidden;max-height:0.5em">seen</div>',
    "<style>@media print{.a{display:none}}</style><p class=a>seen</p>",
    "<style>.a .b{display:none}</style><p class=b>seen</p>",
    '<p title="display: none">seen</p>',
    '<p style="font-family: hidden">seen</p>',
]


@pytest.mark.parametrize("html", SEEN)
def test_what_is_only_like_hidden_is_read(html: str) -> None:
    page = sanitise(html, {})
    assert page is not None
    assert text_of(page) == "seen"


def test_what_a_style_sheet_hides_stays_hidden_in_the_page() -> None:
    html = "<style>.pre{display:none}</style><p class=pre>x</p><p class=y>seen</p>"
    assert sanitise(html, {}) == '<p hidden="">x</p><p>seen</p>'


def test_a_newsletter_reads_as_a_person_would_copy_it() -> None:
    html = (
        "<!DOCTYPE html><html xmlns:o='urn:x'><head><title>News</title><style>p{margin:0}</style>"
        "<!--[if gte mso 9]><xml><o:x/></xml><![endif]--></head><body bgcolor=#fff>"
        '<div style="display:none;max-height:0;overflow:hidden">Only today &zwnj;&nbsp;</div>'
        "<table width=600><tr><td><h1>Price list</h1></td></tr><tr><td><table><tr><th>Item</th>"
        "<th>Price</th></tr><tr><td>Bolt&nbsp;M8</td><td>&euro;&nbsp;0.12</td></tr></table></td></tr>"
        '<tr><td><p>Dear M&uuml;ller,</p><p>See <a href="https://example.com/list">our list</a>.'
        "</p><o:p>&nbsp;</o:p><ol><li>Order</li><li>Pay</li></ol></td></tr></table>"
        '<img src="https://t.example/open.gif" width=1 height=1></body></html>'
    )
    page = sanitise(html, {})
    assert page is not None
    assert text_of(page) == (
        "Price list\n\nItem Price\nBolt M8 € 0.12\n\nDear Müller,\n\nSee our list.\n\n\n"
        "1. Order\n2. Pay"
    )


def test_tangled_html_still_gives_its_words() -> None:
    assert rough_text("<style>p{}</style><div><p>Hello&nbsp;<b>you</b>\n</div> there").split() == [
        "Hello",
        "you",
        "there",
    ]


@given(st.text(alphabet="<>/pbr\"'&; \nx=", max_size=100))
def test_any_html_gives_text_without_tags_of_ours(html: str) -> None:
    page = sanitise(html, {})
    assert page is not None
    assert isinstance(text_of(page), str)
    assert isinstance(rough_text(html), str)
