"""What a report about mail of ours says, as values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from digest.fields import one_line


class Kind(StrEnum):
    """What a failure says about the recipient."""

    HARD = "hard"
    """No such user or domain, or disabled."""
    SOFT = "soft"
    """Temporary, expired, or unknown."""
    BLOCKED = "blocked"
    """Refused for the sender's reputation or the message's content."""
    QUOTA = "quota"
    """The mailbox is full."""
    POLICY = "policy"
    """Authentication, size, permission, a loop."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a report says of one more recipient, in the words of `Bounce`."""

    recipient: str
    kind: Kind
    permanent: bool
    status: str | None
    diagnostic: str | None

    def as_json(self) -> dict[str, str | bool | None]:
        """One of `others` of the contract's form."""
        return {
            "recipient": _clean(self.recipient),
            "kind": self.kind.value,
            "permanent": self.permanent,
            "status": self.status,
            "diagnostic": _clean(self.diagnostic),
        }


@dataclass(frozen=True, slots=True)
class Bounce:
    """One report about one message of ours, as far as it says so.

    `permanent` is about this attempt: False while the reporter is still trying. `recipient` is
    the address that was written to, which after forwarding is not the one that failed. `status`
    is an enhanced status code (RFC 3463). `others` failed as well, by the fields of the same report
    (RFC 3464 §2.3). For complaints only `recipient`, `original_message_id`,
    `diagnostic` and `reporter` are set. `action` is RFC 3464's; `why` names what says so, and
    `confidence` how sure that is (0 to 1).
    """

    kind: Kind | None
    permanent: bool | None
    recipient: str | None
    status: str | None
    diagnostic: str | None
    original_message_id: str | None
    reporter: str | None
    action: str = ""
    why: tuple[str, ...] = ()
    confidence: float = 0.99
    others: tuple[Failure, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The contract's form, with `others` where there are some."""
        told: dict[str, Any] = {
            "kind": self.kind.value if self.kind else None,
            "permanent": self.permanent,
            "recipient": _clean(self.recipient),
            "status": self.status,
            "diagnostic": _clean(self.diagnostic),
            "original_message_id": _clean(self.original_message_id),
            "reporter": _clean(self.reporter),
        }
        if self.others:
            told["others"] = [one.as_json() for one in self.others]
        return told


def _clean(text: str | None) -> str | None:
    """Fit for one line, whatever the reporter wrote."""
    return one_line(text) or None if text else None
