"""A family of small programs under the real supervisor, in a process of its own.

Run as a script: `python -m tests.cli.family FOLDER`. Each program writes what happens to it as a
line into FOLDER/events; what it is to do stands in FOLDER/wishes (JSON), which SIGHUP reads again.
"""

import asyncio
import json
import logging
import os
import socket
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from cli.program import Orders, Program
from cli.service_manager import ServiceManager
from cli.supervisor import Patience, Supervisor
from mail.errors import SettingsProblem


async def play(folder: Path, name: str, wishes: dict[str, Any], orders: Orders) -> None:
    """One program: says what it hears, and does as `wishes` say."""
    tell(folder, f"{name} born {wishes['generation']}")
    if wishes.get("dies") == name:
        raise SettingsProblem("I cannot live under these conditions")
    if wishes.get("never_ready") != name:
        orders.ready()
    if wishes.get("hangs") == name:
        while (folder / "wishes").exists():
            stand_still()
    await orders.retire.wait()
    tell(folder, f"{name} {'stop' if orders.stop.is_set() else 'retire'} {wishes['generation']}")
    while wishes.get("closes_with") and not (folder / wishes["closes_with"]).exists():
        await asyncio.sleep(0.02)
    tell(folder, f"{name} closed {wishes['generation']}")
    orders.closed()
    await asyncio.sleep(wishes.get("seconds_to_end", 0))
    if wishes.get("stubborn") == name:
        await orders.stop.wait()
        tell(folder, f"{name} will not {wishes['generation']}")
        await orders.hurry.wait()
        tell(folder, f"{name} hurry {wishes['generation']}")
    tell(folder, f"{name} gone {wishes['generation']}")


DOOR = socket.socket()
"""What the programs listen on, if they do; nobody knocks."""


def stand_still() -> None:
    """What a traceback of a hanging program is to show."""
    time.sleep(0.1)


def tell(folder: Path, line: str) -> None:
    """One line, whole, whoever else writes."""
    number = os.open(folder / "events", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(number, f"{line} {os.getpid()}\n".encode())
    os.close(number)


def plan(folder: Path) -> list[Program]:
    """As the wishes of now say."""
    try:
        wishes = json.loads((folder / "wishes").read_text())
    except ValueError as error:
        raise SettingsProblem(f"wishes: {error}") from None
    limit, doors = wishes.get("limit", 20.0), [DOOR] if "closes_with" in wishes else []
    return [
        Program(name, partial(play, folder, name, wishes), doors, stop_limit=limit)
        for name in wishes["programs"]
    ]


def main() -> int:
    """Until SIGTERM."""
    folder = Path(sys.argv[1])
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    again = partial(plan, folder)
    wishes = json.loads((folder / "wishes").read_text())
    limits = {name: wishes.get(name, 30) for name in ("start", "hang")}
    patience = Patience(**limits, retire=wishes.get("retire", 20))
    supervisor = Supervisor(again(), (), again, ServiceManager.of(os.environ), patience)
    if not supervisor.start():
        supervisor.stop()
        return 2
    tell(folder, "all ready")
    supervisor.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
