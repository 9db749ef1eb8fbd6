"""What `postern import` does. Its manual and its arguments: `cli/manual/import_mail.py`."""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cli import build
from cli.config import Config
from cli.moving.arrival import Arrivals
from cli.moving.formats import Variant
from cli.moving.found import Found, Unreadable
from cli.moving.progress import Progress, octets
from cli.moving.sources import Source, source_of
from cli.moving.which import mailbox_named
from cli.opened import opened
from mail.address import Domain
from mail.errors import SettingsProblem
from store.database import Database
from store.imports import Import, Outcome, Place, forget_place, place_of, save_imports

BATCH_MESSAGES = 64
BATCH_OCTETS = 4 * 1024 * 1024
"""A commit holds at most so many messages, and stops growing past so many octets."""


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 1 where a message could not be read."""
    largest, variant = config.smtp.max_message_bytes, Variant(arguments.variant)
    sources = [
        source_of(path, arguments.format, variant, largest, arguments.folder)
        for path in arguments.paths
    ]
    with opened(config, create=False) as database:
        mailbox = mailbox_named(database, arguments.mailbox)
        arrivals = Arrivals(
            mailbox, Domain(config.hostname), config.authserv_id, exact=arguments.exact
        )
        importer = Importer(
            database, arrivals, build.now, Progress("import"), deleted_too=arguments.deleted_too
        )
        for source in sources:
            importer.take(source)
    return importer.end()


@dataclass(slots=True)
class _Batch:
    items: list[Import] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.items) >= BATCH_MESSAGES or self.size >= BATCH_OCTETS


class Importer:
    """One run of the command: `take` each source, then `end`."""

    def __init__(
        self,
        database: Database,
        arrivals: Arrivals,
        now: Callable[[], datetime],
        progress: Progress,
        *,
        deleted_too: bool = False,
    ) -> None:
        self._database, self._arrivals, self._now = database, arrivals, now
        self._progress, self._deleted_too = progress, deleted_too
        self.outcomes: Counter[Outcome] = Counter()
        self.failed = 0

    def take(self, source: Source) -> None:
        """Everything in it that is new. Raises SettingsProblem, StoreProblem."""
        try:
            if names := source.left_out():
                self._progress.say(
                    f"{source.path}: left out, name them with --folder: {', '.join(names)}"
                )
            self._take(source)
        except OSError as error:
            raise SettingsProblem(f"{source.path} cannot be read: {error.strerror}") from error

    def end(self) -> int:
        """Say what it came to; the exit status."""
        parts = [f"{self.outcomes[Outcome.TAKEN]} taken"]
        for outcome, words in (
            (Outcome.THERE, "were there already"),
            (Outcome.DELETED, "were deleted here before"),
        ):
            if number := self.outcomes[outcome]:
                parts.append(f"{number} {words}")
        if self.failed:
            parts.append(f"{self.failed} passed by")
        self._progress.end(", ".join(parts))
        return 1 if self.failed else 0

    def _take(self, source: Source) -> None:
        name = self._name(source)
        start = place_of(self._database, name) if name else 0
        if start:
            self._progress.say(f"{source.path}: goes on at octet {start}")
        batch, at = _Batch(), start
        for found in source.messages(start):
            item = self._arrived(found)
            if item is not None:
                batch.items.append(item)
                batch.size += item.received.message.raw.size
            at = found.next
            if batch.is_full:
                self._save(batch.items, Place(name, at) if name else None)
                batch = _Batch()
                self._tell(source, at)
        self._save(batch.items, None)
        if name:
            forget_place(self._database, name)

    def _name(self, source: Source) -> str | None:
        if not source.is_one_file:
            return None
        asked = (str(self._arrivals.exact), str(self._deleted_too))
        return source.identity(self._arrivals.mailbox.id, *asked)

    def _arrived(self, found: Found) -> Import | None:
        try:
            return self._arrivals.arrive(found, self._now())
        except Unreadable as problem:
            reason = str(problem)
        except OSError as error:
            reason = f"it cannot be read: {error.strerror}"
        self.failed += 1
        self._progress.say(f"{found.where}: {reason}; passed by")
        return None

    def _save(self, items: Sequence[Import], place: Place | None) -> None:
        if items or place:
            mailbox = self._arrivals.mailbox
            self.outcomes.update(
                save_imports(
                    self._database,
                    mailbox,
                    items,
                    self._now(),
                    place,
                    deleted_too=self._deleted_too,
                )
            )

    def _tell(self, source: Source, at: int) -> None:
        taken, there = self.outcomes[Outcome.TAKEN], self.outcomes[Outcome.THERE]
        how_far = f", {octets(at)} of {octets(source.size)}" if source.is_one_file else ""
        self._progress.tell(f"{source.path}: {taken} taken, {there} there{how_far}")
