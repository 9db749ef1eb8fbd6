"""postern - the inbound mail server for people whose business is in the replies

Every command has --help and takes --config FILE (default: the file that POSTERN_CONFIG names,
else postern.toml in the current folder, else built-in defaults).

Exit status: 0 success, 1 a negative answer, 2 wrong usage or configuration.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from cli.interpreter import load_much
from mail.errors import Problem, SettingsProblem, StoreProblem

if TYPE_CHECKING:
    from cli.config import Config

COMMANDS = {
    "serve": ("serve", "run the server until SIGTERM"),
    "demo": ("demo", "send a dozen sample mails into a server run with --demo"),
    "init": ("init", "write postern.toml, create the store, the first operator and domain"),
    "verify": ("verify", "authenticate a message and say what the server would answer"),
    "digest": ("digest", "decode and categorise messages offline"),
    "check": ("check", "look for what is wrong with configuration and store"),
    "trace": ("trace", "find transactions"),
    "what-if": ("what_if", "how the last days would have been decided under other settings"),
    "domain": ("domain", "add, list and remove reply domains"),
    "address": ("address", "mint and read signed reply addresses"),
    "campaign": ("campaign", "what was sent, what came of it, and samples of mailings"),
    "forwarder": ("forwarder", "trust a forwarder whose mail was held or refused"),
    "account": ("account", "bind mailboxes elsewhere, and fetch from them"),
    "operator": ("operator", "add, list and remove those who sign in to the console"),
    "token": ("token", "create, list and revoke tokens of the API"),
    "export": ("export", "write mail out of the store: mbox, eml, jsonl"),
    "import": ("import_mail", "bring mail into the store: mbox, eml, jsonl, Maildir"),
    "backup": ("backup", "a consistent copy of the store while mail flows"),
    "restore": ("restore", "a store out of a backup"),
    "retention": ("retention", "how long mail is kept, by rules"),
    "hold": ("hold", "what must not be deleted"),
    "erase": ("erase", "erase one person's mail, with a receipt"),
    "suppression": ("suppression", "addresses that no mail should go to"),
    "quota": ("quota", "how much a mailbox may hold"),
    "audit": ("audit", "who changed what, and when"),
    "jobs": ("jobs", "list, retry and drop jobs that failed too often"),
    "train": ("train", "make the category model anew"),
    "migrate": ("migrate", "bring the store's schema up to date"),
}
"""By its name: the module of a command, both in `cli.manual` and in `cli`, and a line about it."""


WITHOUT_CONFIG = {"digest"}
"""Commands whose answer follows from what they are given alone. Reading the configuration takes
longer than they do, so it is read only where it is named."""


class Manual(Protocol):
    """What a module of `cli.manual` gives; its docstring is the manual."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say which arguments it takes."""


class Command(Protocol):
    """What a module of this room gives to be a command. It is loaded once its arguments are
    understood, because loading it takes most of the time of a small one."""

    def run(self, arguments: argparse.Namespace, config: "Config") -> int:
        """Do it, and return the exit status."""


class LoneCommand(Protocol):
    """One of WITHOUT_CONFIG."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it, and return the exit status."""


class _Parser(argparse.ArgumentParser):
    """argparse, but an error is one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: list[str] | None = None) -> int:
    """Run the command that the words name. Never shows a traceback for what we foresaw."""
    words = sys.argv[1:] if argv is None else argv
    try:
        return _run(words)
    except (SettingsProblem, StoreProblem) as problem:
        return _say(problem, 2)
    except Problem as problem:
        return _say(problem, 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _say(problem: Problem, status: int) -> int:
    print(f"postern: {problem}", file=sys.stderr)
    return status


def _run(words: list[str]) -> int:
    name = words[0] if words else "--help"
    if name not in COMMANDS:
        return _without_command(words)
    module, _ = COMMANDS[name]
    arguments = _understood(name, words[1:], importlib.import_module(f"cli.manual.{module}"))
    load_much()
    command = importlib.import_module(f"cli.{module}")
    if name in WITHOUT_CONFIG and arguments.config is None:
        return cast(LoneCommand, command).run(arguments)
    # init makes the file that it is told to use; for all others it must be there.
    to_be_made = name == "init" and arguments.config and not arguments.config.exists()
    config = _config(None if to_be_made else arguments.config)
    return cast(Command, command).run(arguments, config)


def _understood(name: str, words: list[str], module: ModuleType) -> argparse.Namespace:
    """The arguments of the command `name`. Ends the program where help is asked for or needed."""
    manual = cast(Manual, module)
    everywhere = _Parser(prog=f"postern {name}", add_help=False, allow_abbrev=False)
    everywhere.add_argument("--config", type=Path, metavar="FILE", help="configuration file")
    parser = _Parser(
        prog=f"postern {name}",
        description=manual.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[everywhere],
    )
    manual.add_arguments(parser)
    # Taken out first, so that `domain --config F list` and `domain list --config F` are the same.
    arguments, rest = everywhere.parse_known_args(words)
    parser.parse_args(rest, arguments)
    return arguments


def _config(named: Path | None) -> "Config":
    """Imported here, for those who need it."""
    from cli.config import load_config
    from cli.variables import unknown_variables

    config = load_config(named)
    for variable in unknown_variables(named):
        print(f"postern: {variable} is not a setting and changes nothing", file=sys.stderr)
    return config


def _without_command(words: list[str]) -> int:
    listing = "\n".join(f"  {name:<10} {summary}" for name, (_, summary) in COMMANDS.items())
    parser = _Parser(
        prog="postern",
        description=f"{__doc__}\ncommands:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"postern {_version()}")
    parser.add_argument("command", nargs="?", metavar="COMMAND")
    arguments = parser.parse_args(words)
    if arguments.command:
        parser.error(f"no command {arguments.command!r}; there are {', '.join(COMMANDS)}")
    parser.print_help()
    return 0


def _version() -> str:
    from importlib.metadata import version

    return version("postern")


if __name__ == "__main__":
    sys.exit(main())
