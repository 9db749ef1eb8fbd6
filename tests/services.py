"""The real programs that tests talk to: found, or the test says what is missing.

With `CI=true` a missing program fails the run; elsewhere the test that needs it is skipped with
the sentence that says how to get it.
"""

import os
import shutil
import socket
import ssl
from collections.abc import Iterator

import pytest

_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

NO_AUTHORITY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: making one that trusts the authorities of the world takes longer than
most tests."""


def require(program: str) -> str:
    """The full path of an installed program."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        sentence = f"{program} is not installed; scripts/services says what to install"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


_PORTS = range(10_000, 32_000)
"""Below those that Linux takes for outgoing connections (from 32768 on): none of them is the
other end of somebody's connection just when a server is to be bound to it."""
_BLOCK = 200
_claims: list[socket.socket] = []
"""What tells other processes which blocks are ours; the kernel drops them when this one ends."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on just now, and another one each time.

    No other process that asks here is given it, as long as this one lives.
    """
    return next(_free_ports)


def _find_ports() -> Iterator[int]:
    for begin in range(_PORTS.start, _PORTS.stop, _BLOCK):
        if _is_claimed(begin):
            yield from filter(_can_be_bound, range(begin, begin + _BLOCK))
    sentence = f"all ports of {_PORTS} are given out or held by other test processes"
    raise AssertionError(sentence)


_free_ports = _find_ports()


def _is_claimed(begin: int) -> bool:
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0postern-test-ports-{begin}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _can_be_bound(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listens(port: int) -> bool:
    """Whether somebody takes connections on that port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
