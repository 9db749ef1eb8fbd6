"""How the suite is spread over processes, when it is: what belongs together stays together. And
that chance decides nothing in it."""

import os

import pytest
from hypothesis import settings

os.umask(0o022)
"""Dovecot, Postfix and PostgreSQL run as users of their own and read what tests write for them."""

settings.load_profile("ci")
"""Hypothesis tries the same examples everywhere, and how long one takes is no failure: a machine
may be busy."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a module with a dear fixture in one process, and begin with the long ones.

    A fixture of a module is made once in each process that has one of its tests. Tests of the
    whole server take seconds each, and so do those with a browser: begun last, one of them would
    keep all but one processor idle.
    """
    for item in items:
        if _shares(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


_LONG = ("tests/whole/", "tests/web/")


def _shares(item: pytest.Item) -> bool:
    """Whether it uses what all tests of its module use together."""
    info = getattr(item, "_fixtureinfo", None)
    found = info.name2fixturedefs.values() if info is not None else ()
    return any(one.scope == "module" for definitions in found for one in definitions)
