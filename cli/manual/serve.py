"""postern serve - run the server

Runs the SMTP door (several processes on one port), the console with the API, and the worker
that decodes mail and fetches from bound accounts; each in a process of its own, started again
if it dies. SIGTERM stops them gracefully: transactions under way are finished first; a second
one does not wait for clients any more. SIGHUP reads the configuration and the rules again: new
sessions follow the new ones, open sessions end as they began, and where something is wrong all
stays as it was. systemd may hand over the sockets, and is told how we are (sd_notify(3)).

With --only, runs just the roles named, for one service unit each.

With --demo, on loopback only, the reserved domain demo.test is served too, and names under it
are answered from a bundled zone; `postern demo` then has somebody to talk to. Without it nothing
of the demonstration exists.

On the embedded store the schema is created or brought up to date first, domains of the
configuration are added, and on the very first start an operator `admin` is made whose one-time
password is printed.
"""

import argparse

ROLES = ("smtp", "web", "worker")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument(
        "--only",
        type=_roles,
        default=ROLES,
        metavar="ROLE[,ROLE]",
        help=f"run only these: {', '.join(ROLES)}",
    )
    parser.add_argument("--demo", action="store_true", help="serve demo.test, on loopback only")


def _roles(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in ROLES:
            raise argparse.ArgumentTypeError(
                f"{name!r} is not a role; there are {', '.join(ROLES)}"
            )
    return names
