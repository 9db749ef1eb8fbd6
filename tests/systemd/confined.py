"""Become a program that may make only the system calls that a unit allows, as systemd does it.

    python -m tests.systemd.confined UNIT WORD…

The lists behind SystemCallFilter= are those of `systemd-analyze syscall-filter`, and the filter is
made by libseccomp, as systemd makes it.
"""

import ctypes
import errno
import os
import subprocess
import sys
from pathlib import Path

_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM


def allowed_by(unit: Path) -> set[str]:
    """The names of the system calls that are left."""
    lists = _lists()
    lines = [line for line in unit.read_text("utf-8").splitlines() if "=" in line]
    found = set(lists["@default"])
    for line in lines:
        key, _, value = line.partition("=")
        if key == "SystemCallFilter":
            named = {one for name in value.removeprefix("~").split() for one in lists[name]}
            found = found - named if value.startswith("~") else found | named
    return found


def _lists() -> dict[str, set[str]]:
    shown = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    raw: dict[str, list[str]] = {}
    for line in shown.splitlines():
        if line.startswith("@"):
            current = raw.setdefault(line.strip(), [])
        elif line.startswith("    ") and not line.strip().startswith("#"):
            current.append(line.strip())
    return {name: set(_expand(name, raw)) for name in raw}


def _expand(name: str, raw: dict[str, list[str]]) -> list[str]:
    if not name.startswith("@"):
        return [name]
    return [one for part in raw[name] for one in _expand(part, raw)]


def confine(names: set[str]) -> None:
    """From now on all other system calls of this process and its children fail with EPERM."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_REFUSE)))
    for name in sorted(names):
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # others are of other machines
            assert library.seccomp_rule_add(context, ctypes.c_uint32(_ALLOW), number, 0) == 0
    assert library.seccomp_load(context) == 0


if __name__ == "__main__":
    confine(allowed_by(Path(sys.argv[1])))
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
