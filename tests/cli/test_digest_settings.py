"""Who is asked for a second opinion and what is learned here: from the file to the worker."""

from pathlib import Path

import pytest

from cli.config import Config, load_config
from cli.learning import build_revision, lessons_file
from cli.main import main
from cli.sample import sample_file
from digest.corrections import NAME
from mail.errors import SettingsProblem
from store.database import StoreSettings, migrate

ENDPOINT = '[digest.second_opinion]\nurl = "https://api.example.com/v1"\nmodel = "small"\n'


def read(folder: Path, text: str) -> Config:
    path = folder / "postern.toml"
    path.write_text(text)
    return load_config(path)


def test_nobody_is_asked_unless_somebody_is_named(tmp_path: Path) -> None:
    assert read(tmp_path, "").digest.second_opinion.settings() is None
    settings = read(tmp_path, ENDPOINT).digest.second_opinion.settings()
    assert settings is not None
    assert (settings.url, settings.model, settings.key) == (
        "https://api.example.com/v1",
        "small",
        None,
    )


def test_the_key_stands_in_a_file_beside_the_configuration_or_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "opinion.key").write_text("sk-1\n")
    monkeypatch.setenv("OPINION_KEY", "sk-2")
    for said, key in (('{ file = "opinion.key" }', "sk-1"), ('{ env = "OPINION_KEY" }', "sk-2")):
        config = read(tmp_path, f"{ENDPOINT}key = {said}\n")
        settings = config.digest.second_opinion.settings()
        assert settings is not None
        assert settings.key == key
        assert key not in repr(config)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENDPOINT.replace("https", "http"), "must begin with https://"),
        (ENDPOINT.replace('model = "small"\n', ""), "needs digest.second_opinion.model"),
        (f"{ENDPOINT}threshold = 2", "threshold"),
        ("[digest]\nlearning = true", "learning"),
    ],
)
def test_what_cannot_be_is_refused_and_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsProblem, match=said):
        read(tmp_path, text)


def test_the_environment_reaches_what_is_nested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTERN_DIGEST__SECOND_OPINION__TIMEOUT", "3")
    assert read(tmp_path, "").digest.second_opinion.timeout == 3


def test_the_sample_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    config = read(tmp_path, f"{ENDPOINT}threshold = 0.5\n")
    again = read(tmp_path, sample_file(config))
    assert again.digest == config.digest


def test_a_worker_without_parts_revises_nothing(tmp_path: Path) -> None:
    config = read(tmp_path, "[digest]\nlearn_from_corrections = false\n")
    revision = build_revision(config)
    assert revision._installed is None
    assert revision._opinion is None


def test_an_installation_without_corrections_learns_nothing_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = read(tmp_path, f'data_dir = "{tmp_path}"\n')
    migrate(StoreSettings("", tmp_path))
    assert lessons_file(config) == tmp_path / NAME
    arguments = ["train", "--installation", "--config", str(tmp_path / "postern.toml")]
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("0 corrections; macro-F1 on the check texts 0.")
    assert not (tmp_path / NAME).exists()
