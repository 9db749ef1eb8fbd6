"""What a running server decided is decided alike by `postern verify --replay`, and by its rules."""

import json
import smtplib
from collections.abc import Iterator

import pytest

from tests.server import Server, serving
from tests.stores import store_for
from tests.whole.conftest import ZONES


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A door for several tests."""
    folder = tmp_path_factory.mktemp("shared")
    zones = folder / "zones.yaml"
    zones.write_text(ZONES)
    store_for(folder / "data", {"reply.test": "all"})
    with serving(folder, "--only", "smtp", zones=zones) as running:
        yield running


def send(server: Server, sender: str, body: str) -> str:
    """One message through the real door; the id in the reply."""
    message = f"From: {sender}\r\nSubject: {body}\r\n\r\n{body}\r\n"
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=30) as client:
        client.ehlo("mx.open.test")
        client.mail(sender)
        client.rcpt("wu@reply.test")
        _, text = client.data(message)
    return text.decode().rpartition("[")[2].removesuffix("]")


@pytest.mark.parametrize(
    ("sender", "action"),
    [("li@open.test", "accept"), ("li@strict.test", "reject"), ("li@held.test", "quarantine")],
)
def test_a_running_servers_verdict_is_the_same_again(
    shared: Server, sender: str, action: str
) -> None:
    identifier = send(shared, sender, "hello")
    said = shared.told("verify", "--replay", identifier, "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    answer = json.loads(said.stdout)
    assert answer["same"] and answer["stored_verdict"]["action"] == action
    assert answer["changed"] == {"rules": False, "settings": False}
    assert answer["unanswered"] == []


def test_what_if_of_a_running_server(door: Server) -> None:
    refused = send(door, "li@strict.test", "hello")
    send(door, "li@open.test", "hello")
    said = door.told("what-if", "--enforce", "monitor", "--json")
    answer = json.loads(said.stdout)
    assert (answer["decided"], answer["changed"]) == (2, 1)
    assert [one["id"] for one in answer["transactions"]] == [refused]
    door.environment["POSTERN_VERIFY__ENFORCE"] = "monitor"
    again = door.told("verify", "--replay", refused)
    assert again.returncode == 1
    assert "the settings have changed since" in again.stdout
