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
