"""How many messages a second the whole server takes, into a full store and into an empty one.

The writer alone is a part of the work of receiving: what a full store costs the sender is seen at
the door. Both servers run beside each other with all their checks, and are loaded by turns.
"""

import itertools
import statistics
import tempfile
from pathlib import Path

from bench.smtp.contestants import Postern
from bench.smtp.load import Plan, prepare, send
from bench.smtp.mails import Mailbag, Senders
from bench.smtp.names import names_served
from store.database import StoreSettings

OCTETS = 10_000


def rates_at_the_door(
    stores: dict[str, StoreSettings], count: int, rounds: int
) -> dict[str, float]:
    """Messages a second of each, the median of the rounds. Raises RuntimeError where a reply was
    not the one expected."""
    senders = Senders()
    with tempfile.TemporaryDirectory(prefix="postern-door-") as name:
        folder = Path(name)
        with names_served(folder, senders.zone()):
            servers = {one: _server(folder / str(n), stores[one]) for n, one in enumerate(stores)}
            try:
                for server in servers.values():
                    server.start()
                return _measure(servers, Mailbag(senders, OCTETS), count, rounds)
            finally:
                for server in servers.values():
                    if server.server.process is not None:
                        server.stop()


def _server(folder: Path, store: StoreSettings) -> Postern:
    environment = {"POSTERN_DATA_DIR": str(store.data_dir)}
    if store.url:
        environment["POSTERN_STORE__URL"] = store.url
    return Postern(folder, environment=environment)


def _measure(
    servers: dict[str, Postern], bag: Mailbag, count: int, rounds: int
) -> dict[str, float]:
    numbers = itertools.count()

    def rate(server: Postern, of: int) -> float:
        posted = list(prepare(map(bag.mail, itertools.islice(numbers, of))))
        outcome = send(Plan(server.port), iter(posted))
        if outcome.surprises:
            raise RuntimeError(f"not measured: {outcome.surprises[0]}")
        return of / outcome.seconds

    found: dict[str, list[float]] = {name: [] for name in servers}
    for server in servers.values():
        rate(server, count // 4)
    for _ in range(rounds):
        for name, server in servers.items():
            found[name].append(rate(server, count))
    return {name: statistics.median(rates) for name, rates in found.items()}
