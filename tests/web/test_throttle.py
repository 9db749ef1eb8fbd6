"""Attempts to sign in are counted, forgotten in time, and never fill the memory."""

from datetime import timedelta

from tests.fakes import FixedClock
from web.throttle import CLIENT_LIMIT, NAME_LIMIT, PAIR_LIMIT, WINDOW, Throttle


def admitted(throttle: Throttle, client: str, name: str, times: int) -> int:
    return sum(throttle.admit(client, name) is None for _ in range(times))


def test_one_client_has_few_tries_at_one_name() -> None:
    throttle = Throttle(FixedClock())
    assert admitted(throttle, "c1", "admin", 100) == PAIR_LIMIT
    assert throttle.admit("c1", "ADMIN") is not None
    assert throttle.admit("c1", "other") is None
    assert throttle.admit("c2", "admin") is None


def test_one_client_has_so_many_tries_in_all() -> None:
    throttle = Throttle(FixedClock())
    assert sum(admitted(throttle, "c1", f"n{n}", 1) for n in range(100)) == CLIENT_LIMIT


def test_one_name_has_so_many_tries_from_everywhere() -> None:
    throttle = Throttle(FixedClock())
    assert sum(admitted(throttle, f"c{n}", "admin", 1) for n in range(100)) == NAME_LIMIT


def test_the_wait_is_until_the_oldest_try_is_forgotten() -> None:
    clock = FixedClock()
    throttle = Throttle(clock)
    for _ in range(PAIR_LIMIT):
        throttle.admit("c1", "admin")
        clock.advance(60)
    wait = throttle.admit("c1", "admin")
    assert wait == WINDOW - timedelta(seconds=60 * PAIR_LIMIT)
    clock.advance(wait.total_seconds())
    assert throttle.admit("c1", "admin") is None


def test_a_refused_try_does_not_lengthen_the_wait() -> None:
    clock = FixedClock()
    throttle = Throttle(clock)
    admitted(throttle, "c1", "admin", PAIR_LIMIT)
    clock.advance(60)
    first = throttle.admit("c1", "admin")
    assert throttle.admit("c1", "admin") == first


def test_a_right_password_cleans_the_slate_of_the_pair_and_costs_the_client_nothing() -> None:
    throttle = Throttle(FixedClock())
    for _ in range(CLIENT_LIMIT * 3):
        assert throttle.admit("c1", "admin") is None
        throttle.succeeded("c1", "admin")


def test_a_right_password_does_not_excuse_the_client_s_other_tries() -> None:
    throttle = Throttle(FixedClock())
    for n in range(CLIENT_LIMIT):
        throttle.admit("c1", f"victim{n}")
    assert throttle.admit("c1", "own") is not None


def test_however_many_ask_the_memory_is_bounded() -> None:
    throttle = Throttle(FixedClock(), capacity=100)
    for n in range(1000):
        throttle.admit(f"c{n}", f"n{n}")
    assert len(throttle) <= 100
