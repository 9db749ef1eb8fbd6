"""The bytes of one message exactly as they came, in memory or in a spool file.

Raw bytes from the wire are the only truth. Whoever needs them reads them in blocks through
`blocks()` or `open()`, or looks at them in place through `buffer()`; only small messages are
ever one `bytes` object.
"""

import hashlib
import io
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

BLOCK = 65536
"""Octets read at a time: larger blocks hold up the event loop, smaller ones cost more calls."""


@dataclass(frozen=True, slots=True)
class RawMessage:
    """Exact bytes: `memory` holds them, or `path` names the spool file that does.

    `sha256` is the lower-case hex digest of all of them and `size` their number. Make one with
    `in_memory` or `in_file`. The file belongs to whoever made it, and is read here only; `held` is
    what keeps it, where it is to be gone together with the message.
    """

    size: int
    sha256: str
    memory: bytes | None = None
    path: Path | None = None
    held: object = field(default=None, repr=False, compare=False)

    @classmethod
    def in_memory(cls, content: bytes, sha256: str | None = None) -> "RawMessage":
        """Hold `content` itself; `sha256` where it was counted along the way."""
        return cls(len(content), sha256 or hashlib.sha256(content).hexdigest(), memory=content)

    @classmethod
    def in_file(cls, path: Path, size: int, sha256: str) -> "RawMessage":
        """Refer to a spool file of `size` octets whose digest was counted while it was written."""
        return cls(size, sha256, path=path)

    @contextmanager
    def buffer(self) -> Iterator[memoryview]:
        """All bytes as one read-only buffer, without a copy: the memory, or the mapped file.

        Release everything cut out of it before the block ends.
        """
        if self.memory is not None:
            with memoryview(self.memory) as view:
                yield view
            return
        if self.size == 0:
            yield memoryview(b"")
            return
        with (
            self.open() as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as view,
        ):
            yield view

    def open(self) -> BinaryIO:
        """A binary file at the first byte."""
        if self.memory is not None:
            return io.BytesIO(self.memory)
        assert self.path is not None
        return self.path.open("rb")

    def blocks(self, start: int = 0, size: int = BLOCK) -> Iterator[bytes]:
        """The bytes from `start` on in pieces of at most `size`."""
        if self.memory is not None:
            for at in range(start, self.size, size):
                yield self.memory[at : at + size]
            return
        with self.open() as file:
            file.seek(start)
            while block := file.read(size):
                yield block

    def read(self) -> bytes:
        """Everything as one object: for what is known to be small, and for tests."""
        if self.memory is not None:
            return self.memory
        with self.open() as file:
            return file.read()
