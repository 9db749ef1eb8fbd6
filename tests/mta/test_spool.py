import hashlib
import os
import stat
from pathlib import Path

import pytest

from mail.errors import SettingsProblem
from mta.spool import Budget, Spool


def make_spool(folder: Path, threshold: int = 100, budget: int = 1000) -> Spool:
    spool = Spool(folder / "spool", threshold, Budget(budget))
    spool.prepare()
    return spool


def files(spool: Spool) -> list[Path]:
    return list(spool.folder.iterdir())


def test_a_small_message_stays_in_memory(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    incoming = spool.incoming()
    incoming.write(b"a" * 60)
    incoming.write(b"b" * 40)
    raw = incoming.finish()
    assert raw.memory == b"a" * 60 + b"b" * 40
    assert raw.sha256 == hashlib.sha256(raw.memory).hexdigest()
    assert files(spool) == []


def test_a_large_message_lies_in_a_private_file_that_goes_with_it(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    incoming = spool.incoming()
    content = os.urandom(5000)
    for at in range(0, 5000, 70):
        incoming.write(content[at : at + 70])
    raw = incoming.finish()
    assert raw.path is not None
    assert stat.S_IMODE(raw.path.stat().st_mode) == 0o600
    assert (raw.size, raw.read()) == (5000, content)
    assert raw.sha256 == hashlib.sha256(content).hexdigest()
    incoming.close()
    assert files(spool) == []


def test_memory_is_one_budget_for_all_and_comes_back(tmp_path: Path) -> None:
    spool = make_spool(tmp_path, threshold=100, budget=150)
    first, second = spool.incoming(), spool.incoming()
    first.write(b"a" * 100)
    second.write(b"b" * 100)
    assert len(files(spool)) == 1, "the second did not fit into the budget"
    assert spool.budget.used == 100
    assert (first.finish().read(), second.finish().read()) == (b"a" * 100, b"b" * 100)
    for incoming in (first, second, first):
        incoming.close()
    assert (spool.budget.used, files(spool)) == (0, [])


def test_a_message_that_outgrows_memory_gives_its_memory_back_at_once(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    incoming = spool.incoming()
    incoming.write(b"a" * 100)
    assert spool.budget.used == 100
    incoming.write(b"b")
    assert spool.budget.used == 0
    assert incoming.finish().read() == b"a" * 100 + b"b"
    incoming.close()


def test_an_empty_message_is_one(tmp_path: Path) -> None:
    raw = make_spool(tmp_path).incoming().finish()
    assert (raw.size, raw.read(), raw.sha256) == (0, b"", hashlib.sha256().hexdigest())


def test_what_a_killed_server_left_is_removed_and_what_another_uses_is_not(tmp_path: Path) -> None:
    spool = make_spool(tmp_path, threshold=0)
    living = spool.incoming()
    living.write(b"in use")
    (spool.folder / "incoming-stale").write_bytes(b"left behind")
    (spool.folder / "something else").write_bytes(b"not ours")
    make_spool(tmp_path)
    left = {path.name for path in files(spool)}
    assert "something else" in left
    assert "incoming-stale" not in left
    assert len(left) == 2, "the message that is in use"
    living.close()


def test_a_spool_folder_that_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file")
    with pytest.raises(SettingsProblem, match="cannot write to the spool folder"):
        make_spool(tmp_path)
