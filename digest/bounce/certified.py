"""What providers of certified mail tell of mail of ours: PEC, REM, De-Mail and the like.

They send a receipt for each step, of which most say that all went well. What they do not deliver
they tell in forms of their own, with the facts in a file beside words for people.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from digest.bounce.kinds import meaning_of, status_of
from digest.bounce.languages import keeps_trying
from digest.bounce.letter import (
    LOOKED_AT,
    Letter,
    address_in,
    addresses_in,
    message_id_in,
    original_fields,
    text_of,
)
from digest.bounce.prose import Prose, failed_recipient, read_prose, refusal
from digest.bounce.rules import FOLDER, read_toml
from digest.bounce.values import Bounce, Kind
from digest.fields import Fields
from digest.mime import Part
from mail.errors import SettingsProblem

_SORTS = ("failed", "delayed", "delivered")
_TEXTS = ("evidence", "recipient", "written_to", "message_id", "words", "reason")
_LISTS = frozenset([*_SORTS, *_TEXTS, "fields", "senders", "about", "files", "envelopes"])
_MOST_FILES = 10
_MOST = 100

_Patterns = tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class System:
    """One kind of certified mail: by which words, fields and patterns it tells what."""

    name: str
    sorts: Mapping[str, str]
    fields: tuple[str, ...]
    about: tuple[str, ...]
    files: tuple[str, ...]
    envelopes: tuple[str, ...]
    senders: re.Pattern[str] | None
    subjects: Mapping[str, re.Pattern[str]]
    patterns: Mapping[str, _Patterns]
    kinds: Mapping[str, Kind]

    def is_of(self, letter: Letter) -> bool:
        """Whether a message may be one of this system's."""
        if any(name in letter.fields for name in self.fields):
            return True
        if self.senders is not None:
            return self.senders.match(letter.from_address) is not None
        return bool(self.files) and any(True for _ in self.files_of(letter))

    def files_of(self, letter: Letter) -> Iterator[Part]:
        """The XML files that may be its evidence."""
        for part in letter.tree.leaves:
            name = part.disposition.parameters.get("filename") or part.parameters.get("name") or ""
            named = name.lower()
            is_xml = named.endswith(".xml") or part.content_type.endswith("xml")
            if is_xml and (not self.files or any(one in named for one in self.files)):
                yield part

    def find(self, what: str, evidence: str) -> str:
        """The first thing of this name that the evidence says, or ""."""
        return next(self.find_all(what, evidence), "")

    def find_all(self, what: str, evidence: str) -> Iterator[str]:
        """All of them."""
        for pattern in self.patterns[what]:
            for found in islice(pattern.finditer(evidence), _MOST):
                yield html.unescape(found[1]).strip()

    def said(self, letter: Letter, evidence: str) -> tuple[str, str]:
        """What a message is about, and the word that says so; ("", "") where nothing does."""
        words = [letter.fields.token(name) for name in self.fields]
        words += [one.lower() for one in self.find_all("evidence", evidence)]
        for word in words:
            if word in self.sorts:
                return self.sorts[word], word
        if self.senders is not None and self.senders.match(letter.from_address):
            for sort, pattern in self.subjects.items():
                if pattern.match(letter.subject):
                    return sort, "subject"
        return "", ""


def read_certified(letter: Letter) -> Bounce | None:
    """What a provider of certified mail tells; `action` is "delivered" for all receipts."""
    for system in shipped_systems():
        if system.is_of(letter):
            evidence = _evidence(letter, system)
            sort, word = system.said(letter, evidence)
            if sort == "delivered":
                why = (f"{system.name}-receipt",)
                return Bounce(None, None, None, None, None, None, None, sort, why, 0.97)
            if sort:
                return _failure(letter, system, evidence, sort, word)
    return None


def is_envelope(letter: Letter) -> bool:
    """Whether a message only carries another one through certified mail."""
    return any(name in letter.fields for one in shipped_systems() for name in one.envelopes)


