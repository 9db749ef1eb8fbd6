"""A server under load, its disk recorded: mail small and large, digests, checkpoints, retention."""

import asyncio
import base64
import hashlib
import os
import random
import re
import shutil
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mail.verdict import Action
from store.database import StoreSettings, migrate, open_database
from store.domains import add_domain
from store.retention import HELD_DAYS, ORPHAN_AGE
from store.sweep_clock import confirm_clock
from store.writer import Writer
from tests.server import Server, until
from tests.store.samples import envelope, received
from tests.whole.power.shim import Shim
from tests.wire import Wire, stuffed

SENDERS = 4
ENOUGH = 30
"""So many acknowledged messages are worth a power cut, however slow the machine is."""
RECIPIENT = "sales@reply.test"
ZONES = 'open.test:\n  - TXT: "v=spf1 ip4:127.0.0.1 -all"\n'

BECOME = """
import sys
import datetime
import cli.sweeper, store.sqlite, store.sweep_clock
store.sqlite.CHECKPOINT_BYTES = 400_000
cli.sweeper.HOUR = 0.5
store.sweep_clock.INTERVAL = datetime.timedelta(seconds=0.4)
store.sqlite._PRAGMAS = tuple(
    one.replace("synchronous=FULL", "synchronous=" + sys.argv[1]) for one in store.sqlite._PRAGMAS
)
sys.argv = ["postern", *sys.argv[4:]]
from cli.main import main
sys.exit(main())
"""
"""The server with checkpoints and sweeps so often that there are many between two cuts, and with
the word of the first argument for SQLite's synchronous."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a client sends: always the same again until it has heard what became of it."""

    sender: str
    number: int

    @property
    def mail_from(self) -> str:
        """Its envelope sender."""
        return f"{self.sender}@open.test"

    @property
    def content(self) -> bytes:
        """Its octets; every seventh is too large for a row of the database."""
        chance = random.Random(f"{self.sender} {self.number}")
        large = self.number % 7 == 6
        size = chance.randrange(200_000, 400_000) if large else chance.randrange(500, 30_000)
        body = base64.encodebytes(chance.randbytes(size)).replace(b"\n", b"\r\n")
        head = f"From: <{self.mail_from}>\r\nSubject: {self.sender} {self.number}\r\n\r\n"
        return head.encode() + body

    @property
    def sha256(self) -> str:
        """What its octets are known by."""
        return hashlib.sha256(self.content).hexdigest()


