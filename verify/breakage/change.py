"""What a diagnosis says: the changes that were made on the way, and how far that is proved.

Nothing here is guessed. A change is named only where the message without it has the body hash
that the signature states (bh=), or makes the signature itself verify (b=).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mail.reply import printable

EXCERPT = 120
"""Characters of an inserted text that are shown."""


class Kind(StrEnum):
    """What a relay did."""

    TEXT_APPENDED = "text_appended"
    """Text after the end of the body."""
    TEXT_PREPENDED = "text_prepended"
    """Text before the first line of the body."""
    TEXT_IN_PART = "text_in_part"
    """Text within one part of a multipart body: a footer or a banner."""
    PART_ADDED = "part_added"
    """One more part in a multipart body."""
    REWRAPPED = "rewrapped"
    """The whole body became one part of a new multipart body."""
    TRANSFER_ENCODING = "transfer_encoding"
    """Another Content-Transfer-Encoding, or the same written in another way."""
    LINES_WRAPPED = "lines_wrapped"
    """Long lines were broken."""
    LINE_ENDS = "line_ends"
    """Other line ends, or one too many or too few."""
    WHITE_SPACE = "white_space"
    """Spaces and tabs."""
    MBOX_QUOTING = "mbox_quoting"
    """`>` before a line that begins with From, or a dot doubled at the start of a line."""
    CHARSET = "charset"
    """Another character set, or another name for it."""
    SUBJECT = "subject"
    """A tag in the subject."""
    FIELD_ADDED = "field_added"
    """A header field that the signer had signed as absent."""
    FIELD_REMOVED = "field_removed"
    """A signed header field is gone."""
    FIELD_REWRITTEN = "field_rewritten"
    """Another value, such as another author or a display name."""
    FIELD_FOLDED = "field_folded"
    """White space or folding of a header field, where every space is signed."""
    FIELD_CASE = "field_case"
    """Upper and lower case of a header field's name, where that is signed."""


class Proof(StrEnum):
    """How far the changes explain the failure."""

    SIGNATURE = "signature"
    """Without the changes the signature verifies: proved by the signer's key."""
    BODY_HASH = "body_hash"
    """Without the changes the body has the hash that the signature states, but the header part
    of the signature does not verify, or its key is not known: the body is explained only."""
    HEADER = "header"
    """The header part of the signature verifies; nothing that we know explains the body."""
    NONE = "none"
    """None of the changes that we know explains it."""


class Broken(StrEnum):
    """What no longer is as it was signed."""

    BODY = "body"
    HEADER = "header"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `where` is a field name, `body` or `part 1.2`; `octets` is by how much the
    message grew; `excerpt` begins what was put in, or says from what to what."""

    kind: Kind
    where: str
    octets: int = 0
    excerpt: str = ""

    def as_json(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "kind": self.kind.value,
            "where": self.where,
            "octets": self.octets,
            "excerpt": self.excerpt,
        }


@dataclass(frozen=True, slots=True)
class Hop:
    """Between whom it happened: ARC signatures of relays that verify the message without the
    change (`after`, the last of these) and with it (`before`, the first; empty: nobody's)."""

    after: str
    before: str


@dataclass(frozen=True, slots=True)
class SignatureDiagnosis:
    """What broke one signature. `complete` is False where the search was ended by its limits."""

    domain: str
    selector: str
    broken: Broken
    proof: Proof
    changes: tuple[Change, ...]
    hop: Hop | None
    complete: bool
    candidates: int

    def as_json(self) -> dict[str, Any]:
        """JSON-ready values."""
        hop = {"after": self.hop.after, "before": self.hop.before} if self.hop else None
        return {
            "domain": self.domain,
            "selector": self.selector,
            "broken": self.broken.value,
            "proof": self.proof.value,
            "changes": [one.as_json() for one in self.changes],
            "hop": hop,
            "complete": self.complete,
            "candidates": self.candidates,
        }


def excerpt(octets: bytes) -> str:
    """The beginning of a stranger's text on one line, fit for a page and a log."""
    text = octets[: 8 * EXCERPT].decode("utf-8", "replace")
    return printable(" ".join(text.split()), EXCERPT)
