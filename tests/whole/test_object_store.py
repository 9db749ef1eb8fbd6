"""The whole server with its large messages in an object store that does what it may do: what was
acknowledged is kept, byte for byte; what was not is 4xx, and leaves nothing."""

import base64
import os
import random
import smtplib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.s3 import (
    Answered,
    Ask,
    Asked,
    Fault,
    Proxy,
    answers,
    does_it_twice,
    hangs_up,
    loses_the_answer,
    proxied,
    serving,
    stores_half,
    waits,
)
from tests.server import Server
from tests.server import serving as serving_mail
from tests.stores import store_for

TROUBLES: list[Fault | None] = [
    *(None, None, None, None),
    answers(500, "InternalError"),
    answers(503, "SlowDown"),
    answers(403, "AccessDenied"),
    waits(1),
    hangs_up,
    loses_the_answer,
    does_it_twice,
    stores_half,
]


@dataclass
class Troubled(Proxy):
    """Each request may fail in any way, until `calm`."""

    calm: bool = False

    def handle(self, asked: Asked) -> Answered | None:
        with self._door:
            trouble = random.choice(TROUBLES)
        ask: Ask = self.server.ask
        return ask(asked) if self.calm or trouble is None else trouble(asked, ask)


@pytest.fixture
def proxy() -> Iterator[Troubled]:
    with serving() as objects, proxied(objects, Troubled) as found:
        yield found


@pytest.fixture
def server(tmp_path: Path, zones: Path, proxy: Troubled) -> Iterator[Server]:
    bucket = proxy.through(proxy.server.bucket())
    store_for(tmp_path / "data", {"reply.test": "all"})
    keys = {
        "POSTERN_STORE__BLOBS": bucket.place,
        "POSTERN_STORE__S3_ENDPOINT": str(bucket.endpoint),
        "POSTERN_STORE__S3_REGION": "us-east-1",
        "POSTERN_STORE__S3_ACCESS_KEY": "test",
        "POSTERN_STORE__S3_SECRET_KEY": "not so secret",
        "POSTERN_STORE__S3_TIMEOUT": "20",
    }
    with serving_mail(tmp_path, zones=zones, **keys) as running:
        yield running


def letter(number: int) -> bytes:
    body = base64.encodebytes(os.urandom(400_000 if number % 3 else 5_000))
    head = b"From: a@open.test\r\nSubject: number %d\r\n\r\n" % number
    return head + body.replace(b"\n", b"\r\n")


def test_whatever_the_object_store_does(server: Server, proxy: Troubled) -> None:
    letters = {number: letter(number) for number in range(48)}
    codes: dict[int, int] = {}
    door = threading.Lock()

    def send(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=60) as client:
            client.ehlo("client.open.test")
            client.mail("a@open.test")
            client.rcpt("us@reply.test")
            code, text = client.data(letters[number])
        with door:
            codes[number] = code
            assert code == 250 or text.startswith(b"4.3.0"), text

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(send, letters))
    assert set(codes.values()) == {250, 451}
    assert all(codes[number] == 250 for number in letters if number % 3 == 0)
    proxy.calm = True
    kept = server.items("/messages")
    by_subject = {one["subject"]: one["id"] for one in kept}
    accepted = [number for number, code in codes.items() if code == 250]
    assert sorted(by_subject) == sorted(f"number {number}" for number in accepted)
    assert len(kept) == len(accepted)
    with server.api() as client:
        for number in accepted:
            raw = client.get(f"/messages/{by_subject[f'number {number}']}/raw").content
            assert raw == letters[number]
    assert "not so secret" not in server.log.read_text()
    checked = server.run("check", "--blobs")
    assert f"bytes  {len(accepted)} sound" in checked.stdout
