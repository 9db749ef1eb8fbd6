"""`postern verify --replay ID`: is the verdict of a stored transaction the same today?

Asks no network. The manual is that of `postern verify`.
"""

import asyncio
import json
from collections.abc import Iterator

from cli.basis import basis_of
from cli.config import Config
from cli.diagnosis import broken_line, diagnosed, with_diagnosis
from cli.judge import Judge
from cli.opened import opened
from cli.past import Past, Replayed, recall, replay
from cli.renewal import knowing
from mail.errors import SettingsProblem
from mail.identifier import is_id
from mail.moment import rfc3339
from mail.reply import printable


def run_replay(words: str, judge: Judge, config: Config, *, as_json: bool) -> int:
    """Returns 0 for the same verdict and 1 for another one."""
    identifier = words.strip().strip("[]").upper()
    if not is_id(identifier):
        raise SettingsProblem(f"verify: --replay {words!r}: not the id of a transaction")
    with opened(config, create=False) as database:
        past, judge = recall(database, identifier), knowing(judge, database)
        again = asyncio.run(replay(past, judge))
        found = asyncio.run(diagnosed(again.judgement, past.raw)) if past.whole else ()
    changed = _changed(past, judge)
    if as_json:
        answer = with_diagnosis(_answer(past, again, changed), found)
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print("\n".join([*_told(past, again, changed), *map(broken_line, found)]))
    return 0 if again.same else 1


def _changed(past: Past, judge: Judge) -> dict[str, bool | None]:
    """Whether rules and settings are others than then; None where it was not recorded."""
    today, then = basis_of(judge.settings, judge.policy, judge.rules), past.basis
    return {
        "rules": then.rules != today.rules if then.rules else None,
        "settings": then.settings != today.settings if then.settings else None,
    }


def _answer(past: Past, again: Replayed, changed: dict[str, bool | None]) -> dict[str, object]:
    return {
        "id": past.envelope.id,
        "same": again.same,
        "judged_at": rfc3339(past.at),
        "body": "bytes" if past.whole else "digests",
        "changed": changed,
        "differences": [
            {"what": one.what, "was": one.was, "now": one.now} for one in again.differences
        ],
        "unanswered": list(again.unanswered),
        "stored_verdict": past.detail.verdict,
        "answer": again.judgement.answer(),
    }


def _told(past: Past, again: Replayed, changed: dict[str, bool | None]) -> Iterator[str]:
    verdict = again.judgement.verdict
    yield f"{past.envelope.id}, judged for {past.at:%Y-%m-%d %H:%M:%S} UTC"
    yield (
        f"from {len(past.detail.evidence)} stored DNS answers and "
        + ("the stored bytes" if past.whole else "the header block and the body's digests")
    )
    if again.same:
        yield f"same verdict: {verdict.action} by {verdict.rule}: {verdict.reply}"
    else:
        yield f"another verdict or report: {verdict.action} by {verdict.rule}: {verdict.reply}"
    for one in again.differences:
        was, now = (printable(str(value), 200) for value in (one.was, one.now))
        yield f"  {one.what}: was {was}; is {now}"
    yield from (f"the {name} have changed since" for name, other in changed.items() if other)
    if not again.same and not any(changed.values()):
        yield "rules and settings are those of then: the stored bytes or answers, or the program"
    yield from (f"not asked then: {question}" for question in again.unanswered)
