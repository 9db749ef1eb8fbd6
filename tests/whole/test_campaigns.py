"""An answer finds its campaign, from the client's connection to the API, by each sign alone."""

import smtplib
import time
from pathlib import Path

from tests.server import PATIENCE, Server, serving

SENDER = "li@unsigned.demo.test"
SENT = '{"message_id": "<17@acme.example>", "recipient": "li@unsigned.demo.test"}\n'


def send(server: Server, rcpt: str, *lines: str) -> None:
    """One answer, accepted."""
    head = [f"From: {SENDER}", "To: sales@demo.test", "Subject: Re: Our catalogue"]
    content = "\r\n".join([*head, *lines, ""])
    with smtplib.SMTP("127.0.0.1", server.smtp_port, "client.demo.test", timeout=60) as client:
        client.sendmail(SENDER, [rcpt], content)


def newest(server: Server, number: int) -> dict[str, object]:
    """The latest message, once so many are digested."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        items = server.items("/messages")
        if len(items) == number and all(item["digested"] for item in items):
            with server.api() as client:
                told: dict[str, object] = client.get(f"/messages/{items[0]['id']}").json()
            return told
        time.sleep(0.05)
    raise AssertionError("nobody digested the message")


def test_an_answer_finds_its_campaign_by_each_sign_alone(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo") as server:
        file = tmp_path / "sent.ndjson"
        file.write_text(SENT, "utf-8")
        registered = server.told("campaign", "register", "spring-26", str(file))
        assert "1 registered" in registered.stdout, registered.stderr
        minted = server.told(
            *("address", "mint", "--domain", "demo.test"),
            *("--campaign", "spring-26", "--recipient", SENDER),
        ).stdout.strip()
        ways = [
            ("address", minted, ("", "Yes.")),
            ("references", "sales@demo.test", ("In-Reply-To: <17@acme.example>", "", "Yes.")),
            ("quoted", "sales@demo.test", ("", "Yes.", "> Message-ID: <17@acme.example>")),
        ]
        for number, (how, rcpt, lines) in enumerate(ways, 1):
            send(server, rcpt, *lines)
            campaign = newest(server, number)["campaign"]
            assert campaign == {"id": "spring-26", "recipient": SENDER, "how": how}
        (row,) = [one for one in server.items("/campaigns") if one["id"] == "spring-26"]
        assert sum(row["counts"].values()) == 3
