"""Programs of a running server are killed at random while mail flows; then the loss check.

    .venv/bin/python -m tests.whole.kills --kills 2000
    .venv/bin/python -m tests.whole.kills --kills 300 --postgresql

kills so many, prints how far it is, and exits 1 if an acknowledged message is missing or altered,
or if one is stored twice. With --postgresql the store is in a PostgreSQL of our own, with fsync,
and its processes are killed as well. The suite runs the same with a few kills.
"""

import argparse
import contextlib
import hashlib
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg

from store.database import StoreSettings, open_database
from store.page import MAX_LIMIT
from store.transactions import TransactionFilter, find_transactions
from tests.generator import generate
from tests.postgres import Cluster, running
from tests.server import PATIENCE, Server, until
from tests.whole.kept import every, messages
from tests.wire import Wire

SENDERS = 4
EACH = 2
"""How often a program is killed before its family is: what dies often is started again late."""
ZONES = 'open.test:\n  - TXT: "v=spf1 ip4:127.0.0.1 -all"\n'


class Sender(threading.Thread):
    """Sends one message after another, and again what it never heard a 250 for."""

    def __init__(self, port: int, name: str, largest: int) -> None:
        super().__init__(name=name, daemon=True)
        self.port = port
        self.largest = largest
        self.acknowledged: dict[str, str] = {}
        """The SHA-256 of each message, by the id in the reply."""
        self.sent_again = 0
        self.finished = threading.Event()
        self._number = 0

    def run(self) -> None:
        while not self.finished.is_set():
            try:
                with Wire(self.port, timeout=20) as wire:
                    wire.say(f"EHLO {self.name}.open.test")
                    while not self.finished.is_set():
                        self._one(wire)
            except OSError:
                self.sent_again += 1
                time.sleep(0.02)

    def _one(self, wire: Wire) -> None:
        content = generate(self._number, largest=self.largest)
        content = content.replace(b"X-Empty:", f"X-Empty: {self.name}".encode(), 1)
        reply = wire.deliver(f"{self.name}@open.test", "sales@reply.test", content)
        if reply.startswith("250 2.0.0"):
            self.acknowledged[reply[-27:-1]] = hashlib.sha256(content).hexdigest()
            self._number += 1


