"""What `postern migrate` does. Its manual and its arguments: `cli/manual/migrate.py`."""

import argparse
import contextlib
import sys

from cli import build
from cli.config import Config
from store.database import migrate, open_database
from store.search.index import index_some


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
