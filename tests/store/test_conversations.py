"""What belongs together, and what a stranger cannot join."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.conversations import SUBJECT_WINDOW, Signs, contested_among, conversations

US = "sales"


def said(
    identifier: str,
    own: str = "",
    references: str = "",
    *,
    by: str = "alice",
    to: Sequence[str] = (US,),
    subject: str = "",
    is_reply: bool = False,
    at: int = 0,
) -> Signs:
    """A message; `references` are ids with spaces between."""
    people = frozenset((by, *to)) - {""}
    named = tuple(references.split())
    return Signs(identifier, at, by, people, own, named, subject, is_reply)


def together(*messages: Signs) -> list[str]:
    """The conversations as words of ids, each in order."""
    found = conversations(messages, contested_among(messages))
    groups = defaultdict(list)
    for identifier in sorted(found):
        groups[found[identifier]].append(identifier)
    return sorted("".join(group) for group in groups.values())


def test_a_reply_belongs_to_what_it_answers_whoever_wrote_it() -> None:
    first = said("1", "a")
    assert together(first, said("2", "b", "a", by="bob")) == ["12"]
    assert together(first, said("2", "b", "a b", by="bob"), said("3", "c", "b", by="eve")) == [
        "123"
    ]


def test_a_chain_of_in_reply_to_alone_is_one_conversation() -> None:
    chain = [said(str(n), f"m{n}", f"m{n - 1}" if n else "", by=f"p{n}") for n in range(6)]
    assert together(*chain) == ["012345"]


def test_a_conversation_is_known_by_its_least_id() -> None:
    found = conversations([said("2", "b", "a"), said("1", "a")], frozenset())
    assert found == {"1": "1", "2": "1"}


def test_replies_of_one_person_to_mail_that_never_came_here_belong_together() -> None:
    assert together(said("1", "a", "ours"), said("2", "b", "ours a ours2")) == ["12"]


def test_a_message_that_comes_late_joins_what_named_it() -> None:
    apart = said("1", "x", "p", by="alice"), said("2", "y", "p", by="bob")
    assert together(*apart) == ["1", "2"]
    assert together(*apart, said("3", "p", by="carol")) == ["123"]


def test_the_answers_to_a_campaign_are_not_one_conversation() -> None:
    answers = [said(str(n), f"a{n}", "campaign", by=f"p{n}") for n in range(9)]
    assert together(*answers) == [str(n) for n in range(9)]


def test_people_who_write_to_each_other_share_what_they_answer() -> None:
    alice = said("1", "a", "ours", by="alice", to=(US, "bob"))
    bob = said("2", "b", "ours", by="bob", to=(US, "alice"))
    eve = said("3", "c", "ours", by="eve", to=(US, "alice", "bob"))
    assert together(alice, bob, eve) == ["12", "3"]


A = (said("1", "a1"), said("2", "a2", "a1 ours"))
B = (said("3", "b1", by="bob"), said("4", "b2", "b1 ours2", by="bob"))


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(said("5", "x", "a1 b1", by="eve"), id="two-references"),
        pytest.param(said("5", "x", "a1 a2 b1 b2", by="eve"), id="all-references"),
        pytest.param(said("5", "a1", "b1", by="eve"), id="an-id-that-is-there"),
        pytest.param(said("5", "ours", "b1", by="eve"), id="the-id-of-an-answer-of-ours"),
        pytest.param(said("5", "a2", "b1 b2", by="eve"), id="an-id-in-the-middle"),
        pytest.param(
            said("5", "x", "a1 b1", by="eve", to=(US, "alice", "bob")), id="in-everybodys-name"
        ),
    ],
)
def test_a_stranger_cannot_make_one_of_two_conversations(forged: Signs) -> None:
    found = conversations((*A, *B, forged), contested_among((*A, *B, forged)))
    assert found["1"] == found["2"] != found["3"] == found["4"]


def test_a_chain_that_names_only_parents_withstands_a_forged_id() -> None:
    theirs = said("1", "a1"), said("2", "a2", "a1", by="carol")
    forged = said("5", "a1", "b1", by="eve")
    found = conversations((*theirs, *B, forged), contested_among((*theirs, *B, forged)))
    assert found["1"] == found["2"] != found["3"]


def test_somebody_who_is_in_two_conversations_may_join_them() -> None:
    assert together(said("1", "a"), said("2", "b"), said("3", "c", "a b")) == ["123"]


def test_loops_and_references_to_itself_harm_nothing() -> None:
    assert together(said("1", "a", "b a"), said("2", "b", "a b"), said("3", "c", "c")) == [
        "12",
        "3",
    ]


def test_machines_without_an_author_do_not_gather_everything() -> None:
    bounces = [said(str(n), f"d{n}", "campaign", by="") for n in range(4)]
    assert together(*bounces) == ["0", "1", "2", "3"]


def test_a_reply_without_references_is_found_by_its_subject() -> None:
    first = said("1", "a", subject="offer")
    answer = said("2", "b", subject="offer", is_reply=True)
    assert together(first, answer) == ["12"]
    assert together(first, said("2", "b", subject="offer")) == ["1", "2"]
    assert together(first, said("2", "b", subject="other", is_reply=True)) == ["1", "2"]


def test_a_subject_joins_nobody_who_was_not_in_it() -> None:
    first = said("1", "a", subject="offer")
    stranger = said("2", "b", by="eve", to=(US, "alice"), subject="offer", is_reply=True)
    assert together(first, stranger) == ["1", "2"]


def test_a_subject_joins_nothing_after_two_weeks() -> None:
    first = said("1", "a", subject="offer")
    late = said("2", "b", subject="offer", is_reply=True, at=SUBJECT_WINDOW + 1)
    assert together(first, late) == ["1", "2"]
    between = said("3", "c", subject="offer", is_reply=True, at=SUBJECT_WINDOW // 2)
    assert together(first, late, between) == ["123"]


_IDS = st.sampled_from(["", "a", "b", "c", "d", "e"])
_PEOPLE = st.sampled_from(["", "alice", "bob", "eve"])
_TOLD = st.tuples(
    _IDS,
    st.lists(_IDS.filter(bool), max_size=3),
    _PEOPLE,
    st.lists(_PEOPLE.filter(bool), max_size=2),
    st.sampled_from(["", "s", "t"]),
    st.booleans(),
    st.integers(0, 3),
)


def _messages(told: Iterable[tuple[str, list[str], str, list[str], str, bool, int]]) -> list[Signs]:
    return [
        said(
            f"{n:02}",
            own,
            " ".join(references),
            by=by,
            to=(US, *to),
            subject=subject,
            is_reply=is_reply,
            at=at * SUBJECT_WINDOW // 2,
        )
        for n, (own, references, by, to, subject, is_reply, at) in enumerate(told)
    ]


def _related(one: Signs, other: Signs, contested: frozenset[str]) -> bool:
    """The rule as the module's docstring tells it, for two messages."""
    common = bool({*one.keys} & {*other.keys})
    writes = bool(one.author and other.author)
    mutual = writes and one.author in other.people and other.author in one.people
    if common and mutual:
        return True
    return any(_descends(*pair, contested) for pair in ((one, other), (other, one))) or (
        mutual and _same_subject(one, other)
    )


