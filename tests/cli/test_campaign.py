"""Campaigns through the command, with a real store."""

import json
from pathlib import Path

import pytest

from cli.main import main


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own, with a reply domain."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSTERN_DATA_DIR", str(tmp_path / "data"))
    assert main(["domain", "add", "reply.example", "--accept", "all"]) == 0
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(["campaign", *words]) == status
    told = capsys.readouterr()
    return told.out + told.err


def test_messages_are_registered_once_and_listed(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = house / "sent.ndjson"
    lines = [{"message_id": f"<{n}@acme.example>", "recipient": "li@x.example"} for n in range(3)]
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert "3 registered, 0 were known" in said(
        capsys, "register", "spring26", str(file), "--name", "Spring"
    )
    assert "0 registered, 3 were known" in said(capsys, "register", "spring26", str(file))
    assert "3 belong to another campaign" in said(capsys, "register", "x", str(file), status=1)
    rows = json.loads(said(capsys, "list", "--json"))
    found = {row["id"]: (row["name"], row["messages"]) for row in rows}
    assert found == {"spring26": ("Spring", 3), "x": ("", 0)}


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"message_id": "<a@b>", "to": "x"}',
                                  '{"message_id": "<a@b>", "sent_at": "yesterday"}'])  # fmt: skip
def test_a_line_that_cannot_be_read_is_said_by_its_number(
    house: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    file = house / "sent.ndjson"
    file.write_text('{"message_id": "<1@acme.example>"}\n' + line, "utf-8")
    assert "line 2" in said(capsys, "register", "c", str(file), status=2)


def test_a_sample_is_checked_with_the_keys_of_this_house(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--domain", "reply.example", "--campaign", "spring26", "--recipient", "li@x.example"]
    assert main(["address", "mint", *words]) == 0
    address = capsys.readouterr().out.strip()
    file = house / "sample.eml"
    head = "From: Acme <news@acme.example>\nMessage-ID: <1@acme.example>\nReply-To: "
    file.write_text(f"{head}{address}\n\nHello", "utf-8")
    assert address in said(capsys, "check", str(file))
    file.write_text(f"{head}wang@qq.com\n\nHello", "utf-8")
    chinese = said(capsys, "check", str(file), "--language", "zh-CN", status=1)
    assert "个人邮箱" in chinese
    told = json.loads(said(capsys, "check", str(file), "--json", status=1))
    assert told[0]["code"] == "reply_to_personal"


def test_a_file_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere.eml cannot be read" in said(capsys, "check", "nowhere.eml", status=2)
