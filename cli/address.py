"""What `postern address` does. Its manual and its arguments: `cli/manual/address.py`."""

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
