"""Machines of a test: network namespaces on one switch, none of which is this machine's network.

Needs root. Everything is gone when the switch is removed, and all processes in it with it.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.services import require

NETWORK = "10.77.0"
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _ip(*words: str) -> None:
    done = subprocess.run([require("ip"), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


class Machine:
    """One namespace with one address on the switch."""

    def __init__(self, switch: "Switch", name: str, number: int) -> None:
        self.name = name
        self.address = f"{NETWORK}.{number}"
        self.namespace = f"{switch.namespace}-{name}"
        self._switch = switch
        self._port = f"port{number}"
        self.processes: list[subprocess.Popen[str]] = []
        _ip("netns", "add", self.namespace)
        _ip("link", "add", "eth0", "netns", self.namespace, "type", "veth",
            "peer", "name", self._port, "netns", switch.namespace)  # fmt: skip
        self._inside("addr", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            self._inside("link", "set", device, "up")
        switch.inside("link", "set", self._port, "master", "switch", "up")

    def _inside(self, *words: str) -> None:
        _ip("-n", self.namespace, *words)

    def cut_off(self) -> None:
        """Pull the cable: nobody hears of it, packets are simply lost."""
        self._switch.inside("link", "set", self._port, "nomaster")

    def connect(self) -> None:
        """Put the cable back."""
        self._switch.inside("link", "set", self._port, "master", "switch")

    def start(
        self,
        command: Sequence[str],
        log: IO[str],
        *,
        environment: dict[str, str] | None = None,
        folder: Path | None = None,
    ) -> subprocess.Popen[str]:
        """A process on this machine, in a process group of its own."""
        process = subprocess.Popen(
            [require("ip"), "netns", "exec", self.namespace, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
            cwd=folder,
        )
        self.processes.append(process)
        return process

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread opens its sockets there. Its sockets alone: files and clocks are ours."""
        with Path("/proc/thread-self/ns/net").open("rb") as home:
            _enter(Path("/run/netns") / self.namespace)
            try:
                yield
            finally:
                _set_network(home.fileno())

    def remove(self) -> None:
        """Kill what runs there, and take the machine away."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, 9)
            process.wait(60)
        _ip("netns", "del", self.namespace)


class Switch:
    """What connects the machines; it has no way out."""

    def __init__(self) -> None:
        self.namespace = f"postern{os.getpid()}"
        self._machines: list[Machine] = []
        _ip("netns", "add", self.namespace)
        self.inside("link", "add", "switch", "type", "bridge")
        self.inside("link", "set", "switch", "up")

    def inside(self, *words: str) -> None:
        """A command of ip(8) in the namespace of the switch."""
        _ip("-n", self.namespace, *words)

    def machine(self, name: str) -> Machine:
        """One more."""
        made = Machine(self, name, 11 + len(self._machines))
        self._machines.append(made)
        return made

    def remove(self) -> None:
        """Take everything down."""
        for machine in self._machines:
            machine.remove()
        _ip("netns", "del", self.namespace)


@contextmanager
def switched() -> Iterator[Switch]:
    """A switch for as long as the block runs."""
    switch = Switch()
    try:
        yield switch
    finally:
        switch.remove()


def _enter(namespace: Path) -> None:
    with namespace.open("rb") as there:
        _set_network(there.fileno())


def _set_network(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
