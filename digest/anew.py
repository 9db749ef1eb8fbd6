"""Messages that an older version digested are digested anew, behind everything else.

So a store learns what newer versions know: conversations and people of mail that came before
there were any. A message whose bytes cannot be had keeps what is known of it.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from digest.apart.reader import Reader
from digest.apart.told import Told
from digest.digest import VERSION
from digest.revision import Revision
from digest.stored import digest_stored
from mail.errors import Problem
from mail.reply import printable
from mail.reply_address import ReplyKey
from store.database import Database
from store.messages import save_digests
from store.outbox import claim, retry
from store.redigest import KIND, go_on, next_to_redigest, plan_redigest
from store.undigested import read_undigested

_LOG = logging.getLogger("postern.digest")

STEP = 16
"""Messages of one step: it holds up nobody who wants to write for long."""

LEASE_SECONDS = 300.0


class Anew:
    """Makes old digests anew, a step at a time; any number of workers may share a store."""

    def __init__(
        self,
        database: Database,
        owner: str,
        now: Callable[[], datetime],
        reader: Reader,
        reply_keys: Callable[[], Sequence[ReplyKey]] = tuple,
        revision: Revision | None = None,
    ) -> None:
        self._reply_keys = reply_keys
        self._database = database
        self._owner = owner
        self._now = now
        self._reader = reader
        self._revision = revision or Revision()
        self._is_planned = False

    def run_once(self) -> int:
        """One step, where there is one to do; how many messages it had. Raises StoreProblem."""
        if not self._is_planned:
            plan_redigest(self._database, VERSION, self._now())
            self._is_planned = True
        jobs = claim(self._database, (KIND,), self._owner, 1, LEASE_SECONDS, self._now())
        total = 0
        for job in jobs:
            ids = next_to_redigest(self._database, job, VERSION, STEP)
            try:
                self._digest(ids)
                go_on(self._database, job, ids, self._now())
            except Exception as error:
                retry(self._database, job, printable(f"{error}"), self._now())
                raise
            total += len(ids)
        if total:
            _LOG.info("event=digested-anew messages=%d", total)
        return total

    def _digest(self, ids: Iterable[str]) -> None:
        made = {one: digest for one in ids if (digest := self._read(one)) is not None}
        save_digests(
            self._database,
            {one: digest.as_json() for one, digest in made.items()},
            lineages={one: digest.lineage for one, digest in made.items()},
            version=VERSION,
            reply_keys=self._reply_keys(),
        )

    def _read(self, identifier: str) -> Told | None:
        """None for a message that is gone, or whose bytes are."""
        try:
            found = read_undigested(self._database, [identifier]).get(identifier)
            if found is None:
                return None
            return self._revision.revise(digest_stored(self._database, found, self._reader), found)
        except Problem as problem:
            _LOG.warning("event=not-digested-anew id=%s reason=%s", identifier, problem)
            return None
