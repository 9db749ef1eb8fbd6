"""The writer of mail: threads that commit many waiting transactions at once.

An fsync costs the same for one message as for sixty-four. So whoever has something to save puts
it into a queue and waits. On SQLite one thread takes its turn among all writers of all processes
(`store.turnstile`), and only then empties the queue into one commit. On PostgreSQL a few threads
do, beside each other and without turns: while one waits for the network and the standby, the next
batch is on its way. When COMMIT returns, the bytes are on stable storage, and everybody in the
batch is told.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from mail.errors import StoreProblem
from mail.raw import RawMessage
from mail.received import ReceivedMessage, RefusedEnvelope, StoredMessage
from store.batch import save_batch
from store.blobs import AT_ONCE_BYTES, Kept
from store.database import Database
from store.problems import Conflict, Unconfirmed, Unreachable
from store.rows import Prepared, prepare_message, prepare_refusal

_log = logging.getLogger("postern.store")

BATCH_ITEMS = 64
BATCH_BYTES = 4 * 1024 * 1024
"""A commit holds at most so many transactions, and stops growing past so many bytes."""

PATIENCE_SECONDS = 120.0
"""How long a transaction waits for its commit. A client waits ten minutes (RFC 5321 §4.5.3.2.6)
and may as well hear that it should come again."""

UPLOADS = 8
"""Large messages that one process stores at a time, in as many threads. Where they go to an object
store, each takes some 16 MB, three parts of it, whatever their size and number."""

TRIES = 4
"""How often a batch is written that was in another's way, before each item is tried alone."""

