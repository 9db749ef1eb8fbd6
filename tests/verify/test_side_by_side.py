"""Checks side by side: no task where nothing is waited for, and all that tasks give elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes import FixedClock
from verify.answer import Answer, Status, no_answer
from verify.recording import RecordingResolver
from verify.side_by_side import Begun, finish, in_own_task


async def at_once(word: str) -> str:
    return word


async def after(waiting: asyncio.Future[str]) -> str:
    return await waiting


@asynccontextmanager
async def telling(log: list[str]) -> AsyncIterator[None]:
    """Notes how its block ended."""
    try:
        yield
    except BaseException as error:
        log.append(type(error).__name__)
        raise
    log.append("end")


async def test_work_that_never_waits_makes_no_task() -> None:
    begun = [Begun(at_once("a")), Begun(at_once("b"))]
    assert [one.task for one in begun] == [None, None]
    await finish(*begun)
    assert [one.result for one in begun] == ["a", "b"]


async def test_work_that_waits_goes_on_when_its_answer_comes() -> None:
    first, second = (asyncio.get_running_loop().create_future() for _ in range(2))
    begun = [Begun(after(first)), Begun(at_once("b")), Begun(after(second))]
    asyncio.get_running_loop().call_soon(second.set_result, "c")
    asyncio.get_running_loop().call_later(0.01, first.set_result, "a")
    await finish(*begun)
    assert [one.result for one in begun] == ["a", "b", "c"]


async def test_an_answer_that_comes_before_the_task_has_its_turn_is_not_lost() -> None:
    waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    begun = Begun(after(waiting))
    waiting.set_result("early")
    await finish(begun)
    assert begun.result == "early"


async def test_work_may_wait_many_times() -> None:
    async def patient() -> int:
        for _ in range(5):
            await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        return 5

    begun = Begun(patient())
    await finish(begun)
    assert begun.result == 5


async def test_an_exception_at_once_is_raised_by_the_result_and_stops_nobody_else() -> None:
    async def breaks() -> str:
        raise LookupError("gone")

    waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    broken, other = Begun(breaks()), Begun(after(waiting))
    waiting.set_result("fine")
    await finish(broken, other)
    assert other.result == "fine"
    with pytest.raises(LookupError, match="gone"):
        _ = broken.result


async def test_an_exception_after_waiting_is_raised_by_finish() -> None:
    waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    begun = Begun(after(waiting))
    waiting.set_exception(LookupError("gone"))
    with pytest.raises(LookupError, match="gone"):
        await finish(begun)


@pytest.mark.parametrize("turns", [0, 1, 2, 5])
async def test_a_cancellation_reaches_the_work_where_it_waits(turns: int) -> None:
    log: list[str] = []

    async def work() -> None:
        async with telling(log):
            await asyncio.get_running_loop().create_future()

    async def whole() -> None:
        await finish(Begun(work()))

    running = asyncio.create_task(whole())
    await asyncio.sleep(0)
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert log == ["CancelledError"]


async def test_a_task_cancelled_before_its_first_turn_cancels_the_work_where_it_waits() -> None:
    log: list[str] = []

    async def work() -> None:
        async with telling(log):
            await asyncio.get_running_loop().create_future()

    begun = Begun(work())
    assert begun.task is not None
    begun.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finish(begun)
    assert log == ["CancelledError"]


async def test_a_timeout_of_the_work_ends_that_work_and_nothing_else() -> None:
    async def hasty() -> str:
        await in_own_task()
        try:
            async with asyncio.timeout(0.001):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            return "late"
        return "in time"

    begun = [Begun(hasty()), Begun(hasty())]
    await asyncio.sleep(0.01)
    await finish(*begun)
    assert [one.result for one in begun] == ["late", "late"]


async def test_the_time_budget_of_a_message_ends_a_query_that_was_begun_here() -> None:
    class Silent:
        async def query(self, name: str, rdtype: str) -> Answer:
            await asyncio.get_running_loop().create_future()
            return no_answer(name, rdtype, Status.OK)

    recorder = RecordingResolver(Silent(), FixedClock(), seconds=0.001)
    begun = Begun(recorder.query("bank.example", "TXT"))
    await asyncio.sleep(0.01)
    await finish(begun)
    assert begun.result.status is Status.TIMEOUT
