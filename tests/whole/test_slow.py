"""A disk or a line to PostgreSQL that is slow, full, read-only or silent: mail is acknowledged and
kept, or deferred; who needs no store goes on; and when the trouble is over, all is as before."""

import errno
import select
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from store.database import StoreSettings
from tests.postgres import running
from tests.server import Server
from tests.whole.kills import losses
from tests.whole.kills import serve as serve_on
from tests.whole.power.link import Link, line_to
from tests.whole.power.load import RECIPIENT, Letter, prepare, senders_of, serve, stop
from tests.whole.power.shim import Shim
from tests.wire import Wire, stuffed

FOREVER = 3600.0
SPEEDS = {"slow": 0.005, "slower": 0.5}
"""Seconds for an fsync, or for a line there and back."""


@contextmanager
def on_disk(tmp_path: Path) -> Iterator[tuple[Server, Shim]]:
    """A server on a disk of ours."""
    prepare(tmp_path / "data")
    shim = Shim(tmp_path / "shim", tmp_path / "data", records=False)
    server = serve(tmp_path, shim)
    try:
        yield server, shim
        shim.set_disk()
        assert server.stop() == 0, server.log.read_text()[-3000:]
    finally:
        if server.process is not None:
            server.kill()


@contextmanager
def on_a_line(tmp_path: Path) -> Iterator[tuple[Server, Link, StoreSettings]]:
    """A server whose PostgreSQL is at the other end of a line of ours."""
    with running(durable=True) as cluster, line_to(cluster.port) as link:
        name = cluster.make_database()
        far = cluster.url(name).replace(f":{cluster.port}/", f":{link.port}/")
        server = serve_on(tmp_path, far)
        try:
            yield server, link, StoreSettings(cluster.url(name), tmp_path / "data")
            link.round_trip, link.holds = 0.0, False
            assert server.stop() == 0, server.log.read_text()[-3000:]
        finally:
            if server.process is not None:
                server.kill()


def send(wire: Wire, letter: Letter) -> None:
    """A letter, without waiting for what becomes of it."""
    assert wire.say(f"MAIL FROM:<{letter.mail_from}>").startswith("250")
    assert wire.say(f"RCPT TO:<{RECIPIENT}>").startswith("250")
    assert wire.say("DATA").startswith("354")
    wire.send(stuffed(letter.content) + b".\r\n")


def has_answer(wire: Wire) -> bool:
    return bool(select.select([wire.socket], [], [], 0)[0])


@contextmanager
def sessions(server: Server, names: str) -> Iterator[list[Wire]]:
    """An open session for each letter of `names`."""
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(server.smtp_port, timeout=110)) for _ in names]
        for name, wire in zip(names, wires, strict=True):
            wire.say(f"EHLO {name}.open.test")
        yield wires


def goes_on(wire: Wire) -> None:
    """Everything that needs no store is answered."""
    assert wire.say("NOOP").startswith("250")
    assert wire.say("MAIL FROM:<x@open.test>").startswith("250")
    assert wire.say("RSET").startswith("250")


def test_a_slow_disk_delays_mail_and_loses_none(tmp_path: Path) -> None:
    kept: dict[str, str] = {}
    with on_disk(tmp_path) as (server, shim):
        for name, seconds in SPEEDS.items():
            shim.set_disk(fsync_seconds=seconds)
            heard, deferred = stop(senders_of(server, 2, name))
            assert heard
            assert deferred == ()
            kept |= {key: letter.sha256 for key, letter in heard.items()}
    assert losses(StoreSettings("", tmp_path / "data"), kept) == []


def test_who_waits_for_an_fsync_holds_up_nobody_else(tmp_path: Path) -> None:
    with on_disk(tmp_path) as (server, shim), sessions(server, "abc") as (first, *others):
        first.deliver("first@open.test", RECIPIENT, Letter("first", 0).content)
        shim.set_disk(fsync_seconds=FOREVER)
        send(first, Letter("first", 6))
        for other in others:
            goes_on(other)
        assert not has_answer(first)
        shim.set_disk()
        assert first.reply().startswith("250 2.0.0 ")


def test_a_disk_that_refuses_defers_mail_until_it_takes_it_again(tmp_path: Path) -> None:
    """Full, read-only, broken; for a letter in the database and for one that becomes a file."""
    kept: dict[str, str] = {}
    with on_disk(tmp_path) as (server, shim), sessions(server, "a") as (wire,):
        for error in (errno.ENOSPC, errno.EROFS, errno.EIO):
            for number in (0, 6):
                letter = Letter(errno.errorcode[error], number)
                shim.set_disk(error=error)
                refused = wire.deliver(letter.mail_from, RECIPIENT, letter.content)
                goes_on(wire)
                shim.set_disk()
                taken = wire.deliver(letter.mail_from, RECIPIENT, letter.content)
                assert refused.startswith(("451 4.3.0 ", "452 4.3.1 ")), refused
                assert taken.startswith("250 2.0.0 "), taken
                kept[taken[-27:-1]] = letter.sha256
    assert losses(StoreSettings("", tmp_path / "data"), kept) == []


@pytest.mark.timeout(300)
def test_a_slow_line_to_postgresql_delays_mail_and_loses_none(tmp_path: Path) -> None:
    kept: dict[str, str] = {}
    with on_a_line(tmp_path) as (server, link, settings):
        for name, seconds in SPEEDS.items():
            link.round_trip = seconds
            heard, deferred = stop(senders_of(server, 2, name))
            assert heard
            assert [reply for reply in deferred if not reply.startswith("451 ")] == []
            kept |= {key: letter.sha256 for key, letter in heard.items()}
        link.round_trip = 0.0
        assert losses(settings, kept) == []


def test_a_postgresql_that_is_silent_holds_up_only_who_needs_it(tmp_path: Path) -> None:
    with (
        on_a_line(tmp_path) as (server, link, settings),
        sessions(server, "abc") as (first, *others),
    ):
        link.holds = True
        send(first, Letter("first", 0))
        for other in others:
            goes_on(other)
        assert not has_answer(first)
        link.holds = False
        reply = first.reply()
        assert reply.startswith("250 2.0.0 ")
        assert losses(settings, {reply[-27:-1]: Letter("first", 0).sha256}) == []
