"""Remembers what pure functions made of strangers' words, within a bound of memory.

Much of what stands in a message or in the DNS stands in the next one of that sender again. The
words themselves are the key, so a changed answer changes the result at once, and nothing is ever
remembered about a message or a sender as such.
"""

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Concatenate, ParamSpec, TypeVar

W = TypeVar("W", str, bytes)
P = ParamSpec("P")
T = TypeVar("T")


def remembered(
    entries: int, length: int
) -> Callable[[Callable[Concatenate[W, P], T]], Callable[Concatenate[W, P], T]]:
    """Keep the last `entries` results of a pure function. Words that are longer than `length`
    are worked on anew each time, so that strangers cannot fill the memory; nor are exceptions
    kept."""

    def around(function: Callable[Concatenate[W, P], T]) -> Callable[Concatenate[W, P], T]:
        kept = lru_cache(maxsize=entries)(function)

        def call(words: W, /, *more: P.args, **named: P.kwargs) -> T:
            if len(words) > length:
                return function(words, *more, **named)
            return kept(words, *more, **named)  # type: ignore[arg-type]

        update_wrapper(call, function)
        return call

    return around
