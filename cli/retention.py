"""What `postern retention` does. Its manual and its arguments: `cli/manual/retention.py`."""

import argparse
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import Problem
from store.ages import confirm_age, list_ages, set_age
from store.database import Database
from store.mailboxes import list_mailboxes, mailbox_named
from store.retention_rules import (
    BYTES,
    WHOLE,
    NewRule,
    Rule,
    add_rule,
    confirm_rule,
    list_rules,
    preview,
    remove_rule,
)
from store.sweep_clock import confirm_clock


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; a rule that is not there is a Problem."""
    now = build.now()
    with opened(config, create=False) as database:
        match arguments.what:
            case "list":
                _list(database, now, as_json=arguments.json)
            case "preview":
                _preview(database, arguments, now)
            case "add":
                rule = add_rule(database, _wanted(database, arguments), by="cli", now=now)
                print(f"{rule.id}: begins on {rule.effective_at:%Y-%m-%d %H:%M} UTC.")
                _say_preview(database, rule.wanted, now)
            case "age":
                age = set_age(database, arguments.name, arguments.days, by="cli", now=now)
                print(f"{age.name}: {age.days} days, now in force: {age.in_force}.")
            case "confirm-clock":
                confirm_clock(database, by="cli", now=now)
                print("The clock is believed; what is over is deleted within the hour.")
            case _:
                _end(database, arguments, now)
    return 0


def _end(database: Database, arguments: argparse.Namespace, now: datetime) -> None:
    """Both of a rule's ends: of its dry day, and of itself."""
    name = arguments.id
    if arguments.what == "remove":
        if not remove_rule(database, name, by="cli", now=now):
            raise Problem(f"there is no rule {name}; postern retention list shows them")
        print("That rule is followed no longer.")
        return
    confirmed = confirm_rule(database, name, by="cli", now=now)
    if not confirmed and not confirm_age(database, name, by="cli", now=now):
        raise Problem(f"{name} waits for nothing; postern retention list shows what does")
    print("It is in force now.")


def _wanted(database: Database, arguments: argparse.Namespace) -> NewRule:
    named = arguments.mailbox
    return NewRule(
        arguments.days,
        mailbox_named(database, named) if named is not None else None,
        arguments.category,
        arguments.larger_than,
        BYTES if arguments.bytes_only else WHOLE,
        getattr(arguments, "note", ""),
    )


def _preview(database: Database, arguments: argparse.Namespace, now: datetime) -> None:
    if arguments.id is not None:
        found = [one.wanted for one in list_rules(database) if one.id == arguments.id]
        if not found:
            raise Problem(f"there is no rule {arguments.id}; postern retention list shows them")
        wanted = found[0]
    elif arguments.days is not None:
        wanted = _wanted(database, arguments)
    else:
        raise Problem("preview needs a rule's ID, or --days for one that is not there yet")
    if arguments.json:
        print(json.dumps(asdict(preview(database, wanted, now))))
    else:
        _say_preview(database, wanted, now)


def _say_preview(database: Database, wanted: NewRule, now: datetime) -> None:
    would = preview(database, wanted, now)
    print(f"Today it would remove {would.messages} messages, {would.octets} octets.")


def _list(database: Database, now: datetime, *, as_json: bool) -> None:
    names = {one.id: one.name for one in list_mailboxes(database)}
    rows = [_row(rule, names, now) for rule in list_rules(database)]
    for age in list_ages(database, now):
        waiting = age.effective_at is not None and age.effective_at > now
        days = f"{age.in_force}, then {age.days}" if waiting else str(age.in_force)
        rows.append(_columns(age.name, days, "", "", None, "age", waiting))
    show(rows, as_json=as_json, empty="No rules.")


def _row(rule: Rule, names: dict[str, str], now: datetime) -> dict[str, Any]:
    wanted = rule.wanted
    box = names.get(wanted.mailbox or "", wanted.mailbox or "")
    return _columns(
        rule.id,
        str(wanted.days),
        box,
        wanted.category or "",
        wanted.larger_than,
        wanted.what,
        rule.effective_at > now,
    )


def _columns(
    identifier: str,
    days: str,
    mailbox: str,
    category: str,
    larger_than: int | None,
    what: str,
    waiting: bool,
) -> dict[str, Any]:
    return {
        "id": identifier,
        "what": what,
        "days": days,
        "mailbox": mailbox,
        "category": category,
        "larger_than": larger_than,
        "in_force": not waiting,
    }
