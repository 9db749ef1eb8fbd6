"""In which order the suite is spread over processes, when it is. And that chance decides nothing
in it."""

import os

import pytest
from hypothesis import settings

os.umask(0o022)
"""Dovecot, Postfix and PostgreSQL run as users of their own and read what tests write for them."""

settings.load_profile("ci")
"""Hypothesis tries the same examples everywhere, and how long one takes is no failure: a machine
may be busy."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones: tests of the whole server take seconds each, and so do those with
    a browser. Begun last, one of them would keep all but one processor idle."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


_LONG = ("tests/whole/", "tests/web/")
