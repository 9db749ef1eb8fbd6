"""Settings: how long mail is kept, what must not be deleted, how much a mailbox may hold.

Everybody who is signed in may look; administrators decide.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from mail.errors import SettingsProblem
from store.ages import confirm_age, list_ages, set_age
from store.holds import Wanted, lift_hold, list_holds, set_hold
from store.mailboxes import list_mailboxes
from store.quotas import Quota, list_loads, remove_quota, set_quota
from store.retention_rules import (
    NewRule,
    add_rule,
    confirm_rule,
    list_rules,
    preview,
    remove_rule,
)
from store.sweep_clock import clock_problem, confirm_clock
from web.api.parameters import CATEGORIES
from web.caller import Caller
from web.formats import parse_moment
from web.problems import not_found
from web.session import Administrator, Viewer, see_other
from web.tools import tools_of

router = APIRouter(include_in_schema=False)

DONE = ("added", "removed", "confirmed", "set", "lifted")
"""What may just have been done; the pages say so."""

_MEGABYTE = 1024 * 1024


@router.get("/retention")
def retention_page(request: Request, caller: Viewer) -> Response:
    """Rules, ages and quotas."""
    return _retention(request, caller)


@router.post("/retention/rules")
def add(
    request: Request,
    caller: Administrator,
    days: Annotated[str, Form(max_length=10)] = "",
    mailbox: Annotated[str, Form(max_length=64)] = "",
    category: Annotated[str, Form(max_length=16)] = "",
    megabytes: Annotated[str, Form(max_length=10)] = "",
    what: Annotated[str, Form(max_length=8)] = "delete",
    note: Annotated[str, Form(max_length=500)] = "",
    do: Annotated[str, Form(max_length=10)] = "preview",
) -> Response:
    """Say what a rule would remove, or add it."""
    tools = tools_of(request)
    typed = {"days": days, "mailbox": mailbox, "category": category, "megabytes": megabytes}
    typed |= {"what": what, "note": note}
    try:
        larger = _number(megabytes)
        wanted = NewRule(
            _number(days) or 0,
            mailbox or None,
            category or None,
            larger and larger * _MEGABYTE,
            what,
            note,
        )
        if do == "add":
            add_rule(tools.database, wanted, by=caller.name, now=tools.now())
            return see_other("/retention?done=added")
        would = preview(tools.database, wanted, tools.now())
    except SettingsProblem as problem:
        return _retention(request, caller, {"typed": typed, "problem": str(problem)}, 422)
    return _retention(request, caller, {"typed": typed, "would": would})


@router.post("/retention/confirm")
def confirm(request: Request, caller: Administrator, id: Annotated[str, Form()] = "") -> Response:
    """Let a rule or an age begin now; `clock` stands for the clock."""
    tools = tools_of(request)
    if id == "clock":
        confirm_clock(tools.database, by=caller.name, now=tools.now())
    elif not confirm_rule(tools.database, id, by=caller.name, now=tools.now()):
        confirm_age(tools.database, id, by=caller.name, now=tools.now())
    return see_other("/retention?done=confirmed")


@router.post("/retention/remove")
def remove(request: Request, caller: Administrator, id: Annotated[str, Form()] = "") -> Response:
    """Follow a rule no longer."""
    tools = tools_of(request)
    if not remove_rule(tools.database, id, by=caller.name, now=tools.now()):
        raise not_found("rule")
    return see_other("/retention?done=removed")


@router.post("/retention/ages")
def age(
    request: Request,
    caller: Administrator,
    name: Annotated[str, Form(max_length=16)] = "",
    days: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Keep something longer or shorter."""
    tools = tools_of(request)
    try:
        set_age(tools.database, name, _number(days) or 0, by=caller.name, now=tools.now())
    except SettingsProblem as problem:
        return _retention(request, caller, {"problem": str(problem)}, 422)
    return see_other("/retention?done=set")


