"""Mail servers and a tool that people use, before the whole server: what they send is kept
octet by octet as it was on the wire, whatever extensions they use and whatever it looks like."""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from store.database import StoreSettings, open_database
from tests.certificates import make_certificate
from tests.exim import Exim, exim_to
from tests.opensmtpd import OpenSmtpd, opensmtpd_to
from tests.postfix import Postfix, relaying_to
from tests.server import Server, serving, until
from tests.services import require
from tests.stores import store_for
from tests.submission import submit
from tests.whole.conftest import ZONES
from tests.whole.kept import messages
from tests.whole.wiretap import Wiretap, conversation, tapping


def _mail(name: str, body: bytes, subject: bytes = b"odd") -> bytes:
    return (
        b"From: Alice <alice@open.test>\r\nTo: bob@reply.test\r\nSubject: " + subject + b"\r\n"
        b"Date: Fri, 20 Nov 2026 12:00:00 +0000\r\n"
        b"Message-ID: <" + name.encode() + b"@open.test>\r\n"
        b"X-Folded: one\r\n\ttwo \r\n" + body
    )


SHAPES = {
    "dots": _mail("dots", b"\r\n.\r\n..\r\n.leading\r\n...\r\n\r\n"),
    "eight-bit": _mail("eight-bit", b"\r\ncaf\xe9 \xc4\xe3\xba\xc3 \x80\xff\r\n \t \r\n"),
    "long-lines": _mail("long-lines", b"\r\n" + b"x" * 3000 + b"\r\n." + b"y" * 997 + b"\r\n"),
    "empty-body": _mail("empty-body", b"\r\n"),
    "large": _mail("large", b"\r\n" + b".0123456789 \xe4\xbd\xa0\r\n" * 60_000),
    "utf-8-header": _mail("utf-8-header", b"\r\nhello\r\n", "Grüße 你好".encode()),
}
UTF8_SENDER = "grüße@open.test"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The door of a server with a certificate, for all tests here."""
    folder = tmp_path_factory.mktemp("clients")
    (folder / "zones.yaml").write_text(ZONES)
    made = make_certificate(folder / "tls")
    settings = {
        "POSTERN_SMTP__TLS_CERTIFICATE": str(made.certificate),
        "POSTERN_SMTP__TLS_KEY": str(made.key),
    }
    store_for(folder / "data", {"reply.test": "all"})
    with serving(folder, "--only", "smtp", zones=folder / "zones.yaml", **settings) as running:
        yield running


@pytest.fixture
def wiretap(server: Server) -> Iterator[Wiretap]:
    """The way to it that remembers."""
    with tapping(server.smtp_port) as tap:
        yield tap


class Arrivals:
    """What came into the store since it was made."""

    def __init__(self, server: Server) -> None:
        self._database = open_database(StoreSettings("", server.folder / "data"))
        self._before = self._all()

    def wait_for(self, number: int) -> Counter[bytes]:
        """So many messages, once they are there."""
        until(lambda: (self._all() - self._before).total() >= number)
        found = self._all() - self._before
        self._database.close()
        return found

    def _all(self) -> Counter[bytes]:
        return Counter(messages(self._database))


@pytest.fixture
def arrivals(server: Server) -> Arrivals:
    return Arrivals(server)


def hand_over(port: int, smtputf8: bool = True) -> int:
    """All shapes to a mail server that relays; how many it took."""
    for content in SHAPES.values():
        submit(port, "alice@open.test", ["bob@reply.test"], content)
    if smtputf8:
        content = _mail("smtputf8", "\r\nÜber\r\n".encode())
        submit(port, UTF8_SENDER, ["bob@reply.test"], content, ["BODY=8BITMIME", "SMTPUTF8"])
    return len(SHAPES) + smtputf8


def below_received(raw: bytes) -> bytes:
    """The message as the relay was given it: below the field that it put on top."""
    assert raw.startswith(b"Received:")
    return raw[raw.index(b"\r\nFrom: ") + 2 :]


def test_postfix_pipelines(wiretap: Wiretap, arrivals: Arrivals) -> None:
    with relaying_to(wiretap.port) as postfix:
        arrived = arrivals.wait_for(hand_over(postfix.port))
    assert arrived == Counter(wiretap.messages())
    assert wiretap.pipelined()
    commands = b"\n".join(wiretap.commands())
    assert b" BODY=8BITMIME" in commands
    assert b" SMTPUTF8" in commands
    assert b" SIZE=" in commands
    assert set(map(below_received, arrived)) >= set(SHAPES.values())


def test_exim_sends_chunks(wiretap: Wiretap, arrivals: Arrivals) -> None:
    with exim_to(wiretap.port) as exim:
        arrived = arrivals.wait_for(hand_over(exim.port))
    assert arrived == Counter(wiretap.messages())
    assert wiretap.pipelined()
    commands = wiretap.commands()
    assert b"DATA" not in commands
    assert any(one.startswith(b"BDAT ") and one.endswith(b" LAST") for one in commands)
    assert any(UTF8_SENDER.encode() in one and b" SMTPUTF8" in one for one in commands)
    assert set(map(below_received, arrived)) >= set(SHAPES.values())


def test_exim_without_chunks_sends_data(wiretap: Wiretap, arrivals: Arrivals) -> None:
    with exim_to(wiretap.port, chunking=False) as exim:
        arrived = arrivals.wait_for(hand_over(exim.port))
    assert arrived == Counter(wiretap.messages())
    assert b"DATA" in wiretap.commands()
    assert set(map(below_received, arrived)) >= set(SHAPES.values())


def test_opensmtpd_delivers(wiretap: Wiretap, arrivals: Arrivals) -> None:
    with opensmtpd_to(wiretap.port) as opensmtpd:
        arrived = arrivals.wait_for(hand_over(opensmtpd.port, smtputf8=False))
    assert arrived == Counter(wiretap.messages())
    assert set(map(below_received, arrived)) >= set(SHAPES.values())


@pytest.mark.parametrize("name", ["postfix", "exim", "opensmtpd"])
def test_what_comes_under_tls_is_what_was_queued(
    name: str, wiretap: Wiretap, arrivals: Arrivals
) -> None:
    relays: dict[str, Callable[[], AbstractContextManager[Postfix | Exim | OpenSmtpd]]] = {
        "postfix": lambda: relaying_to(wiretap.port, tls="encrypt"),
        "exim": lambda: exim_to(wiretap.port, tls=True),
        "opensmtpd": lambda: opensmtpd_to(wiretap.port, tls=True),
    }
    with relays[name]() as relay:
        arrived = arrivals.wait_for(hand_over(relay.port, smtputf8=False))
    assert wiretap.messages() == []
    assert b"STARTTLS" in wiretap.commands()
    assert Counter(map(below_received, arrived)) == Counter(SHAPES.values())


@pytest.mark.parametrize("arguments", [("--timeout", "60"), ("--pipeline",)])
def test_swaks_delivers_all_shapes(
    arguments: tuple[str, ...], wiretap: Wiretap, arrivals: Arrivals, tmp_path: Path
) -> None:
    # Under another Message-ID each time: the same bytes again would be kept once.
    run = f"Message-ID: <swaks{arguments[0]}.".encode()
    shapes = {**SHAPES, "no-final-newline": _mail("no-final-newline", b"\r\nthe end")}
    for name, content in shapes.items():
        path = tmp_path / name
        path.write_bytes(content.replace(b"Message-ID: <", run))
        words = ["--server", "127.0.0.1", "--port", str(wiretap.port), "--helo", "client.test"]
        words += ["--from", "alice@open.test", "--to", "bob@reply.test", "--data", f"@{path}"]
        sent = subprocess.run(
            [require("swaks"), *words, *arguments], capture_output=True, check=False
        )
        assert sent.returncode == 0, sent.stdout
    assert arrivals.wait_for(len(shapes)) == Counter(wiretap.messages())
    assert wiretap.pipelined() == ("--pipeline" in arguments)


def test_the_wiretap_reads_data_and_chunks_alike() -> None:
    data = b"EHLO x\r\nDATA\r\n..\r\n..a\r\nb\r\n.\r\nDATA\r\n.\r\nQUIT\r\n"
    chunks = b"BDAT 5\r\n.\r\n.aBDAT 2 LAST\r\n\r\nQUIT\r\n"
    assert conversation(data) == (
        [b"EHLO x", b"DATA", b"DATA", b"QUIT"],
        [b".\r\n.a\r\nb\r\n", b""],
    )
    assert conversation(chunks)[1] == [b".\r\n.a\r\n"]
