"""postern export - write mail out of the store, octet by octet as it came

  postern export --output mail.mbox                     everything that is not held
  postern export --format jsonl --mailbox reply.example --since 30d | gzip > month.jsonl.gz
  postern export --format eml --output folder --query 'invoice'

Formats:
  mbox   the mboxrd variant: each line `From `, `>From `, … of a message has one more `>`, which a
         reader of mboxrd takes away again. A message that does not end with a line end gets one:
         that is the one thing an mbox cannot carry (how many there were is said at the end).
  eml    a folder with one file a message, named by its id: exactly its octets.
  jsonl  one object a line with id, sha256, raw_b64, and what is known beside the message:
         received_at, mailboxes, flags, category, envelope. Exact, and the only one that carries
         everything; `postern import` reads it back.

With --trace the message is written as for delivery: Return-Path, Received and
Authentication-Results on top, and fields that falsely claim to be our results left out. Without
it nothing is added and nothing left out.

--query is what the console's search box takes, and finds what the worker has digested; one that is
not understood as a whole exports nothing.

Oldest first. mbox and jsonl go to standard output unless --output names a file; the file has its
name only once it is whole. --resume goes on where an export was killed, with the same options;
--since and --until stay what they were. A message whose bytes are
missing or altered is named on standard error and passed by; the exit status is 1 then.
"""

import argparse
from pathlib import Path

from cli.moments import moment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("--format", choices=("mbox", "eml", "jsonl"), default="mbox")
    parser.add_argument("--output", type=Path, metavar="PATH", help="a file; for eml a folder")
    parser.add_argument("--query", default="", metavar="Q", help="as in the console's search")
    parser.add_argument("--mailbox", metavar="M", help="an address, a domain, or an id")
    parser.add_argument("--since", type=moment, metavar="T", help="received then or later")
    parser.add_argument("--until", type=moment, metavar="T", help="received before")
    parser.add_argument("--held", action="store_true", help="held messages, and only those")
    parser.add_argument("--trace", action="store_true", help="our trace fields on top")
    parser.add_argument("--resume", action="store_true", help="go on where one was killed")
