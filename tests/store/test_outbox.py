from datetime import timedelta

from store.database import Database
from store.outbox import (
    MAX_ATTEMPTS,
    Backlog,
    Job,
    _has_due,
    add_job,
    backlog,
    claim,
    finish,
    list_dead,
    retry,
    revive,
)
from tests.store.samples import NOON

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def add(database: Database, *names: str, kind: str = "digest") -> None:
    for name in names:
        add_job(database, kind, name, {"name": name}, NOON)


def take(
    database: Database, owner: str = "a", limit: int = 10, at: timedelta = MINUTE
) -> tuple[Job, ...]:
    return claim(database, ["digest"], owner, limit, 60, NOON + at)


def test_jobs_come_in_order_and_once(database: Database) -> None:
    add(database, "1", "2", "3")
    first = take(database, limit=2)
    assert [job.message_id for job in first] == ["1", "2"]
    assert (first[0].kind, first[0].payload, first[0].attempts) == ("digest", {"name": "1"}, 1)
    assert [job.message_id for job in take(database, "b")] == ["3"]
    assert take(database, "c") == ()


def test_other_kinds_are_left_to_others(database: Database) -> None:
    add(database, "1", kind="webhook")
    assert take(database) == ()
    assert len(claim(database, ["digest", "webhook"], "a", 10, 60, NOON)) == 1


def test_a_finished_job_is_gone(database: Database) -> None:
    add(database, "1")
    [job] = take(database)
    assert finish(database, job)
    assert not finish(database, job)
    assert take(database, at=DAY) == ()
    assert backlog(database) == Backlog(0, 0, None)


def test_a_dead_owners_lease_runs_out(database: Database) -> None:
    add(database, "1")
    [first] = take(database, "dead", at=MINUTE)
    assert take(database, "b", at=MINUTE * 1.9) == ()
    [second] = take(database, "b", at=MINUTE * 2)
    assert (second.id, second.attempts) == (first.id, 2)


def test_who_lost_the_lease_can_end_nothing(database: Database) -> None:
    add(database, "1")
    [slow] = take(database, "slow", at=MINUTE)
    [quick] = take(database, "quick", at=MINUTE * 3)
    assert not finish(database, slow)
    assert not retry(database, slow, "too late", NOON + MINUTE * 3)
    assert finish(database, quick)


def test_a_failed_job_waits_longer_each_time(database: Database) -> None:
    add(database, "1")
    at, pauses = MINUTE, []
    for _ in range(4):
        [job] = take(database, at=at)
        assert retry(database, job, "no luck", NOON + at)
        due = at
        while not take_peek(database, due):
            due += timedelta(seconds=5)
        pauses.append((due - at).total_seconds())
        at = due
    assert pauses == [15, 30, 60, 120]


def take_peek(database: Database, at: timedelta) -> bool:
    """Whether the job is due then, without taking it."""
    return _has_due(database, ["digest"], NOON + at)


def test_a_bad_job_does_not_stand_in_the_way(database: Database) -> None:
    add(database, "bad", "good")
    [bad] = take(database, limit=1)
    retry(database, bad, "no luck", NOON + MINUTE)
    assert [job.message_id for job in take(database, limit=1)] == ["good"]


def test_a_job_that_keeps_failing_is_dead_until_somebody_revives_it(database: Database) -> None:
    add(database, "1")
    at = MINUTE
    for _ in range(MAX_ATTEMPTS):
        [job] = take(database, at=at)
        retry(database, job, f"attempt {job.attempts}\x00", NOON + at)
        at += DAY
    assert take(database, at=at) == ()
    [dead] = list_dead(database)
    assert (dead.id, dead.attempts) == (job.id, MAX_ATTEMPTS)
    assert dead.error == f"attempt {MAX_ATTEMPTS}\ufffd"
    assert backlog(database).dead == 1
    assert revive(database, dead.id, by="li", now=NOON + at)
    assert not revive(database, dead.id, by="li", now=NOON + at)
    assert [again.attempts for again in take(database, at=at)] == [1]


def test_a_job_that_kills_its_worker_dies_too(database: Database) -> None:
    """Nobody is left to call retry; the attempts count all the same."""
    add(database, "killer", "good")
    at = MINUTE
    for _ in range(MAX_ATTEMPTS):
        jobs = take(database, limit=1, at=at)
        assert [job.message_id for job in jobs] == ["killer"] or finish(database, jobs[0])
        at += MINUTE * 2
    while jobs := take(database, at=at):
        for job in jobs:
            if job.message_id == "good":
                finish(database, job)
        at += MINUTE * 2
    assert [dead.message_id for dead in list_dead(database)] == ["killer"]
    assert list_dead(database)[0].error == "no attempt ended"


def test_the_backlog_says_since_when(database: Database) -> None:
    add(database, "1", "2")
    take(database, limit=1)
    assert backlog(database) == Backlog(2, 0, NOON)
