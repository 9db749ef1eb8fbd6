"""Messages that are hard to move, and the two commands run on an open store."""

import argparse
import hashlib
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import export
from cli.import_mail import Importer
from cli.manual import export as manual
from cli.moving.arrival import Arrivals
from cli.moving.formats import Variant
from cli.moving.outputs import Folder, OneFile, Output
from cli.moving.progress import Progress
from cli.moving.sources import source_of
from cli.moving.which import mailbox_named
from mail.address import Domain
from store.database import Database
from store.imports import Outcome
from store.messages import MessageFilter, find_messages, open_raw
from tests.generator import generated
from tests.store.samples import NOON

LARGEST = 50 * 1024 * 1024

_HEAD = b"From: li@example.org\r\nSubject: x\r\nMessage-ID: <%d@example.org>\r\n\r\n"

AWKWARD: dict[str, bytes] = {
    "eight-bit": b"caf\xe9 \xff\xfe \x80\r\n",
    "utf-8": "您好 ßé\r\n".encode(),
    "bare-cr": b"one\rtwo\r\rthree\r\n",
    "bare-lf": b"one\ntwo\n\nthree\r\n",
    "mixed-line-ends": b"one\r\ntwo\nthree\rfour\n\rfive\r\n",
    "nul": b"\x00\x00a\x00\r\n",
    "very-long-line": b"x" * 300_000 + b"\r\n",
    "from-line": b"From me to you\r\n",
    "whole-from-line": b"text\r\n\r\nFrom a@b.example Fri Nov 20 12:00:00 2026\r\nSubject: no\r\n",
    "from-after-bare-lf": b"one\nFrom x@y.example Fri Nov 20 12:00:00 2026\n\r\n",
    "quoted-levels": b">From a\r\n>>From b\r\n>>>>>>From c\r\n> From d\r\n>>Fromage\r\n",
    "many-levels": b">" * 70_000 + b"From deep\r\n",
    "empty-lines-at-the-end": b"text\r\n\r\n\r\n\r\n",
    "bare-lf-at-the-end": b"text\r\n\n\n",
    "only-empty-lines": b"\r\n\r\n",
    "content-length": b"a\r\n",
}
"""Bodies that an mbox can carry exactly."""

WHOLE: dict[str, bytes] = {
    **{name: _HEAD % number + body for number, (name, body) in enumerate(AWKWARD.items())},
    "content-length-that-lies": b"Content-Length: 3\r\nSubject: y\r\n\r\na\r\nFrom b\r\n",
    "no-header": b"From the beginning\r\nno header at all\r\n",
    "header-only": b"Subject: nothing else\r\n\r\n",
    "empty-line-first": b"\r\nbody\r\n",
    "nothing": b"",
}
"""What an mbox can carry exactly."""

NOT_WHOLE: dict[str, bytes] = {
    "no-final-line-end": _HEAD % 101 + b"the end",
    "cr-at-the-end": _HEAD % 102 + b"the end\r",
    "only-lf": b"Subject: bare\n\nno CRLF anywhere\n",
    "one-octet": b"x",
}
"""What some format cannot carry, or only if it is asked to be exact."""


@dataclass(frozen=True)
class Imported:
    """What an import came to, and what it said on standard error."""

    status: int
    outcomes: Counter[Outcome]
    failed: int
    said: str

    @property
    def taken(self) -> int:
        return self.outcomes[Outcome.TAKEN]

    @property
    def there(self) -> int:
        return self.outcomes[Outcome.THERE]


def hashes(messages: Iterable[bytes]) -> Counter[str]:
    return Counter(hashlib.sha256(one).hexdigest() for one in messages)


def corpus() -> dict[str, bytes]:
    """The awkward ones and some ordinary ones."""
    ordinary = {f"generated-{n}": m for n, m in enumerate(generated(12, largest=400_000))}
    return {**WHOLE, **ordinary}


def do_import(
    database: Database, *paths: Path, mailbox: str = "reply.example", **wishes: Any
) -> Imported:
    """`postern import`."""
    wanted: dict[str, Any] = {"format": None, "variant": "auto", "folder": (), "exact": False}
    wanted |= {"deleted_too": False, **wishes}
    said = io.StringIO()
    arrivals = Arrivals(
        mailbox_named(database, mailbox), Domain("mx.example"), "mx.example", wanted["exact"]
    )
    importer = Importer(
        database,
        arrivals,
        lambda: NOON,
        Progress("import", said),
        deleted_too=wanted["deleted_too"],
    )
    for path in paths:
        variant = Variant(wanted["variant"])
        importer.take(source_of(path, wanted["format"], variant, LARGEST, wanted["folder"]))
    status = importer.end()
    return Imported(status, importer.outcomes, importer.failed, said.getvalue())


def do_export(database: Database, output: Path, *words: str) -> int:
    """`postern export --output OUTPUT WORDS`; its exit status."""
    parser = argparse.ArgumentParser()
    manual.add_arguments(parser)
    arguments = parser.parse_args(["--output", str(output), *words])
    sink: Output = Folder(output) if arguments.format == "eml" else OneFile(output)
    try:
        return export.Export(database, sink, arguments).run()
    finally:
        sink.close()


def stored(database: Database, **wanted: Any) -> dict[str, bytes]:
    """All messages by id, oldest first."""
    found, cursor = {}, None
    while True:
        page = find_messages(database, MessageFilter(oldest_first=True, **wanted), 500, cursor)
        found.update({one.id: open_raw(database, one.id).read() for one in page.items})
        if (cursor := page.next) is None:
            return found
