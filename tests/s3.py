"""A real S3 server for tests (moto, as a process of its own), and a proxy in front that does to
requests what networks and overloaded servers do.

moto keeps objects in memory and checks no signature: it shows what we ask for and what we make of
the answers, not that anything is durable.
"""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import TypeVar

import pytest

from store.blobs.bucket import BucketSettings
from tests.services import free_port, listens

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
"""moto looks for the region in it, and no further."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came to the proxy."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to it. `length` is what is announced, where that is not what is sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    length: int | None = None


Ask = Callable[[Asked], Answered]
Fault = Callable[[Asked, Ask], Answered | None]
"""Asks the server or does not, and answers; None hangs up without an answer."""


class ObjectServer:
    """The S3 server of a test session."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, asked: Asked) -> Answered:
        """Hand a request on."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(asked.method, asked.path, asked.body, asked.headers)
            answer = connection.getresponse()
            return Answered(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def bucket(self) -> BucketSettings:
        """A new bucket, and how to get at it."""
        name = f"mail-{os.urandom(6).hex()}"
        headers = {"Authorization": SIGNED, "Host": f"127.0.0.1:{self.port}"}
        assert self.ask(Asked("PUT", f"/{name}", headers, b"")).status == 200
        return BucketSettings(
            bucket=name,
            prefix="postern",
            endpoint=f"http://127.0.0.1:{self.port}",
            region="us-east-1",
            access_key="test",
            secret_key="not so secret",
            timeout=30.0,
        )


@dataclass
class Proxy:
    """What lies between us and the server. `faults` happen one after the other, each to the next
    request with its method, or with `stays` the first to all of them; `asked` is what came."""

    server: ObjectServer
    port: int = 0
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    stays: bool = False
    _door: threading.Lock = field(default_factory=threading.Lock)

    def through(self, bucket: BucketSettings) -> BucketSettings:
        """The same bucket, reached through the proxy."""
        return replace(bucket, endpoint=f"http://127.0.0.1:{self.port}")

    def handle(self, asked: Asked) -> Answered | None:
        """One request."""
        with self._door:
            self.asked.append(asked)
            fault = next((one for one in self.faults if one[0] in (asked.method, "any")), None)
            if fault is not None and not self.stays:
                self.faults.remove(fault)
        return fault[1](asked, self.server.ask) if fault else self.server.ask(asked)


def answers(status: int, code: str = "") -> Fault:
    """The server says so, and does nothing."""

    def fault(asked: Asked, ask: Ask) -> Answered:
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>" if code else ""
        return Answered(status, {"Content-Type": "application/xml"}, body.encode())

    return fault


def waits(seconds: float) -> Fault:
    """The server does it, after a while."""

    def fault(asked: Asked, ask: Ask) -> Answered:
        time.sleep(seconds)
        return ask(asked)

    return fault


def hangs_up(asked: Asked, ask: Ask) -> None:
    """Nothing is done, and the connection is lost."""


def loses_the_answer(asked: Asked, ask: Ask) -> None:
    """It is done, and the connection is lost."""
    ask(asked)


def does_it_twice(asked: Asked, ask: Ask) -> Answered:
    """A request that was repeated on the way; the second answer is ours."""
    ask(asked)
    return ask(asked)


def ignores_the_condition(asked: Asked, ask: Ask) -> Answered:
    """Writes over what is there, as some servers do."""
    headers = {name: value for name, value in asked.headers.items() if name != "if-none-match"}
    return ask(replace(asked, headers=headers))


def stores_half(asked: Asked, ask: Ask) -> Answered:
    """Half of the body arrives, and is called a success."""
    half = asked.body[: len(asked.body) // 2]
    headers = {**asked.headers, "Content-Length": str(len(half))}
    return ask(replace(asked, body=half, headers=headers))


def sends_half(asked: Asked, ask: Ask) -> Answered:
    """Half of the answer arrives, and the connection is lost."""
    answer = ask(asked)
    return replace(answer, body=answer.body[: len(answer.body) // 2], length=len(answer.body))


def alters(asked: Asked, ask: Ask) -> Answered:
    """One octet of the answer is another."""
    answer = ask(asked)
    middle = len(answer.body) // 2
    body = bytearray(answer.body)
    body[middle] ^= 1
    return replace(answer, body=bytes(body))


@contextmanager
def serving() -> Iterator[ObjectServer]:
    """The server, until the block ends."""
    if find_spec("moto") is None:
        sentence = "moto is not installed; scripts/install installs what tests need"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not listens(port):
            assert process.poll() is None, "the S3 server did not start"
            time.sleep(0.05)
        yield ObjectServer(port)
    finally:
        process.terminate()
        process.wait()


P = TypeVar("P", bound=Proxy)


@contextmanager
def proxied(server: ObjectServer, kind: type[P] = Proxy) -> Iterator[P]:  # type: ignore[assignment]
    """A proxy in front of the server, until the block ends."""
    proxy = kind(server)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            asked = Asked(self.command, self.path, dict(self.headers), self.rfile.read(size))
            self._send(proxy.handle(asked))

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = do_any

        def _send(self, answer: Answered | None) -> None:
            if answer is None:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            length = len(answer.body) if answer.length is None else answer.length
            if self.command == "HEAD":
                length = int(answer.headers.get("Content-Length", 0))
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            self.close_connection = answer.length is not None

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that gave up

    listening = Server(("127.0.0.1", 0), Handler)
    proxy.port = listening.server_port
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
