"""Large messages as objects of an S3 bucket; the only importer of obstore.

What a server may do to us: refuse, be slow, fail once in a while, do a thing twice, cut a stream
short. So requests have time-outs and are tried again a few times; a name is used once, and an
object made only where none of its name is (one in parts is made anew of the same octets), so that
a second success changes nothing; and its size is asked for afterwards, because not every server
compares what came with what was announced. The rest is for whoever reads: the hash.
"""

import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mail.errors import StoreProblem
from mail.raw import BLOCK
from store.blobs.bucket_problems import is_missing, problem_of
from store.blobs.coding import Coded, Readable
from store.blobs.place import MissingObject, key_of, new_name

if TYPE_CHECKING:
    from obstore.store import S3Store

_log = logging.getLogger("postern.store")

PART_BYTES = 5 * 1024 * 1024
"""Larger objects go in parts of this size, one after the other, so that many large messages at once
do not take memory; each part is a request with a time-out of its own."""

TRIES = 4
"""How often a request is made at most."""

_PROBE = b"Postern looks whether it can write here.\r\n"


@dataclass(frozen=True, slots=True)
class BucketSettings:
    """A bucket, and the `prefix` of our objects in it (may be empty).

    Without `endpoint` it is that of AWS in `region`. Without keys they are found as AWS's own
    tools find them: environment, web identity, container or instance. `timeout` is for one
    request, in seconds; all tries together have twice as much.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    timeout: float = 30.0

    @property
    def place(self) -> str:
        """As a URL."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


class Bucket:
    """The objects of one bucket. May be used by many threads, and in any process: the connection
    is made where it is first needed, and made anew in a process that was forked off."""

    def __init__(self, settings: BucketSettings) -> None:
        self.settings = settings
        self._opened: tuple[int, S3Store] | None = None
        self._door = threading.Lock()

    def put(self, name: str, coded: Coded) -> None:
        """See `Place.put`."""
        import obstore

        in_parts = coded.size > PART_BYTES
        with self._explained(name):
            # Nobody else has this name: if it is there, an answer to ourselves was lost.
            with suppress(obstore.exceptions.AlreadyExistsError):
                obstore.put(
                    self._store(),
                    key_of(name),
                    coded.file,
                    mode="overwrite" if in_parts else "create",
                    use_multipart=in_parts,
                    chunk_size=PART_BYTES,
                    max_concurrency=1,
                )
            found = self._size_of(name)
        if found != coded.size:
            raise StoreProblem(
                f"{self.called(name)} has {found} octets of the {coded.size} that were sent: "
                "check the object store, and what is in front of it"
            )

    @contextmanager
    def reading(self, name: str) -> Iterator[Readable]:
        """See `Place.reading`."""
        import obstore

        with self._explained(name):
            found = obstore.get(self._store(), key_of(name))
            yield _Stream(found.stream(BLOCK), found.meta["size"])

    def file_of(self, name: str) -> Path | None:
        """See `Place.file_of`."""
        return None

    def remove(self, name: str) -> None:
        """See `Place.remove`."""
        import obstore

        try:
            with self._explained(name):
                obstore.delete(self._store(), key_of(name))
        except MissingObject:
            pass

    def names(self, before: datetime) -> Iterator[str]:
        """See `Place.names`."""
        import obstore

        with self._explained(""):
            for chunk in obstore.list(self._store()):
                for found in chunk:
                    if found["last_modified"] < before:
                        yield found["path"].rpartition("/")[2]

    def called(self, name: str) -> str:
        """See `Place.called`."""
        return f"The object {self.settings.place}/{key_of(name)}"

    def probe(self) -> None:
        """See `Place.probe`. Raises StoreProblem."""
        import obstore

        name = new_name("probe")
        with self._explained(name):
            obstore.put(self._store(), key_of(name), _PROBE, mode="create", use_multipart=False)
            try:
                self._require_condition(name)
                found = bytes(obstore.get(self._store(), key_of(name)).bytes())
            finally:
                obstore.delete(self._store(), key_of(name))
        if found != _PROBE:
            raise StoreProblem(
                f"{self.settings.place} gave other bytes back than were written: check the "
                "object store, and what is in front of it"
            )

    def _size_of(self, name: str) -> int:
        """Nothing of what is not there, whatever was answered before."""
        import obstore

        try:
            return obstore.head(self._store(), key_of(name))["size"]
        except FileNotFoundError:
            return 0

    def _require_condition(self, name: str) -> None:
        """A server that writes over what is there although it was told not to is none for us."""
        import obstore

        try:
            obstore.put(self._store(), key_of(name), b"other", mode="create", use_multipart=False)
        except obstore.exceptions.AlreadyExistsError:
            return
        raise StoreProblem(
            f"{self.settings.place} writes over objects although it was asked not to "
            "(If-None-Match): use an object store that knows conditional writes"
        )

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            if is_missing(error):
                raise MissingObject(name) from None
            problem = problem_of(error, self.settings.place)
            _log.warning("event=object-store-failed name=%s reason=%s", name, problem)
            raise problem from None

    def _store(self) -> "S3Store":
        with self._door:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = os.getpid(), _connect(self.settings)
            return self._opened[1]


class _Stream:
    """Pieces of any size as something to read from, of `size` octets in all."""

    def __init__(self, pieces: Iterable[bytes], size: int) -> None:
        self._pieces = iter(pieces)
        self._left = size
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """See `Readable.read`. Raises OSError where the server stops too early."""
        if not self._rest:
            self._rest = memoryview(bytes(next(self._pieces, b"")))
            self._left -= len(self._rest)
            if not self._rest and self._left > 0:
                raise OSError("the answer was cut short")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)


def _connect(settings: BucketSettings) -> "S3Store":
    from obstore.store import S3Store

    found: dict[str, str] = {
        name: value
        for name, value in (
            ("endpoint", settings.endpoint),
            ("region", settings.region),
            ("access_key_id", settings.access_key),
            ("secret_access_key", settings.secret_key),
        )
        if value
    }
    return S3Store(
        settings.bucket,
        prefix=settings.prefix or None,
        client_options={
            "timeout": timedelta(seconds=settings.timeout),
            "connect_timeout": timedelta(seconds=min(settings.timeout, 5.0)),
            "allow_http": bool(re.match("http://", settings.endpoint or "")),
        },
        retry_config={
            "max_retries": TRIES - 1,
            "retry_timeout": timedelta(seconds=2 * settings.timeout),
        },
        **found,  # type: ignore[arg-type]
    )
