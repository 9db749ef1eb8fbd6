"""A real Dovecot beside us: what it keeps is imported, and what we export it reads."""

import imaplib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Database
from store.domains import DomainRow
from store.messages import MessageFilter, find_messages
from tests.certificates import make_certificate
from tests.dovecot import Dovecot
from tests.generator import generated
from tests.store.moving import do_export, do_import, hashes, stored

pytestmark = pytest.mark.sqlite_only

PASSWORD = "open sesame"
MESSAGES = list(generated(20, largest=300_000))


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[Dovecot]:
    server = Dovecot(make_certificate(tmp_path / "tls"), {"li": PASSWORD})
    try:
        server.start()
        yield server
    finally:
        server.stop()


def test_the_maildir_of_a_dovecot_comes_with_flags_and_folders(
    dovecot: Dovecot, database: Database, domain: DomainRow
) -> None:
    with dovecot.session("li") as client:
        for folder in ("Archive", "Sent", "Customers.China"):
            client.create(folder.replace(".", "/"))
    dovecot.append("li", *MESSAGES[:16])
    dovecot.append("li", MESSAGES[16], folder="Archive")
    dovecot.append("li", MESSAGES[17], folder="Customers/China")
    dovecot.append("li", MESSAGES[18], folder="Sent")
    with dovecot.session("li") as client:
        client.select("INBOX")
        client.store("1:3", "+FLAGS", r"(\Seen \Flagged)")
    found = do_import(database, dovecot.root / "mail" / "li")
    assert (found.taken, found.failed) == (18, 0)
    assert ".Sent" in found.said
    assert hashes(stored(database).values()) == hashes(MESSAGES[:18])
    flags = [one.flags for one in find_messages(database, MessageFilter(), 50).items]
    assert sum(one.seen and one.flagged for one in flags) == 3
    assert sum(one.archived for one in flags) == 1


def test_dovecot_reads_an_exported_mbox(
    dovecot: Dovecot, database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, message in enumerate(MESSAGES):
        (folder / f"{number:02}").write_bytes(message)
    do_import(database, folder)
    do_export(database, tmp_path / "out.mbox")
    server = Dovecot(make_certificate(tmp_path / "other"), {"li": PASSWORD})
    box = server.root / "box"
    server.extra = f"mail_location = mbox:{box}:INBOX={box}/inbox\nmbox_write_locks = fcntl\n"
    box.mkdir()
    shutil.copy(tmp_path / "out.mbox", box / "inbox")
    for path in (box, box / "inbox"):
        shutil.chown(path, *owner_of(dovecot))
    try:
        server.start()
        # IMAP has no NUL in a literal; Dovecot gives 0x80 instead.
        assert hashes(fetched(server)) == hashes(one.replace(b"\0", b"\x80") for one in MESSAGES)
    finally:
        server.stop()


def owner_of(server: Dovecot) -> tuple[int, int]:
    """Whose processes serve the mail."""
    status = (server.root / "mail").stat()
    return status.st_uid, status.st_gid


def fetched(dovecot: Dovecot) -> list[bytes]:
    with dovecot.session("li") as client:
        assert isinstance(client, imaplib.IMAP4)
        number = int(client.select("INBOX", readonly=True)[1][0] or 0)
        found = []
        for one in range(1, number + 1):
            part = client.fetch(str(one), "(BODY.PEEK[])")[1][0]
            assert isinstance(part, tuple)
            found.append(part[1])
        return found
