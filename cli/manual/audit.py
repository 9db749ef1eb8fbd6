"""postern audit - who changed what, and when

  postern audit [--by NAME] [--what WORD] [--limit N] [--json]

The newest first. WORD is what was done or how it begins: hold finds hold.set and hold.lift. What
is older than postern retention says for "audit" is gone.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("--by", default="", metavar="NAME")
    parser.add_argument("--what", default="", metavar="WORD")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="500 at most")
    parser.add_argument("--json", action="store_true")
