"""The listening sockets: bound here, or handed over by systemd, and inherited by the programs."""

import errno
import ipaddress
import os
import socket
import time

from mail.errors import SettingsProblem

_FIRST_HANDED_OVER = 3
"""SD_LISTEN_FDS_START of sd_listen_fds(3)."""
BACKLOG = 1024
PATIENCE = 3.0
"""Seconds to wait for a port whose last owner is just going."""


def listening(listens: tuple[str, ...], name: str, key: str) -> list[socket.socket]:
    """Sockets for `name` (smtp or web): systemd's of that name, else bound to `listens`.

    Raises SettingsProblem naming `key` if an address cannot be bound.
    """
    return _handed_over(name) or [_bind(listen, key) for listen in listens]


def is_loopback(listen: str) -> bool:
    """Whether `host:port` is reached from this machine only."""
    return ipaddress.ip_address(listen.rpartition(":")[0].strip("[]")).is_loopback


def address_of(listening: socket.socket) -> str:
    """Where it really listens, which systemd decides for the sockets that it hands over."""
    name = listening.getsockname()
    if listening.family == socket.AF_INET6:
        return f"[{name[0]}]:{name[1]}"
    return f"{name[0]}:{name[1]}" if listening.family == socket.AF_INET else str(name)


def _handed_over(name: str) -> list[socket.socket]:
    """sd_listen_fds(3): LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    numbers = range(_FIRST_HANDED_OVER, _FIRST_HANDED_OVER + count)
    found = []
    for number, given in zip(numbers, names, strict=False):
        if given == name or given.startswith(f"postern-{name}"):
            handed_over = socket.socket(fileno=number)
            handed_over.setblocking(False)
            found.append(handed_over)
    return found


def _bind(listen: str, key: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY on what it accepts.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            bound.bind((host, int(port)))
            bound.listen(BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                bound.close()
                raise SettingsProblem(_explain(error, listen, key)) from None
            time.sleep(0.1)
        else:
            bound.setblocking(False)
            return bound


def _explain(error: OSError, listen: str, key: str) -> str:
    if isinstance(error, PermissionError):
        return (
            f"{key}: not allowed to listen on {listen}; use systemd's sockets or a port over 1023"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{key}: cannot listen on {listen}: this machine does not have that address"
    return f"{key}: cannot listen on {listen}: {error.strerror}; is another server running there?"
