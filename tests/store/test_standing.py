"""Whether mail should go to an address, by what reports say of it."""

from datetime import timedelta

from store.standing import Evidence, Says, standing
from tests.store.samples import NOON


def said(
    days: float = 0, says: Says = Says.HARD, *, structured: bool = False, about: str = ""
) -> Evidence:
    at = NOON + timedelta(days=days)
    return Evidence(f"{days:08.3f}", at, says, structured, about)


def test_one_structured_report_is_enough() -> None:
    found = standing([said(structured=True)])
    assert found is not None
    assert (found.state, found.reason, found.source) == ("active", "hard", "report")


def test_one_text_is_not() -> None:
    assert standing([said(about="<a@acme.example>")]) is None


def test_two_texts_about_two_messages_are() -> None:
    found = standing([said(about="<a@acme.example>"), said(0.1, about="<b@acme.example>")])
    assert found is not None
    assert (found.source, found.evidence) == ("texts", ("0000.000", "0000.100"))


def test_two_texts_about_one_message_are_one() -> None:
    same = [said(about="<a@acme.example>"), said(3, about="<a@acme.example>")]
    assert standing(same) is None


def test_texts_about_unknown_messages_have_to_lie_apart() -> None:
    assert standing([said(), said(0.5)]) is None
    assert standing([said(), said(1)]) is not None


def test_a_complaint_counts_at_once_and_is_not_taken_back_by_mail() -> None:
    found = standing([said(says=Says.COMPLAINT)], wrote_at=NOON + timedelta(days=9))
    assert found is not None
    assert (found.reason, found.source) == ("complaint", "feedback")


def test_whoever_writes_has_an_address_that_works() -> None:
    dead = said(structured=True)
    assert standing([dead], wrote_at=NOON + timedelta(hours=1)) is None
    assert standing([dead], wrote_at=NOON - timedelta(hours=1)) is not None


def test_what_was_lifted_does_not_count_again() -> None:
    before, after = said(structured=True), said(5, structured=True)
    lifted = NOON + timedelta(days=1)
    assert standing([before], lifted) is None
    found = standing([before, after], lifted)
    assert found is not None
    assert found.evidence == (after.message_id,)


def test_three_unclear_refusals_within_two_weeks_ask_a_person() -> None:
    three = [said(days, Says.UNCLEAR) for days in (0, 6, 13)]
    found = standing(three)
    assert found is not None
    assert (found.state, found.reason) == ("ask", "unclear")
    assert standing(three[:2]) is None
    assert standing([said(days, Says.UNCLEAR) for days in (0, 8, 16)]) is None


def test_unclear_refusals_of_one_message_are_one() -> None:
    again = [said(days, Says.UNCLEAR, about="<a@acme.example>") for days in (0, 1, 2)]
    assert standing(again) is None


def test_the_order_in_which_reports_are_read_does_not_matter() -> None:
    many = [said(2), said(0, structured=True), said(1)]
    assert standing(many) == standing(many[::-1])
