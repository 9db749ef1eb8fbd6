"""Retention, holds, quotas, erasure and the audit log, as a person uses them at a terminal."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from store.database import StoreSettings, open_database
from store.domains import list_domains
from store.messages import get_message, save_digest
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, envelope, received


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of an installation with one domain, whose configuration is built in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSTERN_DATA_DIR", str(tmp_path / "data"))
    assert main(["domain", "add", "reply.example"]) == 0
    return tmp_path / "data"


async def save(data: Path, more: bytes = b"") -> str:
    """One message in its mailbox, years after which everything below is done."""
    database = open_database(StoreSettings("", data))
    writer = Writer(database, lambda: NOON)
    writer.start()
    box = list_domains(database)[0].mailbox
    stored = await writer.save_message(
        received(CONTENT + more, letter=envelope(mailboxes=[box], at=NOON.replace(year=2020)))
    )
    writer.close()
    database.close()
    return stored.id


def is_here(data: Path, identifier: str) -> bool:
    database = open_database(StoreSettings("", data))
    try:
        return get_message(database, identifier) is not None
    finally:
        database.close()


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(list(words)) == status, words
    out, error = capsys.readouterr()
    return error if status else out


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(said(capsys, *words, "--json"))


async def test_a_rule_is_looked_at_added_confirmed_and_removed(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await save(house)
    rule = ("--days", "30", "--mailbox", "reply.example", "--larger-than", "1k")
    assert listed(capsys, "retention", "preview", *rule) == {"messages": 0, "octets": 0}
    would = listed(capsys, "retention", "preview", "--days", "30")
    assert would == {"messages": 1, "octets": len(CONTENT)}
    identifier = said(capsys, "retention", "add", "--days", "30").split(":")[0]
    assert f"{len(CONTENT)} octets" in said(capsys, "retention", "preview", identifier)
    rows = listed(capsys, "retention", "list")
    assert [(one["id"], one["in_force"]) for one in rows if one["what"] == "delete"] == [
        (identifier, False)
    ]
    assert "in force now" in said(capsys, "retention", "confirm", identifier)
    assert "waits for nothing" in said(capsys, "retention", "confirm", identifier, status=1)
    assert "followed no longer" in said(capsys, "retention", "remove", identifier)
    assert "there is no rule" in said(capsys, "retention", "remove", identifier, status=1)


def test_ages_are_set_and_shown(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "retention", "age", "log", "10") == "log: 10 days, now in force: 90.\n"
    ages = {one["id"]: one["days"] for one in listed(capsys, "retention", "list")}
    assert ages["refused"] == "7"
    assert ages["log"] == "90, then 10"
    said(capsys, "retention", "confirm", "log")
    assert "has no age" in said(capsys, "retention", "age", "mail", "1", status=2)
    assert "The clock is believed" in said(capsys, "retention", "confirm-clock")


async def test_a_hold_is_set_listed_and_lifted(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await save(house)
    words = ("--address", "Li@example.org", "--since", "2020-01-01", "--reason", "case 12")
    identifier = said(capsys, "hold", "add", *words).strip()
    [row] = listed(capsys, "hold", "list")
    assert (row["id"], row["address"], row["reason"]) == (identifier, "li@example.org", "case 12")
    assert listed(capsys, "retention", "preview", "--days", "1")["messages"] == 0
    said(capsys, "hold", "lift", identifier)
    assert "no hold" in said(capsys, "hold", "lift", identifier, status=1)
    assert "A hold needs" in said(capsys, "hold", "add", status=2)
    whats = [one["what"] for one in listed(capsys, "audit", "--what", "hold")]
    assert whats == ["hold.lift", "hold.set"]


def test_a_quota_is_set_shown_and_removed(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "quota", "set", "reply.example", "--size", "2G", "--when-full", "defer")
    [row] = listed(capsys, "quota", "list")
    assert (row["most_octets"], row["when_full"], row["percent"]) == (2 * 1024**3, "defer", 0)
    said(capsys, "quota", "remove", "reply.example")
    assert "has no quota" in said(capsys, "quota", "remove", "reply.example", status=1)
    assert "no mailbox" in said(capsys, "quota", "set", "x", "--messages", "1", status=2)


async def test_somebody_is_erased_and_the_receipt_verified(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identifier = await save(house)
    assert "waits for the worker" in said(capsys, "erase", "nobody@example.org", "--yes", status=1)
    database = open_database(StoreSettings("", house))
    save_digest(database, identifier, {"category": "notice"})
    database.close()
    forecast = listed(capsys, "erase", "li@example.org", "--preview")
    assert (forecast["messages"], forecast["held"]) == (1, 0)
    assert is_here(house, identifier)
    assert "use --yes" in said(capsys, "erase", "li@example.org", status=2)
    assert is_here(house, identifier)
    printed = said(capsys, "erase", "li@example.org", "--yes", "--compact")
    assert not is_here(house, identifier)
    assert "li@example.org" not in printed
    receipt = house / "receipt.json"
    receipt.write_text(printed)
    verify = ("erase", "--verify", str(receipt))
    assert "is ours" in said(capsys, *verify)[:30]
    assert main([*verify, "li@example.org"]) == 0
    assert main([*verify, "bo@example.org"]) == 1
    receipt.write_text(printed.replace('"messages": 1', '"messages": 2'))
    assert main([*verify]) == 1
    receipt.write_text("[]")
    assert "is no receipt" in said(capsys, *verify, status=2)
