"""Who is measured: Postern in several shapes, bare aiosmtpd, and Postfix with its friends."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from bench.smtp.mails import RECIPIENT_DOMAIN
from bench.smtp.names import ADDRESS
from bench.smtp.postfix_stack import PostfixStack
from store.database import Database, StoreSettings, open_database
from store.messages import MessageFilter, find_messages, open_raw
from store.outbox import backlog
from tests.server import Server
from tests.services import free_port

PATIENCE = 120.0


class Contestant(Protocol):
    """A server under load. `judged`: it refuses forged mail. `roots`: processes from which all
    of it descends."""

    judged: bool

    @property
    def port(self) -> int: ...

    @property
    def roots(self) -> list[int]: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def settle(self) -> None:
        """Until what follows from the mail is done as well."""

    def kept(self) -> Iterator[bytes]:
        """All that is kept as mail."""


class Postern:
    """`postern serve`, all checks on, everything stored; it asks the same DNS as the others."""

    judged = True

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 2,
        only_smtp: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir()
        settings = {
            "POSTERN_SMTP__WORKERS": str(workers),
            "POSTERN_SMTP__MAX_CONNECTIONS": "30000",
            "POSTERN_SMTP__LARGE_SENDERS": "127.0.0.0/8",
            "POSTERN_VERIFY__DNS_SERVERS": json.dumps([ADDRESS]),
        }
        self.server = Server(folder)
        self.server.environment |= {**settings, **(environment or {})}
        self._arguments = ["--only", "smtp"] if only_smtp else []

    @property
    def port(self) -> int:
        return self.server.smtp_port

    @property
    def roots(self) -> list[int]:
        assert self.server.process is not None
        return [self.server.process.pid]

    def start(self) -> None:
        self.server.start(*self._arguments)
        made = self.server.run("domain", "add", RECIPIENT_DOMAIN, "--accept", "all")
        if made.returncode:
            raise RuntimeError(made.stderr)
        time.sleep(1.5)  # a new domain is seen within a second

    def stop(self) -> None:
        self.server.stop()

    def settle(self) -> None:
        """Until the worker has done what follows from the mail, if there is a worker."""
        if self._arguments:
            return
        database = self.database()
        deadline = time.monotonic() + PATIENCE
        while backlog(database).waiting:
            if time.monotonic() > deadline:
                raise TimeoutError("the worker does not come to an end")
            time.sleep(0.2)
        database.close()

    def kept(self) -> Iterator[bytes]:
        database = self.database()
        try:
            for held in (False, True):
                cursor = None
                while True:
                    page = find_messages(database, MessageFilter(held=held), 200, cursor)
                    for message in page.items:
                        yield open_raw(database, message.id).read()
                    cursor = page.next
                    if cursor is None:
                        break
        finally:
            database.close()

    def database(self) -> Database:
        """Its store, opened beside it."""
        return open_database(StoreSettings("", self.server.folder / "data"))


class Bare:
    """aiosmtpd with a handler that does nothing."""

    judged = False

    def __init__(self, *arguments: str) -> None:
        self.port = free_port()
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def roots(self) -> list[int]:
        assert self._process is not None
        return [self._process.pid]

    def start(self) -> None:
        words = ["-m", "bench.smtp.bare", str(self.port), *self._arguments]
        self._process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.communicate()

    def settle(self) -> None:
        """It does nothing afterwards."""

    def kept(self) -> Iterator[bytes]:
        return iter(())


class Postfix:
    """Postfix, OpenDKIM, policyd-spf, OpenDMARC."""

    judged = True

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        folder.mkdir()
        folder.chmod(0o755)
        self._stack = PostfixStack(folder, environment or {})
        self.port = self._stack.port

    @property
    def roots(self) -> list[int]:
        return self._stack.roots

    def start(self) -> None:
        self._stack.start()

    def stop(self) -> None:
        self._stack.stop()

    def settle(self) -> None:
        self._stack.settle()

    def kept(self) -> Iterator[bytes]:
        return self._stack.kept()
