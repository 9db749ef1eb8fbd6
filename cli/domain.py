"""postern domain - the reply domains whose MX points here

  postern domain add NAME --accept all       every address of the domain (a catch-all)
  postern domain add NAME --accept signed    only reply addresses that we minted
  postern domain add NAME --accept sales,info   only these local parts
  postern domain list [--json]
  postern domain remove NAME

postmaster is accepted always. A running server knows a new domain within a second. Removing a
domain stops mail for it; its mailbox and what lies in it are kept.
"""

import argparse
from dataclasses import asdict

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.address import parse_domain
from mail.errors import Problem, SettingsProblem
from store.domains import add_domain, list_domains, remove_domain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="add|list|remove")
    add = commands.add_parser("add", help="serve a domain")
    add.add_argument("name")
    add.add_argument("--accept", default="all", metavar="all|signed|LOCAL[,LOCAL]")
    listing = commands.add_parser("list", help="show the domains")
    listing.add_argument("--json", action="store_true")
    remove = commands.add_parser("remove", help="serve a domain no longer")
    remove.add_argument("name")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0, or 1 if there is no such domain."""
    with opened(config, create=arguments.what == "add") as database:
        if arguments.what == "list":
            rows = [asdict(row) for row in list_domains(database)]
            show(rows, as_json=arguments.json, empty="No domains yet: postern domain add NAME")
            return 0
        name = _name(arguments.name)
        if arguments.what == "add":
            add_domain(database, name, arguments.accept, "store", build.now())
            print(f"{name} is served; point its MX here.")
            return 0
        if name not in {row.name for row in list_domains(database)}:
            raise Problem(f"{name} is not a domain of ours; postern domain list shows them")
        remove_domain(database, name, build.now())
        print(f"{name} is served no longer; its mail is kept.")
        return 0


def _name(text: str) -> str:
    try:
        return parse_domain(text).ascii
    except ValueError as error:
        raise SettingsProblem(f"{text!r} is not a domain name: {error}") from None
