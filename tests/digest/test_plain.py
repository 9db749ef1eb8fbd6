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
]


@pytest.mark.parametrize(("html", "text"), PAGES)
def test_html_reads_as(html: str, text: str) -> None:
    page = sanitise(html, {})
    assert page is not None
    assert text_of(page) == text


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
