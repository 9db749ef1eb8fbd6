"""postern token - tokens of the API

  postern token create NAME [--scope read|write|admin]   prints the token, once
  postern token list [--json]
  postern token revoke NAME

A program sends the token as `Authorization: Bearer TOKEN`. The store keeps only a hash of it:
what is lost is revoked and made again. read sees mail and the log; write also changes flags and
categories, releases, deletes and replies; admin also changes domains, accounts and people.
"""

import argparse
from dataclasses import asdict

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import Problem
from store.tokens import create_token, list_tokens, revoke_token

SCOPES = ("read", "write", "admin")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="create|list|revoke")
    create = commands.add_parser("create", help="make a token and print it")
    create.add_argument("name")
    create.add_argument("--scope", choices=SCOPES, default="read")
    listing = commands.add_parser("list", help="show the tokens' names and scopes")
    listing.add_argument("--json", action="store_true")
    revoke = commands.add_parser("revoke", help="make a token worthless")
    revoke.add_argument("name")


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
