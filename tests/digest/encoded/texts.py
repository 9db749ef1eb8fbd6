"""One short business letter in each of many languages, and the charsets that it is sent in."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Text:
    """A letter; `charsets` are pairs of a label and the codec that its senders really use."""

    language: str
    subject: str
    name: str
    body: str
    file: str
    charsets: tuple[tuple[str, str], ...]


def _read(path: Path) -> tuple[Text, ...]:
    rows = tomllib.loads(path.read_text("utf-8"))["text"]
    return tuple(Text(**{**row, "charsets": tuple(map(tuple, row["charsets"]))}) for row in rows)


TEXTS = _read(Path(__file__).with_name("texts.toml"))
