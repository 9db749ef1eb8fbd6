"""A server killed while mail flows: what it acknowledged is there, once."""

import random
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.generator import generate
from tests.server import Server
from tests.wire import Wire

ROUNDS = 8
SENDERS = 4


class Sender(threading.Thread):
    """Sends one message after another, and again what it never heard a 250 for."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(name=name)
        self.port = port
        self.acknowledged: dict[str, bytes] = {}
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
                time.sleep(0.02)

    def _one(self, wire: Wire) -> None:
        content = generate(self._number, largest=400_000)
        content = content.replace(b"X-Empty:", f"X-Empty: {self.name}".encode(), 1)
        reply = wire.deliver(f"{self.name}@open.test", "sales@reply.test", content)
        if reply.startswith("250 2.0.0"):
            self.acknowledged[reply[-27:-1]] = content
            self._number += 1


@pytest.mark.timeout(300)
def test_no_acknowledged_message_is_lost_or_stored_twice(tmp_path: Path, zones: Path) -> None:
    server = Server(tmp_path, zones=zones)
    server.start()
    assert server.run("domain", "add", "reply.test", "--accept", "all").returncode == 0
    senders = [Sender(server.smtp_port, f"sender{number}") for number in range(SENDERS)]
    chance = random.Random(1)
    for sender in senders:
        sender.start()
    for _ in range(ROUNDS):
        time.sleep(chance.uniform(0.3, 1.5))
        server.kill()
        server.start()
    for sender in senders:
        sender.finished.set()
    for sender in senders:
        sender.join()

    acknowledged = {key: value for one in senders for key, value in one.acknowledged.items()}
    assert len(acknowledged) > ROUNDS * SENDERS
    transactions = {item["id"]: item for item in server.items("/transactions")}
    messages = server.items("/messages")
    try:
        assert acknowledged.keys() <= transactions.keys()
        shown = Counter(item["sha256"] for item in messages)
        assert max(shown.values()) == 1
        assert {item["id"] for item in messages} <= transactions.keys()
        with server.api() as api:
            for identifier, content in acknowledged.items():
                first = transactions[identifier]["duplicate_of"] or identifier
                assert api.get(f"/messages/{first}/raw").content == content
    finally:
        assert server.stop() == 0


def test_what_is_sent_again_is_linked_to_the_first_and_shown_once(server: Server) -> None:
    content = generate(3)
    with Wire(server.smtp_port) as wire:
        wire.say("EHLO client.open.test")
        replies = [
            wire.deliver("sender@open.test", "sales@reply.test", content),
            wire.deliver("sender@open.test", "sales@reply.test", content),
            wire.deliver("other@open.test", "sales@reply.test", content),
            wire.deliver("sender@open.test", "info@reply.test", content),
        ]
    assert all(reply.startswith("250 2.0.0") for reply in replies)
    first, again, other_sender, other_recipient = (reply[-27:-1] for reply in replies)
    transactions = {item["id"]: item for item in server.items("/transactions")}
    assert transactions[again]["duplicate_of"] == first
    assert {item["id"] for item in server.items("/messages")} == {
        first,
        other_sender,
        other_recipient,
    }
