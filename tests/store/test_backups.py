"""Backups: one moment of the store, whole or none, and back again."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mail.errors import Problem, SettingsProblem
from store.backups.check import find_damage
from store.backups.make import Made, Wishes, make_backup
from store.backups.manifest import MANIFEST, BackupProblem, generations, newest, read_manifest
from store.backups.restore import Places, Restored, restore_backup
from store.database import Database, StoreSettings, open_database
from store.domains import DomainRow
from store.messages import delete_message
from store.nodes import enter, list_members
from store.secrets import SecretBox
from store.writer import Writer
from tests.fakes import FixedClock
from tests.store.moving import stored
from tests.store.samples import CONTENT, NOON, envelope, received
from tests.store.test_nodes import member

pytestmark = pytest.mark.sqlite_only

LARGE = (
    b"Subject: text\r\n\r\n" + b"compressible line\r\n" * 30_000,
    b"Subject: noise\r\n\r\n" + os.urandom(400_000),
)


def quiet(_: str) -> None:
    """Nobody listens."""


class Ticking(FixedClock):
    """A clock on which no two moments are the same second."""

    def __call__(self) -> object:  # type: ignore[override]
        self.advance(1)
        return super().__call__()


@pytest.fixture
def clock() -> FixedClock:
    return Ticking()


@pytest.fixture
def back_up(database: Database, tmp_path: Path, clock: FixedClock) -> Callable[..., Made]:
    """Make a backup in `backups`."""

    def make(**wishes: object) -> Made:
        target = tmp_path / "backups"
        return make_backup(database, target, Wishes(**wishes), clock, quiet)  # type: ignore[arg-type]

    return make


def places(folder: Path) -> Places:
    return Places(folder, folder / "postern.db", folder / "keys")


def restored(folder: Path, into: Path) -> tuple[Restored, list[bytes]]:
    """What the store out of a backup has."""
    found = restore_backup(newest(folder), places(into), quiet)
    database = open_database(StoreSettings("", into))
    try:
        return found, list(stored(database).values())
    finally:
        database.close()


async def fill(writer: Writer, domain: DomainRow, *contents: bytes) -> list[str]:
    return [
        (
            await writer.save_message(
                received(content, letter=envelope(mailboxes=[domain.mailbox]))
            )
        ).id
        for content in contents
    ]


async def test_everything_comes_back_octet_by_octet(
    domain: DomainRow, writer: Writer, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    await fill(writer, domain, CONTENT, *LARGE, b"")
    made = back_up()
    assert (made.manifest.objects, made.copied, made.manifest.missing) == (2, 2, ())
    assert list(find_damage(made.folder, quiet)) == []
    _, messages = restored(tmp_path / "backups", tmp_path / "new")
    assert sorted(messages) == sorted([CONTENT, *LARGE, b""])


async def test_the_next_backup_copies_only_what_is_new(
    domain: DomainRow, writer: Writer, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    await fill(writer, domain, LARGE[0])
    back_up()
    await fill(writer, domain, LARGE[1])
    second = back_up()
    assert (second.manifest.objects, second.copied) == (2, 1)
    first = generations(tmp_path / "backups")[0]
    assert restored(first, tmp_path / "first")[1] == [LARGE[0]]
    assert len(restored(second.folder, tmp_path / "second")[1]) == 2


async def test_sha256sum_can_check_the_large_ones(
    domain: DomainRow, writer: Writer, back_up: Callable[..., Made]
) -> None:
    await fill(writer, domain, *LARGE)
    made = back_up()
    subprocess.run(["sha256sum", "-c", "--quiet", "objects.sha256"], cwd=made.folder, check=True)


async def test_what_is_deleted_after_the_moment_is_in_the_backup(
    database: Database,
    domain: DomainRow,
    writer: Writer,
    back_up: Callable[..., Made],
    tmp_path: Path,
) -> None:
    identifiers = await fill(writer, domain, *LARGE)
    back_up()
    for identifier in identifiers:
        delete_message(database, identifier, by="li", now=NOON)
    assert len(restored(tmp_path / "backups", tmp_path / "new")[1]) == 2


async def test_older_backups_go_with_what_only_they_have(
    database: Database,
    domain: DomainRow,
    writer: Writer,
    back_up: Callable[..., Made],
    tmp_path: Path,
) -> None:
    old, _ = await fill(writer, domain, *LARGE)
    back_up()
    delete_message(database, old, by="li", now=NOON)
    made = back_up(keep=1)
    assert (made.removed, made.manifest.objects) == (1, 1)
    assert len([one for one in (tmp_path / "backups" / "objects").rglob("*") if one.is_file()]) == 1
    assert restored(tmp_path / "backups", tmp_path / "new")[1] == [LARGE[1]]


async def test_a_missing_object_is_told_and_no_other_is_lost(
    database: Database,
    domain: DomainRow,
    writer: Writer,
    back_up: Callable[..., Made],
) -> None:
    await fill(writer, domain, *LARGE)
    objects = [one for one in (database.settings.data_dir / "blobs").rglob("*") if one.is_file()]
    objects[0].unlink()
    made = back_up()
    assert made.manifest.objects == 1
    assert len(made.manifest.missing) == 1
    assert "it is gone" in made.manifest.missing[0]


async def test_an_altered_object_is_not_taken_for_right(
    database: Database, domain: DomainRow, writer: Writer, back_up: Callable[..., Made]
) -> None:
    await fill(writer, domain, LARGE[1])
    (path,) = [one for one in (database.settings.data_dir / "blobs").rglob("*") if one.is_file()]
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    made = back_up()
    assert made.manifest.objects == 0
    assert "it was altered" in made.manifest.missing[0]


@pytest.mark.parametrize("which", ["postern.db", "objects.sha256", "an object"])
async def test_a_flipped_bit_is_found_and_nothing_is_restored(
    domain: DomainRow, writer: Writer, back_up: Callable[..., Made], tmp_path: Path, which: str
) -> None:
    await fill(writer, domain, CONTENT, *LARGE)
    made = back_up()
    path = made.folder / which
    if which == "an object":
        path = next(one for one in (tmp_path / "backups/objects").rglob("*") if one.is_file())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(Problem):
        restored(tmp_path / "backups", tmp_path / "new")
    assert not (tmp_path / "new" / "postern.db").exists()


def test_a_backup_that_was_killed_is_none(
    domain: DomainRow, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    whole = back_up()
    half = back_up().folder
    (half / MANIFEST).unlink()
    assert newest(tmp_path / "backups") == whole.folder
    with pytest.raises(BackupProblem, match="no whole backup"):
        read_manifest(half)
    back_up()
    assert not half.exists()


def test_a_store_is_never_overwritten(
    database: Database, domain: DomainRow, back_up: Callable[..., Made]
) -> None:
    folder = back_up().folder
    before = database.settings.path.read_bytes()
    with pytest.raises(BackupProblem, match="a store is never overwritten"):
        restore_backup(folder, places(database.settings.data_dir), quiet)
    assert database.settings.path.read_bytes() == before


async def test_what_came_after_the_backup_is_not_left_for_the_restored_store_to_sweep(
    database: Database, domain: DomainRow, writer: Writer, back_up: Callable[..., Made]
) -> None:
    await fill(writer, domain, LARGE[0])
    folder = back_up().folder
    await fill(writer, domain, LARGE[1])
    data = database.settings.data_dir
    for suffix in ("", "-wal", "-shm"):
        (data / f"postern.db{suffix}").rename(data / f"moved.db{suffix}")
    with pytest.raises(BackupProblem, match="move that whole folder away"):
        restore_backup(folder, places(data), quiet)
    (data / "blobs").rename(data / "moved-blobs")
    assert restore_backup(folder, places(data), quiet).manifest.objects == 1


def test_a_store_is_not_restored_to_where_no_program_looks_for_it(
    domain: DomainRow, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    elsewhere = Places(tmp_path / "new", None, tmp_path / "new" / "keys")
    with pytest.raises(BackupProblem, match="which would never read it"):
        restore_backup(back_up().folder, elsewhere, quiet)
    assert not elsewhere.data_dir.exists()


def test_the_programs_of_the_store_are_none_of_the_one_restored(
    database: Database, domain: DomainRow, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    enter(database, member(), NOON)
    restored(back_up().folder, tmp_path / "new")
    copy = open_database(StoreSettings("", tmp_path / "new"))
    assert list_members(copy, NOON) == ()
    copy.close()
    assert len(list_members(database, NOON)) == 1


def test_a_manifest_that_leads_out_of_the_backup_is_none(
    domain: DomainRow, back_up: Callable[..., Made]
) -> None:
    folder = back_up().folder
    values = json.loads((folder / MANIFEST).read_text())
    values["database"]["path"] = "../../data/postern.db"
    (folder / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(BackupProblem, match="is not a manifest"):
        read_manifest(folder)


def test_a_newer_schema_is_left_alone(
    domain: DomainRow, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    folder = back_up().folder
    values = json.loads((folder / MANIFEST).read_text())
    values["schema"] = "9999"
    (folder / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(BackupProblem, match="newer schema 9999"):
        restored(folder, tmp_path / "new")


def test_keys_go_only_where_they_are_asked_for_and_are_nobody_elses(
    domain: DomainRow, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text("secret")
    assert back_up().manifest.keys is None
    made = back_up(keys_file=keys)
    assert (made.folder / "keys").stat().st_mode & 0o777 == 0o600
    found, _ = restored(made.folder, tmp_path / "new")
    assert found.keys
    assert (tmp_path / "new" / "keys").read_text() == "secret"


def test_a_key_file_without_the_keys_of_the_backup_is_not_taken_for_theirs(
    domain: DomainRow, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        SecretBox(tmp_path / name / "keys").reply_keys()
    folder = back_up(keys_file=tmp_path / "old" / "keys").folder
    with pytest.raises(BackupProblem, match="lacks keys of"):
        restore_backup(folder, places(tmp_path / "new"), quiet)
    assert not (tmp_path / "new" / "postern.db").exists()
    SecretBox(tmp_path / "old" / "keys").add_key()
    assert restore_backup(folder, places(tmp_path / "old"), quiet).keys


def test_backups_do_not_lie_in_the_store_or_among_other_things(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    inside = database.settings.data_dir / "backups"
    with pytest.raises(SettingsProblem, match="would be lost with it"):
        make_backup(database, inside, Wishes(), FixedClock(), quiet)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("mine")
    with pytest.raises(SettingsProblem, match=r"holds other things \(letter\.txt\)"):
        make_backup(database, tmp_path / "home", Wishes(), FixedClock(), quiet)


async def test_mail_that_comes_meanwhile_neither_waits_nor_spoils_the_moment(
    database: Database, domain: DomainRow, writer: Writer, tmp_path: Path, clock: FixedClock
) -> None:
    await fill(
        writer,
        domain,
        *(b"Subject: %d\r\n\r\n" % n + os.urandom(30_000).hex().encode() for n in range(60)),
    )
    before = len(stored(database))
    during: list[str] = []

    async def keep_coming() -> None:
        while not done.is_set():
            during.extend(await fill(writer, domain, b"Subject: new %d\r\n\r\n" % len(during)))

    done = asyncio.Event()
    coming = asyncio.create_task(keep_coming())
    target = tmp_path / "backups"
    made = await asyncio.to_thread(make_backup, database, target, Wishes(), clock, quiet)
    while not during:
        await asyncio.sleep(0.01)
    done.set()
    await coming
    messages = restored(made.folder, tmp_path / "new")[1]
    assert before <= len(messages) <= before + len(during)
    assert list(find_damage(made.folder, quiet)) == []


def test_a_backup_of_the_same_second_waits_for_the_next(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    first = make_backup(database, target, Wishes(), lambda: NOON, quiet)
    moments = iter([NOON.replace(microsecond=999_000)])
    later = NOON + timedelta(seconds=1)
    second = make_backup(database, target, Wishes(), lambda: next(moments, later), quiet)
    assert first.folder.name == "20261120T120000Z"
    assert second.folder.name == "20261120T120001Z"


def test_a_clock_that_stands_still_is_told_of(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    make_backup(database, tmp_path / "backups", Wishes(), lambda: NOON, quiet)
    with pytest.raises(BackupProblem, match="is there already: does the clock"):
        make_backup(database, tmp_path / "backups", Wishes(), lambda: NOON, quiet)


def test_two_backups_at_one_time_are_refused(
    database: Database, domain: DomainRow, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    def again(_: str) -> None:
        with pytest.raises(BackupProblem, match="another backup is being made"):
            make_backup(database, tmp_path / "backups", Wishes(), FixedClock(), quiet)
        raise InterruptedError

    back_up()
    clock = FixedClock(NOON + timedelta(days=1))
    with pytest.raises(InterruptedError):
        make_backup(database, tmp_path / "backups", Wishes(), clock, again)


async def test_a_restore_may_be_repeated_after_it_was_interrupted(
    domain: DomainRow, writer: Writer, back_up: Callable[..., Made], tmp_path: Path
) -> None:
    await fill(writer, domain, CONTENT, *LARGE)
    made = back_up()

    def interrupt(text: str) -> None:
        if text.startswith("1 of"):
            seen.append(text)
            if len(seen) == 2:  # the first is the check
                raise InterruptedError

    seen: list[str] = []
    with pytest.raises(InterruptedError):
        restore_backup(made.folder, places(tmp_path / "new"), interrupt)
    assert not (tmp_path / "new" / "postern.db").exists()
    assert len(restored(made.folder, tmp_path / "new")[1]) == 3
    shutil.rmtree(tmp_path / "new")