def _evidence(letter: Letter, system: System) -> str:
    files = islice(system.files_of(letter), _MOST_FILES)
    texts = (letter.tree.content(one, LOOKED_AT)[0].decode("utf-8", "replace") for one in files)
    return "\n".join(texts)[:LOOKED_AT]


def _failure(letter: Letter, system: System, evidence: str, sort: str, word: str) -> Bounce:
    prose = read_prose(letter.text)
    recipient = _recipient(letter, system, evidence, prose)
    words = system.find("words", evidence) or refusal(prose.said, recipient)
    status = status_of("", words)
    waits = sort == "delayed" or keeps_trying(prose.said)
    return Bounce(
        kind=_kind(system, evidence, word, words, prose),
        permanent=not waits,
        recipient=recipient,
        status=status,
        diagnostic=" ".join(words.split())[:1000] or None,
        original_message_id=_message_id(letter, system, evidence, prose),
        reporter=letter.from_address.rpartition("@")[2][:255] or None,
        action="delayed" if waits else "failed",
        why=(f"{system.name}-{word}",),
        confidence=0.97,
    )


def _kind(system: System, evidence: str, word: str, words: str, prose: Prose) -> Kind:
    """By the provider's words, else by its code for the reason, else by all that it says."""
    meaning = meaning_of(status_of("", words), words)
    if meaning.why:
        return meaning.kind
    reasons = (*(one.lower() for one in system.find_all("reason", evidence)), word)
    named = next((system.kinds[one] for one in reasons if one in system.kinds), None)
    return named or meaning_of(None, words, prose.said).kind


def _recipient(letter: Letter, system: System, evidence: str, prose: Prose) -> str | None:
    if named := address_in(system.find("recipient", evidence)):
        return named
    ours = [letter.from_address, *addresses_in(text_of(letter.fields, "to")[:4000])]
    return failed_recipient(prose.said, system.find_all("written_to", evidence), ours)


def _message_id(letter: Letter, system: System, evidence: str, prose: Prose) -> str | None:
    named = (text_of(letter.fields, name) for name in (*system.about, "in-reply-to", "references"))
    original = original_fields(letter.tree) or Fields(())
    values = (system.find("message_id", evidence), *named, text_of(original, "message-id"))
    found = next(filter(None, map(message_id_in, values)), None)
    return found or prose.message_id


@cache
def shipped_systems() -> tuple[System, ...]:
    """Those that come with the program. Raises SettingsProblem."""
    file = FOLDER / "certified.toml"
    try:
        tables = read_toml(file)["system"]
        systems = tuple(map(_system, tables))
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise SettingsProblem(f"{file}: not as it has to be: {error!r}") from error
    for table, system in zip(tables, systems, strict=True):
        by_subject = any(one.match(table["case"]) for one in system.subjects.values())
        if table["case"] not in system.sorts and not by_subject:
            raise SettingsProblem(f"{file}: system {system.name!r} does not know its own case")
    return systems


def _system(table: Mapping[str, Any]) -> System:
    unknown = table.keys() - _LISTS - {"name", "case", "subjects", "kinds"}
    if unknown:
        raise ValueError(f"system {table.get('name')!r} has {sorted(unknown)}")
    senders = table.get("senders")
    return System(
        name=table["name"],
        sorts={word: sort for sort in _SORTS for word in table.get(sort, ())},
        fields=tuple(table.get("fields", ())),
        about=tuple(table.get("about", ())),
        files=tuple(table.get("files", ())),
        envelopes=tuple(table.get("envelopes", ())),
        senders=_any(senders) if senders else None,
        subjects={sort: _any(table["subjects"][sort]) for sort in table.get("subjects", ())},
        patterns={name: tuple(map(re.compile, table.get(name, ()))) for name in _TEXTS},
        kinds={word: Kind(kind) for word, kind in table.get("kinds", {}).items()},
    )


def _any(patterns: list[str]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(patterns)})", re.IGNORECASE)
