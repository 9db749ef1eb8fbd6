"""What header blocks say of conversations, as mailers really write them."""

import pytest

from digest.digest import digest_message
from digest.lineage import MANY_PEOPLE, MANY_REFERENCES, base_subject
from mail.lineage import Lineage
from mail.raw import RawMessage


def lineage(*fields: str) -> Lineage:
    content = "\r\n".join([*fields, "", "text"]).encode()
    return digest_message(RawMessage.in_memory(content), None, None).lineage


def test_references_are_read_with_the_parent_last() -> None:
    found = lineage(
        "Message-ID: <c@x>", "References: <a@x>\r\n <b@x>", "In-Reply-To: <b@x>", "Subject: Re: Hi"
    )
    assert found == Lineage("<c@x>", ("<a@x>", "<b@x>"), (), "hi", is_reply=True)


def test_in_reply_to_is_the_parent_where_references_lack_it() -> None:
    assert lineage("References: <a@x>", "In-Reply-To: <b@x>").references == ("<a@x>", "<b@x>")
    assert lineage("In-Reply-To: Your mail of Monday <b@x>").references == ("<b@x>",)


def test_an_id_broken_by_folding_or_without_brackets_is_still_one() -> None:
    assert lineage("Message-ID: <very-\r\n long@x>").message_id == "<very-long@x>"
    assert lineage("Message-ID: bare@x").message_id == "<bare@x>"
    assert lineage("References: a@x,b").references == ("<a@x,b>",)


def test_a_message_is_not_its_own_ancestor() -> None:
    assert lineage("Message-ID: <a@x>", "References: <a@x> <b@x> <b@x>").references == ("<b@x>",)


def test_of_thousands_of_references_the_first_and_the_nearest_are_kept() -> None:
    many = "\r\n ".join(f"<{n}@x>" for n in range(3000))
    found = lineage(f"References: {many}").references
    assert len(found) == MANY_REFERENCES
    assert (found[0], found[1:]) == ("<0@x>", tuple(f"<{n}@x>" for n in range(2961, 3000)))


def test_everybody_in_the_header_is_named_once() -> None:
    found = lineage(
        "From: A <a@x.example>", "Reply-To: r@x.example", "To: b@x.example, A <a@x.example>",
        "Cc: =?utf-8?q?=C3=96?= <c@x.example>",
    )  # fmt: skip
    assert found.people == ("a@x.example", "r@x.example", "b@x.example", "c@x.example")
    crowd = ", ".join(f"p{n}@x.example" for n in range(400))
    assert len(lineage(f"To: {crowd}").people) == MANY_PEOPLE


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Re: Offer", "offer"),
        ("RE[2]: AW: Fwd:  Offer", "offer"),
        ("回复：报价", "报价"),
        ("Re：回覆: 报价", "报价"),
        ("Ответ: Счёт", "счёт"),
        ("Re: Re: Re: Re: Ｏｆｆｅｒ", "offer"),
        ("re:", ""),
    ],
)
def test_replies_have_the_subject_of_what_they_answer(subject: str, base: str) -> None:
    assert base_subject(subject) == (base, True)


@pytest.mark.parametrize("subject", ["Offer", "Reality: a study", "Fwd: Offer", "Research"])
def test_what_only_looks_like_a_reply_is_none(subject: str) -> None:
    assert not base_subject(subject)[1]
