"""`postern account` as a person types it, against a real Dovecot."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from tests.certificates import make_certificate
from tests.dovecot import Dovecot
from tests.services import free_port

MESSAGE = b"Subject: hello\r\n\r\nbody\r\n"
PASSWORD = "open sesame"

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[Dovecot]:
    """A running server with the mailbox "li"."""
    server = Dovecot(make_certificate(tmp_path / "tls"), {"li": PASSWORD})
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs `postern account …`: its exit status, and what it printed on stdout and stderr."""
    (tmp_path / "zones.yaml").write_text("{}\n")
    monkeypatch.setenv("POSTERN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("POSTERN_VERIFY__DNS_ZONES", str(tmp_path / "zones.yaml"))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        status = main(["account", *words])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        assert printed.err.count("\n") <= 1
        return status, printed.out, printed.err

    return run


def written(folder: Path, dovecot: Dovecot | None = None, **more: Any) -> str:
    """An ACCOUNT.json; `more` goes into its imap section."""
    port = free_port() if dovecot is None else dovecot.port
    imap = {"host": "127.0.0.1", "port": port, "encryption": "none", "user": "li"}
    account = {"address": "li@example.com", "imap": {**imap, "password": PASSWORD, **more}}
    path = folder / "account.json"
    path.write_text(json.dumps(account))
    return str(path)


def test_an_account_is_bound_tried_fetched_listed_and_removed(
    tmp_path: Path, dovecot: Dovecot, say: Say
) -> None:
    dovecot.append("li", MESSAGE, MESSAGE)
    status, out, _ = say("add", "--from-file", written(tmp_path, dovecot))
    assert (status, out.startswith("li@example.com is bound")) == (0, True)
    assert say("test", "li@example.com")[1].endswith(" INBOX: 2 messages\n")
    status, out, _ = say("sync", "li@example.com", "--wait")
    assert (status, out) == (
        0,
        "li@example.com: 2 messages on the server: 2 stored, 0 duplicates, 0 deleted here, "
        "0 failed, 0 unexplained\n",
    )
    assert "li@example.com" in say("list")[1]
    assert say("remove", "li@example.com")[0] == 0
    assert say("list")[1].startswith("No mailbox is bound")
    assert say("sync", "li@example.com", "--wait")[0] == 1


def test_what_programs_read_is_json_without_the_password(
    tmp_path: Path, dovecot: Dovecot, say: Say
) -> None:
    dovecot.append("li", MESSAGE)
    say("add", "--from-file", written(tmp_path, dovecot))
    tested = json.loads(say("test", "li@example.com", "--json")[1])
    assert tested == {"ok": True, "sync_enabled": True, "folders": {"INBOX": 1}}
    synced = json.loads(say("sync", "li@example.com", "--wait", "--json")[1])
    assert synced["state"] == "ok"
    assert synced["ledger"]["stored"] == 1
    (listed,) = json.loads(say("list", "--json")[1])
    assert listed["imap"]["password"] == {"set": True}
    assert listed["status"] == synced
    assert PASSWORD not in json.dumps(listed)
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes()


@pytest.mark.parametrize("kind", ["env", "file"])
def test_a_password_may_stand_elsewhere(
    tmp_path: Path,
    dovecot: Dovecot,
    say: Say,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setenv("LI_PASSWORD", PASSWORD)
    (tmp_path / "secret.txt").write_text(PASSWORD + "\n")
    named = {"env": {"env": "LI_PASSWORD"}, "file": {"file": "secret.txt"}}[kind]
    say("add", "--from-file", written(tmp_path, dovecot, password=named))
    assert say("test", "li@example.com")[0] == 0


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ({"env": "NOT_SET_ANYWHERE"}, "imap.password: the environment has no NOT_SET_ANYWHERE"),
        ({"file": "nowhere.txt"}, "imap.password: nowhere.txt cannot be read"),
        ({"vault": "x"}, 'imap.password: must be text, {"env": "NAME"} or {"file": "PATH"}'),
        ({"set": True}, "imap.password: must be text"),
        ("", "imap.password: is missing"),
    ],
)
def test_a_password_that_is_not_there_is_missed(
    tmp_path: Path, say: Say, password: Any, words: str
) -> None:
    status, _, err = say("add", "--from-file", written(tmp_path, password=password))
    assert status == 2
    assert err.startswith(f"postern: {words}")


def test_pop3_is_refused_in_words(tmp_path: Path, say: Say) -> None:
    file = written(tmp_path, host="pop.163.com", port=995, encryption="tls")
    status, _, err = say("add", "--from-file", file)
    assert status == 2
    assert "is POP3, and only IMAP is offered; try imap.163.com with port 993" in err
    assert say("list")[1].startswith("No mailbox is bound")


def test_an_address_is_bound_once(tmp_path: Path, say: Say) -> None:
    assert say("add", "--from-file", written(tmp_path))[0] == 0
    status, _, err = say("add", "--from-file", written(tmp_path))
    assert (status, "li@example.com is bound already" in err) == (2, True)


def test_a_refused_login_says_stage_cause_and_cure(
    tmp_path: Path, dovecot: Dovecot, say: Say
) -> None:
    say("add", "--from-file", written(tmp_path, dovecot, password="wrong"))
    for words in (("test", "li@example.com"), ("sync", "li@example.com", "--wait")):
        status, _, err = say(*words)
        assert status == 1
        assert "login: user name or password is wrong" in err
        assert "Authentication failed" in err
        assert "check both" in err
    (listed,) = json.loads(say("list", "--json")[1])
    assert listed["status"]["state"] == "auth_failed"


def test_a_server_that_is_not_there_is_told(tmp_path: Path, say: Say) -> None:
    say("add", "--from-file", written(tmp_path))
    status, out, err = say("test", "li@example.com", "--json")
    assert (status, "connect: " in err, "refuses connections" in err) == (1, True, True)
    assert json.loads(out)["error"]["stage"] == "connect"


def test_a_file_that_is_no_account_is_told(tmp_path: Path, say: Say) -> None:
    file = tmp_path / "broken.json"
    for content, words in (
        ("{", "not valid JSON"),
        ("[]", "must hold one account as a JSON object"),
        ('{"address": "li@example.com"}', "imap: must be an object"),
    ):
        file.write_text(content)
        status, _, err = say("add", "--from-file", str(file))
        assert (status, words in err) == (2, True), err
    assert say("add", "--from-file", str(tmp_path / "nowhere.json"))[0] == 2


def test_a_disabled_account_is_not_fetched_even_when_asked(
    tmp_path: Path, dovecot: Dovecot, say: Say
) -> None:
    file = Path(written(tmp_path, dovecot))
    file.write_text(json.dumps({**json.loads(file.read_text()), "sync": {"enabled": False}}))
    say("add", "--from-file", str(file))
    before = dovecot.logins()
    for words in (("sync", "li@example.com"), ("sync", "li@example.com", "--wait")):
        status, _, err = say(*words)
        assert (status, "its sync is off" in err) == (1, True)
    assert dovecot.logins() == before
    assert "Sync is off" in say("test", "li@example.com")[1]
    (listed,) = json.loads(say("list", "--json")[1])
    assert listed["status"]["state"] == "disabled"


def test_an_account_that_is_not_bound_is_told(say: Say) -> None:
    for command in ("test", "sync", "remove"):
        status, _, err = say(command, "nobody@example.com")
        assert (status, "is not bound" in err) == (1, True)
