"""The worker as it really runs, with a real Dovecot: killed at any moment, and told things while
it runs."""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from store.accounts import get_account, get_status
from store.database import Database, StoreSettings, open_database
from store.messages import MessageFilter, count_messages, find_messages, open_raw
from tests.dovecot import Dovecot
from tests.pull.bound import ADDRESS, account_json, digests, imap_message
from tests.server import PATIENCE, Server

MESSAGES = 300
"""Six of the batches in which they are fetched, at the least."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An installation that asks no real DNS; not running yet."""
    zones = tmp_path / "zones.yaml"
    zones.write_text("{}\n")
    server = Server(tmp_path, zones=zones)
    try:
        yield server
    finally:
        if server.process is not None:
            server.kill()


def bind(server: Server, dovecot: Dovecot, **sync: Any) -> None:
    file = server.folder / "account.json"
    file.write_text(json.dumps(account_json(dovecot, **sync)))
    added = server.told("account", "add", "--from-file", str(file))
    assert added.returncode == 0, added.stderr


@contextlib.contextmanager
def store_of(server: Server) -> Iterator[Database]:
    """The server's store, looked at beside the server."""
    with contextlib.closing(open_database(StoreSettings("", server.folder / "data"))) as database:
        yield database


def wait_until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited in vain: {what}")


def status(database: Database) -> dict[str, Any]:
    account = get_account(database, ADDRESS)
    assert account is not None
    return get_status(database, account.id) or {}


def contents(database: Database) -> Counter[str]:
    found: list[bytes] = []
    cursor = None
    while True:
        page = find_messages(database, MessageFilter(), 100, cursor)
        found += [open_raw(database, one.id).read() for one in page.items]
        cursor = page.next
        if cursor is None:
            return digests(*found)


def test_hundreds_of_messages_arrive_once_though_the_worker_is_killed(
    dovecot: Dovecot, server: Server
) -> None:
    sent = [imap_message(number) for number in range(MESSAGES)]
    sent[MESSAGES - 1] = sent[0]
    dovecot.append("li", *sent)
    flags = dovecot.flags("li")
    bind(server, dovecot)
    counts = []
    with store_of(server) as database:
        for enough in (1, 60, 61, 200):
            server.start("--only", "worker")
            wait_until(
                lambda enough=enough: count_messages(database).total >= enough,  # type: ignore[misc]
                f"{enough} messages",
            )
            server.kill()
            counts.append(count_messages(database).total)
        assert counts[0] < MESSAGES, "every kill came too late"
        server.start("--only", "worker")
        wait_until(lambda: status(database).get("state") == "ok", "the end of the visit")
        ledger = status(database)["ledger"]
        assert server.stop() == 0
        assert counts == sorted(counts)
        assert ledger == {
            "on_server": MESSAGES,
            "stored": MESSAGES,
            "duplicates": 0,
            "deleted": 0,
            "failed": 0,
            "unexplained": 0,
        }
        assert contents(database) == digests(*sent)
    assert dovecot.flags("li") == flags


def test_a_running_worker_obeys_what_is_said_to_it(dovecot: Dovecot, server: Server) -> None:
    """An account that is bound, asked for, and removed while the worker runs."""
    server.start("--only", "worker")
    with store_of(server) as database:
        dovecot.append("li", imap_message(1))
        bind(server, dovecot, interval_minutes=60)
        wait_until(lambda: count_messages(database).total == 1, "the first message")
        wait_until(lambda: status(database).get("state") == "ok", "the end of the visit")
        dovecot.append("li", imap_message(2))
        asked = server.told("account", "sync", ADDRESS)
        assert asked.returncode == 0, asked.stderr
        wait_until(lambda: count_messages(database).total == 2, "the second message")
        wait_until(lambda: status(database).get("state") == "ok", "the end of the visit")
        dovecot.append("li", imap_message(3))
        waited = server.run("account", "sync", ADDRESS, "--wait")
        assert waited.returncode == 0, waited.stderr
        assert "3 messages on the server: 3 stored" in waited.stdout
        removed = server.told("account", "remove", ADDRESS)
        assert removed.returncode == 0, removed.stderr
        logins = dovecot.logins()
        dovecot.append("li", imap_message(4))
        assert dovecot.logins() == logins + 1, "only ours"
        assert server.stop() == 0
        assert contents(database) == digests(*(imap_message(number) for number in (1, 2, 3)))


def test_a_disabled_account_is_never_connected_to(dovecot: Dovecot, server: Server) -> None:
    logins = dovecot.logins()
    bind(server, dovecot, enabled=False)
    server.start("--only", "worker")
    with store_of(server) as database:
        wait_until(lambda: status(database).get("state") == "disabled", "the state disabled")
        # Another account's visit proves that the worker has looked round since.
        other = account_json(dovecot)
        other["address"] = "wang@example.com"
        other["imap"].update(user="wang", password=dovecot.users["wang"])
        (server.folder / "other.json").write_text(json.dumps(other))
        server.told("account", "add", "--from-file", str(server.folder / "other.json"))

        def wang_is_fetched() -> bool:
            account = get_account(database, "wang@example.com")
            return account is not None and bool(
                (get_status(database, account.id) or {}).get("last_success")
            )

        wait_until(wang_is_fetched, "the other account's visit")
        assert server.stop() == 0
        assert status(database)["state"] == "disabled"
    assert dovecot.logins() == logins + 1, "only the other account's"
