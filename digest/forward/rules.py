"""What is known of forwarding as data: subjects' prefixes, and the header fields of systems.

Read once from `bounce_rules/forwards/*.toml`; a file that is wrong is a SettingsProblem that
names it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import bounce_rules
from digest.written.phrases import Table, fold, read_table
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "forwards"

_PREFIX = re.compile(
    r"\s*+[\[(【]?\s*+([^:：\[\]()【】]{1,24}?)\s*+(?:[\[(]\d{1,3}[\])]\s*+)?[:：]\s*+"
)
_TAG = re.compile(r"\s*[\[【][^\]】]{1,30}[\]】]\s*")
_MOST_PREFIXES = 12


class Tells(StrEnum):
    """What a header field tells; see fields.toml."""

    FORWARDER = "forwarder"
    PASSED = "passed"
    DESTINATION = "destination"
    MAILBOX = "mailbox"
    SIGN = "sign"
    AUTHOR = "author"
    IDENTIFIER = "identifier"


@dataclass(frozen=True, slots=True)
class Field:
    """One header field of some system; `name` in lower case."""

    name: str
    tells: Tells
    strong: bool


class Prefix(StrEnum):
    """What a subject's first word says."""

    FORWARD = "forward"
    REPLY = "reply"
    BOTH = "both"
    """Either, by language."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`prefixes` are folded; `both_labels` are the senders' labels where BOTH is a forward."""

    prefixes: Mapping[str, Prefix]
    both_labels: frozenset[str]
    fields: tuple[Field, ...]
    sealers: frozenset[str]

    def named(self, *tells: Tells) -> tuple[Field, ...]:
        """The fields that tell one of these."""
        return tuple(field for field in self.fields if field.tells in tells)


@lru_cache(maxsize=1)
def shipped_rules() -> Rules:
    """The ones that come with the program."""
    return load_rules(FOLDER)


def load_rules(folder: Path) -> Rules:
    """Read a folder of them. Raises SettingsProblem with the file's name."""
    prefixes = read_table(folder / "prefixes.toml")
    fields = read_table(folder / "fields.toml")
    return Rules(
        prefixes={
            phrase.rstrip(".:"): prefix for prefix in Prefix for phrase in prefixes.phrases(prefix)
        },
        both_labels=frozenset(prefixes.phrases("both_forward_labels")),
        fields=tuple(_field(fields, entry) for entry in fields.tables("field")),
        sealers=frozenset(str(entry.get("domain")) for entry in fields.tables("sealer")),
    )


def _field(table: Table, entry: Mapping[str, object]) -> Field:
    try:
        return Field(str(entry["name"]).lower(), Tells(str(entry["tells"])), bool(entry["strong"]))
    except (KeyError, ValueError) as error:
        raise SettingsProblem(f"{table.file}: {dict(entry)} is no field: {error}") from error


def prefix_of(subject: str) -> tuple[Prefix | None, str]:
    """What the subject's outermost prefix says, and the subject without all its prefixes.

    Tags that systems put before it ("[External]", "[list]") are passed over.
    """
    prefixes = shipped_rules().prefixes
    outermost: Prefix | None = None
    text = subject[:1000]
    for _ in range(_MOST_PREFIXES):
        match = _PREFIX.match(text)
        word = fold(match[1]).rstrip(". ") if match else ""
        found = prefixes.get(word)
        if match is not None and found is not None:
            outermost = outermost or found
            text = text[match.end() :]
            continue
        tag = _TAG.match(text) if outermost is None else None
        if tag is None:
            break
        text = text[tag.end() :]
    if outermost is None and subject.rstrip().lower().endswith("(fwd)"):
        return Prefix.FORWARD, subject.rstrip()[:-5].strip()
    return outermost, text.rstrip("] ") if "[" in subject[:3] else text.strip()
