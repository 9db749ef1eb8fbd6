"""Clients that send without pause, remember what was acknowledged, and come again for the rest.

Each message is other bytes than any other. What is deferred, or whose reply was never heard, is
sent again, to any node, as a sending server does; so in the end everything is acknowledged, and
whatever was stored on the way must not be there twice.
"""

import hashlib
import random
import smtplib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.generator import generate
from tests.whole.fleet.network import Machine
from tests.whole.fleet.nodes import DOMAIN, PORT

LARGEST = 400_000
TIMEOUT = 8.0
_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A message of which a node (an address) said 250, and the id that it gave."""

    number: int
    id: str
    sha256: str
    node: str


@dataclass(slots=True)
class Ledger:
    """What all clients were told."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    replies: Counter[str] = field(default_factory=Counter)
    """Refusals by code, and `lost` for connections that ended without a reply."""
    texts: dict[str, str] = field(default_factory=dict)
    """One text of each code, for whoever wonders."""
    pending: set[int] = field(default_factory=set)
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> int:
        """The number of a new message."""
        with self._lock:
            self._next += 1
            self.pending.add(self._next)
            return self._next

    def refused(self, code: str, text: str) -> None:
        """A reply that was not 250, or none."""
        with self._lock:
            self.replies[code] += 1
            self.texts.setdefault(code, text)

    def took(self, one: Acknowledged) -> None:
        """A node said 250."""
        with self._lock:
            self.acknowledged.append(one)
            self.pending.discard(one.number)

    def taken_by(self, node: str) -> int:
        """How many messages that node has acknowledged."""
        with self._lock:
            return sum(one.node == node for one in self.acknowledged)

    @property
    def permanent(self) -> dict[str, str]:
        """Refusals that told a sender to give up, with a text of each."""
        return {code: self.texts[code] for code in self.replies if code.startswith("5")}


class Senders:
    """So many clients, on one machine, for several nodes."""

    def __init__(self, machine: Machine, nodes: list[Machine], clients: int, pause: float) -> None:
        self.ledger = Ledger()
        self._machine, self._nodes, self._pause = machine, nodes, pause
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(clients)]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def finish(self, patience: float) -> None:
        """Begin no new message, and bring those under way to their end."""
        self._enough.set()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, seed: int) -> None:
        chance = random.Random(seed)
        with self._machine.entered():
            while not self._enough.is_set():
                self._deliver(self.ledger.begin(), chance)
                time.sleep(self._pause)

    def _deliver(self, number: int, chance: random.Random) -> None:
        content = generate(number, largest=LARGEST)
        while True:
            address = chance.choice(self._nodes).address
            try:
                code, text = _send(address, content)
            except (OSError, smtplib.SMTPException) as error:
                code, text = 0, f"{type(error).__name__}: {error}"
            if code == 250:
                sha256 = hashlib.sha256(content).hexdigest()
                identifier = text.split("[")[-1].rstrip("]")
                self.ledger.took(Acknowledged(number, identifier, sha256, address))
                return
            self.ledger.refused(str(code) if code else "lost", text)
            if code >= 500:
                return
            time.sleep(_PAUSE)


def _send(address: str, content: bytes) -> tuple[int, str]:
    """One message over one connection; the reply that decided."""
    with smtplib.SMTP(address, PORT, "client.test", TIMEOUT) as client:
        client.ehlo()
        reply = client.mail("sender@open.test", ["BODY=8BITMIME"])
        if reply[0] == 250:
            reply = client.rcpt(f"sales@{DOMAIN}")
        if reply[0] == 250:
            reply = client.data(content)
        return reply[0], reply[1].decode("utf-8", "replace")
