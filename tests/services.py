"""The real programs that tests talk to: found, or the test says what is missing.

With `CI=true` a missing program fails the run; elsewhere the test that needs it is skipped with
the sentence that says how to get it.
"""

import os
import shutil
import socket

import pytest

_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def require(program: str) -> str:
    """The full path of an installed program."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        sentence = f"{program} is not installed; scripts/services says what to install"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


_GIVEN: set[int] = set()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on just now, and another one each time."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _GIVEN:
            _GIVEN.add(port)
            return port


def listens(port: int) -> bool:
    """Whether somebody takes connections on that port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
