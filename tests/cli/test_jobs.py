"""`postern jobs`: failed jobs listed, tried again, given up."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import insert

from cli import build
from cli.main import main
from store import schema
from store.database import StoreSettings, open_database
from store.outbox import backlog, claim
from store.rows import job_row
from tests.stores import new_store


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def settings(tmp_path: Path) -> StoreSettings:
    """A store with three failed jobs of two kinds."""
    settings = new_store(tmp_path)
    database = open_database(settings)
    with database.write() as connection:
        for kind in ("digest", "digest", "recheck"):
            row = job_row(kind, f"about-{kind}", build.now())
            dead = {"state": "dead", "attempts": 10, "error": f"{kind} has no luck"}
            connection.execute(insert(schema.outbox).values(row | dead))
    database.close()
    return settings


@pytest.fixture
def run(
    settings: StoreSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """One command over that store."""
    monkeypatch.setenv("POSTERN_DATA_DIR", str(settings.data_dir))
    monkeypatch.chdir(settings.data_dir)

    def jobs(*words: str) -> Done:
        status = main(["jobs", *words])
        printed = capsys.readouterr()
        return Done(status, printed.out, printed.err)

    return jobs


def test_failed_jobs_are_listed_newest_first_with_their_errors(run: Run) -> None:
    found = json.loads(run("list", "--json").stdout)
    assert [job["error"] for job in found] == [
        "recheck has no luck",
        "digest has no luck",
        "digest has no luck",
    ]
    assert "recheck" in run("list", "--kind", "recheck").stdout
    assert "No job has failed" in run("list", "--kind", "webhook").stdout


def test_one_is_retried_one_dropped_and_the_rest_at_once(run: Run, settings: StoreSettings) -> None:
    newest, second, first = (job["id"] for job in json.loads(run("list", "--json").stdout))
    assert run("retry", str(first)).stdout == "1 job will be tried again.\n"
    assert run("drop", str(second)).stdout == "1 job dropped.\n"
    assert run("drop", str(second)).returncode == 1
    assert run("retry", "--all").stdout == "1 job will be tried again.\n"
    database = open_database(settings)
    assert backlog(database).dead == 0
    claimed = claim(database, ["digest", "recheck"], "a", 10, 60, build.now())
    assert {job.id for job in claimed} == {newest, first}
    database.close()


def test_all_of_a_kind_are_retried(run: Run) -> None:
    assert run("retry", "--kind", "digest").stdout == "2 jobs will be tried again.\n"
    assert run("retry", "--kind", "digest").returncode == 1


@pytest.mark.parametrize("words", [(), ("1", "--all"), ("--kind", "digest", "--all")])
def test_it_must_be_said_which(run: Run, words: tuple[str, ...]) -> None:
    done = run("retry", *words)
    assert done.returncode == 2
    assert done.stderr.strip().endswith("say which: IDs, --kind KIND or --all")
