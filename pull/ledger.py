"""Every message on the server accounted for: nothing may be missing without a word. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from store.accounts import Taken


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every message on the server accounted for.

    `stored` are here; `duplicates` lie here already, found again in another place of the account;
    `deleted` were here until somebody deleted them; `failed` could not be taken yet. What is left
    is `unexplained`, and always 0 unless something is wrong.
    """

    on_server: int = 0
    stored: int = 0
    duplicates: int = 0
    deleted: int = 0
    failed: int = 0

    @property
    def unexplained(self) -> int:
        """Messages on the server of which we know nothing."""
        return self.on_server - self.stored - self.duplicates - self.deleted - self.failed

    def as_json(self) -> dict[str, int]:
        """The six numbers."""
        return {
            "on_server": self.on_server,
            "stored": self.stored,
            "duplicates": self.duplicates,
            "deleted": self.deleted,
            "failed": self.failed,
            "unexplained": self.unexplained,
        }


@dataclass(slots=True)
class Tally:
    """Counts folder by folder. A message that lies in two folders is stored once."""

    on_server: int = 0
    deleted: int = 0
    failed: int = 0
    kept: int = 0
    _messages: set[str] = field(default_factory=set)

    def add_folder(self, on_server: Iterable[int], taken: Mapping[int, Taken], failed: int) -> None:
        """One folder: the UIDs that the server lists, those that were taken, those that failed."""
        for uid in on_server:
            self.on_server += 1
            row = taken.get(uid)
            if row is not None and row.deleted:
                self.deleted += 1
            elif row is not None:
                self.kept += 1
                self._messages.add(row.message_id)
        self.failed += failed

    def ledger(self) -> Ledger:
        """The sum."""
        stored = len(self._messages)
        return Ledger(self.on_server, stored, self.kept - stored, self.deleted, self.failed)
