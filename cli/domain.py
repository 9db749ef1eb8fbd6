"""What `postern domain` does. Its manual and its arguments: `cli/manual/domain.py`."""

import argparse
from dataclasses import asdict

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.address import parse_domain
from mail.errors import Problem, SettingsProblem
from store.domains import add_domain, list_domains, remove_domain


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
