"""What the API answers, for its description: the shapes that `web.api.shapes` makes.

Answers are not made by these models, so that each is written once and fast; that they are true is
what `tests/web/test_api_description.py` asks of every call.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from web.api.parameters import Category, Outcome

Moment = Annotated[datetime, Field(description="RFC 3339 in UTC, with a Z")]
Report = Annotated[
    dict[str, Any],
    Field(description="What `postern verify --json` prints: spf, dkim, arc, dmarc, iprev, verdict"),
]


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ProblemDocument(BaseModel):
    """RFC 9457 §3."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []


class Person(_Told):
    """A display name and an address; either may be null."""

    name: str | None
    address: str | None


class Flags(_Told):
    """What people did with a message."""

    seen: bool
    flagged: bool
    archived: bool


class Envelope(_Told):
    """`mail_from` is "" for the null sender."""

    mail_from: str
    rcpt: list[str]
    ip: str | None
    helo: str


class _Kept(_Told):
    id: str
    mailboxes: list[str]
    received_at: Moment
    held: bool
    flags: Flags
    size: int
    sha256: str
    digested: bool
    category: Category | None
    confidence: float | None
    subject: str | None
    from_: Annotated[Person | None, Field(alias="from")]
    date: Moment | None


class MessageSummary(_Kept):
    """One row of the list. What the digest tells is null until it is made."""

    snippet: str | None
    attachment_count: int
    rule: str


class Attachment(_Told):
    """A file in a message; its place in the list is the `n` of its address."""

    name: str | None
    content_type: str
    size: int
    sha256: str
    inline: bool


class ThreadMessage(_Told):
    """One message of a conversation; `date` is its own claim."""

    id: str
    received_at: Moment
    date: Moment | None
    from_: Annotated[Person | None, Field(alias="from")]
    subject: str | None
    snippet: str | None
    category: Category | None
    seen: bool


class Thread(_Told):
    """A conversation, oldest first. `id` is that of its first message; `count` is of all its
    messages, of which `messages` are a page; `campaigns` are those that they answer."""

    id: str
    count: int
    campaigns: list[str]
    messages: list[ThreadMessage]
    next: Annotated[str | None, Field(description="`cursor` of the next page; null on the last")]


class Message(_Kept):
    """What `postern digest` prints, where the message lies, and how it is authenticated."""

    to: list[Person]
    message_id: str | None
    why: list[str]
    text: str
    reply_text: str
    html: str | None
    attachments: list[Attachment]
    charset_notes: list[str]
    defects: list[str]
    calendar: dict[str, Any] | None
    blank: str | None
    repair: str | None
    away: dict[str, Any] | None
    bounce: dict[str, Any] | None
    forward: dict[str, Any] | None
    confirmation: dict[str, Any] | None
    campaign: dict[str, Any] | None
    authentication: Report | None
    envelope: Envelope
    thread: Thread


class SmtpReply(_Told):
    """What the client heard."""

    code: int
    enhanced: str
    text: str


class TransactionSummary(_Told):
    """One attempt to hand over mail."""

    id: str
    received_at: Moment
    outcome: Outcome
    door: str
    envelope: Envelope
    recipients: int
    from_domain: str | None
    subject: str | None
    message_id: str | None
    size: int | None
    reply: SmtpReply
    rule: str
    stage: str
    duplicate_of: str | None


class Finding(_Told):
    """One check in words."""

    method: str
    result: str
    text: str


class Remedy(_Told):
    """One thing that is wrong, and what mends it."""

    kind: str
    method: str
    found: str
    checked: str
    passes: str
    fix: str
    seen: list[str]
    publish: str
    record: str | None
    change: str | None
    is_enough: bool
    broke: list[str]


class Explanation(_Told):
    """The report in words, in the language of Accept-Language."""

    headline: str
    findings: list[Finding]
    verdict: str
    override: str | None
    reasons: list[str]
    remedies: list[Remedy]


class Tls(_Told):
    """The connection's encryption."""

    version: str
    cipher: str | None


class DnsAnswer(_Told):
    """A DNS answer that the report rests on."""

    name: str
    type: str
    status: str
    records: list[str]
    ttl: int
    server: str
    at: Moment


