"""postern restore - a store out of a backup, in a place where there is none

  postern restore /backup/postern                        the newest one, into data_dir
  postern restore /backup/postern/20261121T080000Z --into /srv/drill

Never over an existing store: move it away first, or name another folder with --into. The backup
is read and compared with its hashes before, and what was written is compared after. A restore
that was killed has made no store; repeat it.

What is in the backup is as of its moment: mail that was accepted later is not in it, and people
who signed in, tokens and passwords are those of that time. Mail of bound accounts that is still
there is fetched again.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("backup", type=Path, metavar="BACKUP", help="a backup, or a folder of them")
    parser.add_argument("--into", type=Path, metavar="DIR", help="instead of data_dir")
