"""What may be undone in a header: fields replaced, taken out, or put back."""

from collections.abc import Mapping
from dataclasses import dataclass

from verify.breakage.change import Change, Kind, excerpt


@dataclass(frozen=True, slots=True)
class Edit:
    """New octets (None: take it out) for fields by their position, and fields that are missing."""

    changes: tuple[Change, ...]
    replaced: Mapping[int, bytes | None]
    added: tuple[bytes, ...] = ()

    def goes_with(self, other: "Edit") -> bool:
        """Whether they speak of different fields."""
        if self.added and other.added and _names(self) & _names(other):
            return False
        return not self.replaced.keys() & other.replaced.keys()


def _names(edit: Edit) -> set[bytes]:
    return {raw.partition(b":")[0].lower() for raw in edit.added}


def replacing(kind: Kind, at: int, now: bytes, then: bytes) -> Edit:
    """The field at `at`, which now reads `now`, was `then`."""
    name = now.partition(b":")[0].decode("latin-1").strip()
    before, after = then.partition(b":")[2], now.partition(b":")[2]
    if kind is Kind.FIELD_REWRITTEN and before.split() == after.split():
        kind = Kind.FIELD_FOLDED
    what = f"{excerpt(before)} → {excerpt(after)}"
    return Edit((Change(kind, name, len(now) - len(then), what),), {at: then})


def removing(at: int, now: bytes) -> Edit:
    """The field at `at` was not there."""
    name, _, value = now.partition(b":")
    change = Change(Kind.FIELD_ADDED, name.decode("latin-1").strip(), len(now), excerpt(value))
    return Edit((change,), {at: None})


def adding(then: bytes) -> Edit:
    """A field that was there is gone."""
    name, _, value = then.partition(b":")
    change = Change(Kind.FIELD_REMOVED, name.decode("latin-1"), -len(then), excerpt(value))
    return Edit((change,), {}, (then,))
