"""What `postern what-if` does. Its manual and its arguments: `cli/manual/what_if.py`."""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cli import build, judging
from cli.config import Config
from cli.config_types import TrustConfig
from cli.judge import Judge
from cli.opened import opened
from cli.past import NotRepeatable, Replayed, recall, replay
from cli.renewal import knowing
from mail.errors import StoreProblem
from mail.moment import rfc3339
from mail.reply import printable
from store.database import Database
from store.rows import OUTCOMES
from store.transactions import TransactionFilter, TransactionSummary, find_transactions

PAGE = 200
"""Transactions that are in memory at a time."""


@dataclass(slots=True)
class Outlook:
    """What was found so far; `changes` counts pairs of outcomes, `shown` are the first of them."""

    limit: int
    decided: int = 0
    same: int = 0
    unsure: int = 0
    not_repeatable: int = 0
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def add(self, one: TransactionSummary, again: Replayed) -> None:
        """Count one transaction that was decided again."""
        self.decided += 1
        verdict = again.judgement.verdict
        was = (one.outcome, one.code, one.enhanced)
        reply = verdict.reply
        if was == (OUTCOMES[verdict.action], reply.code, reply.enhanced):
            self.same += 1
            return
        self.changes[one.outcome, OUTCOMES[verdict.action]] += 1
        self.unsure += bool(again.unanswered)
        if len(self.shown) < self.limit:
            self.shown.append(_change(one, again))


def _change(one: TransactionSummary, again: Replayed) -> dict[str, Any]:
    verdict = again.judgement.verdict
    return {
        "id": one.id,
        "received_at": rfc3339(one.received_at.replace(microsecond=0)),
        "mail_from": one.mail_from if one.mail_from is not None else "<>",
        "rcpt_to": list(one.rcpt_to),
        "from_domain": one.from_domain,
        "subject": one.subject,
        "was": {"outcome": one.outcome, "rule": one.rule, "reply": f"{one.code} {one.enhanced}"},
        "would_be": {
            "outcome": OUTCOMES[verdict.action],
            "rule": verdict.rule,
            "reply": str(verdict.reply),
        },
        "unsure": bool(again.unanswered),
    }


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 1 if there was nothing to decide again."""
    wanted = other_settings(arguments, config)
    judge = judging.judge(wanted)
    outlook = Outlook(max(0, arguments.list))
    since = build.now() - timedelta(days=arguments.days)
    with opened(config, create=False) as database:
        judge = knowing(judge, database)
        asyncio.run(_look(database, TransactionFilter(since=since), judge, outlook))
    if arguments.json:
        print(json.dumps(_answer(outlook, arguments.days), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_told(outlook, arguments.days)))
    return 0 if outlook.decided else 1


def other_settings(arguments: argparse.Namespace, config: Config) -> Config:
    """The configuration with what the words of the command change in it."""
    verify = config.verify
    update: dict[str, Any] = {
        "trusted_sealers": (*verify.trusted_sealers, *_named(arguments.trust_sealer)),
        "trusted_forwarders": (*verify.trusted_forwarders, *_named(arguments.trust_forwarder)),
    }
    for name in ("enforce", "dmarc", "dmarc_reply"):
        if getattr(arguments, name) is not None:
            update[name] = getattr(arguments, name)
    return config.model_copy(update={"verify": verify.model_copy(update=update)})


def _named(domains: Sequence[str]) -> tuple[TrustConfig, ...]:
    return tuple(TrustConfig(name=one) for one in domains)


async def _look(
    database: Database, wanted: TransactionFilter, judge: Judge, outlook: Outlook
) -> None:
    """Decide page after page; only one page is ever in memory."""
    cursor: str | None = None
    while True:
        page = find_transactions(database, wanted, PAGE, cursor)
        for one in page.items:
            await _decide(database, one, judge, outlook)
        if page.next is None:
            return
        cursor = page.next


async def _decide(
    database: Database, one: TransactionSummary, judge: Judge, outlook: Outlook
) -> None:
    try:
        past = recall(database, one.id, prefer_digests=True)
    except (NotRepeatable, StoreProblem):
        outlook.not_repeatable += 1
        return
    outlook.add(one, await replay(past, judge))


def _answer(outlook: Outlook, days: float) -> dict[str, Any]:
    return {
        "days": days,
        "decided": outlook.decided,
        "same": outlook.same,
        "changed": sum(outlook.changes.values()),
        "unsure": outlook.unsure,
        "not_repeatable": outlook.not_repeatable,
        "changes": [
            {"was": was, "would_be": now, "number": number}
            for (was, now), number in outlook.changes.most_common()
        ],
        "transactions": outlook.shown,
    }


def _told(outlook: Outlook, days: float) -> Iterator[str]:
    changed = sum(outlook.changes.values())
    yield f"Of {outlook.decided} transactions of the last {days:g} days {changed} would change."
    for (was, now), number in outlook.changes.most_common():
        yield f"{number:>8}  {was} -> {now if now != was else now + ' (another reply)'}"
    if outlook.unsure:
        yield f"{outlook.unsure} of them are unsure: they need DNS answers that nobody asked then."
    if outlook.not_repeatable:
        yield f"{outlook.not_repeatable} more were decided without a message, or it is gone."
    for one in outlook.shown:
        people = f"{one['mail_from']} -> {', '.join(one['rcpt_to'])}"
        was, now = one["was"]["outcome"], one["would_be"]
        line = f"{one['id']}  {was} -> {now['outcome']} by {now['rule']}  {people}"
        yield printable(line + ("  (unsure)" if one["unsure"] else ""), 300)
    if changed > len(outlook.shown):
        yield f"... and {changed - len(outlook.shown)} more; --list shows more of them."
