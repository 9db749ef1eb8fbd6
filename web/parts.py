"""What the pages need of a message's inside, and cannot decode themselves.

Decoding is another room's work on the same level as this one, so it is handed in: whoever builds
the app passes a `PartsReader`. A message is bytes of a stranger, so nothing here reads one in the
process that serves everybody.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

from mail.raw import RawMessage


class Content(Protocol):
    """Octets out of a message, which may be as many as it has: read once, block by block."""

    @property
    def size(self) -> int:
        """Their number."""

    def blocks(self, size: int) -> Iterator[bytes]:
        """All of them, in pieces of at most so many."""


class Part(Protocol):
    """One decoded attachment. `name` and `content_type` are the sender's words."""

    @property
    def name(self) -> str:
        """The file name as the sender gave it; may be empty, and may be hostile."""

    @property
    def content_type(self) -> str:
        """The declared media type."""

    @property
    def content(self) -> Content:
        """The decoded bytes."""


class PartsReader(Protocol):
    """Decodes a message on demand.

    What is read raises `mail.errors.Unopened` where a message cannot be read within the limits,
    and `TooBusy` where too many are being read already.
    """

    def prepare(self) -> None:
        """Somebody may soon ask for something. Takes no time."""

    def attachment(self, raw: RawMessage, n: int) -> Part | None:
        """The n-th attachment in the order of the digest's list, counted from 0; None past it."""

    def html_page(self, raw: RawMessage) -> Content | None:
        """The sanitised HTML as a whole page without scripts or remote content, or None."""

    def as_it_came(self, raw: RawMessage) -> tuple[str, str]:
        """Subject and readable body without any repair of what was garbled on its way."""

    def digest(
        self,
        raw: RawMessage,
        mail_from: str | None,
        rcpt: Sequence[str] | None,
        authenticated: Collection[str] = (),
    ) -> dict[str, Any]:
        """What the worker would store as the digest: for a message that it has not reached yet.

        `mail_from` is "" for the null sender, `authenticated` the domains whose signatures
        verified. Never raises Unopened: what cannot be read has the reason `unreadable`."""
