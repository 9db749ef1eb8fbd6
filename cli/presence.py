"""What a program tells the store of itself while it runs, and whether it may start at all.

Machines that share a store share nothing else that would tell them of each other. So two nodes
with one name, large messages that lie on one machine only, and key files that differ are looked
for in the store: before `serve` starts its programs, and then with every beat.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from cli import build
from cli.config import Config
from cli.keys import secret_box
from mail.errors import Problem, SettingsProblem
from mail.identifier import new_id
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

_log = logging.getLogger("postern.node")

BEATS_BETWEEN_COMPLAINTS = 12
"""What nodes do not agree on is said again after so many beats."""

_LOOK = 0.5

WORDS = {
    "name": "two nodes have one name; give each a node_name of its own",
    "blobs": "large messages of one node are not found by another; set store.blobs to one "
    "s3://bucket/prefix on all nodes",
    "authserv_id": "set verify.authserv_id to one name on all nodes",
    "keys": "key files differ, so what one node seals no other opens; copy one key file to all, "
    "or name a shared one in keys_file",
    "version": "nodes run different versions; bring all to the newest",
}


def described(found: Disagreement) -> str:
    """What nodes do not agree on, and the cure, in one line."""
    values = ", ".join(f"{name}: {value or 'none'}" for name, value in found.values)
    return f"{WORDS[found.what]} ({values})"


def member_of(config: Config, role: str) -> Member:
    """This process as a program of that role."""
    return Member(
        instance=new_id(build.now()),
        name=config.node_name,
        role=role,
        serve=_this_serve(),
        machine=_this_machine(),
        pid=os.getpid(),
        version=version("postern"),
        hostname=config.hostname,
        authserv_id=config.authserv_id,
        keys=secret_box(config).fingerprint(),
        blobs=build.blobs_place(config),
    )


@cache
def _this_serve() -> str:
    """One id for all programs of this `postern serve`; the parent makes it before it forks."""
    return new_id(build.now())


def _this_machine() -> str:
    """Equal where process ids are the same processes: the boot, and the namespace of the ids."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return _this_serve()


def require_a_place(database: Database, config: Config, roles: Sequence[str]) -> None:
    """Look whether the roles may be started as a node of this store. For the parent.

    Raises SettingsProblem where another living node has our name, or where large messages would
    lie where other nodes cannot read them. Takes seconds where a node of our name may have died
    just now on another machine: only its silence tells.
    """
    _this_serve()
    if database.settings.is_embedded:
        return
    ours = [member_of(config, role) for role in roles]
    _require_own_name(database, ours)
    seen = list_members(database, build.now())
    known = [one for one in seen if not one.lost and one.member.name != config.node_name]
    for other in known:
        here, there = ours[0].blobs, other.member.blobs
        if "local" in (here, there) or here != there:
            raise SettingsProblem(
                f"store.blobs: {here} here and {there} at the node {other.member.name}: of one "
                "store all nodes must reach the large messages; set store.blobs to one "
                "s3://bucket/prefix on all of them"
            )


def _require_own_name(database: Database, ours: Sequence[Member]) -> None:
    """Wait until every namesake is known to live or to be lost."""
    first = {one.member.instance: one.seen_at for one in _namesakes(database, ours)}
    if first:
        _log.info("event=namesake-found name=%s: looking whether it lives", ours[0].name)
    while namesakes := _namesakes(database, ours):
        for one in namesakes:
            is_here = one.member.machine == ours[0].machine
            if is_here or one.seen_at != first.get(one.member.instance):
                raise SettingsProblem(
                    f"node_name: another node {one.member.name} is alive (its hostname is "
                    f"{one.member.hostname}); give each node of a store a node_name of its own"
                )
        time.sleep(_LOOK)


def _namesakes(database: Database, ours: Sequence[Member]) -> list[Seen]:
    seen = list_members(database, build.now())
    return [one for member in ours for one in rivals(seen, member)]


def this_program(
    config: Config, database: Database, role: str
) -> AbstractAsyncContextManager[None]:
    """This process as `present`, with that role."""
    keys = secret_box(config).fingerprint
    return present(database, member_of(config, role), keys, build.now)


@asynccontextmanager
async def present(
    database: Database, member: Member, keys: Callable[[], str], now: Callable[[], datetime]
) -> AsyncIterator[None]:
    """While the block runs, the store knows this program. `keys` is asked again and again: a key
    file may be made, or changed, while we run. Raises StoreProblem at the start."""
    await asyncio.to_thread(enter, database, member, now())
    beating = asyncio.create_task(_beat_on(database, member, keys, now))
    try:
        yield
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating
        with contextlib.suppress(Problem):  # then its silence tells
            await asyncio.to_thread(leave, database, member, now())


async def _beat_on(
    database: Database, member: Member, keys: Callable[[], str], now: Callable[[], datetime]
) -> None:
    before: tuple[Disagreement, ...] = ()
    for number in itertools.count():
        await asyncio.sleep(beat_seconds(database))
        try:
            found = await asyncio.to_thread(_beat, database, replace(member, keys=keys()), now())
        except Problem as problem:
            _log.warning("event=not-present reason=%s", problem)
            continue
        if number % BEATS_BETWEEN_COMPLAINTS == 1:
            _complain([one for one in found if one in before])
        before = found


def _beat(database: Database, member: Member, now: datetime) -> tuple[Disagreement, ...]:
    for lost in beat(database, member, now):
        _log.error("event=node-lost name=%s role=%s", lost.name, lost.role)
    return disagreements(list_members(database, now))


def _complain(lasting: list[Disagreement]) -> None:
    """Of what is still so after a beat: a node that starts may not know all yet."""
    for one in lasting:
        _log.error("event=nodes-differ what=%s: %s", one.what, described(one))
