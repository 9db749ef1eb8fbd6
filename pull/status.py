"""How a bound account is doing: what the store keeps of it between two visits, and how one visit
changes it. Pure: the time and the dice are passed in.

Beside what everybody may see, the JSON has three things for the next visit: `failed_messages`, the
messages that could not be taken and when they are tried again; `refusals`, how often in a row the
server has sent us away; and `began_at`, when the last visit began.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pull.causes import State, Trouble, throttled_after_success
from pull.ledger import Ledger

ATTEMPTS = 8
"""So often a message is tried by itself; `account sync` tries it again at any time."""

FAILURES_KEPT = 500
"""More failed messages than this are counted, but not remembered one by one."""

_LONGEST_WAIT = timedelta(hours=4)
"""How rarely an account that sends us away is tried at last."""

_LONGEST_RETRY = timedelta(days=1)


Key = tuple[str, int, int]
"""A message within an account: folder, UIDVALIDITY, UID."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One message that could not be taken, and when it is tried again (never, if None)."""

    folder: str
    uidvalidity: int
    uid: int
    attempts: int
    cause: str
    retry_at: datetime | None

    @property
    def key(self) -> Key:
        """Which message it is, within its account."""
        return (self.folder, self.uidvalidity, self.uid)


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of an account. `began_at` is when the last visit began; `done` of `total` are
    the messages that it has dealt with."""

    state: State = State.OK
    last_success: datetime | None = None
    last_error: Mapping[str, str] | None = None
    next_run: datetime | None = None
    done: int = 0
    total: int = 0
    ledger: Ledger = field(default_factory=Ledger)
    failures: tuple[Failure, ...] = ()
    refusals: int = 0
    began_at: datetime | None = None

    def with_progress(
        self, done: int, total: int, failures: Iterable[Failure], ledger: Ledger | None
    ) -> "Status":
        """With what a visit did so far; `ledger` None leaves the account's as it was."""
        kept = tuple(failures)[:FAILURES_KEPT]
        new = ledger or self.ledger
        return replace(self, done=done, total=total, failures=kept, ledger=new)

    def is_due(self, now: datetime, changed_at: datetime) -> bool:
        """Whether the account is to be visited: it is time, its settings changed since, or a visit
        was killed. One that goes on elsewhere holds the account's lock."""
        if self.next_run is None or self.began_at is None or self.state is State.SYNCING:
            return True
        return self.next_run <= now or self.began_at < changed_at

    def as_json(self) -> dict[str, Any]:
        """The form that is stored, printed, and given by the API."""
        return {
            "state": self.state.value,
            "last_success": _text(self.last_success),
            "last_error": dict(self.last_error) if self.last_error else None,
            "next_run": _text(self.next_run),
            "progress": {"done": self.done, "total": self.total},
            "ledger": self.ledger.as_json(),
            "failed_messages": [_failure_json(failure) for failure in self.failures],
            "refusals": self.refusals,
            "began_at": _text(self.began_at),
        }


def status_of(stored: Mapping[str, Any] | None) -> Status:
    """What `as_json` gave; of an account that was never visited, the beginning."""
    stored = stored or {}
    progress, ledger = stored.get("progress") or {}, stored.get("ledger") or {}
    counts = {name: int(ledger.get(name, 0)) for name in Ledger.__dataclass_fields__}
    return Status(
        State(stored.get("state") or State.OK),
        _time(stored.get("last_success")),
        stored.get("last_error"),
        _time(stored.get("next_run")),
        int(progress.get("done", 0)),
        int(progress.get("total", 0)),
        Ledger(**counts),
        tuple(_failure_of(one) for one in stored.get("failed_messages") or ()),
        int(stored.get("refusals", 0)),
        _time(stored.get("began_at")),
    )


def begun(status: Status, now: datetime) -> Status:
    """A visit begins; what the last one came to stays until this one knows better."""
    return replace(status, done=0, total=0, began_at=now)


def syncing(status: Status) -> Status:
    """The same while the visit lasts."""
    return replace(status, state=State.SYNCING)


def succeeded(status: Status, now: datetime, wait: timedelta) -> Status:
    """A visit came to its end. Failed messages are no failed visit."""
    return replace(
        status, state=State.OK, last_success=now, last_error=None, next_run=now + wait, refusals=0
    )


def interrupted(status: Status, now: datetime) -> Status:
    """A visit was ended because the server stops or the account changed; it is due again."""
    state = State.OK if status.state is State.SYNCING else status.state
    return replace(status, state=state, next_run=now)


def failed(
    status: Status, trouble: Trouble, now: datetime, wait: timedelta, changed_at: datetime
) -> Status:
    """A visit ended early. `wait` is the account's interval, with its jitter; `changed_at` is when
    its settings changed last.

    A login that was good with the same settings is taken for the provider's limit when it is
    refused. Who sends us away is asked half as often each time, so that we lock no account.
    """
    if trouble.state is State.AUTH_FAILED and _worked_so(status, changed_at):
        trouble = throttled_after_success(trouble)
    sent_away = trouble.state in (State.AUTH_FAILED, State.THROTTLED)
    refusals = status.refusals + 1 if sent_away else 0
    return replace(
        status,
        state=trouble.state,
        last_error=trouble.as_json(),
        next_run=now + min(wait * 2**refusals, max(wait, _LONGEST_WAIT)),
        refusals=refusals,
    )


def disabled(status: Status) -> Status:
    """Sync is off: nothing is going to happen."""
    return replace(status, state=State.DISABLED, next_run=None)


def after_failure(earlier: Failure | None, failure: Failure, wait: timedelta) -> Failure:
    """`failure` with its attempts counted on, and the time of the next, which is further away
    each time. `failure.retry_at` is the time of this one."""
    attempts = (earlier.attempts if earlier else 0) + 1
    assert failure.retry_at is not None
    if attempts >= ATTEMPTS:
        return replace(failure, attempts=attempts, retry_at=None)
    pause = min(wait * 2 ** (attempts - 1), _LONGEST_RETRY)
    return replace(failure, attempts=attempts, retry_at=failure.retry_at + pause)


def _worked_so(status: Status, changed_at: datetime) -> bool:
    return status.last_success is not None and status.last_success >= changed_at


def _failure_json(failure: Failure) -> dict[str, Any]:
    return {
        "folder": failure.folder,
        "uidvalidity": failure.uidvalidity,
        "uid": failure.uid,
        "attempts": failure.attempts,
        "cause": failure.cause,
        "retry_at": _text(failure.retry_at),
    }


def _failure_of(stored: Mapping[str, Any]) -> Failure:
    return Failure(
        str(stored["folder"]),
        int(stored["uidvalidity"]),
        int(stored["uid"]),
        int(stored["attempts"]),
        str(stored["cause"]),
        _time(stored.get("retry_at")),
    )


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")


def _time(text: str | None) -> datetime | None:
    return None if not text else datetime.fromisoformat(text)
