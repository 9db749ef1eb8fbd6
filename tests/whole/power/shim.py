"""The shim of `shim.c`: compiled, loaded into a program, and told how the disk is to be."""

import os
import struct
import subprocess
from pathlib import Path

from tests.services import require

SOURCE = Path(__file__).with_name("shim.c")
_CONTROL = struct.Struct("=II")


class Shim:
    """For the programs that are started with its `environment`, and their children.

    `root` is the folder whose files count. With `records` all that happens to them goes into
    `log`. A disk can be made slow (`fsync_seconds`) or made to refuse (`error`) at any time.
    """

    def __init__(self, scratch: Path, root: Path, *, records: bool = True) -> None:
        self.root = root
        self.log = scratch / "power.log"
        self._records = records
        self._control = scratch / "power.control"
        self._library = scratch / "shim.so"
        scratch.mkdir(parents=True, exist_ok=True)
        self.set_disk()
        _compile(self._library)

    def set_disk(self, *, fsync_seconds: float = 0.0, error: int = 0) -> None:
        """How long an fsync takes from now on, and the errno that every change is refused with;
        0 for none."""
        content = _CONTROL.pack(round(fsync_seconds * 1_000_000), error)
        with self._control.open("r+b" if self._control.exists() else "wb") as file:
            file.write(content)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a program that is to be watched."""
        found = {
            "LD_PRELOAD": str(self._library),
            "POWER_ROOT": str(self.root.resolve()),
            "POWER_CONTROL": str(self._control),
        }
        return found | ({"POWER_LOG": str(self.log)} if self._records else {})

    @property
    def recorded(self) -> int:
        """Octets of the log so far: the moment, for whoever wants to come back to it."""
        return self.log.stat().st_size if self.log.exists() else 0


def _compile(library: Path) -> None:
    words = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    compiler = os.environ.get("CC", "gcc")
    done = subprocess.run(
        [require(compiler), *words, "-o", str(library), str(SOURCE), "-lpthread"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
