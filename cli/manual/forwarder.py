"""postern forwarder - forwarders of held and refused mail, and those that are trusted

  postern forwarder list [--json]
  postern forwarder trust ID [--days N] [--note TEXT]
  postern forwarder dismiss ID
  postern forwarder remove ID

list shows, as "offered", the paths that held and refused mail of the last 30 days took: which
destination of ours, who forwarded, and by what that is proved (spf: the MAIL FROM domain passed
SPF; client: the client's confirmed name is in the forwarder's domain; seal: a valid ARC chain). An
offer is no advice: anybody can forward to you, and "unproven" names what nobody has proved. Trust
a path if you know who set it up; its mail to that destination is then accepted although DMARC
fails, for 90 days or as many as you say. A running server knows within a second.
dismiss an offer that you do not want to see again; remove ends a trust.
"""

import argparse

DAYS = 90


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(
        dest="what", required=True, metavar="list|trust|dismiss|remove"
    )
    listing = commands.add_parser("list", help="show what is offered and what is trusted")
    listing.add_argument("--json", action="store_true")
    trusting = commands.add_parser("trust", help="trust a path that is offered")
    trusting.add_argument("id", metavar="ID")
    trusting.add_argument("--days", type=int, default=DAYS, metavar="N")
    trusting.add_argument("--note", default="", metavar="TEXT")
    dismissing = commands.add_parser("dismiss", help="do not offer a path any more")
    dismissing.add_argument("id", metavar="ID")
    removing = commands.add_parser("remove", help="trust a path no longer")
    removing.add_argument("id", metavar="ID")
