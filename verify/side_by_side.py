"""Runs checks side by side, and without the event loop where nothing has to be waited for.

Most messages come from senders whose DNS answers are at hand, and then no check ever waits. A
task for each of them would cost more than the smaller checks themselves. So a check is begun where
it is called; if it comes to its end, that was all. If it has to wait, the rest becomes a task.
"""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """Work that was begun. `result` may be asked for after `finish`."""

    __slots__ = ("_error", "_result", "task")

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.task: asyncio.Task[T] | None = None
        self._error: Exception | None = None
        try:
            waits_for = work.send(None)
        except StopIteration as end:
            self._result: T = end.value
        except Exception as error:
            self._error = error
        else:
            self.task = asyncio.create_task(_Waiting(work, waits_for))

    @property
    def result(self) -> T:
        """What came of it. Raises what the work raised."""
        if self._error is not None:
            raise self._error
        return self._result if self.task is None else self.task.result()


async def finish(*begun: Begun[Any]) -> None:
    """Wait for all that has to be waited for; cancelled with whoever waits.

    Raises the first exception of a work that had to wait.
    """
    if tasks := [one.task for one in begun if one.task is not None]:
        await asyncio.gather(*tasks)


async def in_own_task() -> None:
    """Come back in a task of one's own: asyncio.timeout cancels the task that it is entered in,
    and until it first waits, begun work runs in the task of whoever began it."""
    await asyncio.sleep(0)


class _Waiting(Coroutine[Any, Any, T]):
    """A coroutine that was begun and waits for something, in a form that a task can take over.

    The task gets what it waits for first. A cancellation before that goes to where it waits.
    """

    def __init__(self, work: Coroutine[Any, Any, T], waits_for: object) -> None:
        self._work = work
        self._handed_over = False
        self._waits_for = waits_for

    def send(self, value: Any) -> Any:
        if self._handed_over:
            return self._work.send(value)
        self._handed_over = True
        return self._waits_for

    def throw(self, *error: Any) -> Any:
        self._handed_over = True
        return self._work.throw(*error)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, T]:
        raise TypeError("it is for a task")
