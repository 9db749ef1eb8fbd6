from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from store import schema
from store.audit import list_audit
from store.clock import now_on
from store.columns import EPOCH
from store.database import Database
from store.dead_jobs import (
    DeadJob,
    count_dead,
    drop_dead,
    list_dead,
    retry_dead,
    retry_kind,
)
from store.outbox import (
    MAX_ATTEMPTS,
    Backlog,
    Job,
    _pick,
    backlog,
    claim,
    finish,
    free_leases,
    retry,
)
from store.rows import job_row
from tests.store.samples import NOON

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def add(database: Database, *names: str, kind: str = "digest") -> None:
    with database.write() as connection:
        for name in names:
            connection.execute(insert(schema.outbox).values(job_row(kind, name, NOON)))


def pass_by(database: Database, time: timedelta) -> None:
    """As if so much time had passed, by whatever clock the store goes."""
    table = schema.outbox
    with database.write() as connection:
        for row in connection.execute(select(table).where(table.c.due_at > NOON - DAY)).all():
            earlier = update(table).where(table.c.id == row.id)
            connection.execute(earlier.values(due_at=row.due_at - time))


def take(
    database: Database, owner: str = "a", limit: int = 10, kinds: tuple[str, ...] = ("digest",)
) -> tuple[Job, ...]:
    return claim(database, kinds, owner, limit, 60, NOON)


def names_of(jobs: tuple[Job, ...]) -> list[str | None]:
    return [job.message_id for job in jobs]


def dead_jobs(database: Database) -> tuple[DeadJob, ...]:
    return list_dead(database).items


def test_jobs_come_in_order_and_once(database: Database) -> None:
    add(database, "1", "2", "3")
    first = take(database, limit=2)
    assert names_of(first) == ["1", "2"]
    assert (first[0].kind, first[0].payload, first[0].attempts) == ("digest", {}, 1)
    assert names_of(take(database, "b")) == ["3"]
    assert take(database, "c") == ()


def test_other_kinds_are_left_to_others(database: Database) -> None:
    add(database, "1", kind="webhook")
    assert take(database) == ()
    assert len(take(database, kinds=("digest", "webhook"))) == 1


def test_a_heap_of_one_kind_does_not_delay_another(database: Database) -> None:
    add(database, *(str(number) for number in range(50)))
    add(database, "urgent", kind="webhook")
    assert "urgent" in names_of(take(database, limit=4, kinds=("digest", "webhook")))


def test_a_finished_job_is_gone(database: Database) -> None:
    add(database, "1")
    [job] = take(database)
    assert finish(database, job)
    assert not finish(database, job)
    pass_by(database, DAY)
    assert take(database) == ()
    assert backlog(database) == Backlog(0, 0, None)


def test_a_dead_owners_lease_runs_out(database: Database) -> None:
    add(database, "1")
    [first] = take(database, "dead")
    pass_by(database, MINUTE * 0.9)
    assert take(database, "b") == ()
    pass_by(database, MINUTE * 0.2)
    [second] = take(database, "b")
    assert (second.id, second.attempts) == (first.id, 2)


def test_the_leases_of_an_owner_that_is_known_to_be_dead_are_free_at_once(
    database: Database,
) -> None:
    add(database, "1", "2")
    [lost] = take(database, "dead", limit=1)
    [kept] = take(database, "alive", limit=1)
    with database.write() as connection:
        assert free_leases(connection, ["dead"], now_on(connection, NOON)) == 1
    assert names_of(take(database, "b")) == [lost.message_id]
    assert finish(database, kept)


def test_who_lost_the_lease_can_end_nothing(database: Database) -> None:
    add(database, "1")
    [slow] = take(database, "slow")
    pass_by(database, MINUTE * 2)
    [quick] = take(database, "quick")
    assert not finish(database, slow)
    assert not retry(database, slow, "too late", NOON)
    assert finish(database, quick)


def test_a_failed_job_waits_longer_each_time(database: Database) -> None:
    add(database, "1")
    for pause in (15, 30, 60, 120):
        [job] = take(database)
        assert retry(database, job, "no luck", NOON)
        pass_by(database, timedelta(seconds=pause - 5))
        assert take(database) == ()
        pass_by(database, timedelta(seconds=5))


def test_a_bad_job_does_not_stand_in_the_way(database: Database) -> None:
    add(database, "bad", "good")
    [bad] = take(database, limit=1)
    retry(database, bad, "no luck", NOON)
    assert names_of(take(database, limit=1)) == ["good"]


def test_many_jobs_that_come_again_leave_room_for_new_ones_and_the_other_way_round(
    database: Database,
) -> None:
    add(database, *(f"bad{number}" for number in range(8)))
    for job in take(database):
        retry(database, job, "no luck", NOON)
    add(database, *(f"new{number}" for number in range(8)))
    pass_by(database, MINUTE)
    taken = names_of(take(database, limit=4))
    assert taken == ["bad0", "new0", "new1", "new2"]


def test_a_new_job_is_due_at_once_though_the_clock_was_set_back(database: Database) -> None:
    add(database, "1")
    assert names_of(claim(database, ["digest"], "a", 10, 60, NOON - 400 * DAY)) == ["1"]


