"""The commands that move mail, killed at any moment: what they leave is never taken for whole,
and going on ends with every message once."""

import base64
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands import told
from tests.generator import generated
from tests.store.moving import WHOLE

EAGER = """
import sys
from cli.moving import outputs
from cli import import_mail
outputs.STATE_EVERY_SECONDS = 0.0
import_mail.BATCH_MESSAGES = 8
from cli.main import main
sys.exit(main(sys.argv[1:]))
"""
"""The program, noting after each message how far it is: there is more to be killed between."""

KILLS = int(os.environ.get("POSTERN_TEST_KILLS", "3"))


class House:
    """A store of its own and the commands on it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        settings = {"POSTERN_DATA_DIR": str(self.data), "POSTERN_HOSTNAME": "mx.postern.test"}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("POSTERN_")}
        self.environment = {**kept, **settings}

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", EAGER, *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return told(self.environment, *words)

    def done(self, *words: str) -> str:
        """It must succeed; its standard output."""
        found = self.run(*words)
        assert found.returncode == 0, found.stderr
        return found.stdout

    def end(self, *words: str) -> None:
        """Run to its end what may be killed; it must succeed."""
        process = self.begin(*words)
        _, err = process.communicate(timeout=100)
        assert process.returncode == 0, err

    def kill_once(self, reached: Callable[[], bool], *words: str) -> bool:
        """Kill it when `reached` says so. False: it came to its end before."""
        process = self.begin(*words)
        while process.poll() is None:
            if reached():
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.002)
        _, err = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), err
        return process.returncode != 0

    def hashes(self) -> Counter[str]:
        """Of all messages as they come out again."""
        lines = self.done("export", "--format", "jsonl").splitlines()
        return Counter(
            hashlib.sha256(base64.b64decode(json.loads(line)["raw_b64"])).hexdigest()
            for line in lines
        )

    def count(self) -> int:
        with closing(sqlite3.connect(self.data / "postern.db")) as connection:
            return int(connection.execute("SELECT count(*) FROM messages").fetchone()[0])


MESSAGES = [*WHOLE.values(), *generated(90, largest=300_000)]
EXPECTED = Counter(hashlib.sha256(one).hexdigest() for one in MESSAGES)


def written(folder: Path) -> Path:
    path = folder / "in.jsonl"
    lines = [json.dumps({"raw_b64": base64.b64encode(one).decode()}) for one in MESSAGES]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path)


@pytest.fixture
def house(tmp_path: Path) -> House:
    found = House(tmp_path)
    found.done("domain", "add", "reply.example", "--accept", "all")
    return found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with all messages, to be copied."""
    house = House(tmp_path_factory.mktemp("filled"))
    house.done("domain", "add", "reply.example", "--accept", "all")
    house.done("import", "--mailbox", "reply.example", str(written(house.data.parent)))
    return house


@pytest.fixture
def full(filled: House, tmp_path: Path) -> House:
    shutil.copytree(filled.data, tmp_path / "data")
    return House(tmp_path)


def test_an_import_that_is_killed_again_and_again_takes_each_message_once(
    house: House, source: Path
) -> None:
    chance, killed = random.Random(5), 0
    for _ in range(KILLS):
        enough = house.count() + chance.randrange(1, 30)
        if not house.kill_once(
            lambda enough=enough: house.count() >= enough,  # type: ignore[misc]
            *("import", "--mailbox", "reply.example", str(source)),
        ):
            break
        killed += 1
    assert killed
    house.end("import", "--mailbox", "reply.example", str(source))
    assert house.hashes() == EXPECTED
    again = house.run("import", "--mailbox", "reply.example", str(source))
    assert f"0 taken, {len(MESSAGES)} were there already" in again.stderr


@pytest.mark.parametrize("form", ["mbox", "jsonl", "eml"])
def test_an_export_that_is_killed_again_and_again_is_whole_in_the_end(
    full: House, tmp_path: Path, form: str
) -> None:
    full.done("export", "--format", form, "--output", str(tmp_path / "straight"))
    out = tmp_path / "out"
    partial = tmp_path / "out.partial"

    def size() -> int:
        if form == "eml":
            return len(list(out.glob("*.eml")))
        try:
            return partial.stat().st_size
        except FileNotFoundError:  # not yet, or not any longer
            return 0

    chance, step = random.Random(6), 12 if form == "eml" else 700_000
    words = ["export", "--format", form, "--output", str(out)]
    for _ in range(KILLS):
        enough = size() + chance.randrange(1, step)
        if not full.kill_once(lambda enough=enough: size() >= enough, *words):  # type: ignore[misc]
            break
        if form != "eml":
            assert not out.exists()
        words = [*words[:5], "--resume"]
    else:
        refused = full.run(*words[:5])
        assert refused.returncode == 2
        assert "add --resume" in refused.stderr
        full.end(*words)
    assert contents(out) == contents(tmp_path / "straight")
    assert [one.name for one in tmp_path.iterdir() if "partial" in one.name] == []


def contents(path: Path) -> dict[str, str]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {
        one.name if path.is_dir() else "": hashlib.sha256(one.read_bytes()).hexdigest()
        for one in files
    }


def test_a_backup_that_is_killed_again_and_again_is_whole_in_the_end(
    full: House, tmp_path: Path
) -> None:
    target = tmp_path / "backups"
    chance = random.Random(7)

    def progress() -> int:
        return sum(len(files) for _, _, files in os.walk(target))  # which may go meanwhile

    for _ in range(KILLS):
        enough = progress() + chance.randrange(1, 5)
        if not full.kill_once(
            lambda enough=enough: progress() >= enough,  # type: ignore[misc]
            *("backup", str(target)),
        ):
            break
        if not list(target.glob("*/manifest.json")):
            assert full.run("restore", str(target), "--into", str(tmp_path / "no")).returncode == 1
    full.done("backup", str(target))
    full.done("backup", "--verify", str(target))
    new = House(tmp_path / "elsewhere")
    new.data.parent.mkdir()
    for _ in range(KILLS // 2):
        new.kill_once(lambda: (new.data / "blobs").exists(), "restore", str(target))
    if not (new.data / "postern.db").exists():
        new.done("restore", str(target))
    assert new.hashes() == EXPECTED


def test_a_command_says_in_one_line_what_is_wrong(full: House, tmp_path: Path) -> None:
    for words, said in (
        (("export", "--output", "/nowhere/x"), "No such file or directory"),
        (("export", "--mailbox", "x"), "there is no such mailbox"),
        (("export", "--query", "before:someday"), "nothing was exported"),
        (("export", "--resume"), "--resume goes on with a file or a folder"),
        (("export", "--format", "eml"), "name it with --output"),
        (("import", "--mailbox", "reply.example", "/nowhere"), "cannot be read"),
        (("backup", "/proc/nowhere"), "/proc/nowhere"),
        (("restore", str(tmp_path)), "has no whole backup"),
    ):
        found = full.run(*words)
        assert found.returncode in (1, 2), words
        assert said in found.stderr
        assert len(found.stderr.strip().splitlines()) == 1
