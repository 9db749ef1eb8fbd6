"""What `postern audit` does. Its manual and its arguments: `cli/manual/audit.py`."""

import argparse
import json

from cli.config import Config
from cli.opened import opened
from cli.table import show
from store.audit import find_audit


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