def test_a_clock_that_was_far_ahead_leaves_no_job_waiting_for_years(database: Database) -> None:
    add(database, "1")
    [job] = take(database)
    retry(database, job, "no luck", NOON)
    pass_by(database, -400 * DAY)
    assert take(database) == ()
    with database.write() as connection:
        assert free_leases(connection, [], now_on(connection, NOON)) == 1
    assert names_of(take(database)) == ["1"]


def dies(database: Database, name: str, kind: str = "digest") -> Job:
    add(database, name, kind=kind)
    for _ in range(MAX_ATTEMPTS):
        [job] = take(database, kinds=(kind,))
        retry(database, job, f"attempt {job.attempts}\x00", NOON)
        pass_by(database, DAY)
    return job


def test_a_job_is_tried_for_about_two_hours(database: Database) -> None:
    """As the manual and the help of `postern jobs` say."""
    add(database, "1")
    tried = timedelta()
    for _ in range(MAX_ATTEMPTS):
        [job] = take(database)
        retry(database, job, "no", NOON)
        with database.read() as connection:
            state, due = connection.execute(
                select(schema.outbox.c.state, schema.outbox.c.due_at)
            ).one()
            pause = due - now_on(connection, NOON)
        tried += pause if state == "waiting" else timedelta()
        pass_by(database, pause)
    assert state == "dead"
    assert 1.9 < tried / timedelta(hours=1) < 2.5


def test_a_job_that_keeps_failing_is_dead_until_somebody_tries_it_again(
    database: Database,
) -> None:
    job = dies(database, "1")
    assert take(database) == ()
    [dead] = dead_jobs(database)
    assert (dead.id, dead.attempts) == (job.id, MAX_ATTEMPTS)
    assert dead.error == f"attempt {MAX_ATTEMPTS}\ufffd"
    assert backlog(database).dead == 1
    assert retry_dead(database, [dead.id], by="li", now=NOON) == 1
    assert retry_dead(database, [dead.id], by="li", now=NOON) == 0
    assert [again.attempts for again in take(database)] == [1]


def test_all_dead_jobs_of_a_kind_are_tried_again(database: Database) -> None:
    for name, kind in (("1", "digest"), ("2", "digest"), ("3", "recheck")):
        dies(database, name, kind)
    assert count_dead(database) == {"digest": 2, "recheck": 1}
    assert retry_kind(database, "digest", by="li", now=NOON) == 2
    assert count_dead(database) == {"recheck": 1}
    assert list_audit(database)[0].what == "job.retry"


def test_a_dropped_job_is_gone_and_a_waiting_one_cannot_be_dropped(database: Database) -> None:
    dead = dies(database, "1")
    add(database, "2")
    [waiting] = take(database)
    assert drop_dead(database, [dead.id, waiting.id], by="li", now=NOON) == 1
    assert dead_jobs(database) == ()
    assert backlog(database).waiting == 1
    assert (list_audit(database)[0].what, list_audit(database)[0].subject) == (
        "job.drop",
        str(dead.id),
    )


def test_dead_jobs_come_in_pages(database: Database) -> None:
    ids = [dies(database, name).id for name in ("1", "2", "3")]
    first = list_dead(database, limit=2)
    assert [job.id for job in first.items] == [ids[2], ids[1]]
    second = list_dead(database, limit=2, cursor=first.next)
    assert ([job.id for job in second.items], second.next) == ([ids[0]], None)


def test_a_job_that_kills_its_worker_dies_too(database: Database) -> None:
    """Nobody is left to call retry; the attempts count all the same."""
    add(database, "killer", "good")
    taken = 0
    while not dead_jobs(database):
        jobs = take(database, limit=4)
        taken += len(jobs)
        for job in jobs:
            if job.message_id == "good":
                finish(database, job)
        pass_by(database, MINUTE * 2)
    assert taken == MAX_ATTEMPTS + 1
    assert [(dead.message_id, dead.error) for dead in dead_jobs(database)] == [
        ("killer", "no attempt ended")
    ]


def test_the_backlog_says_since_when(database: Database) -> None:
    add(database, "1", "2")
    take(database, limit=1)
    assert backlog(database) == Backlog(2, 0, NOON)


@pytest.mark.postgresql_only
def test_two_nodes_that_claim_at_once_get_different_jobs_and_do_not_wait(
    database: Database,
) -> None:
    add(database, "1", "2", "3")
    with database.write_beside() as connection:
        ours = _pick(connection, "digest", 2, now_on(connection, NOON))
        theirs = take(database)
    assert len(ours) == 2
    assert names_of(theirs) == ["3"]


def test_a_kind_is_found_by_an_index_however_many_jobs_of_others_wait(database: Database) -> None:
    rows = [job_row("digest", None, NOON) for _ in range(3000)]  # type: ignore[arg-type]
    with database.write() as connection:
        connection.execute(insert(schema.outbox), rows)
        connection.exec_driver_sql("ANALYZE outbox")
    table = schema.outbox
    query = (
        select(table.c.id)
        .where(table.c.state == "waiting", table.c.kind == "webhook", table.c.due_at <= EPOCH)
        .order_by(table.c.due_at, table.c.id)
        .limit(10)
    )
    with database.read() as connection:
        words = query.compile(connection, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"{explain} {words}").all())
    assert "ix_outbox_waiting" in plan
    assert "B-TREE" not in plan
