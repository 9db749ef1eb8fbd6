"""postern token - tokens of the API

  postern token create NAME [--scope read|write|admin]   prints the token, once
  postern token list [--json]
  postern token revoke NAME

A program sends the token as `Authorization: Bearer TOKEN`. The store keeps only a hash of it:
what is lost is revoked and made again. read sees mail and the log; write also changes flags and
categories, releases, deletes and replies; admin also changes domains, accounts and people.
"""

import argparse

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