@router.post("/retention/quotas")
def quota(
    request: Request,
    caller: Administrator,
    mailbox: Annotated[str, Form(max_length=64)] = "",
    messages: Annotated[str, Form(max_length=12)] = "",
    megabytes: Annotated[str, Form(max_length=12)] = "",
    refuse: Annotated[bool, Form()] = False,
) -> Response:
    """Give a mailbox a quota; both fields empty take it away."""
    tools = tools_of(request)
    try:
        most, size = _number(messages), _number(megabytes)
        if most is None and size is None:
            remove_quota(tools.database, mailbox, by=caller.name, now=tools.now())
        else:
            wanted = Quota(most, size and size * _MEGABYTE, refuse)
            set_quota(tools.database, mailbox, wanted, by=caller.name, now=tools.now())
    except SettingsProblem as problem:
        return _retention(request, caller, {"problem": str(problem)}, 422)
    return see_other("/retention?done=set")


@router.get("/holds")
def holds_page(request: Request, caller: Viewer) -> Response:
    """What must not be deleted."""
    return _holds(request, caller)


@router.post("/holds")
def hold(
    request: Request,
    caller: Administrator,
    message: Annotated[str, Form(max_length=64)] = "",
    address: Annotated[str, Form(max_length=512)] = "",
    mailbox: Annotated[str, Form(max_length=64)] = "",
    since: Annotated[str, Form(max_length=40)] = "",
    until: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Hold what fits from now on."""
    tools = tools_of(request)
    typed = {"message": message, "address": address, "mailbox": mailbox}
    typed |= {"since": since, "until": until, "reason": reason}
    try:
        wanted = Wanted(
            message.strip() or None,
            address.strip() or None,
            mailbox or None,
            _moment(since),
            _moment(until),
        )
        set_hold(tools.database, wanted, reason, by=caller.name, now=tools.now())
    except SettingsProblem as problem:
        return _holds(request, caller, {"typed": typed, "problem": str(problem)}, 422)
    return see_other("/holds?done=set")


@router.post("/holds/lift")
def lift(request: Request, caller: Administrator, id: Annotated[str, Form()] = "") -> Response:
    """Let go of what a hold held."""
    tools = tools_of(request)
    if not lift_hold(tools.database, id, by=caller.name, now=tools.now()):
        raise not_found("hold in force")
    return see_other("/holds?done=lifted")


def _retention(
    request: Request, caller: Caller, more: dict[str, Any] | None = None, status: int = 200
) -> Response:
    tools = tools_of(request)
    now = tools.now()
    typed = dict.fromkeys(("days", "mailbox", "category", "megabytes", "note"), "")
    context = {
        "section": "retention",
        "rules": list_rules(tools.database),
        "ages": list_ages(tools.database, now),
        "loads": list_loads(tools.database),
        "clock": clock_problem(tools.database, now),
        "categories": CATEGORIES,
        "megabyte": _MEGABYTE,
        "now": now,
        "typed": typed | {"what": "delete"},
        "would": None,
        "problem": "",
        "done": _done(request),
    }
    return tools.pages.page(
        request, "retention.html", context | (more or {}), caller=caller, status=status
    )


def _holds(
    request: Request, caller: Caller, more: dict[str, Any] | None = None, status: int = 200
) -> Response:
    tools = tools_of(request)
    found = list_holds(tools.database)
    fields = ("address", "mailbox", "since", "until", "reason")
    context = {
        "section": "holds",
        "in_force": [one for one in found if one.lifted_at is None],
        "lifted": [one for one in found if one.lifted_at is not None],
        "mailboxes": {box.id: box.name for box in list_mailboxes(tools.database)},
        "typed": dict.fromkeys(fields, "")
        | {"message": request.query_params.get("message", "")[:64]},
        "problem": "",
        "done": _done(request),
    }
    return tools.pages.page(
        request, "holds.html", context | (more or {}), caller=caller, status=status
    )


def _done(request: Request) -> str:
    done = request.query_params.get("done", "")
    return done if done in DONE else ""


def _number(text: str) -> int | None:
    """A whole number out of a form; None for an empty field. Raises SettingsProblem."""
    text = text.strip()
    if text and not (text.isascii() and text.isdigit()):
        raise SettingsProblem(f"{text!r} is not a whole number")
    return int(text) if text else None


def _moment(text: str) -> datetime | None:
    """A time out of a form; None for an empty field. Raises SettingsProblem."""
    found = parse_moment(text.strip())
    if found is None and text.strip():
        raise SettingsProblem(f"{text!r} is not a time such as 2026-11-20")
    return found
