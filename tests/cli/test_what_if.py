"""`postern what-if`: what it foretells is what happens once the settings are changed."""

import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bounce_rules.facts import Policy
from cli import what_if
from cli.main import main
from store.rows import OUTCOMES
from tests.cli.transactions import close_house, many, open_house
from tests.fakes import FixedClock
from verify.dmarc.suffixes import SuffixList, load_suffixes

NUMBER = 60


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("POSTERN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("POSTERN_HOSTNAME", "mx.reply.example")
    monkeypatch.setenv("POSTERN_VERIFY__TRUSTED_SEALERS", "fwd.example")


def command(*words: str) -> int:
    """The command runs a loop of its own, so it must not run in that of a test."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(main, ["what-if", *words]).result()


async def taken(
    folder: Path, at: datetime, policy: Policy, suffixes: SuffixList | None = None
) -> dict[bytes, str]:
    """The outcome of each message of `many` under this policy; they stay in the store."""
    house = open_house(folder, FixedClock(at), policy)
    house.tools = replace(house.tools, verify=replace(house.tools.verify, suffixes=suffixes))
    outcomes = {}
    for number, (octets, letter, zone) in enumerate(many(NUMBER, at)):
        octets = b"X-Number: %d\r\n" % number + octets
        stored = await house.take(octets, letter, zone)
        outcomes[octets] = OUTCOMES[stored.verdict.action]
    close_house(house)
    return outcomes


@pytest.mark.parametrize(
    ("words", "policy"),
    [
        (["--dmarc", "rfc7489"], Policy()),
        (["--enforce", "authenticated"], Policy("authenticated")),
        (["--enforce", "monitor"], Policy("monitor")),
        (["--dmarc-reply", "5.7.206"], Policy(dmarc_reply="5.7.206")),
        (["--trust-forwarder", "fwd.example"], Policy(trusted_forwarders=("fwd.example",))),
    ],
)
async def test_what_is_foretold_is_what_happens(
    words: list[str], policy: Policy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime.now(UTC) - timedelta(days=1)
    before = await taken(tmp_path / "data", at, Policy())
    suffixes = load_suffixes() if "--dmarc" in words else None
    after = await taken(tmp_path / "other", at, policy, suffixes)
    assert command(*words, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["decided"] == NUMBER and told["not_repeatable"] == told["unsure"] == 0
    happened = Counter((before[one], after[one]) for one in before if before[one] != after[one])
    foretold = Counter(
        {
            (one["was"], one["would_be"]): one["number"]
            for one in told["changes"]
            if one["was"] != one["would_be"]
        }
    )
    assert foretold == happened
    assert told["changed"] > 0
    assert told["changed"] == len(told["transactions"]) == NUMBER - told["same"]


async def test_it_goes_page_after_page_and_lists_as_many_as_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await taken(tmp_path / "data", datetime.now(UTC) - timedelta(days=2), Policy())
    monkeypatch.setattr(what_if, "PAGE", 7)
    assert command("--enforce", "monitor", "--list", "2") == 0
    said = capsys.readouterr().out
    assert f"Of {NUMBER} transactions of the last 30 days" in said
    assert "refused -> accepted" in said
    assert "more; --list shows more of them" in said
    assert command("--enforce", "monitor", "--days", "1") == 1


async def test_nothing_changes_under_the_same_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await taken(tmp_path / "data", datetime.now(UTC) - timedelta(days=1), Policy())
    assert command("--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["same"], told["changed"], told["transactions"]) == (NUMBER, 0, [])


@pytest.mark.parametrize("words", [["--days", "0"], ["--enforce", "no"], ["--trust-sealer", "a b"]])
def test_wrong_words_are_a_usage_error(words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["what-if", *words])
    assert stopped.value.code == 2
