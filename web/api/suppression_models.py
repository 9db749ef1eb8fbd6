"""What the calls about suppressions answer, for the API's description."""

from typing import Literal

from pydantic import BaseModel

from web.api.parameters import Moment


class Suppression(BaseModel):
    """An address that no mail should go to (`active`), or about which a person should decide
    (`ask`). `evidence` are ids of messages; without `expires_at` it stays."""

    address: str
    state: Literal["active", "ask"]
    reason: Literal["hard", "complaint", "manual", "unclear"]
    source: Literal["report", "texts", "feedback", "person"]
    note: str
    evidence: list[str]
    first_seen: Moment
    last_seen: Moment
    expires_at: Moment | None
    changed_by: str


class SuppressionPage(BaseModel):
    """A page of suppressions."""

    items: list[Suppression]
    next: str | None


class ReportOfAddress(BaseModel):
    """What one report said. `structured`: it is a report by RFC 3464 or RFC 5965."""

    message: str
    at: Moment
    kind: Literal["hard", "complaint", "unclear"]
    structured: bool
    diagnostic: str


class CheckedAddress(BaseModel):
    """Whether mail should go to an address, and what reports said of it, the newest first."""

    address: str
    suppressed: bool
    suppression: Suppression | None
    reports: list[ReportOfAddress]