def _descends(one: Signs, ancestor: Signs, contested: frozenset[str]) -> bool:
    if not ancestor.own or ancestor.own not in one.references:
        return False
    alone = len(one.references) == 1 and ancestor.own not in contested
    return one.root == ancestor.root or alone


def _same_subject(one: Signs, other: Signs) -> bool:
    near = abs(one.at - other.at) <= SUBJECT_WINDOW
    between = len(one.people & other.people) >= 2
    seeks = one.seeks_by_subject or other.seeks_by_subject
    return bool(one.subject) and one.subject == other.subject and near and between and seeks


@given(st.lists(_TOLD, max_size=9))
def test_it_is_the_closure_of_the_rule_for_two(told: list[tuple[object, ...]]) -> None:
    messages = _messages(told)  # type: ignore[arg-type]
    contested = contested_among(messages)
    groups = {one.id: {one.id} for one in messages}
    for one in messages:
        for other in messages:
            if groups[one.id] is not groups[other.id] and _related(one, other, contested):
                merged = groups[one.id] | groups[other.id]
                groups |= dict.fromkeys(merged, merged)
    expected = {one.id: min(groups[one.id]) for one in messages}
    assert conversations(messages, contested) == expected


@given(st.lists(_TOLD, max_size=9), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(told: list[tuple[object, ...]], chance: random.Random) -> None:
    messages = _messages(told)  # type: ignore[arg-type]
    shuffled = chance.sample(messages, len(messages))
    contested = contested_among(messages)
    assert conversations(shuffled, contested) == conversations(messages, contested)


def test_a_flood_of_references_is_read_in_passing() -> None:
    flood = [
        said(f"{n:04}", f"m{n}", " ".join(f"m{k}" for k in range(40)), by=f"p{n % 50}")
        for n in range(500)
    ]
    found = conversations(flood, contested_among(flood))
    assert len(set(found.values())) < 500
