"""Campaigns: what was sent, what came of it, and whether a mailing is fit to bring answers home."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from bounce_rules.campaigns.check import Level, SampleFinding, check_sample
from mail.errors import SettingsProblem
from mail.message import parse_message
from mail.raw import RawMessage
from store.campaigns import (
    LONGEST_ID,
    MOST_AT_ONCE,
    CampaignRow,
    SentMessage,
    add_campaign,
    get_campaign,
    list_campaigns,
    register_messages,
)
from store.domains import list_domains
from web import i18n
from web.api.models import Campaign as CampaignModel
from web.api.models import CampaignPage, CheckedSample, RegisteredMessages
from web.api.parameters import CATEGORIES, DEFAULT_LIMIT, Cursor, Limit, Moment
from web.api.shapes import moment
from web.caller import Reader, Writer
from web.pages import language_of
from web.problems import Trouble, bad_cursor, json_response, not_found
from web.tools import tools_of

router = APIRouter(prefix="/campaigns", tags=["campaigns"])

CampaignId = Annotated[str, Path(alias="id", max_length=LONGEST_ID, description="The sender's own")]

_LINES = "application/x-ndjson"


class NewMessage(BaseModel):
    """A message of a campaign. Without `sent_at` it was sent just now; without `recipient` its
    Message-ID is that of all recipients."""

    model_config = ConfigDict(extra="forbid")

    message_id: str = Field(min_length=1, max_length=1000)
    recipient: str = Field("", max_length=320)
    sent_at: Moment | None = None


class NewCampaign(BaseModel):
    """A campaign; `messages` may be registered at once or later."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=LONGEST_ID)
    name: str | None = Field(None, max_length=LONGEST_ID)
    messages: list[NewMessage] = Field([], max_length=MOST_AT_ONCE)


class _Messages(BaseModel):
    model_config = ConfigDict(extra="forbid")

    messages: list[NewMessage] = Field(max_length=MOST_AT_ONCE)


async def _octets(request: Request) -> bytes:
    return await request.body()


Octets = Annotated[bytes, Depends(_octets)]

_MESSAGES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["messages"],
                    "properties": {
                        "messages": {"type": "array", "items": NewMessage.model_json_schema()}
                    },
                }
            },
            _LINES: {"schema": {"type": "string"}},
        },
    }
}
_SAMPLE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("", summary="Campaigns, newest first", response_model=CampaignPage)
def all_campaigns(
    request: Request, caller: Reader, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response:
    """Each with how many messages answer it, by category."""
    try:
        page = list_campaigns(tools_of(request).database, limit, cursor)
    except ValueError as error:
        raise bad_cursor() from error
    return json_response({"items": [campaign_of(row) for row in page.items], "next": page.next})


@router.post(
    "", summary="Make a campaign, or rename it", status_code=201, response_model=CampaignModel
)
def add(request: Request, caller: Writer, campaign: NewCampaign) -> Response:
    """201 for a new one, 200 for one that is there; its messages are added."""
    tools = tools_of(request)
    try:
        new = add_campaign(tools.database, campaign.id, campaign.name, tools.now())
        _register(request, campaign.id, campaign.messages)
    except SettingsProblem as problem:
        raise Trouble(422, str(problem)) from problem
    row = get_campaign(tools.database, campaign.id.strip())
    assert row is not None
    return json_response(campaign_of(row), 201 if new else 200)


@router.post(
    "/check",
    summary="What is wrong with a sample of a mailing",
    response_model=CheckedSample,
    openapi_extra=_SAMPLE,
)
def check(request: Request, caller: Reader, sample: Octets) -> Response:
    """The body is the message as it is to be sent. Sentences are in the language of
    Accept-Language; nothing is kept."""
    if not sample.strip():
        raise Trouble(422, "Send the message itself as the body, with its header.")
    message = parse_message(RawMessage.in_memory(sample))
    domains = [row.name for row in list_domains(tools_of(request).database)]
    return json_response(checked(check_sample(message, domains), language_of(request)))


@router.get("/{id}", summary="One campaign", response_model=CampaignModel)
def one(request: Request, caller: Reader, identifier: CampaignId) -> Response:
    """The messages that answer it are those of `/api/v1/messages?campaign=`."""
    row = get_campaign(tools_of(request).database, identifier)
    if row is None:
        raise not_found("campaign")
    return json_response(campaign_of(row))


@router.post(
    "/{id}/messages",
    summary="Register messages of a campaign",
    response_model=RegisteredMessages,
    openapi_extra=_MESSAGES,
)
def register(request: Request, caller: Writer, identifier: CampaignId, body: Octets) -> Response:
    """`{"messages": […]}`, or one JSON object a line as application/x-ndjson; 5,000 at most.
    The campaign is made where there is none. The same again changes nothing, so a call that
    failed can be repeated."""
    messages = list(_read(body, _LINES in request.headers.get("content-type", "")))
    try:
        return json_response(_register(request, identifier, messages))
    except SettingsProblem as problem:
        raise Trouble(422, str(problem)) from problem


def _read(body: bytes, is_lines: bool) -> Iterator[NewMessage]:
    """Raises Trouble that names the place."""
    if not is_lines:
        try:
            yield from _Messages.model_validate_json(body).messages
        except ValidationError as error:
            raise _unprocessable("body", error) from error
        return
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) > MOST_AT_ONCE:
        raise Trouble(422, f"{len(lines)} messages at once: at most {MOST_AT_ONCE} are taken.")
    for number, line in enumerate(lines, 1):
        try:
            yield NewMessage.model_validate_json(line)
        except ValidationError as error:
            raise _unprocessable(f"line {number}", error) from error


def _unprocessable(where: str, error: ValidationError) -> Trouble:
    errors = [
        {"field": ".".join(map(str, (where, *one["loc"]))), "detail": one["msg"]}
        for one in error.errors()[:20]
    ]
    return Trouble(422, f"The {where} is not as it should be.", errors=errors)


def _register(request: Request, identifier: str, messages: list[NewMessage]) -> dict[str, Any]:
    tools = tools_of(request)
    now = tools.now()
    sent = [SentMessage(one.message_id, one.recipient, one.sent_at or now) for one in messages]
    done = register_messages(tools.database, identifier, sent, now)
    return {
        "new": done.new,
        "known": done.known,
        "conflicts": list(done.conflicts[:100]),
        "linked": done.linked,
    }


def campaign_of(row: CampaignRow) -> dict[str, Any]:
    """A campaign as JSON."""
    return {
        "id": row.id,
        "name": row.name or None,
        "created_at": moment(row.created_at),
        "messages": row.messages,
        "first_sent_at": moment(row.first_sent_at),
        "last_sent_at": moment(row.last_sent_at),
        "counts": {name: row.by_category.get(name, 0) for name in CATEGORIES},
    }


def checked(findings: tuple[SampleFinding, ...], language: str) -> dict[str, Any]:
    """What was found, in words of that language."""
    return {
        "ok": all(one.level is not Level.BAD for one in findings),
        "findings": [
            {
                "code": one.code,
                "level": one.level.value,
                "text": i18n.say(language, f"sample.{one.code}.text", **one.values),
                "cure": i18n.say(language, f"sample.{one.code}.cure", **one.values)
                if one.level is not Level.GOOD
                else None,
            }
            for one in findings
        ],
    }
