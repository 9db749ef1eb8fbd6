"""The listening sockets: bound here, or handed over by systemd, and inherited by the programs."""

import errno
import ipaddress
import os
import socket
import time
from collections.abc import MutableMapping

from mail.errors import SettingsProblem

_FIRST_HANDED_OVER = 3
"""SD_LISTEN_FDS_START of sd_listen_fds(3)."""
BACKLOG = 1024
PATIENCE = 3.0
"""Seconds to wait for a port whose last owner is just going."""


def listening(listens: tuple[str, ...], key: str) -> list[socket.socket]:
    """Sockets bound to `listens`.

    Raises SettingsProblem naming `key` if an address cannot be bound.
    """
    return [_bind(listen, key) for listen in listens]


def is_loopback(listen: str) -> bool:
    """Whether `host:port` is reached from this machine only."""
    return ipaddress.ip_address(listen.rpartition(":")[0].strip("[]")).is_loopback


def address_of(listening: socket.socket) -> str:
    """Where it really listens, which systemd decides for the sockets that it hands over."""
    name = listening.getsockname()
    if listening.family == socket.AF_INET6:
        return f"[{name[0]}]:{name[1]}"
    return f"{name[0]}:{name[1]}" if listening.family == socket.AF_INET else str(name)


def handed_over(
    environment: MutableMapping[str, str], roles: tuple[str, ...]
) -> dict[str, list[socket.socket]]:
    """The sockets that systemd opened for us, by role: sd_listen_fds(3).

    A socket is for the role that its name (FileDescriptorName=, else the unit's) says, with or
    without `postern-` in front and `.socket` behind. The variables are taken out, and programs
    that we start do not inherit the descriptors. Raises SettingsProblem for a socket that none of
    `roles` serves: it would take connections that nobody answers.
    """
    mine = environment.pop("LISTEN_PID", "") == str(os.getpid())
    count = int(environment.pop("LISTEN_FDS", "0"))
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    found: dict[str, list[socket.socket]] = {}
    for index in range(count if mine else 0):
        name = names[index] if index < len(names) else ""
        role = name.removeprefix("postern-").removesuffix(".socket")
        if role not in roles:
            raise SettingsProblem(
                f"systemd handed over a socket named {name!r}, which nothing here serves; "
                f"FileDescriptorName= is to be one of: {', '.join(roles)}"
            )
        found.setdefault(role, []).append(_adopt(_FIRST_HANDED_OVER + index, name))
    return found


def _adopt(number: int, name: str) -> socket.socket:
    os.set_inheritable(number, False)
    try:
        adopted = socket.socket(fileno=number)
        listens = adopted.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise SettingsProblem(f"the socket {name!r} of systemd: {error.strerror}") from None
    if adopted.type != socket.SOCK_STREAM or not listens:
        raise SettingsProblem(
            f"the socket {name!r} of systemd takes no connections; use ListenStream= and Accept=no"
        )
    adopted.setblocking(False)
    return adopted


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
