"""Absence notes of our own in 34 languages, each with what it says; written before the reader."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

_USUAL = "2026-11-20T10:00:00+01:00"


@dataclass(frozen=True)
class Note:
    language: str
    sent: datetime
    back_on: date | None
    substitute: str | None
    left: bool
    subject: str
    text: str


def read_notes(name: str = "notes.tsv") -> list[Note]:
    lines = (Path(__file__).parent / name).read_text("utf-8").splitlines()
    return [_note(line.split("\t")) for line in lines if not line.startswith("#")]


def _note(cells: list[str]) -> Note:
    language, sent, back_on, substitute, left, subject, text = cells
    return Note(
        language,
        datetime.fromisoformat(_USUAL if sent == "-" else sent),
        None if back_on == "-" else date.fromisoformat(back_on),
        None if substitute == "-" else substitute.replace("(at)", "@"),
        left == "yes",
        subject,
        text.replace("\\n", "\n"),
    )
