"""The simulated disk: what it may do to files, and what it must not."""

import random
from pathlib import Path

from tests.whole.power.disk import SECTOR, Disk
from tests.whole.power.records import Kind, Record

OLD, NEW = b"o" * SECTOR, b"n" * SECTOR


def outcomes(disk: Disk, folder: Path) -> set[tuple[tuple[str, bytes], ...]]:
    """The files, by name, of three hundred power cuts at this moment."""
    found = set()
    for seed in range(300):
        made = folder / str(seed)
        disk.rebuild(made, random.Random(seed))
        found.add(tuple(sorted((path.name, path.read_bytes()) for path in made.iterdir())))
    return found


def done(*records: Record) -> Disk:
    """A new disk to which this was done."""
    disk = Disk()
    for record in records:
        disk.apply(record)
    return disk


CREATE = Record(Kind.CREATE, 1, path="file")
TOP = Record(Kind.OPEN, 2, path="")


def synced(inode: int, number: int) -> tuple[Record, Record]:
    return Record(Kind.SYNC, inode, number), Record(Kind.SYNCED, inode, number)


def test_what_was_synced_with_its_name_is_always_there(tmp_path: Path) -> None:
    disk = done(CREATE, Record(Kind.WRITE, 1, data=OLD), *synced(1, 1), TOP, *synced(2, 2))
    assert outcomes(disk, tmp_path) == {(("file", OLD),)}


def test_a_file_whose_folder_was_not_synced_may_have_no_name(tmp_path: Path) -> None:
    disk = done(CREATE, Record(Kind.WRITE, 1, data=OLD), *synced(1, 1))
    assert outcomes(disk, tmp_path) == {(), (("file", OLD),)}


def test_what_was_not_synced_is_there_or_not_or_half(tmp_path: Path) -> None:
    disk = done(CREATE, TOP, *synced(2, 1), Record(Kind.WRITE, 1, data=OLD + NEW))
    contents = {found[0][1] for found in outcomes(disk, tmp_path)}
    assert contents == {b"", OLD, bytes(SECTOR) + NEW, OLD + NEW}


def test_a_later_write_may_be_there_without_an_earlier_one(tmp_path: Path) -> None:
    first, second = (Record(Kind.WRITE, 1, n * SECTOR, data=d) for n, d in enumerate((OLD, NEW)))
    disk = done(CREATE, TOP, *synced(2, 1), first, second)
    contents = {found[0][1] for found in outcomes(disk, tmp_path)}
    assert contents == {b"", OLD, bytes(SECTOR) + NEW, OLD + NEW}


def test_an_fsync_covers_only_what_was_written_before_it_began(tmp_path: Path) -> None:
    begin, end = synced(1, 1)
    late = Record(Kind.WRITE, 1, 0, data=NEW)
    disk = done(CREATE, TOP, *synced(2, 2), Record(Kind.WRITE, 1, data=OLD), begin, late, end)
    assert {found[0][1] for found in outcomes(disk, tmp_path)} == {OLD, NEW}


def test_an_fsync_that_has_not_returned_promises_nothing(tmp_path: Path) -> None:
    begin, _ = synced(1, 1)
    disk = done(CREATE, TOP, *synced(2, 2), Record(Kind.WRITE, 1, data=OLD), begin)
    assert b"" in {found[0][1] for found in outcomes(disk, tmp_path)}


def test_a_rename_is_undone_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    rename = Record(Kind.RENAME, path="file", to="name")
    write = Record(Kind.WRITE, 1, data=OLD)
    disk = done(CREATE, write, *synced(1, 1), TOP, *synced(2, 2), rename)
    assert outcomes(disk, tmp_path) == {(("file", OLD),), (("name", OLD),)}


def test_a_removed_name_may_come_back(tmp_path: Path) -> None:
    write, unlink = Record(Kind.WRITE, 1, data=OLD), Record(Kind.UNLINK, path="file")
    disk = done(CREATE, write, *synced(1, 1), TOP, *synced(2, 2), unlink)
    assert outcomes(disk, tmp_path) == {(), (("file", OLD),)}


def test_a_shorter_file_may_be_long_again(tmp_path: Path) -> None:
    write, shorter = Record(Kind.WRITE, 1, data=OLD), Record(Kind.TRUNCATE, 1, 0)
    disk = done(CREATE, write, *synced(1, 1), TOP, *synced(2, 2), shorter)
    assert {found[0][1] for found in outcomes(disk, tmp_path)} == {b"", OLD}
