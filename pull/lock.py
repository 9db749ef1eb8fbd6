"""One visit at a time to an account, whoever makes it: the worker, or a person at the terminal.

A lock on a file: the kernel lets go of it when its holder ends, however that happens, so a killed
worker keeps nobody waiting. It is a courtesy to the provider, not what keeps mail single: that is
the key under which the store remembers every message taken.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def account_lock(folder: Path, account_id: str, owner: str) -> Iterator[bool]:
    """Whether we hold the account's lock until the block ends; never waits.

    `owner` is written into the file, for a person who wonders.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / account_id).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        file.truncate(0)
        file.write(owner)
        file.flush()
        yield True
