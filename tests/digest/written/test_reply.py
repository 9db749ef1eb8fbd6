"""What this person wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.written.reply import reply_text

MINE = "Thank you, please send the offer.\n\nBest regards\nLi Wei"

QUOTES = {
    "gmail": "On Tue, Nov 3, 2026 at 2:05 PM Acme <sales@acme.example> wrote:\n\n> old\n> text",
    "gmail, folded": "On Tue, Nov 3, 2026 at 2:05 PM Acme\n<sales@acme.example> wrote:\n\n> old",
    "apple": "On 3. Nov 2026, at 14:05, Acme <sales@acme.example> wrote:\n\n> old",
    "outlook": "-----Original Message-----\nFrom: Acme\nSent: Monday\nSubject: Offer\n\nold",
    "outlook web": "______________________\nFrom: Acme\nSent: Monday\nSubject: x\n\nold",
    "outlook html": "From: Acme <sales@acme.example>\nSent: Monday\nTo: Li\nSubject: Offer\n\nold",
    "qq": '------------------ 原始邮件 ------------------\n发件人: "Acme"\n发送时间: 2026年\n\nold',
    "qq, full-width": "------------------&nbsp;原始邮件&nbsp;------------------\n".replace(
        "&nbsp;", "\u00a0"
    )
    + "old",
    "foxmail": "发件人： Acme\n发送时间： 2026-11-03 14:05\n收件人： 李伟\n主题： 报价\n\nold",
    "163": "---- 回复的原邮件 ----\n| 发件人 | Acme |\n\nold",
    "163, english": "---- Replied Message ----\n| From | Acme |\n\nold",
    "163, old": '在 2026-11-03 14:05:06，"Acme" <sales@acme.example> 写道：\n\n>old',
    "apple, chinese": "在 2026年11月3日，14:05，Acme <sales@acme.example> 写道：\n\n> old",
    "taiwan": "Acme <sales@acme.example> 於 2026年11月3日 週二 下午2:05寫道：\n\n> old",
    "german": "Am Di., 3. Nov. 2026 um 14:05 Uhr schrieb Acme <sales@acme.example>:\n\n> old",
    "german outlook": "Von: Acme\nGesendet: Montag\nAn: Li\nBetreff: Angebot\n\nold",
    "french": "Le mar. 3 nov. 2026 à 14:05, Acme <sales@acme.example> a écrit :\n\n> old",
    "french outlook": "De : Acme\nEnvoyé : lundi\nÀ : Li\nObjet : Offre\n\nold",
    "spanish": "El mar, 3 nov 2026 a las 14:05, Acme (<sales@acme.example>) escribió:\n\n> old",
    "italian": "Il giorno mar 3 nov 2026 alle ore 14:05 Acme <s@acme.example> ha scritto:\n\n> old",
    "portuguese": "Em ter., 3 de nov. de 2026 às 14:05, Acme <s@acme.example> escreveu:\n\n> old",
    "dutch": "Op di 3 nov 2026 om 14:05 schreef Acme <sales@acme.example>:\n\n> old",
    "russian": "вт, 3 нояб. 2026 г. в 14:05, Acme <sales@acme.example>:\n\n> old",
    "russian, wrote": "3 ноября 2026 г., 14:05, Acme <sales@acme.example> пишет:\n\n> old",
    "polish": "wt., 3 lis 2026 o 14:05 Acme <sales@acme.example> napisał(a):\n\n> old",
    "japanese": "2026年11月3日(火) 14:05 Acme <sales@acme.example>:\n\n> old",
    "japanese outlook": "差出人: Acme\n送信日時: 2026年11月3日\n宛先: Li\n件名: 見積\n\nold",
    "korean": "2026년 11월 3일 (화) 오후 2:05, Acme <sales@acme.example>님이 작성:\n\n> old",
    "korean outlook": "보낸 사람: Acme\n보낸 날짜: 2026년\n받는 사람: Li\n제목: 견적\n\nold",
    "forward": "---------- Forwarded message ---------\nFrom: Acme\nDate: Monday\n\nold",
    "plain quotes": "> old\n> text",
    "signature": "-- \nLi Wei\nExample Ltd.",
    "phone": "Sent from my iPhone\n\n> old",
    "phone, chinese": "发自我的iPhone\n\n------------------ 原始邮件 ------------------\nold",
}


@pytest.mark.parametrize("quote", QUOTES.values(), ids=QUOTES.keys())
def test_what_is_quoted_is_cut(quote: str) -> None:
    assert reply_text(f"{MINE}\n\n{quote}\n") == MINE


KEPT = {
    "plain": MINE,
    "a sentence that ends in wrote": "As you wrote:\nthe price is 5.\nWe agree.",
    "a date and a colon": "We meet on 2026-11-03 at 14:05:\nHall 4",
    "from in a list": "From: Hamburg\nWe ship on Monday.",
    "dashes": "Price list\n----------\n5 EUR",
    "a rule line": "One\n_____\nTwo",
    "inline code": "Use --flag\n--other",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_what_only_looks_like_a_quote_stays(text: str) -> None:
    assert reply_text(text) == text


def test_answers_between_the_quoted_lines_stay() -> None:
    text = "On 2026-11-03 14:05 Acme wrote:\n> How many?\nTen.\n> When?\nIn May.\n"
    assert reply_text(text) == "Ten.\nIn May."


def test_an_answer_below_the_quote_stays() -> None:
    text = "Am 3.11.2026 um 14:05 schrieb Acme:\n> old\n> text\n\nThank you!"
    assert reply_text(text) == "Thank you!"


def test_a_mail_that_only_quotes_has_nothing_of_its_own() -> None:
    assert reply_text("> only\n> quoted") == ""


@given(st.text(alphabet=">-_ \nOn wrote:0123From发件人：x", max_size=200))
def test_nothing_is_added(text: str) -> None:
    lines = set(text.split("\n"))
    assert all(
        line in lines or not line or any(line in one for one in lines)
        for line in reply_text(text).split("\n")
    )


SIGNED = "Please send the offer.\n\nLi Wei\nExample Ltd.\nTel: +86 755 8654 1234"


def test_a_name_that_is_known_begins_a_signature() -> None:
    assert reply_text(SIGNED, "Li Wei li@example.com") == "Please send the offer."


def test_a_signature_in_several_passages_begins_with_the_whole_name() -> None:
    passages = ("*Li Wei* | *Owner*", "[image: logo]", "Harbour Road 4", "*WEB www.li.example*")
    text = "\n\n".join(("Please send the offer.", *passages))
    assert reply_text(text, "Li Wei li@example.com") == "Please send the offer."
    assert reply_text(text, "Anna Nowak anna@example.pl") == text


def test_a_name_that_is_not_the_authors_may_be_an_address_to_ship_to() -> None:
    assert reply_text(SIGNED, "Anna Nowak anna@example.pl") == SIGNED


def test_the_address_alone_that_foxmail_signs_with_goes() -> None:
    text = "Yes.\n\nli@example.com\n \nFrom: Acme <a@b.example>\nDate: 2026-11-03 14:05\nTo: Li"
    assert reply_text(text, "Li Wei li@example.com") == "Yes."


PROSE = {
    "从我的角度看": "从我的角度看，这个价格太高。",
    "나의": "나의 의견은 다릅니다.",
    "envoyé par": "Envoyé par bateau, le colis arrive en mai.",
    "gesendet von": "Gesendet von unserem Lager",
    "sent by": "Sent by courier",
}


@pytest.mark.parametrize("line", PROSE.values(), ids=PROSE.keys())
def test_lines_that_begin_as_telephones_do_stay(line: str) -> None:
    assert reply_text(f"Hello,\n\n{line}\n") == f"Hello,\n\n{line}"


def test_a_long_text_is_looked_at_once() -> None:
    for line in ("From: a\n", "On 2026-01-01 14:05 x wrot:\n", "--\n", "Best regards\n", "a: b\n"):
        assert reply_text(line * 100_000)


def test_a_banner_that_is_all_stays() -> None:
    text = "CAUTION: This email originated from outside of the organization."
    assert reply_text(text) == text
