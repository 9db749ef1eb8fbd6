"""What the structure of HTML tells of quotations, as mail programs really write it."""

import pytest

from digest.digest import digest_message
from digest.written.page import MARKS, marked, unmarked
from mail.raw import RawMessage

OWN = "Bitte 500 Stück."
OLD = "the old words"

PAGES = {
    "gmail": '<div dir="ltr">{own}</div><br><div class="gmail_quote gmail_quote_container">'
    '<div dir="ltr" class="gmail_attr">Kuzimba ya 3 Acme &lt;a@acme.example&gt; anandika<br></div>'
    '<blockquote class="gmail_quote" style="margin:0">{old}</blockquote></div>',
    "gmail, answers below": '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">xx yy<br>'
    '</div><blockquote class="gmail_quote">{old}</blockquote></div><div dir="ltr">{own}</div>',
    "gmail, signature": '<div dir="ltr">{own}<br clear="all"><div><br></div><span>-- </span><br>'
    '<div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div dir="ltr">'
    "<div>Li Wei</div><div>{old}</div></div></div></div>",
    "outlook on the web": '<div>{own}</div><div id="appendonsend"></div><hr><div '
    'id="divRplyFwdMsg" dir="ltr"><font><b>Xx:</b> Acme<br></font></div><div>{old}</div>',
    "outlook": '<div class="WordSection1"><p class="MsoNormal">{own}</p><div><div style="'
    'border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>Xx:</b> Acme'
    '<br><b>Yy:</b> x</p></div></div><p class="MsoNormal">{old}</p></div>',
    "outlook, quotes in the style": "<p>{own}</p><div style='border:none;border-top:solid #B5C4DF "
    "1.0pt;padding:3.0pt 0in 0in 0in'><p><b>Xx:</b> Acme</p></div><p>{old}</p>",
    "outlook, signature": '<div>{own}</div><div id="Signature"><p>Li Wei</p><p>{old}</p></div>'
    '<div id="appendonsend"></div>',
    "qq, signature": '<div>{own}</div><div><sign signid="9"><div>{old}</div></sign></div>',
    "zimbra": '<div>{own}</div><hr id="zwchr" data-marker="__DIVIDER__"><div><b>Xx: </b>Acme<br>'
    '</div><div data-marker="__QUOTED_TEXT__">{old}</div>',
    "outlook 2003": '<p>{own}</p><div class="OutlookMessageHeader" lang="de" dir="ltr"><hr>'
    "<b>Xx:</b> Acme</div><p>{old}</p>",
    "outlook mobile": '<div>{own}</div><div id="ms-outlook-mobile-signature">Xx <a href="#">yy</a>'
    '</div><div id="mail-editor-reference-message-container"><p>Xx: Acme</p>{old}</div>',
    "thunderbird": '<p>{own}</p><div class="moz-cite-prefix">xx Acme yy<br></div>'
    '<blockquote type="cite" cite="mid:x@y">{old}</blockquote>',
    "thunderbird, below": '<div class="moz-cite-prefix">xx<br></div><blockquote type="cite">{old}'
    '</blockquote><p>{own}</p><pre class="moz-signature" cols="72">{old}</pre>',
    "apple": '{own}<br><div><br><blockquote type="cite"><div>xx 14:05, Acme yy:</div><br><div>{old}'
    "</div></blockquote></div>",
    "apple, signature": '{own}<div><br></div><div class="AppleMailSignature" dir="ltr">{old}</div>'
    '<div dir="ltr"><br><blockquote type="cite">{old}</blockquote></div>',
    "yahoo": '<div class="ydp1">{own}</div><div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted">'
    "<div>xx yy zz</div><div>{old}</div></div>",
    "proton": '<div>{own}</div><div class="protonmail_quote">xx yy<br><blockquote '
    'class="protonmail_quote" type="cite">{old}</blockquote></div>',
    "gmx": '<div>{own}</div><div name="quote" style="border-left:2px solid #C3D9E5;"><div>'
    "<b>Xx:</b> yy</div>{old}</div>",
    "qq": "<div>{own}</div><div><includetail><div>xx</div><div style="
    '"background:#efefef;padding:8px;">yy</div><div>{old}</div></includetail></div>',
    "netease": '<div>{own}</div><div id="isReplyContent">xx<br>{old}</div>',
    "netease, forwarded": '<div>{own}</div><div id="isForwardContent"><p>xx</p><p>{old}</p></div>',
    "mail master": '<div>{own}</div><div class="ntes-mailmaster-quote"><div>xx</div>{old}</div>',
    "foxmail": '<div>{own}</div><blockquote style="margin-Top: 0px; margin-Left: 0.5em"><div>&nbsp;'
    '</div><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
    "<div>xx</div></div><div>{old}</div></blockquote>",
    "spark": '<div>{own}</div><div name="messageReplySection">xx<p>{old}</p></div>',
}


def reply(page: str) -> dict[str, str]:
    raw = "Content-Type: text/html; charset=utf-8\r\n\r\n" + page
    return digest_message(RawMessage.in_memory(raw.encode()), None, None).as_json()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_what_the_page_calls_a_quotation_is_cut(page: str) -> None:
    said = reply(f"<html><body>{page.format(own=OWN, old=OLD)}</body></html>")
    assert said["reply_text"].replace("-- ", "").strip() == OWN
    assert OLD in said["text"]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_no_mark_reaches_a_reader(page: str) -> None:
    said = reply(page.format(own=OWN, old=OLD))
    for key in ("text", "reply_text", "html"):
        assert MARKS.isdisjoint(said[key])


def test_text_and_page_are_as_they_were_without_marks() -> None:
    page = '<p>a</p><div id="appendonsend"></div><div class="yahoo_quoted"><p>b</p></div><p>c</p>'
    said = reply(page)
    assert said["text"] == "a\n\nb\n\nc"
    assert said["reply_text"] == "a"


def test_a_name_in_the_text_is_no_mark() -> None:
    page = '<p>My filter looks for class="gmail_signature and id="appendonsend" in mail.</p>'
    assert marked(page) == page


def test_own_words_below_a_container_stay() -> None:
    page = '<p>a</p><div class="yahoo_quoted"><div>b</div></div><p>c</p>'
    assert reply(page)["reply_text"].split() == ["a", "c"]


def test_marks_of_a_stranger_mean_nothing() -> None:
    page = "<p>a</p>" + "".join(sorted(MARKS)) + "<p>b</p>"
    assert reply(page)["reply_text"].split() == ["a", "b"]


def test_a_container_that_does_not_end_ends_with_the_page() -> None:
    assert reply('<p>a</p><div class="yahoo_quoted"><div><p>b')["reply_text"] == "a"


def test_work_on_a_page_of_marks_is_bounded() -> None:
    page = '<div class="yahoo_quoted">' * 5000
    assert len(unmarked(marked(page))) == len(page)


def test_an_answer_below_an_empty_quotation_stays() -> None:
    page = '<div class="moz-cite-prefix">xx<br></div><blockquote type="cite"></blockquote><p>a</p>'
    assert reply(page)["reply_text"] == "a"
