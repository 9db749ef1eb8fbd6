"""What the calls about keeping and forgetting take and answer, for the API's description."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from web.api.parameters import Category, Moment


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


Id = Annotated[str, Field(max_length=64)]
Days = Annotated[int, Field(ge=1, le=36500)]
Count = Annotated[int, Field(ge=1, le=2**62)]


class NewRule(_Body):
    """A rule to add or to look at: messages that fit all of it are removed, or their bytes."""

    days: Days
    mailbox: Annotated[str, Field(max_length=320)] | None = None
    category: Category | None = None
    larger_than: Count | None = None
    what: Literal["delete", "bytes"] = "delete"
    note: str = Field("", max_length=500)


class NewAge(_Body):
    """For how many days."""

    days: Days


class NewHold(_Body):
    """What to hold; all that is named must fit."""

    message: Id | None = None
    address: Annotated[str, Field(max_length=512)] | None = None
    mailbox: Annotated[str, Field(max_length=320)] | None = None
    since: Moment | None = None
    until: Moment | None = None
    reason: str = Field("", max_length=500)


class NewQuota(_Body):
    """What a mailbox may hold; null for as much as there is of one of them."""

    messages: Count | None = None
    octets: Count | None = None
    when_full: Literal["warn", "defer"] = "warn"


class ErasureAddress(_Body):
    """Whose mail."""

    address: str = Field(max_length=512)


class NewErasure(ErasureAddress):
    """An erasure to begin. `confirm` is the address once more."""

    confirm: str = Field(max_length=512)
    mentions: bool = False


class Rule(BaseModel):
    """A rule; it deletes nothing before `effective_at`."""

    id: str
    days: int
    mailbox: str | None
    category: Category | None
    larger_than: int | None
    what: Literal["delete", "bytes"]
    note: str
    created_at: Moment
    created_by: str
    effective_at: Moment


class Age(BaseModel):
    """How long something is kept; `in_force` until `effective_at`, then `days`."""

    name: Literal["refused", "held", "log", "audit", "campaigns", "suppressed"]
    days: int
    in_force: int
    usual: int
    effective_at: Moment | None


class Retention(BaseModel):
    """All rules and ages. `clock`: why nothing is deleted just now, or null."""

    rules: list[Rule]
    ages: list[Age]
    clock: str | None


class Preview(BaseModel):
    """What a rule would remove today."""

    messages: int
    octets: int


class Hold(BaseModel):
    """A hold; lifted where `lifted_at` is not null."""

    id: str
    message: str | None
    address: str | None
    mailbox: str | None
    since: Moment | None
    until: Moment | None
    reason: str
    set_at: Moment
    set_by: str
    lifted_at: Moment | None
    lifted_by: str | None


class HoldPage(BaseModel):
    """All holds that ever were, the newest first."""

    items: list[Hold]
    next: str | None


class Load(BaseModel):
    """How much lies in a mailbox, and its quota."""

    mailbox: str
    name: str
    messages: int
    octets: int
    percent: int | None
    most_messages: int | None
    most_octets: int | None
    when_full: Literal["warn", "defer"] | None


class LoadPage(BaseModel):
    """All mailboxes."""

    items: list[Load]
    next: str | None


class Forecast(BaseModel):
    """What an erasure would remove. `mentions`: messages of others that name the address."""

    messages: int
    octets: int
    transactions: int
    mentions: int
    held: int


class Erasure(BaseModel):
    """One erasure. The receipt is there when it is done."""

    id: str
    asked_at: Moment
    asked_by: str
    mentions: bool
    stage: str
    counts: dict[str, int]
    finished_at: Moment | None
    receipt: dict[str, object] | None


class ErasurePage(BaseModel):
    """All erasures, the newest first."""

    items: list[Erasure]
    next: str | None


class AuditEntry(BaseModel):
    """One thing that somebody did."""

    id: int
    at: Moment
    by: str
    what: str
    subject: str
    detail: dict[str, object]


class AuditPage(BaseModel):
    """A page of the audit log."""

    items: list[AuditEntry]
    next: str | None
