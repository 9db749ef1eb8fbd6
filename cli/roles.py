"""The three long-running programs: the SMTP door, the console, and the worker.

Each is started by the supervisor in a process of its own. They meet only in the store.
"""

import socket
from collections.abc import Mapping, Sequence

from cli.config import Config
from cli.program import Program


def programs(
    config: Config, names: Sequence[str], sockets: Mapping[str, list[socket.socket]], *, demo: bool
) -> list[Program]:
    """The programs of the roles `names`, which listen on `sockets`."""
    # The rooms of a role are loaded here: once, before the fork, and only where it is wanted.
    planned: list[Program] = []
    if "smtp" in names:
        from cli.smtp_role import smtp_programs

        planned += smtp_programs(config, sockets, demo=demo)
    if "web" in names:
        from cli.web_role import web

        planned.append(Program("web", web(config, sockets["web"]), sockets["web"]))
    if "worker" in names:
        from cli.worker_role import worker

        planned.append(Program("worker", worker(config, demo=demo)))
    return planned
