"""postern trace - find transactions, refused ones included

TEXT is a transaction's id, a Message-ID, an address of the sender or a recipient, a domain, a
client's address, or a pasted block of header lines (in quotes, or - to read it from standard
input). --since and --until take 2026-11-01, 2026-11-01T08:00+08:00, or 2h and 3d for "ago".

Exit status 1 if nothing was found.
"""

import argparse

from cli.moments import moment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--since", type=moment, metavar="T")
    parser.add_argument("--until", type=moment, metavar="T")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="at most (100)")
    parser.add_argument("--json", action="store_true")
