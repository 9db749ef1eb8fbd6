"""A Dovecot for each test that asks for one, and the accounts that live on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import make_certificate
from tests.dovecot import Dovecot
from tests.pull.bound import Bound, bound_account

USERS = {
    "li": "open sesame",
    "wang": "芝麻开门",
    "anna": "naïve",
    "odd": 'a " quote and a \\ backslash',
}


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[Dovecot]:
    """A running server with the mailbox "li", whose password is "open sesame", and others."""
    server = Dovecot(make_certificate(tmp_path / "tls"), dict(USERS))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def bound(tmp_path: Path, dovecot: Dovecot) -> Iterator[Bound]:
    """The mailbox "li", bound as an account, with nothing fetched yet."""
    with bound_account(tmp_path, dovecot) as ready:
        yield ready
