"""What one SPF check knows of the DNS so far, so that its evaluation can be run again."""

from dataclasses import dataclass, field

from verify.answer import Answer, Resolver, can_be_asked, plain_name
from verify.recording import peek
from verify.spf.parse import Record, parse_record

Key = tuple[str, str]
"""A plain name and a type in capitals."""


class MissingAnswer(Exception):
    """An answer is needed that is not known yet; `View.missing` has its key."""


@dataclass(slots=True)
class View:
    """The answers that one check has so far. `missing` is what must be asked to get further,
    `guesses` what may well be needed next and is asked along with it."""

    resolver: Resolver
    answers: dict[Key, Answer] = field(default_factory=dict)
    missing: dict[Key, None] = field(default_factory=dict)
    guesses: dict[Key, None] = field(default_factory=dict)
    records: dict[bytes, Record] = field(default_factory=dict)

    def need(self, name: str, rdtype: str) -> Answer:
        """The answer. Raises MissingAnswer where it has to be waited for."""
        key = plain_name(name), rdtype
        known = self.answers.get(key)
        if known is not None:
            return known
        answer = peek(self.resolver, *key)
        if answer is None:
            self.missing[key] = None
            raise MissingAnswer(key)
        self.answers[key] = answer
        return answer

    def guess(self, name: str, rdtype: str) -> None:
        """Note that this may be needed soon, so that it is asked along with what is missing."""
        key = plain_name(name), rdtype
        if key not in self.answers and can_be_asked(key[0]):
            self.guesses[key] = None

    def parsed(self, text: bytes) -> Record:
        """The parsed record: a huge one is read once, not in every run. Raises ValueError."""
        record = self.records.get(text)
        if record is None:
            record = self.records[text] = parse_record(text)
        return record
