"""What `postern token` does. Its manual and its arguments: `cli/manual/token.py`."""

import argparse
from dataclasses import asdict

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import Problem
from store.tokens import create_token, list_tokens, revoke_token


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; a name that is there already, or is not, is a Problem."""
    with opened(config, create=arguments.what == "create") as database:
        present = list_tokens(database)
        if arguments.what == "list":
            rows = [asdict(token) for token in present]
            show(rows, as_json=arguments.json, empty="No tokens yet: postern token create NAME")
            return 0
        known = arguments.name in {token.name for token in present}
        if arguments.what == "create":
            if known:
                raise Problem(f"a token {arguments.name} is there already; revoke it first")
            print(create_token(database, arguments.name, arguments.scope, build.now()))
            return 0
        if not known:
            raise Problem(f"no token {arguments.name}; postern token list shows them")
        revoke_token(database, arguments.name, build.now())
        print(f"{arguments.name} is revoked.")
        return 0
