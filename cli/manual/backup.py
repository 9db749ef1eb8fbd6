"""postern backup - a consistent copy of the store while mail flows

  postern backup /backup/postern                   another one; large messages are copied once
  postern backup /backup/postern --keep 14         and older ones than the last 14 go
  postern backup --verify /backup/postern          read the newest one again, by its hashes

Each backup is a folder named by its moment, with the database as of that moment, and a manifest
with the SHA-256 of everything, written last: without it a folder is no backup. Large messages lie
beside them in objects/, once for all backups there. Mail is accepted all the while; what comes
after the moment is not in it.

The key file is left out unless --with-keys is given: who has it and the database can read the
passwords of bound accounts. Keep it somewhere else; without it those passwords have to be entered
anew, and reply addresses that were signed are no longer known as ours. postern.toml and
certificates are not in it either.

PostgreSQL is copied by its own tools; the command lines are printed, and large messages and keys
are saved as above. Messages that lie in an S3 bucket stay there and are counted: give the bucket
versioning, or a copy of its own.

Exit status 1 where something could not be copied, or is not as it was.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("target", type=Path, metavar="TARGET", help="a folder, on another disk")
    parser.add_argument("--verify", action="store_true", help="check a backup, make none")
    parser.add_argument("--with-keys", action="store_true", help="the key file too")
    parser.add_argument("--keep", type=_number, default=0, metavar="N", help="remove older ones")
    parser.add_argument(
        "--hard-links", action="store_true", help="large messages as links, on the same disk"
    )


def _number(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of backups")
    return int(text)
