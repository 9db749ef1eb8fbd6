"""What an index is asked: never less than the query finds, and for a phrase hardly more."""

import random

import pytest

from store.search.document import document, with_size
from store.search.narrow import Narrowed, Token, fts5, narrow, tsquery
from store.search.neighbours import MANY, MOST_PAIRS, pairs, pairs_of
from store.search.parse import parse_query
from tests.store.samples import NOON
from tests.store.search.evaluation import Mail, fits
from tests.store.search.test_walk import asked, invented


def answers(narrowed: Narrowed, tokens: set[str]) -> bool:
    """Whether an index that has these tokens of a message would name it."""

    def has(one: Token) -> bool:
        return one.text in tokens or (one.prefix and any(t.startswith(one.text) for t in tokens))

    wanted = (any(all(map(has, way)) for way in choice) for choice in narrowed.choices)
    return all(wanted) and not any(map(has, narrowed.excluded))


@pytest.mark.parametrize("many", [False, True])
def test_an_index_names_every_message_that_the_query_finds(
    many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if many:
        monkeypatch.setattr("store.search.neighbours.MOST_PAIRS", 5)
    chance = random.Random(3)
    mails = [Mail(invented(chance, number), NOON, 700) for number in range(60)]
    tokens = [set(with_size(document(mail.digest), mail.size).split()) for mail in mails]
    named = 0
    for _ in range(400):
        query = parse_query(asked(chance))
        for sees in (True, False):
            narrowed = narrow(query, sees_confirmations=sees)
            for mail, has in zip(mails, tokens, strict=True):
                if fits(query, mail, sees_confirmations=sees):
                    assert answers(narrowed, has), (query, mail)
                    named += 1
    assert named > 1000


def test_two_words_of_a_phrase_that_stand_apart_are_not_asked_about() -> None:
    near = set(document({"text": "the best price for you"}).split())
    apart = set(document({"text": "price for the best"}).split())
    question = narrow(parse_query('"best price"'), sees_confirmations=True)
    assert answers(question, near)
    assert not answers(question, apart)


def test_a_phrase_within_a_field_is_asked_by_pair_and_by_field() -> None:
    said = set(document({"subject": "other things", "text": "best price"}).split())
    question = narrow(parse_query('subject:"best price"'), sees_confirmations=True)
    assert not answers(question, said)
    assert answers(question, set(document({"subject": "Best price!"}).split()))


def test_a_long_text_is_a_candidate_for_every_phrase_of_its_words() -> None:
    rows = [[str(number) for number in range(MOST_PAIRS * 2)]]
    assert pairs_of(rows) == [MANY]
    assert MANY not in pairs_of([rows[0][:MOST_PAIRS]])


def test_pairs_are_the_same_on_every_machine() -> None:
    assert pairs(["best", "price", "报价"]) == ["¦j95i", "¦cake"]
    assert pairs(["alone"]) == []


def test_an_excluded_word_is_asked_only_for_whoever_may_see_all() -> None:
    query = parse_query("offer -draft")
    assert fts5(narrow(query, sees_confirmations=True)) == '((("offer"))) NOT ("draft")'
    assert tsquery(narrow(query, sees_confirmations=True)) == "((('offer'))) & !('draft')"
    shy = narrow(query, sees_confirmations=False)
    assert (shy.excluded, len(shy.rest)) == ((), 2)


def test_exclusions_alone_ask_an_index_nothing() -> None:
    assert narrow(parse_query("-draft -offer"), sees_confirmations=True).choices == ()
