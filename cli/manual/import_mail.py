"""postern import - bring mail from elsewhere into a mailbox of the store

  postern import --mailbox reply.example old.mbox
  postern import --mailbox reply.example --folder INBOX --folder .Archive ~/Maildir
  postern import --mailbox li@example.com export.jsonl folder-of-eml/

Formats, recognised where --format names none:
  mbox     the mboxrd variant is taken for granted, which is what postern export writes. Where
           Content-Length of the first messages is always right it is believed (mboxcl2), and where
           it contradicts the From_ lines you are asked; --variant says which it is.
           Status and X-Status give the flags.
  maildir  all its folders but Sent, Drafts, Trash, Junk and the like, which are named; --folder
           chooses. Seen and flagged are kept, mail in a folder Archive is archived; what is marked
           there as deleted or as a draft is passed by.
  eml      a file with one message, or a folder of such files.
  jsonl    as postern export writes it; only raw_b64 is needed.

Line ends: mail on the wire has CRLF, files have LF. A message without any CRLF gets CRLF for each
LF; one that has a CRLF anywhere stays as it is, octet by octet. With --exact every message does.

Imported mail is never shown as authenticated, whatever its header says: nobody delivered it to us.
It was received when its topmost Received field says, else its From_ line, its Date, its file.

The mailbox takes the same octets once: what it has already is counted and left alone, and so is
what was deleted here (--deleted-too brings that back). So an import may be repeated; a killed one
goes on where it was. A message that cannot be read is named with its file and octet and passed
by; the exit status is 1 then.
"""

import argparse
from pathlib import Path

from cli.moving.formats import FORMATS, Variant


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--mailbox", required=True, metavar="M", help="a domain or bound address")
    parser.add_argument("--format", choices=FORMATS)
    parser.add_argument(
        "--variant", choices=list(map(str, Variant)), default="auto", help="of an mbox"
    )
    parser.add_argument(
        "--folder", action="append", default=[], metavar="NAME", help="of a Maildir"
    )
    parser.add_argument("--exact", action="store_true", help="keep the line ends of files")
    parser.add_argument("--deleted-too", action="store_true", help="also what was deleted here")
