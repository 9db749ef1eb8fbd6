"""postern address - signed reply addresses: what was sent, and to whom

  postern address mint --domain D --campaign C --recipient R [--json]
  postern address read ADDRESS [--json]
  postern address rotate

mint prints an address of the domain D that stands for this campaign and this recipient; put it
into Reply-To. It is the same one each time, has at most 64 octets before the @, and survives
relays that change its case. Only the holder of the key file can make one: mail to it is held, not
refused, where DMARC fails, and a domain with --accept signed takes nothing else.

read prints the campaign and the recipient; it exits 1 where the address is not one that we signed.
Short lower-case names stand in the address itself; others are kept in the store when minted.

rotate adds a key to the key file. New addresses are signed with it; old ones stay valid for as
long as their key's line is in the file.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="mint|read|rotate")
    minting = commands.add_parser("mint", help="make the address of a campaign and a recipient")
    minting.add_argument("--domain", required=True, help="the reply domain")
    minting.add_argument("--campaign", required=True, help="what was sent")
    minting.add_argument("--recipient", required=True, help="to whom it was sent")
    minting.add_argument("--json", action="store_true")
    reading = commands.add_parser("read", help="say what an address stands for")
    reading.add_argument("address", metavar="ADDRESS")
    reading.add_argument("--json", action="store_true")
    commands.add_parser("rotate", help="sign with a new key from now on")
