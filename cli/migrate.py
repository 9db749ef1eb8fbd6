"""postern migrate - bring the store's schema up to date

Safe to repeat. On the embedded store `postern serve` does it by itself at start; elsewhere run
it once, before the first node with a new version starts. A store that a newer version has
already changed is left alone, and said so.

Mail from before a search knew it by its words is found by and by: the worker indexes it, newest
first, beside its other work. --index does that at once, however long it takes; mail may flow
meanwhile.
"""

import argparse
import contextlib
import sys

from cli import build
from cli.config import Config
from store.database import migrate, open_database
from store.search.index import index_some


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to wait for the index of searches."""
    parser.add_argument("--index", action="store_true", help="index old mail for searches now")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; what cannot be done is a StoreProblem."""
    build.prepare_data_dir(config)
    migrate(build.store_settings(config))
    if arguments.index:
        _index(config)
    print("The store is up to date.")
    return 0


def _index(config: Config) -> None:
    number = 0
    with contextlib.closing(open_database(build.store_settings(config))) as database:
        while some := index_some(database):
            number += some
            print(f"\rlooked at {number:,} messages", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
