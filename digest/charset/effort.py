"""How much guessing of charsets, and mending of garbled text, one message may cause.

A guess asks two dozen charsets how octets read in them, and a message may have thousands of file
names. So all that is read of one message shares a budget of octets that are asked about. Once it
is spent, only charsets that the message was found to be in are asked, and when a reserve is spent,
too, what is declared is believed and what is not declared is read as the last before it was. The
same message is read alike every time, whatever was read before. Text that was garbled is looked
into within a budget of its own.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

BUDGET = 700_000
"""Octets that charsets are asked about in one message, a question itself counting as some; about a
quarter of a second."""

_RESERVE = 500_000
_QUESTION = 100
_KNOWN = 3

MENDING = 400_000
"""Characters of doubtful lines that are looked into, each counted as often as that is done; less
than half a second."""

_MENDED_SLOWLY = 4
TOLD_MENDING = "not all texts and names were looked at for damage"
"""The defect of a message that has more of them than the budget of mending allows."""

TOLD = "charsets of a message with so many different texts and names were guessed roughly"
"""The defect of a message that spent its budget."""


@dataclass(slots=True)
class Effort:
    """What is left of a message's budget, and the names of the charsets that were guessed in it,
    the latest first."""

    left: int = BUDGET
    known: list[str] = field(default_factory=list)
    mending: int = MENDING

    @property
    def spent(self) -> bool:
        """Whether guesses have to be rough now."""
        return self.left <= 0

    @property
    def exhausted(self) -> bool:
        """Whether nothing is asked any more."""
        return self.left <= -_RESERVE

    def ask(self, octets: int, charsets: int = 1) -> None:
        """Count that so many charsets are asked about so many octets."""
        self.left -= (octets + _QUESTION) * charsets

    def look_into(self, lines: Iterable[str], *, slowly: bool = False) -> None:
        """Count lines that are tried under one charset, or `slowly` under all."""
        self.mending -= sum(map(len, lines)) * (_MENDED_SLOWLY if slowly else 1)

    def learn(self, name: str) -> None:
        """Remember what a text was guessed to be in."""
        self.known = [name, *(one for one in self.known if one != name)][:_KNOWN]

    def pay(self, other: "Effort") -> None:
        """Count what was asked on an account of its own, and remember what came out."""
        if other.left != BUDGET:
            self.left += other.left - BUDGET
            for name in reversed(other.known):
                self.learn(name)


_CURRENT: ContextVar[Effort | None] = ContextVar("effort", default=None)


class bounded:
    """Everything within reads one message; within another such block this is the same message."""

    __slots__ = ("_token",)

    def __enter__(self) -> Effort:
        """The budget of the message."""
        current = _CURRENT.get()
        new = Effort() if current is None else current
        self._token = _CURRENT.set(new)
        return new

    def __exit__(self, *_: object) -> None:
        """Back to what was before."""
        _CURRENT.reset(self._token)


@contextmanager
def alone() -> Iterator[Effort]:
    """Everything within is counted apart from the message around it."""
    new = Effort()
    token = _CURRENT.set(new)
    try:
        yield new
    finally:
        _CURRENT.reset(token)


def effort() -> Effort:
    """That of the message that is being read; a new one for octets that belong to none."""
    return _CURRENT.get() or Effort()
