"""`postern check` tries the place of large messages, and reads all bytes on request."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.main import main
from store.database import StoreSettings, open_database
from store.writer import Writer
from tests.s3 import ObjectServer, serving
from tests.services import free_port
from tests.store.objects import object_of
from tests.store.samples import NOON, received
from tests.stores import new_store

LARGE = b"\r\n" + b"0123456789" * 40_000


@pytest.fixture(scope="module")
def object_server() -> Iterator[ObjectServer]:
    with serving() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with an empty store."""
    monkeypatch.chdir(tmp_path)
    new_store(tmp_path / "data")
    return tmp_path


def findings(
    folder: Path, capsys: pytest.CaptureFixture[str], store: str = "", *options: str
) -> dict[str, list[dict[str, str]]]:
    """What it found, by what it looked at."""
    (folder / "postern.toml").write_text(f'data_dir = "data"\n[store]\n{store}\n')
    main(["check", "--json", *options])
    found: dict[str, list[dict[str, str]]] = {}
    for one in json.loads(capsys.readouterr().out):
        found.setdefault(one["what"], []).append(one)
    return found


def test_files_are_tried(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = findings(folder, capsys)["store.blobs"]
    assert (one["state"], one["found"]) == ("ok", "local files: written, read and removed a probe")


def test_a_folder_that_cannot_be_used_is_bad(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "data" / "blobs").write_text("in the way")
    (one,) = findings(folder, capsys)["store.blobs"]
    assert one["state"] == "bad"
    assert "check its owner, its rights and its disk" in one["found"]


def test_a_bucket_is_tried_with_the_keys_of_the_environment_and_of_a_file(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    object_server: ObjectServer,
) -> None:
    bucket = object_server.bucket()
    monkeypatch.setenv("THE_ACCESS_KEY", "test")
    (folder / "secret").write_text("not so secret\n")
    keys = (
        f's3_endpoint = "{bucket.endpoint}"\ns3_region = "us-east-1"\n'
        's3_access_key = { env = "THE_ACCESS_KEY" }\ns3_secret_key = { file = "secret" }\n'
    )
    place = f"s3://{bucket.bucket}/postern"
    (one,) = findings(folder, capsys, f'blobs = "{place}"\n{keys}')["store.blobs"]
    assert (one["state"], one["found"]) == ("ok", f"{place}: written, read and removed a probe")
    (one,) = findings(folder, capsys, f'blobs = "s3://no-such-bucket/x"\n{keys}')["store.blobs"]
    assert one["state"] == "bad"
    assert one["found"].endswith("is not there: make the bucket, or mend store.blobs")
    nobody = keys.replace(str(object_server.port), str(free_port()))
    (one,) = findings(folder, capsys, f'blobs = "{place}"\n{nobody}')["store.blobs"]
    assert one["state"] == "bad"
    assert "cannot be reached: check store.s3_endpoint" in one["found"]
    assert "not so secret" not in str(one)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('blobs = "s3:bucket"', 'must be "local" or "s3://bucket/prefix"'),
        ('s3_secret_key = { env = "THERE_IS_NONE" }', "there is nothing in THERE_IS_NONE"),
        ('s3_secret_key = { file = "/no/such/file" }', "the file /no/such/file cannot be read"),
        ('s3_secret_key = { name = "X" }', 'must be text, { env = "NAME" } or'),
        ("inline_bytes = 5", "greater than or equal to 65536"),
        ('s3_endpoint = "example.com"', "s3_endpoint"),
    ],
)
def test_a_wrong_key_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    (folder / "postern.toml").write_text(f"[store]\n{line}\n")
    assert main(["check"]) == 2
    assert words in capsys.readouterr().err


def test_everything_is_read_on_request(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = StoreSettings("", folder / "data")
    database = open_database(settings)
    writer = Writer(database, lambda: NOON)
    writer.start()
    asyncio.run(writer.save_message(received(b"\r\n")))
    gone = asyncio.run(writer.save_message(received(LARGE)))
    writer.close()
    path = object_of(database, gone.sha256)
    database.close()
    (one,) = findings(folder, capsys, "", "--blobs")["bytes"]
    assert (one["state"], one["found"]) == ("ok", "2 sound, 0.4 MiB")
    path.rename(path.with_name("0" * 64))
    found = findings(folder, capsys, "", "--blobs")["bytes"]
    assert [one["state"] for one in found[:2]] == ["bad", "bad"]
    assert found[0]["found"] == f"The file {path} is missing: restore it from a backup"
    assert "1 missing" in found[1]["found"]