class Killer:
    """Kills one program after another of a server that it keeps running; of a PostgreSQL, too."""

    def __init__(
        self, server: Server, chance: random.Random, cluster: Cluster | None = None
    ) -> None:
        self.server = server
        self.cluster = cluster
        self.killed: Counter[str] = Counter()
        self._chance = chance
        self._in_this_family: Counter[str] = Counter()

    def kill_one(self) -> None:
        """A program, or the parent and with it everybody, or the parent alone, which leaves
        orphans that finish what they have beside the next family."""
        if self.cluster is not None and self._chance.random() < 0.4:
            self.killed[self._kill_postgresql(self.cluster)] += 1
            return
        programs = self.server.programs()
        tired = self._in_this_family.most_common(1)
        if (tired and tired[0][1] >= EACH) or not programs:
            name = self._chance.choice(("family", "parent"))
            if name == "family":
                self.server.kill()
            else:
                self.server.kill_parent()
            self._in_this_family.clear()
            self._start_again()
        else:
            name = self._chance.choice(sorted(programs))
            with contextlib.suppress(ProcessLookupError):  # it was quicker
                os.kill(programs[name], signal.SIGKILL)
            self._in_this_family[name] += 1
        self.killed[name] += 1

    def _start_again(self) -> None:
        """As a service manager does: a server that finds its database just ending says so and is
        started once more."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.server.start()
                return
            except AssertionError:
                self.server.kill()
                if self.cluster is None or time.monotonic() > deadline:
                    raise
            until(lambda: self.cluster is None or _answers(self.cluster))

    def _kill_postgresql(self, cluster: Cluster) -> str:
        """A process of it, after which it ends all others and recovers; or all at once."""
        processes = children_of(cluster.pid)  # none while it is just beginning
        if self._chance.random() < 0.6 and processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._chance.choice(processes), signal.SIGKILL)
            until(lambda: _answers(cluster))
            return "postgres backend"
        for pid in (cluster.pid, *processes):  # the first would start those behind it anew
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        cluster.stop(signal.SIGKILL)
        time.sleep(self._chance.uniform(0, 1))
        cluster.start()
        return "postgres"


def children_of(pid: int) -> list[int]:
    """The processes that this one has started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _answers(cluster: Cluster) -> bool:
    try:
        return cluster.execute("SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


def serve(folder: Path, url: str = "") -> Server:
    """A server for the killing, started, with its store where the URL says."""
    zones = folder / "zones.yaml"
    zones.write_text(ZONES)
    server = Server(folder, zones=zones, **({"POSTERN_STORE__URL": url} if url else {}))
    server.take()
    server.start()
    return server


@contextlib.contextmanager
def serving(folder: Path, url: str = "") -> Iterator[Server]:
    """The same; none of it lives on."""
    server = serve(folder, url)
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def kill_while_mail_flows(
    server: Server,
    kills: int,
    *,
    seed: int,
    largest: int = 400_000,
    cluster: Cluster | None = None,
    progress: Callable[[int, list[Sender]], None] = lambda done, senders: None,
) -> dict[str, str]:
    """The SHA-256 of everything that was acknowledged, by its id. The server runs afterwards."""
    senders = [Sender(server.smtp_port, f"sender{n}", largest) for n in range(SENDERS)]
    for sender in senders:
        sender.start()
    chance = random.Random(seed)
    killer = Killer(server, chance, cluster)
    try:
        for done in range(1, kills + 1):
            time.sleep(chance.uniform(0.0, 0.4))
            killer.kill_one()
            progress(done, senders)
        time.sleep(1)
        until(lambda: sum(len(one.acknowledged) for one in senders) > kills)
    finally:  # else they would go on sending beside every later test
        for sender in senders:
            sender.finished.set()
        for sender in senders:
            sender.join()
    if cluster is not None:  # killed at the very last, it may still recover
        until(lambda: _answers(cluster))
    return {key: value for one in senders for key, value in one.acknowledged.items()}


def losses(settings: StoreSettings, acknowledged: dict[str, str]) -> list[str]:
    """What is wrong with the store, a sentence each. The server may run or not. Held messages
    are not looked at: no mail of ours is held."""
    database = open_database(settings)
    try:
        kept = Counter(
            hashlib.sha256(content).hexdigest() for content in messages(database, [False])
        )
        attempts = {
            item.id
            for item in every(
                lambda cursor: find_transactions(database, TransactionFilter(), MAX_LIMIT, cursor)
            )
        }
    finally:
        database.close()
    unlogged = acknowledged.keys() - attempts
    missing = {key for key, sha256 in acknowledged.items() if sha256 not in kept}
    twice = [sha256 for sha256, times in kept.items() if times > 1]
    return [
        f"{len(found)} {words}, such as {sorted(found)[:3]}"
        for found, words in (
            (unlogged, "acknowledged and not in the log"),
            (missing, "acknowledged and not kept byte for byte"),
            (twice, "kept more than once"),
        )
        if found
    ]


def main() -> int:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=int, default=400_000, help="octets of a message")
    parser.add_argument("--postgresql", action="store_true", help="the store is in PostgreSQL")
    arguments = parser.parse_args()
    began = time.monotonic()

    def progress(done: int, senders: list[Sender]) -> None:
        if done % 50 == 0 or done == arguments.kills:
            number = sum(len(one.acknowledged) for one in senders)
            print(f"{done} kills, {number} acknowledged, {time.monotonic() - began:.0f} s")
            sys.stdout.flush()

    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postern-kills-")))
        cluster = stack.enter_context(running(durable=True)) if arguments.postgresql else None
        url = cluster.url(cluster.make_database()) if cluster else ""
        server = serve(scratch, url)
        acknowledged = kill_while_mail_flows(
            server,
            arguments.kills,
            seed=arguments.seed,
            largest=arguments.largest,
            cluster=cluster,
            progress=progress,
        )
        assert server.stop() == 0, server.log.read_text()[-3000:]
        wrong = losses(StoreSettings(url, scratch / "data"), acknowledged)
        spool = list((scratch / "data" / "spool").glob("*"))
    print(f"{len(acknowledged)} acknowledged; {len(spool)} spool files left")
    print("\n".join(wrong) or "None is missing, none is altered, none is stored twice.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
