"""A bound account on the test's Dovecot, with a real store behind it and everything between."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bounce_rules.facts import Policy
from bounce_rules.load import load_rules
from mail.address import Domain
from mta.receive import Tools
from pull.settings import check_account
from pull.status import Status, status_of
from pull.visit import PullSettings
from pull.visitor import Visitor
from store.accounts import Account, add_account, change_account, get_status
from store.database import Database, open_database
from store.messages import MessageFilter, MessageSummary, find_messages, open_raw
from store.secrets import SecretBox
from store.writer import Writer
from tests.dovecot import Dovecot
from tests.fakes import FixedClock
from tests.generator import generate
from tests.stores import new_store
from verify.authenticate import VerifySettings
from verify.zones import ZoneResolver

ADDRESS = "li@example.com"


def account_json(dovecot: Dovecot, **sync: Any) -> dict[str, Any]:
    """The account "li" of that server, as a person writes it."""
    imap = {"host": "127.0.0.1", "port": dovecot.port, "encryption": "none", "user": "li"}
    password = dovecot.users["li"]
    return {"address": ADDRESS, "imap": {**imap, "password": password}, "sync": sync}


def imap_message(number: int) -> bytes:
    """A generated message as an IMAP server can keep it: NUL does not exist there outside of
    BINARY (RFC 9051 §4.3.1), and Dovecot makes it 0x80."""
    return generate(number, largest=2_000_000).replace(b"\x00", b"\x80")


def digests(*messages: bytes) -> Counter[str]:
    """How often each content is there, by SHA-256."""
    return Counter(hashlib.sha256(message).hexdigest() for message in messages)


class Bound:
    """One account and its store. `visit` is what the worker does when the account is due."""

    def __init__(self, folder: Path, database: Database, writer: Writer, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock
        self.settings = PullSettings(folder / "spool", folder / "locks")
        self.box = SecretBox(folder / "keys")
        self.tools = Tools(
            resolver=ZoneResolver.from_mapping({}),
            verify=VerifySettings(authserv_id="mx.reply.example"),
            policy=Policy(enforce="dmarc", dmarc_reply="5.7.26"),
            rules=load_rules(),
            writer=writer,
            hostname=Domain("mx.reply.example"),
            now=clock,
        )
        self.account: Account

    def bind(self, given: dict[str, Any]) -> None:
        self.account = add_account(self.database, self.box, check_account(given), self.clock())

    def change(self, given: dict[str, Any]) -> None:
        checked = check_account(given)
        changed = change_account(self.database, self.box, self.account.id, checked, self.clock())
        assert changed is not None
        self.account = changed

    def visitor(self, settings: PullSettings | None = None) -> Visitor:
        return Visitor(self.database, self.tools, self.box, settings or self.settings, "test")

    async def visit(self, settings: PullSettings | None = None, **wishes: Any) -> Status:
        status = await self.visitor(settings).visit(self.account, **wishes)
        assert status is not None
        assert status == self.status()
        return status

    def status(self) -> Status:
        return status_of(get_status(self.database, self.account.id))

    def messages(self) -> list[MessageSummary]:
        """All messages of the account's mailbox, oldest first."""
        found: list[MessageSummary] = []
        cursor = None
        while True:
            wanted = MessageFilter(mailbox=self.account.mailbox, oldest_first=True)
            page = find_messages(self.database, wanted, 100, cursor)
            found.extend(page.items)
            cursor = page.next
            if cursor is None:
                return found

    def contents(self) -> Counter[str]:
        """The digests of what can be read back, byte by byte."""
        return digests(*(open_raw(self.database, one.id).read() for one in self.messages()))


@contextmanager
def bound_account(folder: Path, dovecot: Dovecot, **sync: Any) -> Iterator[Bound]:
    """The account "li", bound, in a new store."""
    database = open_database(new_store(folder / "data"))
    clock = FixedClock()
    writer = Writer(database, clock)
    writer.start()
    try:
        bound = Bound(folder, database, writer, clock)
        bound.bind(account_json(dovecot, **sync))
        yield bound
    finally:
        writer.close()
        database.close()
