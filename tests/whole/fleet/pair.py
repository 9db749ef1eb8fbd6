"""PostgreSQL twice: a primary that waits for its standby before it says that a commit is done."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.postgres import program
from tests.whole.fleet.network import Machine

PATIENCE = 60.0
_AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--")
_SETTINGS = ("listen_addresses=*", "max_connections=100", "wal_level=replica", "hot_standby=on")


class Host:
    """One machine with a data folder. Everybody on the switch may connect."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.folder = folder / machine.name
        self.data = self.folder / "data"
        self.folder.mkdir()
        shutil.chown(self.folder, "postgres")
        self.process: subprocess.Popen[str] | None = None

    def create(self) -> None:
        """An empty database."""
        self._run("initdb", "-D", self.data, "--no-sync", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8")  # fmt: skip
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 0.0.0.0/0 trust\nhost replication all 0.0.0.0/0 trust\n")

    def copy(self, primary: "Host") -> None:
        """A standby of `primary`, made anew."""
        shutil.rmtree(self.data, ignore_errors=True)
        self._run("pg_basebackup", "-h", primary.machine.address, "-U", "postgres", "-D",
                  self.data, "-R", "-X", "stream", "-c", "fast")  # fmt: skip

    def start(self) -> None:
        """Start the server and wait until it answers; its commits wait for nobody yet."""
        with (self.data / "postgresql.auto.conf").open("a") as settings_file:
            settings_file.write("synchronous_standby_names = ''\n")
        lines = [f"unix_socket_directories={self.folder}", *_SETTINGS]
        settings = [word for line in lines for word in ("-c", line)]
        command = [*_AS_POSTGRES, program("postgres"), "-D", str(self.data), *settings]
        with (self.folder / "log").open("a") as log:
            self.process = self.machine.start(command, log, folder=self.folder)
        until(self._answers, "PostgreSQL does not start: " + str(self.folder / "log"))

    def kill(self) -> None:
        """As if the machine had lost its power: all of its processes at once."""
        assert self.process is not None
        os.killpg(self.process.pid, 9)
        self.process.wait(PATIENCE)
        self.process = None

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as superuser over the socket file, whatever the network does."""
        with psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _answers(self) -> bool:
        try:
            return bool(self.ask("SELECT 1"))
        except psycopg.OperationalError:
            return False

    def _run(self, name: str, *arguments: object) -> None:
        words = [*_AS_POSTGRES, program(name), *map(str, arguments)]
        with (self.folder / "log").open("a") as log:
            process = self.machine.start(words, log, folder=self.folder)
            assert process.wait(PATIENCE) == 0, (self.folder / "log").read_text()


class Pair:
    """Two hosts; which of them is the primary changes."""

    def __init__(self, first: Machine, second: Machine, folder: Path) -> None:
        self.primary, self.standby = Host(first, folder), Host(second, folder)
        self.url = (
            f"postgresql://postgres@{first.address},{second.address}/postern"
            "?target_session_attrs=read-write"
        )

    def start(self) -> None:
        """Both, with an empty database `postern`."""
        self.primary.create()
        self.primary.start()
        self.primary.ask("CREATE DATABASE postern")
        self.add_standby()

    def add_standby(self) -> None:
        """Make the standby from the primary, and have every commit wait for it from now on."""
        self.standby.copy(self.primary)
        self.standby.start()
        self.primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.ask("SELECT pg_reload_conf()")
        until(self._is_synchronous, "the standby does not follow")

    def fail_over(self) -> None:
        """The primary is lost, and the standby becomes the primary: nobody waits for it."""
        lost = self.primary
        lost.kill()
        self.standby.ask("SELECT pg_promote()")
        self.primary, self.standby = self.standby, lost

    def _is_synchronous(self) -> bool:
        found = self.primary.ask("SELECT sync_state FROM pg_stat_replication")
        return ("sync",) in found


def until(condition: Callable[[], bool], complaint: str, seconds: float = PATIENCE) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.1)