class Transaction(TransactionSummary):
    """One attempt with its report, the report in words, and the header block."""

    verdict: dict[str, Any]
    authentication: Report | None
    explanation: Explanation
    diagnosis: dict[str, Any] | None
    tls: Tls | None
    client_port: int
    body: str
    smtputf8: bool
    sha256: str | None
    headers: str
    received: str
    authentication_results: str
    evidence: list[DnsAnswer]


class Domain(_Told):
    """One reply domain."""

    name: str
    accept: Literal["all", "signed"] | list[str]
    source: str
    mailbox: str


class _Path(_Told):
    id: str
    destination: str
    known_by: Literal["spf", "client", "seal"]
    name: str
    forwarder: str | None


class TrustedPath(_Path):
    """A forward path that somebody trusts, or trusted."""

    state: Literal["trusted", "expired"]
    note: str
    created_at: Moment
    created_by: str
    expires_at: Moment
    uses: int
    used_at: Moment | None


class OfferedPath(_Path):
    """A forward path that could be trusted."""

    state: Literal["offered", "dismissed"]
    held: int
    refused: int
    first_at: Moment
    last_at: Moment
    from_domains: list[str]
    transactions: list[str]
    named: int
    genuine: int
    unproven: list[Literal["author", "forwarded", "mailbox", "destination"]]


class _Page(_Told):
    next: Annotated[str | None, Field(description="`cursor` of the next page; null on the last")]


class SearchNote(_Told):
    """What of a query was not understood, in `text` as it was typed; or that mail is missing."""

    code: Literal[
        "unknown_operator", "no_value", "bad_value", "no_word", "lone_or", "too_long", "indexing"
    ]
    text: str


class MessagePage(_Page):
    """A page of messages."""

    items: list[MessageSummary]
    notes: list[SearchNote]


class Correspondent(_Told):
    """Somebody who wrote to us; `messages` is how many there are of them. `mailboxes` are those
    of their latest messages."""

    address: str
    name: str | None
    first_at: Moment
    last_at: Moment
    messages: int
    mailboxes: list[str] = []


class CorrespondentPage(_Page):
    """A page of people."""

    items: list[Correspondent]


class MessageIdPage(_Page):
    """A page of ids of messages."""

    items: list[str]


class File(_Told):
    """An attachment: the `n`-th of a message. `dangerous`: it can run programs when opened."""

    message: str
    n: int
    name: str | None
    content_type: str
    size: int
    sha256: str
    inline: bool
    dangerous: bool


class FilePage(_Page):
    """A page of attachments."""

    items: list[File]


class TransactionPage(_Page):
    """A page of the log."""

    items: list[TransactionSummary]


class DomainPage(_Page):
    """All domains."""

    items: list[Domain]


class PathPage(_Page):
    """All offers and trusted paths."""

    items: list[OfferedPath | TrustedPath]


class Job(_Told):
    """A job that failed too often."""

    id: int
    kind: str
    message_id: str | None
    attempts: int
    error: str
    created_at: Moment


class JobPage(_Page):
    """A page of such jobs."""

    items: list[Job]


class Retried(_Told):
    """How many jobs will be tried again."""

    retried: int


class Node(_Told):
    """A program that uses this store."""

    name: str
    role: str
    lost: bool
    started_at: Moment
    seen_at: Moment
    version: str
    hostname: str
    authserv_id: str


class NodePage(_Page):
    """All programs."""

    items: list[Node]


class AnswerCounts(_Told):
    """How many messages answer a campaign, by category; held ones do not count."""

    to_reply: int
    inquiry: int
    rejection: int
    ooo: int
    bounce: int
    complaint: int
    notice: int


class Campaign(_Told):
    """Something that was sent to many; `messages` is how many Message-IDs were registered."""

    id: str
    name: str | None
    created_at: Moment
    messages: int
    first_sent_at: Moment | None
    last_sent_at: Moment | None
    counts: AnswerCounts


class CampaignPage(_Page):
    """A page of campaigns."""

    items: list[Campaign]


class RegisteredMessages(_Told):
    """`known` were registered before; `conflicts` are Message-IDs of another campaign (the first
    hundred), `linked` messages that were here before and answer one of the new."""

    new: int
    known: int
    conflicts: list[str]
    linked: int


class SampleFinding(_Told):
    """One thing about a sample, and what to do about it."""

    code: str
    level: Literal["bad", "warn", "good"]
    text: str
    cure: str | None


class CheckedSample(_Told):
    """`ok`: nothing is bad."""

    ok: bool
    findings: list[SampleFinding]
