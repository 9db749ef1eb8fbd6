"""postern suppression: the same list on the command line."""

import csv
import io
from pathlib import Path

import pytest

from tests.cli.test_keeping import house as house
from tests.cli.test_keeping import listed, said


def test_an_address_is_added_listed_exported_and_removed(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "suppression", "add", "Anna@example.net", "--note", "asked") == (
        "No mail should go to anna@example.net.\n"
    )
    [one] = listed(capsys, "suppression", "list")
    assert (one["address"], one["reason"], one["note"]) == ("anna@example.net", "manual", "asked")
    assert listed(capsys, "suppression", "list", "--reason", "hard") == []
    [row] = csv.DictReader(io.StringIO(said(capsys, "suppression", "export")))
    assert (row["address"], row["state"]) == ("anna@example.net", "active")
    assert "again" in said(capsys, "suppression", "remove", "anna@EXAMPLE.net")
    assert "not suppressed" in said(capsys, "suppression", "remove", "anna@example.net", status=1)


def test_what_is_no_address_is_said(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "not an address" in said(capsys, "suppression", "add", "nobody", status=2)
    assert "cannot be" in said(
        capsys, "suppression", "add", "a@example.net", "--days", "0", status=1
    )
