"""How much of the letters is read right."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from digest.digest import digest_message
from mail.raw import RawMessage
from tests.digest.encoded.letters import Letter


@dataclass(slots=True)
class Score:
    """Right and all readings of each kind, and a line for every wrong one."""

    right: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def add(self, letter: Letter, what: str, expected: object, found: object) -> None:
        """Count one reading."""
        self.asked[what] = self.asked.get(what, 0) + 1
        if expected == found:
            self.right[what] = self.right.get(what, 0) + 1
        else:
            self.wrong.append(f"{letter.name}: {what} {found!r}, not {expected!r}")

    def share(self, what: str) -> float:
        """The share that is right."""
        return self.right.get(what, 0) / self.asked[what]

    def __str__(self) -> str:
        return ", ".join(
            f"{what} {self.right.get(what, 0)}/{count} ({self.share(what):.1%})"
            for what, count in self.asked.items()
        )


def score(letters: Iterable[Letter]) -> Score:
    """Read every letter and compare, white space at line ends aside."""
    found = Score()
    for letter in letters:
        digest = digest_message(RawMessage.in_memory(letter.raw), None, None)
        if letter.subject is not None:
            found.add(letter, "subject", letter.subject, digest.subject)
        if letter.author is not None:
            found.add(letter, "author", letter.author, digest.author and digest.author.name)
        if letter.text is not None:
            found.add(letter, "text", _plain(letter.text), _plain(digest.text))
        if letter.files:
            found.add(letter, "files", letter.files, tuple(one.name for one in digest.attachments))
    return found


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))
