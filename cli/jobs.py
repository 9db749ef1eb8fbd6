"""postern jobs - work that failed too often, and waits for a person

  postern jobs list [--kind KIND] [--json]     failed jobs with their last error, newest first
  postern jobs retry ID... | --kind KIND | --all
  postern jobs drop ID...                      what they were to do stays undone

What follows from a message (its digest, a diagnosis, another look) is a job. One that fails is
tried again, ten times in about two hours; then it is listed here. Mend what its error says, and
retry it: it is begun again as if it were new. A dropped job is gone for good; the message itself
is not touched.
"""

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="list|retry|drop")
    listing = commands.add_parser("list", help="show failed jobs")
    listing.add_argument("--kind")
    listing.add_argument("--json", action="store_true")
    retry = commands.add_parser("retry", help="try failed jobs again")
    retry.add_argument("ids", nargs="*", type=int, metavar="ID")
    retry.add_argument("--kind", help="all of this kind")
    retry.add_argument("--all", action="store_true", help="all there are")
    drop = commands.add_parser("drop", help="give failed jobs up")
    drop.add_argument("ids", nargs="+", type=int, metavar="ID")


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