_ROWS_BYTES = 16 * 1024
"""About what a transaction's rows and index pages add to the log beside its bytes."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """One transaction on its way, and who waits for it on which event loop."""

    item: Prepared
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[StoredMessage]
    answer: StoredMessage | StoreProblem | None = field(default=None)
    abandoned: bool = False

    @property
    def volume(self) -> int:
        """Bytes that it adds to the log, about."""
        kept = self.item.kept
        return _ROWS_BYTES + (0 if kept is None else kept.volume)


class Writer:
    """Saves transactions; `start` it before, `close` it after. One per process is enough."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._database = database
        self._now = now
        self._patience = patience
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
        self._door = threading.Lock()
        self._open = False
        self._uploads = ThreadPoolExecutor(UPLOADS, "store-upload")
        self._threads = [
            threading.Thread(target=self._run, name=f"store-writer-{number}", daemon=True)
            for number in range(database.writers)
        ]

    def start(self) -> None:
        """Begin to write."""
        self._open = True
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Take nothing new, write all that waits, and stop. Blocks until that is done."""
        with self._door:
            if not self._open:
                return
            self._open = False
            for loop in tuple(self._gathered):
                self._queue_gathered(loop)
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        self._uploads.shutdown(cancel_futures=True)

    async def save_message(self, received: ReceivedMessage) -> StoredMessage:
        """Save one transaction that got as far as its data; returns once it is durable.

        Accepted and held ones become messages with their bytes, mailboxes and outbox job;
        refused ones leave their row and, for a week, their bytes; deferred ones their row.
        Cancelling the wait undoes nothing. Raises StoreProblem; then nothing was saved, or, in
        the one case of a commit that took too long, it may be: sent again, it is linked.
        """
        item = prepare_message(received)
        if item.raw is not None:
            item = replace(item, kept=await self._keep(item.raw))
        return await self._save(item)

    async def save_refusal(self, refused: RefusedEnvelope) -> None:
        """Save the row of a refused MAIL, RCPT or DATA. Raises StoreProblem."""
        await self._save(prepare_refusal(refused))

    async def _save(self, item: Prepared) -> StoredMessage:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(item, loop, loop.create_future())
        with self._door:
            if not self._open:
                raise StoreProblem("The store's writer is not running")
            self._gather(waiting)
        timer = loop.call_later(self._patience, self._abandon, waiting)
        try:
            return await waiting.future
        finally:
            timer.cancel()

    def _gather(self, waiting: _Waiting) -> None:
        """What becomes ready in one turn of the event loop goes to the thread together: waking
        it for the first would make a commit of that one alone."""
        gathered = self._gathered.setdefault(waiting.loop, [])
        gathered.append(waiting)
        if len(gathered) == 1:
            waiting.loop.call_soon(self._hand_over, waiting.loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._door:
            self._queue_gathered(loop)

    def _queue_gathered(self, loop: asyncio.AbstractEventLoop) -> None:
        for waiting in self._gathered.pop(loop, ()):
            self._queue.put(waiting)

    def _abandon(self, waiting: _Waiting) -> None:
        if waiting.future.done():
            return
        waiting.abandoned = True
        problem = StoreProblem(
            f"The store {self._database.place} did not commit within {self._patience:g} "
            "seconds: look for a process that holds it, and at its disk"
        )
        waiting.future.set_exception(problem)

    async def _keep(self, raw: RawMessage) -> Kept:
        """Code the bytes, and make large ones durable: before anybody's turn, and off the event
        loop unless it takes no longer than to hand it over."""
        blobs, now = self._database.blobs, self._now()
        if raw.size <= AT_ONCE_BYTES and raw.memory is not None:
            return blobs.keep(raw, now)
        if not blobs.is_large(raw):
            return await asyncio.to_thread(blobs.keep, raw, now)
        uploading = asyncio.get_running_loop().run_in_executor(self._uploads, blobs.keep, raw, now)
        try:
            return await asyncio.wait_for(uploading, self._patience)
        except TimeoutError:
            raise StoreProblem(
                f"A large message was not stored within {self._patience:g} seconds: look at "
                "the disk or the object store that store.blobs names"
            ) from None

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            self._commit_batch(first)
        self._queue.put(None)  # for the other threads

    def _commit_batch(self, first: _Waiting) -> None:
        batch = [first]
        try:
            self._try_to_commit(batch, fill=True)
        except Unreachable as problem:
            batch += self._all_that_waits()
            _fail(batch, problem)
        except Unconfirmed as problem:
            _fail(batch, problem)
        except Exception as error:
            self._commit_alone(batch, error)
        _tell(batch)

    def _commit_alone(self, batch: list[_Waiting], error: Exception) -> None:
        """The batch failed as a whole: each item for itself, so that one message's trouble is
        nobody else's."""
        for number, waiting in enumerate(batch):
            try:
                if len(batch) == 1:
                    raise error
                self._try_to_commit([waiting], fill=False)
            except Unreachable as problem:
                _fail(batch[number:], problem)
                return
            except StoreProblem as problem:
                _fail([waiting], problem)
            except Exception:
                waiting.answer = StoreProblem("The transaction could not be saved: see the log")
                _log.exception("event=not-saved id=%s", waiting.item.envelope.id)

    def _try_to_commit(self, batch: list[_Waiting], *, fill: bool) -> None:
        """Commit, and once more where two transactions were in each other's way or the connection
        was lost: then nothing was written."""
        for left in reversed(range(TRIES)):
            try:
                self._commit(batch, fill=fill and left == TRIES - 1)
            except Conflict as problem:
                if not left:
                    raise
                _log.warning("event=commit-again reason=%s", problem)
            else:
                return

    def _commit(self, batch: list[_Waiting], *, fill: bool) -> None:
        """One commit. With `fill`, takes into `batch` what waits once it is our turn."""
        volume: list[int] = []
        with self._database.write_beside(volume) as connection:
            if fill:
                self._fill(batch)
            wanted = [waiting for waiting in batch if not waiting.abandoned]
            stored = save_batch(connection, [waiting.item for waiting in wanted], self._now())
            volume.extend(waiting.volume for waiting in wanted)
        for waiting, answer in zip(wanted, stored, strict=True):
            waiting.answer = answer

    def _all_that_waits(self) -> list[_Waiting]:
        """What came while nobody could take it hears so now, not one time-out after the other."""
        found: list[_Waiting] = []
        while True:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return found
            if waiting is None:
                self._queue.put(None)
                return found
            found.append(waiting)

    def _fill(self, batch: list[_Waiting]) -> None:
        size = batch[0].volume
        while len(batch) < BATCH_ITEMS and size < BATCH_BYTES:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return
            if waiting is None:
                self._queue.put(None)  # the last word; the loop reads it after this batch
                return
            batch.append(waiting)
            size += waiting.volume


def _fail(batch: list[_Waiting], problem: StoreProblem) -> None:
    for waiting in batch:
        waiting.answer = problem
        _log.error("event=not-saved id=%s reason=%s", waiting.item.envelope.id, problem)


def _tell(batch: list[_Waiting]) -> None:
    """Wake everybody, one call per event loop."""
    loops: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for waiting in batch:
        loops.setdefault(waiting.loop, []).append(waiting)
    for loop, those in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve, those)
        except RuntimeError:
            _log.warning(
                "event=nobody-waits transactions=%d: their event loop is closed", len(those)
            )


def _resolve(batch: list[_Waiting]) -> None:
    for waiting in batch:
        if waiting.future.done():
            continue  # its waiter was cancelled; the commit stands
        if isinstance(waiting.answer, StoredMessage):
            waiting.future.set_result(waiting.answer)
        else:
            waiting.future.set_exception(waiting.answer or StoreProblem("No answer"))
