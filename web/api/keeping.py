"""How long mail is kept, what must not be deleted, and how much a mailbox may hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from mail.errors import SettingsProblem
from store.ages import Age, confirm_age, list_ages, set_age
from store.database import Database
from store.holds import Hold, Wanted, lift_hold, list_holds, set_hold
from store.mailboxes import mailbox_named
from store.quotas import Load, Quota, list_loads, remove_quota, set_quota
from store.retention_rules import (
    NewRule,
    Rule,
    add_rule,
    confirm_rule,
    list_rules,
    preview,
    remove_rule,
)
from store.sweep_clock import clock_problem, confirm_clock
from web.api import keeping_models as models
from web.api.parameters import Identifier
from web.api.shapes import moment
from web.caller import Admin, Reader
from web.problems import Trouble, json_response, not_found
from web.tools import tools_of

router = APIRouter(tags=["administration"])


@contextmanager
def allowed() -> Iterator[None]:
    """What cannot be is a 422 with the line that says why."""
    try:
        yield
    except SettingsProblem as problem:
        raise Trouble(422, str(problem)) from problem


@router.get("/retention", summary="Rules and ages", response_model=models.Retention)
def retention(request: Request, caller: Reader) -> Response:
    """What is forgotten, and when."""
    tools = tools_of(request)
    now = tools.now()
    return json_response(
        {
            "rules": [_rule(one) for one in list_rules(tools.database)],
            "ages": [_age(one) for one in list_ages(tools.database, now)],
            "clock": clock_problem(tools.database, now),
        }
    )


@router.post("/retention/rules", summary="Add a rule", status_code=201, response_model=models.Rule)
def add(request: Request, caller: Admin, rule: models.NewRule) -> Response:
    """It deletes nothing for 24 hours, unless it is confirmed."""
    tools = tools_of(request)
    with allowed():
        wanted = _wanted(tools.database, rule)
        added = add_rule(tools.database, wanted, by=caller.name, now=tools.now())
    return json_response(_rule(added), 201)


@router.post(
    "/retention/preview", summary="What a rule would remove", response_model=models.Preview
)
def look(request: Request, caller: Reader, rule: models.NewRule) -> Response:
    """Today, if it were there; nothing is removed."""
    tools = tools_of(request)
    with allowed():
        would = preview(tools.database, _wanted(tools.database, rule), tools.now())
    return json_response({"messages": would.messages, "octets": would.octets})


@router.post("/retention/rules/{id}/confirm", summary="Let a rule begin now", status_code=204)
def confirm(request: Request, caller: Admin, identifier: Identifier) -> Response:
    """409 where it has begun already."""
    tools = tools_of(request)
    if not confirm_rule(tools.database, identifier, by=caller.name, now=tools.now()):
        raise Trouble(409, "No rule with this id waits.")
    return Response(status_code=204)


@router.delete("/retention/rules/{id}", summary="Remove a rule", status_code=204)
def remove(request: Request, caller: Admin, identifier: Identifier) -> Response:
    """It is followed no longer."""
    tools = tools_of(request)
    if not remove_rule(tools.database, identifier, by=caller.name, now=tools.now()):
        raise not_found("rule")
    return Response(status_code=204)


@router.put("/retention/ages/{name}", summary="Set an age", response_model=models.Age)
def age(request: Request, caller: Admin, name: str, wanted: models.NewAge) -> Response:
    """A shorter one begins in 24 hours, unless it is confirmed."""
    tools = tools_of(request)
    with allowed():
        kept = set_age(tools.database, name, wanted.days, by=caller.name, now=tools.now())
    return json_response(_age(kept))


@router.post("/retention/ages/{name}/confirm", summary="Let an age begin now", status_code=204)
def confirm_shorter(request: Request, caller: Admin, name: str) -> Response:
    """409 where it has begun already."""
    tools = tools_of(request)
    if not confirm_age(tools.database, name, by=caller.name, now=tools.now()):
        raise Trouble(409, "No age of this name waits.")
    return Response(status_code=204)


@router.post("/retention/clock/confirm", summary="The clock is right", status_code=204)
def believe(request: Request, caller: Admin) -> Response:
    """Delete again, although the clock is far from the last time."""
    tools = tools_of(request)
    confirm_clock(tools.database, by=caller.name, now=tools.now())
    return Response(status_code=204)


@router.get("/holds", summary="All holds", response_model=models.HoldPage)
def holds(request: Request, caller: Reader) -> Response:
    """Lifted ones too."""
    found = list_holds(tools_of(request).database)
    return json_response({"items": [hold_of(one) for one in found], "next": None})


@router.post("/holds", summary="Hold mail", status_code=201, response_model=models.Hold)
def hold(request: Request, caller: Admin, new: models.NewHold) -> Response:
    """What fits is deleted by nobody, until the hold is lifted."""
    tools = tools_of(request)
    with allowed():
        box = new.mailbox and mailbox_named(tools.database, new.mailbox)
        wanted = Wanted(new.message, new.address, box or None, new.since, new.until)
        made = set_hold(tools.database, wanted, new.reason, by=caller.name, now=tools.now())
    return json_response(hold_of(made), 201)


@router.delete("/holds/{id}", summary="Lift a hold", status_code=204)
def lift(request: Request, caller: Admin, identifier: Identifier) -> Response:
    """It stays on record."""
    tools = tools_of(request)
    if not lift_hold(tools.database, identifier, by=caller.name, now=tools.now()):
        raise not_found("hold in force")
    return Response(status_code=204)


@router.get("/quotas", summary="How full mailboxes are", response_model=models.LoadPage)
def quotas(request: Request, caller: Reader) -> Response:
    """All mailboxes, those without a quota too."""
    loads = list_loads(tools_of(request).database)
    return json_response({"items": [_load(one) for one in loads], "next": None})


@router.put("/quotas/{mailbox}", summary="Give a mailbox a quota", status_code=204)
def quota(request: Request, caller: Admin, mailbox: str, new: models.NewQuota) -> Response:
    """The mailbox is an id, a domain or an address."""
    tools = tools_of(request)
    with allowed():
        box = mailbox_named(tools.database, mailbox)
        wanted = Quota(new.messages, new.octets, new.when_full == "defer")
        set_quota(tools.database, box, wanted, by=caller.name, now=tools.now())
    return Response(status_code=204)


@router.delete("/quotas/{mailbox}", summary="Take a quota away", status_code=204)
def unlimited(request: Request, caller: Admin, mailbox: str) -> Response:
    """The mailbox may hold what there is."""
    tools = tools_of(request)
    with allowed():
        box = mailbox_named(tools.database, mailbox)
    if not remove_quota(tools.database, box, by=caller.name, now=tools.now()):
        raise Trouble(404, "This mailbox has no quota.")
    return Response(status_code=204)


def _wanted(database: Database, rule: models.NewRule) -> NewRule:
    box = mailbox_named(database, rule.mailbox) if rule.mailbox is not None else None
    return NewRule(rule.days, box, rule.category, rule.larger_than, rule.what, rule.note)


def _rule(rule: Rule) -> dict[str, Any]:
    wanted = rule.wanted
    return {
        "id": rule.id,
        "days": wanted.days,
        "mailbox": wanted.mailbox,
        "category": wanted.category,
        "larger_than": wanted.larger_than,
        "what": wanted.what,
        "note": wanted.note,
        "created_at": moment(rule.created_at),
        "created_by": rule.created_by,
        "effective_at": moment(rule.effective_at),
    }


def _age(age: Age) -> dict[str, Any]:
    return {
        "name": age.name,
        "days": age.days,
        "in_force": age.in_force,
        "usual": age.usual,
        "effective_at": moment(age.effective_at),
    }


def hold_of(hold: Hold) -> dict[str, Any]:
    """A hold as JSON."""
    return {
        "id": hold.id,
        "message": hold.message,
        "address": hold.address,
        "mailbox": hold.mailbox,
        "since": moment(hold.since),
        "until": moment(hold.until),
        "reason": hold.reason,
        "set_at": moment(hold.set_at),
        "set_by": hold.set_by,
        "lifted_at": moment(hold.lifted_at),
        "lifted_by": hold.lifted_by,
    }


def _load(load: Load) -> dict[str, Any]:
    quota = load.quota
    return {
        "mailbox": load.mailbox,
        "name": load.name,
        "messages": load.messages,
        "octets": load.octets,
        "percent": load.percent if quota else None,
        "most_messages": quota.messages if quota else None,
        "most_octets": quota.octets if quota else None,
        "when_full": ("defer" if quota.refuse else "warn") if quota else None,
    }
