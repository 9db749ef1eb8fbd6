"""The three long-running programs: the SMTP door, the console, and the worker.

Each is started by the supervisor in a process of its own. They meet only in the store.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from cli import build
from cli.config import Config
from cli.supervisor import Role
from digest import parts
from digest.worker import Worker
from mta.listener import Listener
from pull.puller import PullScheduler
from store.database import open_database
from store.domains import Directory
from store.writer import Writer
from web.app import create_app
from web.server import serve as serve_web

GRACE = 25.0
"""Seconds for SMTP transactions under way after SIGTERM."""


def smtp(config: Config, sockets: list[socket.socket], *, demo: bool) -> Role:
    """The SMTP door on `sockets`, which it shares with its sisters."""

    async def role(ready: Callable[[], None], stop: asyncio.Event) -> None:
        with contextlib.closing(open_database(build.store_settings(config))) as database:
            writer = Writer(database, build.now)
            writer.start()
            tools = build.tools(config, writer, demo=demo)
            directory = Directory(database, tools.hostname)
            listener = Listener(build.smtp_settings(config), tools, directory)
            await listener.start(sockets)
            ready()
            await stop.wait()
            await listener.stop(GRACE)
            await asyncio.to_thread(writer.close)

    return role


def web(config: Config, sockets: list[socket.socket], *, demo: bool) -> Role:
    """The console and the API on `sockets`."""

    async def role(ready: Callable[[], None], stop: asyncio.Event) -> None:
        with contextlib.closing(open_database(build.store_settings(config))) as database:
            app = create_app(database, build.web_settings(config), parts=parts, now=build.now)
            ready()
            await serve_web(app, sockets, stop)

    return role


def worker(config: Config, *, demo: bool) -> Role:
    """What follows from a message, and the bound accounts."""

    async def role(ready: Callable[[], None], stop: asyncio.Event) -> None:
        with contextlib.closing(open_database(build.store_settings(config))) as database:
            writer = Writer(database, build.now)
            writer.start()
            name = build.owner("worker")
            digester = Worker(database, name, build.now)
            puller = PullScheduler(
                database,
                build.tools(config, writer, demo=demo),
                build.secret_box(config),
                build.pull_settings(config),
                name,
            )
            ready()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(digester.run(stop))
                tasks.create_task(puller.run(stop))
            await asyncio.to_thread(writer.close)

    return role
