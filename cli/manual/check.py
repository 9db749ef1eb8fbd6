"""postern check - look for what is wrong, and say how to mend it

Looks at the configuration, the folder of data, the store, the ports and the certificate. Each
finding is one line: ok, warn (it works, but look at it) or bad (it does not work), with its cure.
With --blobs it also reads the bytes of all messages and compares them with their hashes, which
takes as long as reading the whole store does; mail may flow meanwhile.

Exit status 1 if anything is bad.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--blobs",
        action="store_true",
        help="read the bytes of all messages, and tell what is wrong",
    )
