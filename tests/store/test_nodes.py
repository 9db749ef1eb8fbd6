"""Programs that use one store: who lives, who was lost, and what they do not agree on."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from mail.identifier import new_id
from store import schema
from store.clock import now_on
from store.database import Database
from store.nodes import (
    Disagreement,
    Member,
    Seen,
    beat,
    beat_seconds,
    disagreements,
    enter,
    leave,
    list_members,
    rivals,
)
from store.outbox import claim
from store.rows import job_row
from tests.store.samples import NOON

HERE = "boot/pid:[1]"
ELSEWHERE = "boot/pid:[2]"


def member(name: str = "mx1", *, role: str = "worker", serve: str = "a", **other: object) -> Member:
    known = Member(
        instance=new_id(NOON),
        name=name,
        role=role,
        serve=serve,
        machine=HERE,
        pid=os.getpid(),
        version="1",
        hostname=f"{name}.example.com",
        authserv_id="mx.example.com",
        keys="one",
        blobs="s3://mail",
    )
    return replace(known, **other)  # type: ignore[arg-type]


def names(database: Database) -> list[tuple[str, bool]]:
    return [(one.member.name, one.lost) for one in list_members(database, NOON)]


def pass_by(database: Database, beats: float) -> None:
    """As if so many beats had passed in which nobody was heard of."""
    table = schema.nodes
    with database.write() as connection:
        for row in connection.execute(select(table)).all():
            earlier = row.seen_at - timedelta(seconds=beats * beat_seconds(database))
            same = table.c.instance == row.instance
            connection.execute(update(table).where(same).values(seen_at=earlier))


def lease(database: Database, owner: Member) -> None:
    with database.write() as connection:
        connection.execute(insert(schema.outbox).values(job_row("digest", owner.instance, NOON)))
    assert len(claim(database, ["digest"], owner.instance, 10, 300, NOON)) == 1


def is_free(database: Database) -> bool:
    return len(claim(database, ["digest"], "other", 10, 300, NOON)) == 1


def dead_pid() -> int:
    """Of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def seen(*members: Member) -> tuple[Seen, ...]:
    return tuple(Seen(one, NOON, NOON, lost=False) for one in members)


def test_a_program_is_known_from_its_start_to_its_end(database: Database) -> None:
    one = member()
    enter(database, one, NOON)
    assert [found.member for found in list_members(database, NOON)] == [one]
    leave(database, one, NOON)
    assert list_members(database, NOON) == ()


def test_a_program_that_ends_leaves_its_leases_to_others(database: Database) -> None:
    one = member()
    enter(database, one, NOON)
    lease(database, one)
    leave(database, one, NOON)
    assert is_free(database)


def test_a_silent_program_is_lost_and_another_takes_its_work(database: Database) -> None:
    silent, other = member("mx1", machine=ELSEWHERE), member("mx2")
    enter(database, silent, NOON)
    enter(database, other, NOON)
    lease(database, silent)
    pass_by(database, 3)
    assert beat(database, other, NOON) == ()
    assert not is_free(database)
    pass_by(database, 1.5)
    assert [one.name for one in beat(database, other, NOON)] == ["mx1"]
    assert is_free(database)
    assert beat(database, other, NOON) == ()
    assert names(database) == [("mx1", True), ("mx2", False)]


def test_who_was_taken_for_lost_and_beats_again_lives(database: Database) -> None:
    one, other = member("mx1", machine=ELSEWHERE), member("mx2")
    enter(database, one, NOON)
    enter(database, other, NOON)
    pass_by(database, 5)
    beat(database, other, NOON)
    beat(database, one, NOON)
    assert names(database) == [("mx1", False), ("mx2", False)]


def test_a_dead_process_of_this_machine_is_lost_at_once(database: Database) -> None:
    dead = member(pid=dead_pid(), serve="b")
    enter(database, dead, NOON)
    lease(database, dead)
    enter(database, member("mx1"), NOON)
    assert is_free(database)
    assert names(database) == [("mx1", False)]


def test_a_program_that_is_started_again_takes_the_place_of_the_one_before(
    database: Database,
) -> None:
    before, after = member(), member()
    enter(database, before, NOON)
    lease(database, before)
    enter(database, after, NOON)
    assert [one.member for one in list_members(database, NOON)] == [after]
    assert is_free(database)


@pytest.mark.postgresql_only
def test_the_clock_of_one_node_makes_nobody_lost(database: Database) -> None:
    """Where machines share a store, its clock counts."""
    one, other = member("mx1", machine=ELSEWHERE), member("mx2")
    enter(database, one, NOON)
    enter(database, other, NOON + timedelta(days=400))
    lease(database, one)
    assert beat(database, other, NOON + timedelta(days=400)) == ()
    assert claim(database, ["digest"], "other", 10, 300, NOON + timedelta(days=400)) == ()


def test_a_clock_that_is_set_back_makes_nobody_lost_and_takes_no_lease(
    database: Database,
) -> None:
    one = member()
    enter(database, one, NOON)
    lease(database, one)
    for hours in (1, 2, 3):
        assert beat(database, one, NOON - timedelta(hours=hours)) == ()
    assert not is_free(database)
    assert [one.lost for one in list_members(database, NOON - timedelta(hours=3))] == [False]


def test_a_namesake_of_another_serve_is_a_rival_while_it_may_live() -> None:
    ours = member()
    other = member(serve="b", machine=ELSEWHERE)
    assert [one.member for one in rivals(seen(other), ours)] == [other]
    assert rivals(seen(replace(other, role="web")), ours) == ()
    assert rivals(seen(replace(other, name="mx2")), ours) == ()
    assert rivals(seen(replace(other, serve="a")), ours) == ()
    assert rivals(seen(replace(other, machine=HERE, pid=dead_pid())), ours) == ()


def test_equal_nodes_agree() -> None:
    assert disagreements(seen(member("mx1"), member("mx1", role="web"), member("mx2"))) == ()


def test_two_nodes_of_one_name_are_found() -> None:
    [found] = disagreements(seen(member(), member(serve="b", hostname="mx9.example.com")))
    assert found == Disagreement("name", (("mx1", "mx1.example.com"), ("mx1", "mx9.example.com")))


@pytest.mark.parametrize(
    ("what", "one", "other"),
    [
        ("authserv_id", "mx.example.com", "mx2.example.com"),
        ("keys", "one", "two"),
        ("keys", "one", ""),
        ("version", "1", "2"),
        ("blobs", "local", "local"),
        ("blobs", "local", "s3://mail"),
        ("blobs", "s3://mail", "s3://other"),
    ],
)
def test_what_nodes_must_share_and_do_not_is_found(what: str, one: str, other: str) -> None:
    known = seen(member("mx1", **{what: one}), member("mx2", **{what: other}))
    assert disagreements(known) == (Disagreement(what, (("mx1", one), ("mx2", other))),)


def test_a_lost_node_is_not_asked() -> None:
    lost = Seen(member("mx2", keys="two"), NOON, NOON, lost=True)
    assert disagreements((*seen(member("mx1")), lost)) == ()


def test_the_clock_of_the_store_is_the_servers_or_our_own(database: Database) -> None:
    with database.read() as connection:
        at = now_on(connection, NOON - timedelta(days=4000))
    assert (at == NOON - timedelta(days=4000)) == database.settings.is_embedded
    assert at.utcoffset() == timedelta(0)
