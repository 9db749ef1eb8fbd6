"""Rows of a transaction: what is remembered of those that come again and again."""

from dataclasses import replace

from mail.report import DnsEvidence
from store.rows import Prepared, prepare_message
from tests.memory import kept_after
from tests.store.samples import NOON, received


def prepare(name: str, *records: str) -> Prepared:
    """The rows of a message that needed one answer."""
    made = received()
    answer = DnsEvidence(name, "TXT", "ok", records, 300, "192.0.2.53", NOON)
    return prepare_message(replace(made, report=replace(made.report, evidence=(answer,))))


def test_the_row_of_a_large_answer_is_as_that_of_a_small_one() -> None:
    for records in (("v=spf1 -all",), ("v=spf1 -all", "z" * 100_000)):
        rows = [prepare("example.org", *records) for _ in range(2)]
        assert rows[0].answers == rows[1].answers
        assert rows[0].answers[0]["records"] == list(records)
        assert rows[0].report["evidence"][0][0] == rows[0].answers[0]["hash"]


def test_large_answers_are_not_kept_in_memory() -> None:
    prepare("example.org", "warm")

    def many() -> None:
        for number in range(50):
            prepare(f"n{number}.example.org", f"{number}" + "z" * 100_000)
            prepare(f"m{number}.example.org", *(f"{number} {n}" for n in range(2000)))

    assert kept_after(many) < 1_000_000
