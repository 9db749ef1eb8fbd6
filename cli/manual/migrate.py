"""postern migrate - bring the store's schema up to date

Safe to repeat. On the embedded store `postern serve` does it by itself at start; elsewhere run
it once, before the first node with a new version starts. A store that a newer version has
already changed is left alone, and said so.

Mail from before a search knew it by its words is found by and by: the worker indexes it, newest
first, beside its other work. --index does that at once, however long it takes; mail may flow
meanwhile.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to wait for the index of searches."""
    parser.add_argument("--index", action="store_true", help="index old mail for searches now")
