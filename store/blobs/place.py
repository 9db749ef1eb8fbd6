"""Where the bytes of large messages lie, seen from the store: objects with names, written once.

A name is never used twice (`store.blobs.ledger`), so an object never changes: it comes to be whole,
and one day it is gone.
"""

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mail.errors import StoreProblem
from store.blobs.coding import Coded, Readable

_SUFFIX_BYTES = 8


class MissingObject(Exception):
    """There is no object of this name."""


class BytesMissing(StoreProblem):
    """Bytes that should be there are not."""


class BytesAltered(StoreProblem):
    """Bytes are there, and are not those that were kept."""


class Place(Protocol):
    """Files or a bucket. Everything here may wait for a disk or a network, and raises
    StoreProblem (or OSError) with what is wrong and its cure."""

    def put(self, name: str, coded: Coded) -> None:
        """Make an object; it is on stable storage, whole, when this returns."""

    def reading(self, name: str) -> AbstractContextManager[Readable]:
        """An object's bytes as they lie there. Raises MissingObject."""

    def file_of(self, name: str) -> Path | None:
        """The file that an object is, where it is one of ours."""

    def remove(self, name: str) -> None:
        """Take away an object, and what was left half made of it; nothing where it is gone."""

    def names(self, before: datetime) -> Iterator[str]:
        """The names of all objects that were made before then."""

    def called(self, name: str) -> str:
        """An object's place, for a person."""

    def probe(self) -> None:
        """Write, read and remove an object."""


def new_name(sha256: str) -> str:
    """A name for these bytes that nobody had before."""
    return f"{sha256}.{secrets.token_hex(_SUFFIX_BYTES)}"


def key_of(name: str) -> str:
    """Where an object of this name lies below its folder or prefix: the same in both, so that
    files may be copied to a bucket."""
    return f"{name[:2]}/{name[2:4]}/{name}"
