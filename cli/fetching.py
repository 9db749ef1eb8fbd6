"""Asks the server of a bound account itself, without a `postern serve`."""

import asyncio
import json

from cli import build, receiving
from cli.config import Config
from cli.keys import secret_box
from cli.pulling import pull_settings
from pull.causes import PullProblem
from pull.mailbox import open_mailbox
from pull.status import Status
from pull.target import target_of
from pull.visitor import Visitor
from store.accounts import Account
from store.database import Database
from store.writer import Writer

PATIENCE = 0.5
"""Seconds between two looks whether another's visit is over."""


def try_out(account: Account, database: Database, config: Config, *, as_json: bool) -> int:
    """Each folder that would be read, with its number of messages; or the first thing wrong."""
    target = target_of(account, database, secret_box(config))
    waits = pull_settings(config).mailbox
    try:
        with open_mailbox(target.server, target.password, waits) as mailbox:
            folders = {name: mailbox.examine(name).exists for name in target.folders}
    except PullProblem as problem:
        if as_json:
            print(json.dumps({"ok": False, "error": problem.trouble.as_json()}, ensure_ascii=False))
        raise
    enabled = account.settings["sync"]["enabled"]
    if as_json:
        answer = {"ok": True, "sync_enabled": enabled, "folders": folders}
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    for name, messages in folders.items():
        print(f"{target.server.where} {name}: {messages} messages")
    if not enabled:
        print("Sync is off: nothing is fetched until sync.enabled is true.")
    return 0


async def fetch(account: Account, database: Database, config: Config) -> Status:
    """One visit, as soon as nobody else is at it."""
    writer = Writer(database, build.now)
    writer.start()
    try:
        visitor = Visitor(
            database,
            receiving.tools(config, writer),
            secret_box(config),
            pull_settings(config),
            build.owner("account sync"),
        )
        while True:
            if (status := await visitor.visit(account, retry_all=True)) is not None:
                return status
            await asyncio.sleep(PATIENCE)
    finally:
        await asyncio.to_thread(writer.close)
