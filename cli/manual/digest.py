"""postern digest - decode and categorise messages offline

Runs the same code as the server does after it accepted a message, on files (- is standard input).
Nothing is stored, nothing is fetched.

--json prints one JSON object a line and message. --batch reads one JSON request a line from
standard input and writes one answer a line, in order:

  {"id": any, "message_b64": str, "mail_from": str or null, "rcpt": [str] or null}

A request that cannot be read gets {"id": ..., "error": "..."}; the run goes on. Messages are read
in processes of their own, --readers N of them (default: one for each processor, four at most).
One that takes more than 1.5 seconds of the processor (a file: 3), or breaks the process, is
answered with what its header says, and with the reason among its defects.
"""

import argparse
import os
from pathlib import Path

_MOST_READERS = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("messages", nargs="*", type=Path, metavar="MESSAGE")
    parser.add_argument("--mail-from", metavar="ADDR", help='the envelope\'s sender ("" for <>)')
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--batch", action="store_true", help="answer requests on standard input")
    parser.add_argument(
        "--readers", type=_number, default=_processors(), metavar="N", help="processes of --batch"
    )


def _number(text: str) -> int:
    number = int(text)
    if not 1 <= number <= _MOST_READERS:
        raise argparse.ArgumentTypeError(f"1 to {_MOST_READERS}")
    return number


def _processors() -> int:
    return min(4, len(os.sched_getaffinity(0)))
