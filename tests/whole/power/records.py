"""The log of `shim.c`, read: what happened to the files, in order."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_HEAD = struct.Struct("=IIQQQ")


class Kind(IntEnum):
    """What was done; the numbers are those of `shim.c`."""

    OPEN = 1
    CREATE = 2
    WRITE = 3
    TRUNCATE = 4
    SYNC = 5
    SYNCED = 6
    LINK = 7
    UNLINK = 8
    RENAME = 9
    MKDIR = 10
    RMDIR = 11
    HEARD = 12


@dataclass(frozen=True, slots=True)
class Record:
    """One change. `path` is within the folder ("" is the folder itself), `to` where a rename or
    link leads. `offset` is where a write begins, the new size of a file that was cut, or the
    number of an fsync; `data` what was written, or what a client heard."""

    kind: Kind
    inode: int = 0
    offset: int = 0
    path: str = ""
    to: str = ""
    data: bytes = b""


def read_log(path: Path) -> Iterator[Record]:
    """All records."""
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            kind, paths, inode, offset, octets = _HEAD.unpack(head)
            names = file.read(paths).decode("utf-8", "surrogateescape").split("\0")
            path_, to = (*names, "", "")[:2]
            yield Record(Kind(kind), inode, offset, path_, to, file.read(octets))
