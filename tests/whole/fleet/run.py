"""A fleet under load, and the misfortunes that befall it."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import httpx

from store.blobs.bucket import BucketSettings
from store.database import StoreSettings, open_database
from tests.whole.fleet.network import Machine, Switch, switched
from tests.whole.fleet.nodes import Node, start_all
from tests.whole.fleet.outcome import find_faults
from tests.whole.fleet.pair import Pair, until
from tests.whole.fleet.senders import Senders

CLIENTS = 6
DRAIN = 90.0
"""Seconds in which everything must be acknowledged once nothing goes wrong any more."""

_BUCKET = "mail"
_S3_PORT = 5000


class Fleet:
    """Three nodes, the database and its standby, the object store, and clients."""

    def __init__(self, switch: Switch, folder: Path, say: Callable[[str], None] = print) -> None:
        self._say = say
        self.pair = Pair(switch.machine("db1"), switch.machine("db2"), folder)
        self.objects = switch.machine("s3")
        self._folder = folder
        shared = {
            "POSTERN_STORE__URL": self.pair.url,
            "POSTERN_STORE__BLOBS": f"s3://{_BUCKET}/postern",
            "POSTERN_STORE__S3_ENDPOINT": f"http://{self.objects.address}:{_S3_PORT}",
            "POSTERN_STORE__S3_REGION": "eu-central-1",
            "POSTERN_STORE__S3_ACCESS_KEY": "testing",
            "POSTERN_STORE__S3_SECRET_KEY": "testing",
            "POSTERN_STORE__INLINE_BYTES": "65536",
            "POSTERN_KEYS_FILE": str(folder / "keys"),
            "POSTERN_VERIFY__AUTHSERV_ID": "mx.postern.test",
            "POSTERN_VERIFY__ENFORCE": "monitor",
            "POSTERN_VERIFY__DNS_SERVERS": "127.0.0.1",
        }
        self.nodes = [Node(switch.machine(f"mx{n}"), folder, shared) for n in (1, 2, 3)]
        self.senders = Senders(
            switch.machine("client"), [node.machine for node in self.nodes], CLIENTS, 0.05
        )
        self.client = switch.machine("reader")

    def start(self) -> None:
        """Everything, in order; the clients last."""
        self._start_objects()
        self.pair.start()
        start_all(self.nodes)
        self.senders.start()

    def _start_objects(self) -> None:
        address = self.objects.address
        command = [sys.executable, "-m", "moto.server", "-H", address, "-p", str(_S3_PORT)]
        with (self._folder / "s3.log").open("w") as log:
            self.objects.start(command, log)
        with self.client.entered():
            bucket = f"http://{address}:{_S3_PORT}/{_BUCKET}"
            until(lambda: _made(bucket), "the object store does not start")

    def lose_primary(self) -> None:
        """The primary dies with everything on it, and the standby takes its place."""
        self._say("the primary is killed, and the standby promoted")
        self.pair.fail_over()

    def rebuild_standby(self) -> None:
        """What was the primary comes back as the standby."""
        self._say("a new standby")
        self.pair.add_standby()

    @contextmanager
    def cut_off(self, machine: Machine) -> Iterator[None]:
        """While the block runs nobody reaches that machine, nor it anybody."""
        self._say(f"{machine.name} is cut off")
        machine.cut_off()
        yield
        machine.connect()
        self._say(f"{machine.name} is back")

    def must_take_mail(self, seconds: float = DRAIN) -> None:
        """Every node accepts mail again, without anybody's help."""
        before = {node: self._taken_by(node) for node in self.nodes}
        for node, number in before.items():
            again = partial(self._takes_more, node, number)
            until(again, f"{node.machine.name} takes no mail: {node.log}", seconds)
        self._say("mail is taken by every node")

    def finish(self) -> list[str]:
        """Stop the load and look; what is wrong, in words."""
        self.senders.finish(DRAIN)
        ledger = self.senders.ledger
        self._say(f"acknowledged {len(ledger.acknowledged)}, otherwise {dict(ledger.replies)}")
        faults = [f"refused for good: {code} {text}" for code, text in ledger.permanent.items()]
        faults += [f"never acknowledged: {number}" for number in sorted(ledger.pending)]
        with self.client.entered(), closing(open_database(self._settings())) as database:
            faults += find_faults(database, ledger.acknowledged)
        return faults

    def _taken_by(self, node: Node) -> int:
        return self.senders.ledger.taken_by(node.machine.address)

    def _takes_more(self, node: Node, number: int) -> bool:
        return self._taken_by(node) > number

    def _settings(self) -> StoreSettings:
        bucket = BucketSettings(
            _BUCKET,
            "postern",
            f"http://{self.objects.address}:{_S3_PORT}",
            "eu-central-1",
            "testing",
            "testing",
        )
        return StoreSettings(self.pair.url, self._folder, blobs=bucket)


def _made(bucket: str) -> bool:
    try:
        return httpx.put(bucket, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def running() -> Iterator[Fleet]:
    """A fleet that takes mail."""
    with tempfile.TemporaryDirectory(prefix="postern-fleet-") as name, switched() as switch:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL is another user
        fleet = Fleet(switch, folder)
        fleet.start()
        try:
            yield fleet
        finally:
            fleet.senders.finish(0)
