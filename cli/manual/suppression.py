"""postern suppression - addresses that no mail should go to

  postern suppression list [--search TEXT] [--reason hard|complaint|manual|unclear] [--json]
  postern suppression add ADDRESS [--note TEXT] [--days N]
  postern suppression remove ADDRESS [--note TEXT]
  postern suppression export [--search TEXT] [--reason REASON]

Reports fill the list by themselves: an address is dead by a structured report of a permanent
failure, or by two independent reports for people; a complaint counts at once. What reports say is
over after 180 days (postern retention age suppressed N), when the report is deleted or its category
is corrected, and when the person writes; a complaint stays. Refusals of which nobody knows what
they mean make an entry with the state "ask", which suppresses nothing. ADDRESS is added for good,
or for N days. export writes CSV; a cell that a spreadsheet would run has an apostrophe before it.
Every change by hand is in the audit log.
"""

import argparse

from store.terms import SUPPRESSION_REASONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="list|add|remove|export")
    listing = commands.add_parser("list", help="show them, the latest reports first")
    listing.add_argument("--json", action="store_true")
    exporting = commands.add_parser("export", help="write them as CSV")
    for narrowed in (listing, exporting):
        narrowed.add_argument("--search", default="", metavar="TEXT")
        narrowed.add_argument("--reason", choices=SUPPRESSION_REASONS)
    adding = commands.add_parser("add", help="suppress an address")
    adding.add_argument("--days", type=int, metavar="N")
    removing = commands.add_parser("remove", help="let mail go there again")
    for changing in (adding, removing):
        changing.add_argument("address", metavar="ADDRESS")
        changing.add_argument("--note", default="", metavar="TEXT")
