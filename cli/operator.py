"""What `postern operator` does. Its manual and its arguments: `cli/manual/operator.py`."""

import argparse
import getpass
import sys
from typing import Any

from cli import build
from cli.config import Config
from cli.opened import opened
from cli.table import show
from mail.errors import Problem, SettingsProblem
from store.operators import Operator, add_operator, list_operators, remove_operator, set_password

SHORTEST = 8
"""Characters; NIST SP 800-63B asks for eight at least and for no composition rules."""


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; a name that is not there is a Problem."""
    with opened(config, create=arguments.what == "add") as database:
        present = {operator.name: operator for operator in list_operators(database)}
        if arguments.what == "list":
            rows = [_row(operator) for operator in present.values()]
            show(rows, as_json=arguments.json, empty="Nobody yet: postern operator add NAME")
            return 0
        if arguments.what == "add":
            if arguments.name in present:
                raise Problem(
                    f"{arguments.name} is there already; to change the password: "
                    f"postern operator password {arguments.name}"
                )
            secret = _password(arguments.password_stdin)
            add_operator(database, arguments.name, arguments.role, secret, build.now())
            print(f"{arguments.name} may sign in as {arguments.role}.")
            return 0
        if arguments.name not in present:
            raise Problem(f"no operator {arguments.name}; postern operator list shows them")
        if arguments.what == "password":
            set_password(database, arguments.name, _password(arguments.password_stdin), build.now())
            print(f"{arguments.name} has a new password.")
            return 0
        _keep_an_admin(arguments.name, present)
        remove_operator(database, arguments.name, build.now())
        print(f"{arguments.name} may sign in no longer.")
        return 0


def _row(operator: Operator) -> dict[str, Any]:
    return {"name": operator.name, "role": operator.role}


def _keep_an_admin(name: str, present: dict[str, Operator]) -> None:
    admins = [one for one in present.values() if one.role == "admin"]
    if [one.name for one in admins] == [name]:
        raise Problem(f"{name} is the last admin; add another one first")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        if not sys.stdin.isatty():
            raise SettingsProblem("no terminal to ask for the password; use --password-stdin")
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise Problem("the two passwords differ; nothing was changed")
    if len(password) < SHORTEST:
        raise SettingsProblem(f"the password needs {SHORTEST} characters at least")
    return password
