"""postern audit - who changed what, and when

  postern audit [--by NAME] [--what WORD] [--limit N] [--json]

The newest first. WORD is what was done or how it begins: hold finds hold.set and hold.lift. What
is older than postern retention says for "audit" is gone.
"""

import argparse
import json

from cli.config import Config
from cli.opened import opened
from cli.table import show
from store.audit import find_audit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("--by", default="", metavar="NAME")
    parser.add_argument("--what", default="", metavar="WORD")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="500 at most")
    parser.add_argument("--json", action="store_true")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0."""
    with opened(config, create=False) as database:
        page = find_audit(database, arguments.limit, by=arguments.by, what=arguments.what)
    rows = [
        {
            "at": one.at.isoformat(timespec="seconds"),
            "by": one.by,
            "what": one.what,
            "subject": one.subject,
            "detail": one.detail if arguments.json else json.dumps(one.detail, ensure_ascii=False),
        }
        for one in page.items
    ]
    show(rows, as_json=arguments.json, empty="Nothing was changed.")
    return 0
