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
