"""What `postern campaign` does. Its manual and its arguments: `cli/manual/campaign.py`."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bounce_rules.campaigns.check import Level, SampleFinding, check_sample
from cli import build
from cli.config import Config
from cli.keys import secret_box
from cli.opened import opened
from cli.table import show
from mail.errors import Problem, SettingsProblem
from mail.message import parse_message
from mail.raw import RawMessage
from store.campaigns import (
    MOST_AT_ONCE,
    CampaignRow,
    SentMessage,
    add_campaign,
    list_campaigns,
    register_messages,
)
from store.database import Database
from store.domains import list_domains
from web import i18n

_MARKS = {Level.BAD: "✗", Level.WARN: "!", Level.GOOD: "✓"}
_MOST_OCTETS = 64 * 1024 * 1024


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0, or 1 for a sample with something bad."""
    if arguments.what == "check":
        return _check(arguments, config)
    with opened(config, create=arguments.what == "register") as database:
        if arguments.what == "list":
            show(_rows(database), as_json=arguments.json, empty="There are no campaigns.")
        else:
            _register(database, arguments)
    return 0


def _check(arguments: argparse.Namespace, config: Config) -> int:
    message = parse_message(RawMessage.in_memory(_octets(arguments.file)))
    with opened(config) as database:
        domains = [row.name for row in list_domains(database)]
    box = secret_box(config)
    found = check_sample(message, domains, box.reply_keys() if box.exists else ())
    if arguments.json:
        print(json.dumps([_told(one, arguments.language) for one in found], ensure_ascii=False))
    else:
        for one in found:
            told = _told(one, arguments.language)
            print(f"{_MARKS[one.level]} {_safe(told['text'])}")
            if told["cure"]:
                print(f"    {_safe(told['cure'])}")
    return 1 if any(one.level is Level.BAD for one in found) else 0


def _safe(text: str) -> str:
    """A sentence in any language for a terminal, with what the sample says in it."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def _told(finding: SampleFinding, language: str) -> dict[str, Any]:
    cure = None
    if finding.level is not Level.GOOD:
        cure = i18n.say(language, f"sample.{finding.code}.cure", **finding.values)
    text = i18n.say(language, f"sample.{finding.code}.text", **finding.values)
    return {"code": finding.code, "level": finding.level.value, "text": text, "cure": cure}


def _register(database: Database, arguments: argparse.Namespace) -> None:
    campaign, now = arguments.campaign, build.now()
    add_campaign(database, campaign, arguments.name, now)
    new = known = linked = 0
    conflicts: list[str] = []
    lines = _sent(arguments.file, now) if arguments.file else iter(())
    while portion := list(islice(lines, MOST_AT_ONCE)):
        done = register_messages(database, campaign, portion, now)
        new, known, linked = new + done.new, known + done.known, linked + done.linked
        conflicts += done.conflicts
    print(f"{new} registered, {known} were known, {linked} earlier messages answer them.")
    if conflicts:
        raise Problem(
            f"{len(conflicts)} belong to another campaign and stay there, such as {conflicts[0]}"
        )


def _sent(file: str, now: datetime) -> Iterator[SentMessage]:
    for number, line in enumerate(_octets(file).splitlines(), 1):
        if line.strip():
            try:
                yield _message(json.loads(line), now)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise SettingsProblem(
                    f"{file}, line {number} is not a JSON object with message_id, recipient and "
                    f"sent_at: {error}"
                ) from None


def _message(found: dict[str, Any], now: datetime) -> SentMessage:
    """Raises ValueError, TypeError or KeyError for what is none."""
    unknown = found.keys() - {"message_id", "recipient", "sent_at"}
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]}")
    at = found.get("sent_at")
    sent_at = now if at is None else datetime.fromisoformat(at)
    if sent_at.tzinfo is None:
        sent_at = sent_at.replace(tzinfo=UTC)
    return SentMessage(str(found["message_id"]), str(found.get("recipient") or ""), sent_at)


def _octets(file: str) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(_MOST_OCTETS)
        return Path(file).read_bytes()
    except OSError as error:
        raise SettingsProblem(f"{file} cannot be read: {error.strerror}") from None


def _rows(database: Database) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = list_campaigns(database, 500, cursor)
        yield from map(_row, page.items)
        cursor = page.next
        if cursor is None:
            return


def _row(row: CampaignRow) -> dict[str, Any]:
    counts = row.by_category
    return {
        "id": row.id,
        "name": row.name,
        "messages": row.messages,
        "last_sent": row.last_sent_at.date().isoformat() if row.last_sent_at else None,
        **{name: counts.get(name, 0) for name in
           ("to_reply", "inquiry", "rejection", "ooo", "bounce", "complaint")},
    }  # fmt: skip