class Sender(threading.Thread):
    """Sends letter after letter; sometimes it hangs up before it hears, and sends again."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.port = port
        self.heard: dict[str, Letter] = {}
        """What was acknowledged, by the id in the reply."""
        self.deferred: list[str] = []
        self.finished = threading.Event()
        self._number = 0
        self._chance = random.Random(name)

    def run(self) -> None:
        while not self.finished.is_set():
            try:
                with Wire(self.port, timeout=60) as wire:
                    wire.say(f"EHLO {self.name}.open.test")
                    while not self.finished.is_set() and self._one(wire):
                        pass
            except OSError as error:
                self.deferred.append(repr(error))
                time.sleep(0.02)

    def _one(self, wire: Wire) -> bool:
        """Whether the connection is of use for another one."""
        letter = Letter(self.name, self._number)
        if self._chance.random() < 0.05:
            wire.say(f"MAIL FROM:<{letter.mail_from}> BODY=8BITMIME")
            wire.say(f"RCPT TO:<{RECIPIENT}>")
            wire.say("DATA")
            wire.send(stuffed(letter.content) + b".\r\n")
            time.sleep(self._chance.uniform(0, 0.02))
            return False
        reply = wire.deliver(letter.mail_from, RECIPIENT, letter.content)
        if reply.startswith("250 2.0.0 "):
            self.heard[reply[-27:-1]] = letter
            self._number += 1
        else:
            self.deferred.append(reply)
        return True


@dataclass(frozen=True, slots=True)
class Recording:
    """What the disk was, what happened to it, and what clients heard."""

    begin: Path
    end: Path
    log: Path
    mailbox: str
    heard: dict[str, Letter]
    deferred: tuple[str, ...]
    expired: int
    """Held messages that a sweep removed."""


def record(scratch: Path, seconds: float, synchronous: str = "FULL") -> Recording:
    """Let mail flow into a new server for so long, and until there is something to lose."""
    begin, data = scratch / "begin", scratch / "data"
    mailbox = prepare(begin)
    shutil.copytree(begin, data)
    shim = Shim(scratch / "shim", data)
    shim.set_disk(fsync_seconds=0.002)
    server = serve(scratch, shim, synchronous)
    senders = senders_of(server)
    time.sleep(seconds)
    until(lambda: sum(len(one.heard) for one in senders) > ENOUGH and _expired(server) > 0)
    heard, deferred = stop(senders)
    assert server.stop() == 0, server.log.read_text()[-3000:]
    return Recording(begin, data, shim.log, mailbox, heard, deferred, _expired(server))


def _expired(server: Server) -> int:
    """How many held messages were removed, as the log says."""
    return sum(map(int, re.findall(r"event=swept .*?held=(\d+)", server.log.read_text())))


def serve(scratch: Path, shim: Shim, synchronous: str = "FULL", **settings: str) -> Server:
    """A server over `scratch/data`, on the shim's disk, started."""
    zones = scratch / "zones.yaml"
    zones.write_text(ZONES)
    server = Server(scratch, zones=zones, **settings)
    server.environment |= shim.environment
    server.wrapper = ("-c", BECOME, synchronous)
    server.start()
    return server


def senders_of(server: Server, count: int = SENDERS, name: str = "sender") -> list[Sender]:
    """So many senders at work; the first letter of one has been taken."""
    senders = [Sender(server.smtp_port, f"{name}{number}") for number in range(count)]
    for sender in senders:
        sender.start()
    until(lambda: any(sender.heard for sender in senders))
    return senders


def stop(senders: list[Sender]) -> tuple[dict[str, Letter], tuple[str, ...]]:
    """Let them finish: what was acknowledged, and what was not."""
    for sender in senders:
        sender.finished.set()
    for sender in senders:
        sender.join()
    heard = {key: letter for one in senders for key, letter in one.heard.items()}
    return heard, tuple(reply for one in senders for reply in one.deferred)


def prepare(data: Path) -> str:
    """A store whose held mail and whose orphans come of age while the load lasts; they have the
    octets of letters that are about to be sent. The id of its mailbox."""
    settings = StoreSettings("", data)
    migrate(settings)
    database = open_database(settings)
    now = datetime.now(UTC)
    try:
        mailbox = add_domain(database, "reply.test", "all", "cli", now).mailbox
        writer = Writer(database, lambda: now - HELD_DAYS)
        writer.start()
        asyncio.run(_hold(writer, mailbox, now - HELD_DAYS))
        writer.close()
        _leave_orphans(data / "blobs", now)
        confirm_clock(database, by="test", now=now)
    finally:
        database.close()
    return mailbox


async def _hold(writer: Writer, mailbox: str, since: datetime) -> None:
    for number in range(40):
        letter = Letter("sender0", number)
        held = envelope(
            mail_from="other@open.test",
            rcpt_to=[RECIPIENT],
            mailboxes=[mailbox],
            at=since + timedelta(seconds=2 + number / 5),
        )
        await writer.save_message(received(letter.content, Action.QUARANTINE, held))


def _leave_orphans(folder: Path, now: datetime) -> None:
    for number in range(6, 200, 7):
        letter = Letter("sender1", number)
        path = folder / letter.sha256[:2] / letter.sha256[2:4] / letter.sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(letter.content)
        came = (now - ORPHAN_AGE + timedelta(seconds=2 + number / 20)).timestamp()
        os.utime(path, (came, came))
