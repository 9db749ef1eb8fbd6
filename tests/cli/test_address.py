"""Minting and reading through the command, with a real key file and a real store."""

import json
from pathlib import Path

import pytest

from cli.main import main


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSTERN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def mint(capsys: pytest.CaptureFixture[str], campaign: str, recipient: str) -> str:
    words = ["--domain", "Reply.Example", "--campaign", campaign, "--recipient", recipient]
    assert main(["address", "mint", *words]) == 0
    return capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    ("campaign", "recipient"),
    [
        ("spring-2026", "wang@customer.example"),
        ("Spring 2026 \u2014 Grüße", "Some.Body+with.a.long.name@subsidiary.customer.example"),
        ("c1", "李明@例子.example"),
    ],
)
def test_what_was_minted_is_read(
    capsys: pytest.CaptureFixture[str], campaign: str, recipient: str
) -> None:
    address = mint(capsys, campaign, recipient)
    assert len(address.partition("@")[0]) <= 64
    assert address.endswith("@reply.example")
    for spelling in (address, address.upper()):
        assert main(["address", "read", "--json", spelling]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found == {"campaign": campaign, "recipient": recipient}
    assert mint(capsys, campaign, recipient) == address


def test_reading_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    address = mint(capsys, "spring", "wang@customer.example")
    assert main(["address", "read", address]) == 0
    assert capsys.readouterr().out == "campaign:  spring\nrecipient: wang@customer.example\n"


@pytest.mark.parametrize("change", ["other", "flip", "plain", "none"])
def test_what_we_did_not_sign_is_a_negative_answer(
    capsys: pytest.CaptureFixture[str], change: str
) -> None:
    address = mint(capsys, "spring", "wang@customer.example")
    flipped = "a" if address[6] != "a" else "b"
    changed = {
        "other": address.replace("reply.example", "other.example"),
        "flip": address[:6] + flipped + address[7:],
        "plain": "sales@reply.example",
        "none": "no address at all",
    }[change]
    assert main(["address", "read", changed]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1


def test_a_handle_of_another_store_is_ours_but_unknown(
    capsys: pytest.CaptureFixture[str], house: Path
) -> None:
    address = mint(capsys, "Spring", "Wang@customer.example")
    (house / "data" / "postern.db").rename(house / "gone")
    assert main(["address", "read", address]) == 1
    assert "does not know its handle" in capsys.readouterr().err


def test_old_addresses_are_read_after_a_new_key(capsys: pytest.CaptureFixture[str]) -> None:
    old = mint(capsys, "spring", "wang@customer.example")
    assert main(["address", "rotate"]) == 0
    capsys.readouterr()
    new = mint(capsys, "spring", "wang@customer.example")
    assert new != old
    for address in (old, new):
        assert main(["address", "read", address]) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["mint", "--domain", "reply.example", "--campaign", "", "--recipient", "a@b.example"],
        ["mint", "--domain", "[192.0.2.1]", "--campaign", "c", "--recipient", "a@b.example"],
        ["mint", "--domain", "-", "--campaign", "c", "--recipient", "a@b.example"],
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["address", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
