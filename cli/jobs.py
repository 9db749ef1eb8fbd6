"""What `postern jobs` does. Its manual and its arguments: `cli/manual/jobs.py`."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import SettingsProblem
from store.database import Database
from store.dead_jobs import DeadJob, count_dead, drop_dead, list_dead, retry_dead, retry_kind

_PAGE = 500


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 1 where there was nothing to retry or drop."""
    with opened(config, create=False) as database:
        if arguments.what == "list":
            rows = [asdict(job) for job in _all(database, arguments.kind)]
            show(rows, as_json=arguments.json, empty="No job has failed for good.")
            return 0
        if arguments.what == "retry":
            number, done = _retry(arguments, database), "will be tried again"
        else:
            number, done = _drop(arguments, database), "dropped"
    print(f"{number} job{'' if number == 1 else 's'} {done}.")
    return 0 if number else 1


def _all(database: Database, kind: str | None) -> Iterator[DeadJob]:
    cursor: str | None = None
    while True:
        page = list_dead(database, _PAGE, cursor, kind)
        yield from page.items
        if page.next is None:
            return
        cursor = page.next


def _retry(arguments: argparse.Namespace, database: Database) -> int:
    ways = (bool(arguments.ids), arguments.kind is not None, arguments.all)
    if ways.count(True) != 1:
        raise SettingsProblem("jobs retry: say which: IDs, --kind KIND or --all")
    now = build.now()
    if arguments.ids:
        return retry_dead(database, arguments.ids, by="command", now=now)
    kinds = [arguments.kind] if arguments.kind is not None else count_dead(database)
    return sum(retry_kind(database, kind, by="command", now=now) for kind in kinds)


def _drop(arguments: argparse.Namespace, database: Database) -> int:
    return drop_dead(database, arguments.ids, by="command", now=build.now())
