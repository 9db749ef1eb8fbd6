"""`postern serve` on several machines over one store, as an operator would set them up."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.whole.fleet.network import Machine
from tests.whole.fleet.pair import PATIENCE, until

DOMAIN = "reply.test"
PORT = 25


class Node:
    """One node: its mail comes in at port 25 of its machine."""

    def __init__(self, machine: Machine, folder: Path, shared: dict[str, str]) -> None:
        self.machine = machine
        self.folder = folder / machine.name
        self.folder.mkdir()
        self.log = self.folder / "log"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("POSTERN_")},
            "POSTERN_DATA_DIR": str(self.folder / "data"),
            "POSTERN_NODE_NAME": machine.name,
            "POSTERN_HOSTNAME": f"{machine.name}.postern.test",
            "POSTERN_SMTP__LISTEN": json.dumps([f"{machine.address}:{PORT}"]),
            "POSTERN_SMTP__WORKERS": "1",
            "POSTERN_DOMAINS": json.dumps([{"name": DOMAIN}]),
            **shared,
        }
        self._process: subprocess.Popen[str] | None = None

    def run(self, *words: str) -> str:
        """One command of the installation; what it prints."""
        output = self.folder / "output"
        command = [sys.executable, "-m", "cli.main", *words]
        with output.open("w+") as written:
            process = self.machine.start(command, written, environment=self.environment)
            status = process.wait(PATIENCE)
            written.seek(0)
            text = written.read()
        assert status == 0, text
        return text

    def start(self) -> None:
        """Begin to start it; `is_ready` says when it is done."""
        command = [sys.executable, "-m", "cli.main", "serve", "--only", "smtp,worker"]
        with self.log.open("a") as log:
            self._process = self.machine.start(command, log, environment=self.environment)

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-3000:]
        return "Postern is running." in self.log.read_text()

    def kill(self) -> None:
        """All of its processes at once."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE)


def start_all(nodes: list[Node]) -> None:
    """Make the store, and start every node of it."""
    nodes[0].run("migrate")
    for node in nodes:
        node.start()
    for node in nodes:
        until(node.is_ready, f"{node.machine.name} does not start")
