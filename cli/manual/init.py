"""postern init - the first steps of an installation

Writes a commented postern.toml (every key with its meaning), creates the store, the first
operator and the first domain. What is there already is left as it is and said.

  postern init --domain reply.example.com --hostname mx.example.com

The operator's password is made up and printed once, or read from standard input with
--password-stdin.
"""

import argparse

from mail.address import parse_domain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("--domain", type=_domain, metavar="NAME", help="the first reply domain")
    parser.add_argument("--accept", default="all", metavar="all|signed|LOCAL[,LOCAL]")
    parser.add_argument("--hostname", type=_domain, metavar="NAME", help="this server's name")
    parser.add_argument("--operator", default="admin", metavar="NAME", help="the first operator")
    parser.add_argument("--password-stdin", action="store_true")


def _domain(text: str) -> str:
    try:
        return parse_domain(text).ascii
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
