"""What a child answered: a digest in the contract's form, and what the store wants beside it."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mail.campaign import Clues
from mail.lineage import NO_LINEAGE, Lineage

if TYPE_CHECKING:
    from digest.digest import Digest


@dataclass(frozen=True, slots=True)
class Told:
    """One message's digest as it crossed between processes.

    `form` is the JSON object of `Digest.as_json` in ASCII, `seconds` the processor time that it
    took. `broke` says why the message could not be read in full; None where it was.
    """

    form: bytes
    lineage: Lineage = NO_LINEAGE
    seconds: float = 0.0
    broke: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's form, as `Digest.as_json` gives it."""
        found: dict[str, Any] = json.loads(self.form)
        return found


def told_of(digest: "Digest", seconds: float = 0.0, broke: str | None = None) -> Told:
    """A digest that was made in this process."""
    return Told(form_of(digest), digest.lineage, seconds, broke)


def form_of(digest: "Digest") -> bytes:
    """The digest as one line of JSON; in ASCII, so that nothing in it can end the line."""
    return json.dumps(digest.as_json()).encode("ascii")


def lineage_as_json(lineage: Lineage) -> dict[str, Any]:
    """For `read_lineage` on the other side."""
    return asdict(lineage)


def read_lineage(found: dict[str, Any]) -> Lineage:
    """What `lineage_as_json` wrote."""
    return Lineage(**{**_tuples(found), "clues": Clues(**_tuples(found["clues"]))})


def _tuples(found: dict[str, Any]) -> dict[str, Any]:
    """Values have tuples where JSON has lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}
