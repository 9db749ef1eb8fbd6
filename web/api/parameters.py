"""What the API's calls take: queries and bodies, checked before a call sees them."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator

Category = Literal["to_reply", "inquiry", "rejection", "ooo", "bounce", "complaint", "notice"]
CATEGORIES: tuple[Category, ...] = (
    "to_reply",
    "inquiry",
    "rejection",
    "ooo",
    "bounce",
    "complaint",
    "notice",
)

Outcome = Literal["accepted", "held", "refused", "deferred"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "held", "refused", "deferred")

DEFAULT_LIMIT = 50


def _aware(at: datetime) -> datetime:
    """A time without a zone is meant in UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]

Since = Annotated[Moment | None, Query(description="RFC 3339; at this time or later")]
Until = Annotated[Moment | None, Query(description="RFC 3339; before this time")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of one page")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before")]
Search = Annotated[str, Query(max_length=500, description="Words that must all be there")]
MailSearch = Annotated[
    str,
    Query(
        max_length=10_000,
        description='As people type: words, "a phrase", wor*, -without, a OR b, from: to: subject: '
        "filename: has:attachment category: campaign: is: before: after: larger: smaller: msgid:",
    ),
]
Identifier = Annotated[
    str, Path(alias="id", max_length=64, description="The transaction's id, a ULID")
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FlagsPatch(_Body):
    """What to change of a message; what is absent stays as it is."""

    seen: StrictBool | None = None
    flagged: StrictBool | None = None
    archived: StrictBool | None = None
    category: Category | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "FlagsPatch":
        if not self.model_fields_set:
            raise ValueError("name at least one of seen, flagged, archived, category")
        return self


class NewTrust(_Body):
    """A forward path to trust: the id of what is offered, and for how many days."""

    id: str = Field(max_length=64)
    days: int = Field(90, ge=1, le=366)
    note: str = Field("", max_length=500)


class NewDomain(_Body):
    """A reply domain to add."""

    name: str
    accept: Literal["all", "signed"] | list[str] = "all"


class RetryKind(_Body):
    """Which failed jobs to try again."""

    kind: str = Field(min_length=1, max_length=32)
