"""Readers whose messages do them harm."""

from collections.abc import Iterator

import pytest

from digest.apart.keeper import Nursery


@pytest.fixture(scope="module")
def hostile() -> Iterator[Nursery]:
    """A nursery whose children do what a subject says; one for a module."""
    nursery = Nursery("tests.digest.apart.hostile")
    yield nursery
    nursery.close()
