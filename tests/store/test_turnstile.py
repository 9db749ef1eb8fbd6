import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from store.turnstile import Turnstile


def _hold_until_killed(path: Path, told: Connection) -> None:
    with Turnstile(path).held():
        told.send("held")
        signal.pause()


def _count_up(turnstile: Turnstile, counter: Path, times: int) -> None:
    for _ in range(times):
        with turnstile.held():
            counter.write_text(str(int(counter.read_text()) + 1))


def test_threads_that_share_a_turnstile_go_through_one_by_one(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    turnstile = Turnstile(tmp_path / "db")
    threads = [threading.Thread(target=_count_up, args=(turnstile, counter, 50)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "200"


def test_processes_go_through_one_by_one(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=_count_up, args=(Turnstile(tmp_path / "db"), counter, 50))
        for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert counter.read_text() == "150"


def test_a_killed_holder_lets_the_next_one_in(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_hold_until_killed, args=(tmp_path / "db", theirs))
    process.start()
    assert ours.recv() == "held"
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with Turnstile(tmp_path / "db").held():
        pass


def test_who_waits_goes_before_who_comes_later(tmp_path: Path) -> None:
    """A writer that lets go and comes at once again must not pass the one that waits."""
    turnstile = Turnstile(tmp_path / "db")
    order: list[str] = []
    waits = threading.Event()

    def other() -> None:
        waits.set()
        with turnstile.held():
            order.append("other")

    thread = threading.Thread(target=other)
    with turnstile.held():
        thread.start()
        waits.wait()
        while not _is_locked(tmp_path / "db.next"):
            pass
    with turnstile.held():
        order.append("first again")
    thread.join()
    assert order == ["other", "first again"]


def _is_locked(path: Path) -> bool:
    import fcntl

    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
