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
import json

from cli import build
from cli.config import Config
from cli.keys import secret_box
from cli.opened import opened
from mail.address import Address, Domain, parse_address, parse_domain
from mail.errors import Problem, SettingsProblem
from mail.reply_address import mint, read
from store.reply_tags import find_tag, keep_tag


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


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0, or 1 where an address is not one of ours."""
    if arguments.what == "mint":
        return _mint(arguments, config)
    if arguments.what == "read":
        return _read(arguments, config)
    build.prepare_data_dir(config)
    secret_box(config).add_key()
    print("New addresses are signed with a new key; the old ones stay valid.")
    return 0


def _mint(arguments: argparse.Namespace, config: Config) -> int:
    with opened(config) as database:
        key = secret_box(config).reply_keys()[-1]
        try:
            domain = _domain(arguments.domain)
            minted = mint(key, domain, arguments.campaign, arguments.recipient)
        except ValueError as error:
            raise SettingsProblem(f"no address can be minted: {error}") from None
        if minted.tag.handle:
            keep_tag(
                database,
                minted.tag.handle,
                arguments.campaign,
                arguments.recipient,
                build.now(),
            )
    address = str(minted.address)
    print(json.dumps({"address": address}) if arguments.json else address)
    return 0


def _read(arguments: argparse.Namespace, config: Config) -> int:
    address = _address(arguments.address)
    with opened(config) as database:
        tag = read(secret_box(config).reply_keys(), address)
        found = None if tag is None else find_tag(database, tag)
    if tag is None:
        raise Problem(f"{arguments.address} is not a reply address that we signed")
    if found is None:
        raise Problem(f"{arguments.address} is ours, but this store does not know its handle")
    if arguments.json:
        print(json.dumps({"campaign": found.campaign, "recipient": found.recipient}))
    else:
        print(f"campaign:  {found.campaign}\nrecipient: {found.recipient}")
    return 0


def _domain(text: str) -> Domain:
    try:
        return parse_domain(text)
    except ValueError as error:
        raise SettingsProblem(f"{text!r} is not a domain name: {error}") from None


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        raise Problem(f"{text!r} is not a reply address: {error}") from None
