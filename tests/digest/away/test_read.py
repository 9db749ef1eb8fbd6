"""Absence notes of our own, and what is said of each."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from digest.away import Away, read_away
from tests.digest.away.notes import Note, read_notes

NOTES = read_notes()
WRITER = "writer@example.com"
FRIDAY = datetime(2026, 11, 20, 10, tzinfo=UTC)


def read(note: Note) -> Away:
    return read_away(note.subject, note.text, note.sent, WRITER, ["li@example.com"]) or Away()


def test_there_are_notes_enough_in_languages_enough() -> None:
    languages = Counter(note.language for note in NOTES)
    assert len(NOTES) >= 220
    assert len(languages) >= 20
    assert min(languages.values()) >= 8


@pytest.mark.parametrize(
    "note", NOTES, ids=[f"{number}-{note.language}" for number, note in enumerate(NOTES)]
)
def test_a_note_says_when_somebody_is_back_and_whom_to_ask(note: Note) -> None:
    assert read(note) == Away(note.back_on, note.substitute, note.left)
