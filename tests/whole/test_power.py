"""Power is cut at random moments while mail flows: what was acknowledged is there, once, whole.

`python -m tests.whole.power` does the same with a thousand cuts.
"""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from store.database import StoreSettings
from tests.server import Server
from tests.whole.kills import losses
from tests.whole.power.cuts import choose, cut
from tests.whole.power.disk import Disk
from tests.whole.power.load import RECIPIENT, Letter, Recording, record
from tests.whole.power.records import Kind, read_log
from tests.whole.power.shim import Shim
from tests.wire import Wire

pytestmark = pytest.mark.timeout(300)

SEED = 1047


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A server under load for two seconds."""
    return record(tmp_path_factory.mktemp("power"), 2)


def files(folder: Path) -> dict[str, bytes]:
    """All that lies there but SQLite's shared memory, which is made anew."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in found
        if not path.name.endswith("-shm")
    }


def test_the_log_has_all_that_was_done_to_the_files(recording: Recording, tmp_path: Path) -> None:
    disk = Disk(recording.begin)
    for one in read_log(recording.log):
        disk.apply(one)
    disk.write_now(tmp_path / "now")
    assert files(tmp_path / "now") == files(recording.end)


def test_the_load_has_what_a_cut_could_break(recording: Recording) -> None:
    records = list(read_log(recording.log))
    inodes = {one.inode: one.path for one in records if one.path}
    synced = {
        inodes.get(one.inode, "").rpartition("/")[2] for one in records if one.kind is Kind.SYNCED
    }
    assert {"postern.db", "postern.db-wal"} <= synced
    assert any(one.kind is Kind.RENAME and one.to.startswith("blobs/") for one in records)
    assert any(one.kind is Kind.UNLINK and one.path.startswith("blobs/") for one in records)
    assert len(recording.heard) > 20
    assert recording.expired > 0


def test_no_cut_loses_alters_or_doubles_what_was_acknowledged(
    recording: Recording, tmp_path: Path
) -> None:
    moments = choose(recording.log, 20, SEED)
    found = list(cut(recording, moments, SEED, tmp_path / "cut"))
    assert [str(one) for one in found if one.wrong] == []
    assert found[-1].acknowledged > 10


@pytest.mark.parametrize(
    "is_deaf",
    [
        pytest.param(lambda path: path.endswith("-wal"), id="log-of-the-database"),
        pytest.param(lambda path: path.endswith(".db"), id="database-at-checkpoints"),
        pytest.param(lambda path: path.startswith("blobs/") and len(path) > 60, id="blob-file"),
        pytest.param(lambda path: path.startswith("blobs") and len(path) < 60, id="blob-folder"),
    ],
)
def test_without_an_fsync_mail_is_lost(
    is_deaf: Callable[[str], bool], recording: Recording, tmp_path: Path
) -> None:
    """The same cuts, as if the program had forgotten to sync this."""
    moments = choose(recording.log, 60, SEED)[30:]
    found = cut(recording, moments, SEED, tmp_path / "cut", is_deaf=is_deaf)
    assert any(one.wrong for one in found)


def test_a_folder_that_another_process_made_just_now_is_synced_as_well(tmp_path: Path) -> None:
    """It may die, or wait for its own fsync still, when we tell our client that all is kept."""
    data, name = tmp_path / "data", "ab12.1"
    data.mkdir()
    (tmp_path / "begin").mkdir()
    shim = Shim(tmp_path / "shim", data)
    for code in (MAKE_FOLDERS, PUT_OBJECT):
        words = [sys.executable, "-c", code, str(data / "blobs"), name]
        subprocess.run(words, env=os.environ | shim.environment, check=True)
    disk = Disk(tmp_path / "begin")
    for one in read_log(shim.log):
        disk.apply(one)
    for seed in range(20):
        disk.rebuild(tmp_path / str(seed), random.Random(seed))
        assert (tmp_path / str(seed) / "blobs" / "ab" / "12" / name).read_bytes() == b"octets"


def test_the_first_message_of_a_new_installation_survives(tmp_path: Path) -> None:
    """Of the very first folder and file nothing was durable when the server was started."""
    begin, disk_now = tmp_path / "begin", tmp_path / "now"
    begin.mkdir()
    disk_now.mkdir()
    shim = Shim(tmp_path / "shim", disk_now)
    server = Server(disk_now, POSTERN_DOMAINS='[{"name": "reply.test"}]')
    server.environment |= shim.environment
    server.start()
    letter = Letter("first", 6)
    with Wire(server.smtp_port) as wire:
        wire.say("EHLO first.open.test")
        reply = wire.deliver(letter.mail_from, RECIPIENT, letter.content)
    server.kill()
    assert reply.startswith("250 2.0.0 ")
    disk = Disk(begin)
    for one in read_log(shim.log):
        disk.apply(one)
    for seed in range(10):
        disk.rebuild(tmp_path / str(seed), random.Random(seed))
        settings = StoreSettings("", tmp_path / str(seed) / "data")
        assert losses(settings, {reply[-27:-1]: letter.sha256}) == []


MAKE_FOLDERS = "import os, sys; os.makedirs(sys.argv[1] + '/ab/12')"
PUT_OBJECT = """
import hashlib, io, sys
from pathlib import Path
from store.blobs.coding import PLAIN, Coded
from store.blobs.files import Files
octets = b"octets"
coded = Coded(PLAIN, len(octets), hashlib.sha256(octets).hexdigest(), io.BytesIO(octets))
Files(Path(sys.argv[1])).put(sys.argv[2], coded)
"""


def test_without_synchronous_full_mail_is_lost(tmp_path: Path) -> None:
    (tmp_path / "off").mkdir()
    recording = record(tmp_path / "off", 1, synchronous="OFF")
    moments = choose(recording.log, 30, SEED)[15:]
    found = cut(recording, moments, SEED, tmp_path / "cut")
    assert any(one.wrong for one in found)
