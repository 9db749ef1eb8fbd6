"""How bytes are coded where they lie: as they are, or compressed with zstd where that gains.

The hash by which bytes are known is always that of the bytes themselves, never of their coding.
"""

import hashlib
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

import zstandard

from mail.errors import StoreProblem
from mail.raw import BLOCK, RawMessage

PLAIN = "identity"
"""The coding of bytes that are kept as they are."""

ZSTD = "zstd"
"""The coding of bytes that are one zstd frame."""

LEVEL = 3
"""10 KB of text take 33 µs (level 1: 24) and come to 0.46 of their size; base64 comes to 0.75."""

GAIN = 0.9
"""What does not come to less than this part of its size stays as it is, and is read directly."""


class Readable(Protocol):
    """Something that gives at most `size` bytes at a time, and none at its end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Bytes as they are going to lie: `size` of them, at the beginning of `file`; `sha256` is
    theirs, not that of the message."""

    coding: str
    size: int
    sha256: str
    file: IO[bytes]


class CodingBroken(Exception):
    """What was read is not what it says it is."""


class _Compressors(threading.local):
    """One for each thread: to make one costs as much as to compress a short message."""

    def __init__(self) -> None:
        self.one = zstandard.ZstdCompressor(level=LEVEL)


_compressors = _Compressors()


def compressed(content: bytes) -> tuple[str, bytes]:
    """The coding that gains, and `content` in it."""
    shorter = _compressors.one.compress(content)
    return (ZSTD, shorter) if len(shorter) < GAIN * len(content) else (PLAIN, content)


def expanded(coding: str, content: bytes, size: int) -> bytes:
    """The `size` bytes that `compressed` was given. Raises CodingBroken."""
    if coding == PLAIN:
        return content
    if coding != ZSTD:
        raise CodingBroken(f"coded as {coding}, which is not known here")
    try:
        return zstandard.ZstdDecompressor().decompress(content, max_output_size=max(size, 1))
    except (zstandard.ZstdError, MemoryError) as error:
        raise CodingBroken(str(error)) from None


def blocks_of(coding: str, source: Readable, size: int) -> Iterator[bytes]:
    """The bytes that `source` has in this coding, in blocks. Raises CodingBroken, also for what
    would give more than `size` bytes: a few bytes may be made to expand to any number."""
    if coding not in (PLAIN, ZSTD):
        raise CodingBroken(f"coded as {coding}, which is not known here")
    reader = source
    if coding == ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(cast(IO[bytes], source))
    found = 0
    try:
        while block := reader.read(BLOCK):
            found += len(block)
            if found > size:
                raise CodingBroken("longer than it was")
            yield block
    except zstandard.ZstdError as error:
        raise CodingBroken(str(error)) from None


@contextmanager
def coded(raw: RawMessage, folder: Path) -> Iterator[Coded]:
    """These bytes, streamed into a nameless file in `folder` if zstd gains, or from where they
    lie. Raises StoreProblem where they are not those that `raw` announced, and OSError."""
    with tempfile.TemporaryFile(dir=folder) as shorter:
        size, sha256 = _compress(raw, shorter)
        if size < GAIN * raw.size:
            shorter.seek(0)
            yield Coded(ZSTD, size, sha256, shorter)
            return
    with raw.open() as plain:
        yield Coded(PLAIN, raw.size, raw.sha256, plain)


def _compress(raw: RawMessage, target: IO[bytes]) -> tuple[int, str]:
    """The size and the digest of what was written to `target`."""
    plain, shorter, size = hashlib.sha256(), hashlib.sha256(), 0
    compressor = zstandard.ZstdCompressor(level=LEVEL).compressobj(size=raw.size)
    try:
        for block in raw.blocks():
            plain.update(block)
            size += _write(target, shorter, compressor.compress(block))
        size += _write(target, shorter, compressor.flush())
    except zstandard.ZstdError:  # more or fewer bytes than announced
        raise _changed() from None
    if plain.hexdigest() != raw.sha256:
        raise _changed()
    return size, shorter.hexdigest()


def _write(target: IO[bytes], digest: "hashlib._Hash", piece: bytes) -> int:
    digest.update(piece)
    target.write(piece)
    return len(piece)


def _changed() -> StoreProblem:
    return StoreProblem("The spooled bytes changed while they were saved: check the disk")
