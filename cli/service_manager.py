"""What systemd wants to hear from a service, sd_notify(3): ready, reloading, stopping, alive.

Datagrams to the socket that NOTIFY_SOCKET names, a path or an abstract one. Without it nobody
listens, and nothing is sent.
"""

import contextlib
import os
import socket
import time
from collections.abc import MutableMapping

from mail.reply import printable


class ServiceManager:
    """Says where the service stands; never raises, and never waits for the one who listens.

    `watchdog` is after how many seconds without `alive` it would kill us, or None.
    """

    def __init__(self, address: str | None = None, watchdog: float | None = None) -> None:
        self.watchdog = watchdog
        self._status = ""
        self._address = "\0" + address[1:] if address and address[0] == "@" else address

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> "ServiceManager":
        """The one that started this process. Its variables are taken out: they are not for
        programs that we start."""
        address = environment.pop("NOTIFY_SOCKET", None)
        microseconds = environment.pop("WATCHDOG_USEC", "")
        pid = environment.pop("WATCHDOG_PID", str(os.getpid()))
        ours = pid == str(os.getpid()) and microseconds.isdecimal() and int(microseconds) > 0
        return cls(address or None, int(microseconds) / 1e6 if ours else None)

    def ready(self, status: str) -> None:
        """Started, or done with reloading."""
        self._status = status
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Between this and `ready` the configuration is read again."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={now}", "STATUS=Reading the configuration")

    def stopping(self) -> None:
        """Asked to stop, and finishing what was begun."""
        self._send("STOPPING=1", "STATUS=Finishing what was begun")

    def status(self, status: str) -> None:
        """What `systemctl status` shows; said once."""
        if status != self._status:
            self._status = status
            self._send(f"STATUS={status}")

    def alive(self) -> None:
        """For the watchdog."""
        self._send("WATCHDOG=1")

    def _send(self, *assignments: str) -> None:
        if not self._address:
            return
        lines = "\n".join(printable(one) for one in assignments)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mouth:
            mouth.setblocking(False)
            with contextlib.suppress(OSError):  # it is gone, or does not read: its affair
                mouth.sendto(lines.encode(), self._address)
