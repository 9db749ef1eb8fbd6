"""The real server as a test's child process: started, talked to, killed, started again."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from store.database import Database, StoreSettings, migrate, open_database
from store.domains import add_domain
from store.tokens import create_token
from tests.commands import told
from tests.services import NO_AUTHORITY, free_port

PATIENCE = 60.0
"""Seconds until a server counts as not starting; a loaded machine is slow."""


BECOME_THE_SERVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
words = ["-m", "cli.main", "serve", "--only", (sys.argv[2:] or ["smtp"])[0]]
os.execv(sys.executable, [sys.executable, *words])
"""
"""sd_listen_fds(3): a process with a socket of that number becomes the server, as systemd's child
does, with the role of the second argument (smtp); the variables that say so are the caller's."""


class Server:
    """`postern serve` on free ports of loopback, with everything it keeps in one folder."""

    def __init__(self, folder: Path, *, zones: Path | None = None, **settings: str) -> None:
        self.folder = folder
        self.smtp_port = free_port()
        self.web_port = free_port()
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("POSTERN_")},
            "POSTERN_DATA_DIR": str(folder / "data"),
            "POSTERN_HOSTNAME": "mx.postern.test",
            "POSTERN_SMTP__LISTEN": json.dumps([f"127.0.0.1:{self.smtp_port}"]),
            "POSTERN_SMTP__WORKERS": "2",
            "POSTERN_WEB__LISTEN": f"127.0.0.1:{self.web_port}",
            **settings,
        }
        if zones is not None:
            self.environment["POSTERN_VERIFY__DNS_ZONES"] = str(zones)
        self.wrapper: tuple[str, ...] = ()
        """Words for the interpreter that is to become the server's."""
        self.process: subprocess.Popen[str] | None = None
        self.log = folder / "serve.log"
        self.greeting = ""
        self._tokens: dict[str, str] = {}

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> None:
        """Start it and wait for its greeting; what it says on stderr goes to `log`."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.wrapper, "-m", "cli.main", "serve", *arguments],
                env=self.environment,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.greeting = "".join(self._greeting())

    def _greeting(self) -> Iterator[str]:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield line
            if line.strip().startswith("Stop it"):
                return
        raise AssertionError(f"the server did not start:\n{self.log.read_text()[-3000:]}")

    def programs(self) -> dict[str, int]:
        """The name of each child that lives, as ps shows it, and its process id."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        named: dict[str, int] = {}
        for pid in children.read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it just died
                named[Path(f"/proc/{pid}/comm").read_text().strip()] = int(pid)
        return named

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self._gone()

    def kill(self) -> None:
        """SIGKILL to the whole family at once, as a crash of the machine would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self._gone()

    def kill_parent(self) -> None:
        """SIGKILL to the parent alone; the programs notice, and finish what they have."""
        assert self.process is not None
        self.process.kill()
        self._gone()

    def _gone(self) -> int:
        assert self.process is not None
        status = self.process.wait(timeout=PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return status

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """One command of the same installation."""
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *words],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def told(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The same in this process, for what is not about how a command starts."""
        return told(self.environment, *words, stdin=stdin)

    @contextmanager
    def store(self) -> Iterator[Database]:
        """The store that it has, for what a test needs to be there and is not about: the command
        that does the same takes longer than many a test."""
        database = open_database(self._settings())
        try:
            yield database
        finally:
            database.close()

    def _settings(self) -> StoreSettings:
        url = self.environment.get("POSTERN_STORE__URL", "")
        return StoreSettings(url, Path(self.environment["POSTERN_DATA_DIR"]))

    def take(self, domain: str = "reply.test", accept: str = "all") -> None:
        """Take mail for this domain, as `domain add` does, which makes the store if need be."""
        if self.process is None:
            migrate(self._settings())
        with self.store() as database:
            add_domain(database, domain, accept, "store", datetime.now(UTC))

    def token(self, scope: str = "admin") -> str:
        """A fresh token of the API."""
        with self.store() as database:
            name = f"test-{time.monotonic_ns()}"
            return create_token(database, name, scope, datetime.now(UTC))

    @contextmanager
    def api(self, scope: str = "admin") -> Iterator[httpx.Client]:
        """The JSON API with a token; one of each scope is made."""
        if scope not in self._tokens:
            self._tokens[scope] = self.token(scope)
        headers = {"Authorization": f"Bearer {self._tokens[scope]}"}
        base = f"http://127.0.0.1:{self.web_port}/api/v1"
        with httpx.Client(
            base_url=base, headers=headers, timeout=30, verify=NO_AUTHORITY
        ) as client:
            yield client

    def items(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """Every item of a paginated list."""
        found: list[dict[str, Any]] = []
        with self.api() as client:
            cursor: str | None = None
            while True:
                page = client.get(path, params={"limit": 100, **query, **_cursor(cursor)})
                assert page.status_code == 200, page.text
                content = page.json()
                found += content["items"]
                cursor = content["next"]
                if cursor is None:
                    return found


def until(condition: Callable[[], bool]) -> None:
    """Wait for what is to become true; a loaded machine is slow."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _cursor(cursor: str | None) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


@contextmanager
def serving(folder: Path, *arguments: str, **settings: Any) -> Iterator[Server]:
    """A server for the length of a test, stopped with SIGTERM at the end."""
    server = Server(folder, **settings)
    server.start(*arguments)
    try:
        yield server
    finally:
        if server.process is not None:
            assert server.stop() == 0, server.log.read_text()[-3000:]
