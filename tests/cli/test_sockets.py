"""Sockets that systemd hands over: whose they are, and what is not taken."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TAKE = """
import json, os, socket, sys
from cli.sockets import address_of, handed_over
from mail.errors import SettingsProblem
held = []
for number, kind in enumerate(json.loads(sys.argv[1])):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    one.bind(("127.0.0.1", 0))
    if kind == "tcp":
        one.listen()
    os.dup2(one.fileno(), 100 + number)
    os.set_inheritable(100 + number, True)
    held.append(one.getsockname()[1])
    one.close()
for number in range(len(held)):
    os.dup2(100 + number, 3 + number)
environment = {**json.loads(sys.argv[2]), "HOME": "/"}
if environment.get("LISTEN_PID") == "me":
    environment["LISTEN_PID"] = str(os.getpid())
try:
    found = handed_over(environment, ("smtp", "web"))
except SettingsProblem as problem:
    print(json.dumps(str(problem)))
    sys.exit()
said = {}
for role, sockets in found.items():
    said[role] = [held.index(one.getsockname()[1]) for one in sockets]
    assert not any(one.get_inheritable() or one.getblocking() for one in sockets)
print(json.dumps([said, environment]))
"""


def take(kinds: list[str], names: str | None, pid: str = "me") -> object:
    """What a fresh process says that gets such sockets from number 3 on."""
    environment = {"LISTEN_PID": pid, "LISTEN_FDS": str(len(kinds))}
    if names is not None:
        environment["LISTEN_FDNAMES"] = names
    shown = subprocess.run(
        [sys.executable, "-c", TAKE, json.dumps(kinds), json.dumps(environment)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent.parent,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


@pytest.mark.parametrize("name", ["smtp", "postern-smtp", "postern-smtp.socket"])
def test_a_socket_is_for_the_role_that_its_name_says(name: str) -> None:
    assert take(["tcp", "tcp", "tcp"], f"{name}:web:{name}") == [
        {"smtp": [0, 2], "web": [1]},
        {"HOME": "/"},
    ]


def test_sockets_for_another_process_are_not_ours() -> None:
    assert take(["tcp"], "smtp", pid="1") == [{}, {"HOME": "/"}]


@pytest.mark.parametrize("names", ["submission", "unknown", None])
def test_a_socket_that_nobody_serves_is_named(names: str | None) -> None:
    said = take(["tcp"], names)
    assert isinstance(said, str)
    assert f"socket named {(names or '')!r}" in said
    assert "smtp, web" in said


@pytest.mark.parametrize("kind", ["udp", "not-listening"])
def test_a_socket_that_takes_no_connections_is_named(kind: str) -> None:
    said = take([kind], "smtp")
    assert isinstance(said, str)
    assert "takes no connections" in said
