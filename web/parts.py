"""What the pages need of a message's inside, and cannot decode themselves.

Decoding is another room's work on the same level as this one, so it is handed in: whoever builds
the app passes a `PartsReader`.
"""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from mail.raw import RawMessage


class Part(Protocol):
    """One decoded attachment. `name` and `content_type` are the sender's words."""

    @property
    def name(self) -> str:
        """The file name as the sender gave it; may be empty, and may be hostile."""

    @property
    def content_type(self) -> str:
        """The declared media type."""

    @property
    def content(self) -> bytes:
        """The decoded bytes."""


class PartsReader(Protocol):
    """Decodes a message on demand. No method raises for what the bytes are."""

    def attachment(self, raw: RawMessage, n: int) -> Part | None:
        """The n-th attachment in the order of the digest's list, counted from 0; None past it."""

    def html_page(self, raw: RawMessage) -> str | None:
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
        verified."""
