"""Variables of the environment that look like settings."""

from pathlib import Path

import pytest

from cli.main import main

SAID = "is not a setting and changes nothing"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a store."""
    monkeypatch.chdir(tmp_path)
    assert main(["domain", "add", "reply.example"]) == 0
    return tmp_path


def test_a_misspelt_one_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTERN_HOSTNAM", "mx.example.com")
    assert main(["domain", "list"]) == 0
    assert f"POSTERN_HOSTNAM {SAID}" in capsys.readouterr().err


@pytest.mark.parametrize("named", [[], ["--config", "other.toml"]])
def test_one_that_a_secret_is_taken_from_changes_something(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    named: list[str],
) -> None:
    keys = '[store]\ns3_access_key = { env = "POSTERN_S3_ACCESS_KEY" }\n'
    (folder / (named[1] if named else "postern.toml")).write_text(keys)
    monkeypatch.setenv("POSTERN_S3_ACCESS_KEY", "test")
    assert main(["domain", "list", *named]) == 0
    assert SAID not in capsys.readouterr().err
