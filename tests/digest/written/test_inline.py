"""Answers within a letter that Outlook put below without a mark."""

from pathlib import Path

import pytest

from digest.page import sanitise
from digest.plain import text_of
from digest.written.colour import coloured_lines, with_colours
from digest.written.reply import reply_text
from tests.digest.messages import digest_of, message

HEAD = "From: Li Wei <li@acme.example>\nSent: Monday\nTo: Tom <tom@b.example>\nSubject: Offer"
LETTER = (
    "Hello Tom,\n\n1. Which colour?\nBlue please\n\n2. How many?\n300 pieces\n\nRegards\nLi Wei"
)
ANSWERS = ("Blue please", "300 pieces")
ROWS = [
    line.split("\t")
    for line in Path(__file__).with_name("inline.tsv").read_text("utf-8").splitlines()[1:]
]


def page(above: str, style: str, *, head: str = "") -> str:
    """The same as HTML, with the answers in a style."""
    header = (
        "<div><b>From:</b> Li Wei<br><b>Sent:</b> Monday<br><b>To:</b> Tom<br>Subject: Offer</div>"
    )
    lines = [
        f"<p><span style='{style}'>{line}</span></p>" if line in ANSWERS else f"<p>{line}</p>"
        for line in LETTER.split("\n")
    ]
    return f"<p>{above}</p>{head}{header}<div>{''.join(lines)}</div>"


def written(content: str, kind: str = "html", subject: str = "Re: Offer") -> str:
    fields: dict[str, str | bytes] = {"Subject": subject}
    types = f"text/{kind}; charset=utf-8"
    return digest_of(message(content.encode(), fields, content_type=types)).reply_text


def test_who_says_to_have_answered_below_is_read_below() -> None:
    wrong = []
    for kind, above in ROWS:
        above = above.replace("\\n", "\n")
        found = reply_text(f"{above}\n\n{HEAD}\n\n{LETTER}\n", is_answer=True)
        kept = all(answer in found for answer in ANSWERS)
        if kept != (kind == "below") or (kind == "top" and found != above):
            wrong.append((kind, above))
    assert len(ROWS) > 120
    assert wrong == []


@pytest.mark.parametrize(
    "style", ["color: red", "color:#1F497D", "background: yellow", "color: rgb(0, 0, 200)"]
)
def test_answers_in_another_colour_are_kept_without_the_letter(style: str) -> None:
    above = "My answers are below in colour."
    assert written(page(above, style)).split("\n") == [above, *ANSWERS]
    marked = page(above, style, head="<div id='divRplyFwdMsg'></div>")
    assert written(marked).split("\n") == [above, *ANSWERS]


def test_the_writer_s_own_colour_tells_the_answers_and_a_link_s_does_not() -> None:
    above = "<span style='color:#1F497D'>Comments inline.</span>"
    assert written(page(above, "color: #1f497d")).split("\n")[1:] == list(ANSWERS)
    found = written(page("Comments inline.", "color: #1f497d"))
    assert all(line in found for line in ("1. Which colour?", *ANSWERS))
    link = page("Answers in blue below.", "font-size: 9pt").replace(
        "300 pieces", "<a href='https://b.example' style='color: blue'>300 pieces</a>"
    )
    assert "1. Which colour?" in written(link)


def test_the_page_s_own_style_sheet_may_give_the_answers_their_colour() -> None:
    rules = "p.a {color:black} .ours, span.theirs { font-size:1pt; color: #C00000 }"
    sheet = f"<style><!-- {rules} --></style>"
    above = "My answers are below in colour."
    coloured = page(above, "margin:0").replace("<span style", "<span class=theirs style")
    assert written(sheet + coloured).split("\n") == [above, *ANSWERS]
    plain = page(above, "margin:0").replace("<span style", "<span class=none style")
    assert "1. Which colour?" in written(sheet + plain)


def test_an_answer_below_a_letter_with_nothing_above_is_kept() -> None:
    text = f"{HEAD}\n\nHello Tom,\nwhich colour?\n\nLi Wei\n\nBlue please.\n"
    for above in ("", "Hi Li,\n\n", "Sent from my iPhone\n\n", "-----Original Message-----\n"):
        assert written(above + text, "plain").endswith("Blue please.")
        assert "Blue" not in written(above + text, "plain", "Fwd: Offer")
    assert written(f"Thanks!\n\n{text}", "plain") == "Thanks!"
    older = f"{text}\n{HEAD}\n\nolder\n"
    assert "older" not in written(older, "plain")


def test_our_own_letter_makes_no_notice_of_an_answer_with_nothing_above_it() -> None:
    ours = "Thank you for your order 4512. It was shipped, tracking number 99812.\n\nLi Wei"
    content = message(f"\n{HEAD}\n\n{ours}\n".encode(), {"Subject": "Re: Your order"})
    assert digest_of(content).category not in ("notice", "ooo")


def test_colours_are_those_of_the_innermost_element_and_grey_is_none() -> None:
    source = (
        "<p style='color:red'>a <b>b</b> <span style='color:#333'>c</span></p>"
        "<font color='blue'>d</font> <mark>e</mark> <b>f</b> <a style='color:blue'>g</a>"
    )
    found = coloured_lines(text_of(with_colours(sanitise(source, {}) or "")))
    runs = [(words.strip(), colour) for line in found.runs for words, colour in line]
    assert runs == [
        ("a b", "red"),
        ("c", ""),
        ("d", "blue"),
        ("e", "mark"),
        ("f", "bold"),
        ("g", ""),
    ]
    assert found.text.split() == list("abcdefg")


@pytest.mark.parametrize(
    "piece", ["<b>", "<span style='color:red'>", "<font color=red>x</font>", " "]
)
def test_a_page_of_a_hundred_thousand_elements_is_read(piece: str) -> None:
    above = "<p>My answers in red below.</p><p>From: Li<br>Sent: x<br>To: y<br>Subject: z</p>"
    assert "My answers" in written(above + 100_000 * piece)
