"""The digest command as a person and as a program use it."""

import base64
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main

MESSAGE = (
    b"From: Li Wei <li@example.com>\r\nSubject: Offer\r\n"
    b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + "请报价，镕".encode("gbk")
)


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "m.eml"
    path.write_bytes(MESSAGE)
    return path


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Make `content` the standard input of this process."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_file_is_described_for_a_person(mail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest", str(mail)]) == 0
    out = capsys.readouterr().out
    assert "from:       Li Wei <li@example.com>\n" in out
    assert "charset:    declared gb2312, decoded as gb18030\n" in out
    assert out.endswith("\n请报价，镕\n")


def test_json_is_one_object_a_line(mail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest", "--json", str(mail), str(mail)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["请报价，镕"] * 2


def test_a_message_may_come_on_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, MESSAGE)
    assert main(["digest", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["subject"] == "Offer"


def test_a_missing_file_is_one_line_and_the_others_are_done(
    mail: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["digest", "--json", str(mail.parent / "none.eml"), str(mail)]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "none.eml: No such file or directory" in captured.err
    assert len(captured.out.splitlines()) == 1


def test_no_file_is_a_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest"]) == 2
    assert "name a message file" in capsys.readouterr().err


def request(number: int, **more: object) -> str:
    message = {"id": number, "message_b64": base64.b64encode(MESSAGE).decode(), **more}
    return json.dumps({"mail_from": None, "rcpt": None, **message})


def test_a_batch_answers_every_line_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = [
        request(1),
        request(2, mail_from="", rcpt=["a@b.example"]),
        "not json",
        '{"id": 4}',
        request(5, message_b64="!!!"),
        request(6, mail_from=7),
        request(7, rcpt="a@b.example"),
        "[1]",
        "[" * 100_000,
        "",
        request(10),
    ]
    feed(monkeypatch, "\n".join(requests).encode())
    assert main(["digest", "--batch"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2, None, 4, 5, 6, 7, None, None, 10]
    assert [bool(answer.get("error")) for answer in answers] == [
        *(False, False),
        *(True,) * 7,
        False,
    ]
    assert list(answers[0])[:3] == ["id", "category", "confidence"]
    assert answers[0] == {**answers[9], "id": 1}


def test_the_configuration_is_read_only_where_it_is_named(
    mail: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (mail.parent / "postern.toml").write_text("no_such_key = 1\n")
    monkeypatch.chdir(mail.parent)
    assert main(["digest", str(mail)]) == 0
    assert main(["digest", "--config", "postern.toml", str(mail)]) == 2
    assert main(["digest", "--config", "none.toml", str(mail)]) == 2
    assert "none.toml" in capsys.readouterr().err


def test_the_command_loads_nothing_that_only_its_readers_need() -> None:
    """What it loads is most of the time that a person waits for the first answer."""
    listing = "import sys, cli.main, cli.digest; print(*sys.modules)"
    words = [sys.executable, "-c", listing]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert "digest.apart.reader" in loaded
    assert not {"digest.digest", "pydantic", "sqlalchemy", "store"} & set(loaded)
