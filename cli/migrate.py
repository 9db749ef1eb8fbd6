"""postern migrate - bring the store's schema up to date

Safe to repeat. On the embedded store `postern serve` does it by itself at start; elsewhere run
it once, before the first node with a new version starts. A store that a newer version has
already changed is left alone, and said so.
"""

import argparse

from cli import build
from cli.config import Config
from store.database import migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; what cannot be done is a StoreProblem."""
    build.prepare_data_dir(config)
    migrate(build.store_settings(config))
    print("The store is up to date.")
    return 0
