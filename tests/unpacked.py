"""Debian programs whose packages exclude each other, unpacked by scripts/unpack, each at home.

Such a program has the paths of its files and the names of its users compiled in. It runs in a
mount namespace of its own, where those exist: folders of its own in /var and /run, and a few
users more in /etc/passwd. Nobody else sees any of it. That needs root.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import pytest

HOUSE = Path(__file__).parent.parent
USERS_FROM = 64100
"""A range in which Debian has nobody."""


class Unpacked:
    """What scripts/unpack put into .programs/NAME, with its own /etc/passwd in `folder`."""

    def __init__(self, name: str, folder: Path, users: Sequence[str], prepare: str) -> None:
        self.root = HOUSE / ".programs" / name
        if not self.root.is_dir():
            _missing(f"{name} is not unpacked; scripts/services does it")
        if os.geteuid() != 0:
            _missing(f"{name} can only be run by root")
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
            _missing(f"{name} needs a mount namespace, which this machine permits nobody")
        self.folder = folder
        self._prepare = prepare
        for file in ("passwd", "group"):
            (folder / file).write_text(Path("/etc", file).read_text() + _lines(file, users))

    def start(self, *command: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Run it, until it is terminated; the first word is a path within the package."""
        program, *words = command
        script = "; ".join(
            (
                "set -e",
                *(f"mount --bind {self.folder}/{file} /etc/{file}" for file in ("passwd", "group")),
                *(f"mount -t tmpfs none {place}" for place in ("/var/spool", "/var/lib", "/run")),
                self._prepare,
                f"exec {shlex.join([str(self.root / program), *words])}",
            )
        )
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", script],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    def _environment(self) -> Mapping[str, str]:
        libraries = self.root / "usr" / "lib" / f"{os.uname().machine}-{sys.platform}-gnu"
        return {**os.environ, "LD_LIBRARY_PATH": f"{libraries}:{self.root / 'usr' / 'lib'}"}


def _lines(file: str, users: Sequence[str]) -> str:
    form = "{0}:x:{1}:{1}::/nonexistent:/bin/false\n" if file == "passwd" else "{0}:x:{1}:\n"
    return "".join(form.format(user, USERS_FROM + n) for n, user in enumerate(users))


def _missing(sentence: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
