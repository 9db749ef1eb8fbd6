"""What was sent is what is kept: a thousand messages, every one compared by its digest."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from tests.generator import generate
from tests.server import Server
from tests.wire import Wire

COUNT = 1000
SENDERS = 8


@pytest.mark.timeout(600)
def test_a_thousand_messages_come_back_byte_for_byte(server: Server) -> None:
    def send(first: int) -> dict[str, str]:
        sent = {}
        with Wire(server.smtp_port, timeout=120) as wire:
            wire.say("EHLO client.open.test")
            for number in range(first, COUNT, SENDERS):
                content = generate(number)
                reply = wire.deliver("sender@open.test", "sales@reply.test", content)
                assert reply.startswith("250 2.0.0"), (number, reply)
                sent[reply[-27:-1]] = hashlib.sha256(content).hexdigest()
        return sent

    with ThreadPoolExecutor(SENDERS) as pool:
        sent = {
            key: value for part in pool.map(send, range(SENDERS)) for key, value in part.items()
        }
    assert len(sent) == COUNT

    listed = {item["id"]: item["sha256"] for item in server.items("/messages")}
    assert listed == sent
    with server.api() as api:
        for identifier, digest in sent.items():
            raw = api.get(f"/messages/{identifier}/raw")
            assert raw.headers["content-type"] == "message/rfc822"
            assert hashlib.sha256(raw.content).hexdigest() == digest


def test_the_digest_that_is_listed_is_that_of_the_bytes(server: Server) -> None:
    with Wire(server.smtp_port) as wire:
        wire.say("EHLO client.open.test")
        for content in islice((generate(number) for number in range(7, 10)), 3):
            reply = wire.deliver("sender@open.test", "sales@reply.test", content)
            with server.api() as api:
                message = api.get(f"/messages/{reply[-27:-1]}").json()
            assert message["sha256"] == hashlib.sha256(content).hexdigest()
            assert message["size"] == len(content)
