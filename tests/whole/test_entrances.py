"""A whole server behind a proxy, with a port where TLS comes first."""

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import make_certificate
from tests.server import Server, serving
from tests.services import free_port
from tests.stores import store_for

HEADER = b"PROXY TCP4 192.0.2.9 127.0.0.1 4711 465\r\n"


@dataclass(frozen=True)
class Behind:
    server: Server
    tls_port: int
    context: ssl.SSLContext


@pytest.fixture
def behind(tmp_path: Path, zones: Path) -> Iterator[Behind]:
    store_for(tmp_path / "data", {"reply.test": "all"})
    made, port = make_certificate(tmp_path / "tls"), free_port()
    settings = {
        "POSTERN_SMTP__TLS_CERTIFICATE": str(made.certificate),
        "POSTERN_SMTP__TLS_KEY": str(made.key),
        "POSTERN_SMTP__TLS_LISTEN": json.dumps([f"127.0.0.1:{port}"]),
        "POSTERN_SMTP__PROXY_NETWORKS": "127.0.0.0/8",
        "POSTERN_SMTP__REQUIRE_TLS": "192.0.2.0/24",
    }
    with serving(tmp_path, zones=zones, **settings) as server:
        context = ssl.create_default_context(cafile=str(made.authority))
        yield Behind(server, port, context)


def say(connection: socket.socket, line: bytes) -> bytes:
    connection.sendall(line + b"\r\n")
    return connection.recv(4096)


def test_a_message_by_way_of_proxy_and_tls(behind: Behind) -> None:
    assert f"127.0.0.1:{behind.tls_port} (TLS)" in behind.server.greeting
    plain = socket.create_connection(("127.0.0.1", behind.tls_port), timeout=30)
    plain.sendall(HEADER)
    with behind.context.wrap_socket(plain, server_hostname="localhost") as tls:
        assert tls.recv(1024).startswith(b"220 ")
        for line in (b"EHLO c.test", b"MAIL FROM:<v@other.test>", b"RCPT TO:<s@reply.test>"):
            assert say(tls, line)[:3] == b"250"
        assert say(tls, b"DATA")[:3] == b"354"
        assert say(tls, b"From: v@other.test\r\nSubject: by proxy\r\n\r\nhello\r\n.")[:3] == b"250"
    (seen,) = behind.server.items("/transactions")
    assert seen["envelope"]["ip"] == "192.0.2.9"


def test_the_plain_port_behind_the_proxy_asks_the_same_client_for_tls(behind: Behind) -> None:
    with socket.create_connection(("127.0.0.1", behind.server.smtp_port), timeout=30) as plain:
        plain.sendall(HEADER)
        assert plain.recv(1024).startswith(b"220 ")
        assert b"STARTTLS" in say(plain, b"EHLO c.test")
        assert say(plain, b"MAIL FROM:<v@other.test>").startswith(b"530 5.7.0 ")


def test_the_doctor_can_talk_to_a_door_behind_a_proxy(behind: Behind) -> None:
    said = behind.server.run("check", "--json")
    found = {(one["what"], one["found"]) for one in json.loads(said.stdout)}
    assert ("smtp.listen", f"127.0.0.1:{behind.server.smtp_port} is served by Postern") in found
    assert ("smtp.tls_listen", f"127.0.0.1:{behind.tls_port} is served by Postern") in found
    log = behind.server.log.read_text()
    assert "event=tls-failed" not in log
    assert "event=bad-proxy-header" not in log


def test_the_doctor_tells_a_server_that_is_full_from_another_program(
    tmp_path: Path, zones: Path
) -> None:
    limits = {"POSTERN_SMTP__MAX_CONNECTIONS": "1", "POSTERN_SMTP__WORKERS": "1"}
    with (
        serving(tmp_path, zones=zones, **limits) as server,
        socket.create_connection(("127.0.0.1", server.smtp_port), timeout=30) as first,
    ):
        assert first.recv(1024).startswith(b"220 ")
        said = server.run("check", "--json")
    found = {(one["state"], one["found"]) for one in json.loads(said.stdout)}
    refusal = "421 4.3.2 Too many connections, try again later"
    door = f"127.0.0.1:{server.smtp_port}"
    assert ("warn", f"{door} takes no connection now: {refusal}") in found
