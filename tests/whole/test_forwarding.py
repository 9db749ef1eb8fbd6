"""Forwarded mail and reply addresses through the real server: offered, trusted, counted, ended."""

import json
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import PATIENCE, Server, serving
from tests.stores import store_for

ZONES = """
bank.test:
  - TXT: "v=spf1 -all"
_dmarc.bank.test:
  - TXT: "v=DMARC1; p=reject"
contoso.test:
  - TXT: "v=spf1 ip4:127.0.0.1 -all"
evil.test:
  - TXT: "v=spf1 ip4:127.0.0.1 -all"
"""
FORWARD = "help+SRS=uYpDN=BQ=bank.test=li@contoso.test"
SPOOF = "help+SRS=uYpDN=BQ=bank.test=li@evil.test"
SUPPORT = "support@reply.test"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("forwarding")
    zones: Path = folder / "zones.yaml"
    zones.write_text(ZONES)
    store_for(folder / "data", {"reply.test": "all", "signed.test": "signed"})
    with serving(folder, zones=zones) as running:
        yield running


def send(server: Server, mail_from: str, to: str, subject: str = "hello") -> tuple[int, str]:
    """The final reply to a message of bank.test's."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=30) as client:
        content = f"From: <li@bank.test>\r\nSubject: {subject}\r\n\r\nText\r\n"
        try:
            client.sendmail(mail_from, [to], content)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, text),) = error.recipients.values()
            return code, text.decode()
        except smtplib.SMTPDataError as error:
            said = error.smtp_error
            return error.smtp_code, said if isinstance(said, str) else said.decode()
    return 250, ""


def send_until(server: Server, mail_from: str, to: str, code: int) -> None:
    """Each worker hears of a change within a second or so; several have to."""
    deadline, right = time.monotonic() + PATIENCE, 0
    while right < 12:
        found, text = send(server, mail_from, to, f"number {time.monotonic_ns()}")
        right = right + 1 if found == code else 0
        assert time.monotonic() < deadline, (found, text)


def listed(server: Server) -> list[dict[str, str]]:
    shown = server.told("forwarder", "list", "--json")
    assert shown.returncode == 0, shown.stderr
    found: list[dict[str, str]] = json.loads(shown.stdout)
    return found


def test_a_forwarder_is_offered_trusted_counted_and_dropped(server: Server) -> None:
    code, text = send(server, FORWARD, SUPPORT)
    assert (code, text[:6]) == (550, "5.7.26")
    assert send(server, SPOOF, SUPPORT)[0] == 550
    offers = {one["forwarder"]: one for one in listed(server) if one["destination"] == SUPPORT}
    assert set(offers) == {"help@contoso.test", "help@evil.test"}
    chosen = offers["help@contoso.test"]
    assert (chosen["state"], chosen["destination"]) == ("offered", SUPPORT)

    trusted = server.told("forwarder", "trust", chosen["id"], "--days", "7", "--note", "Li's")
    assert trusted.returncode == 0, trusted.stderr
    send_until(server, FORWARD, SUPPORT, 250)
    assert send(server, SPOOF, SUPPORT)[0] == 550
    assert send(server, FORWARD, "sales@reply.test")[0] == 550
    trusted_now = [one for one in listed(server) if one["state"] == "trusted"]
    (row,) = [one for one in trusted_now if one["destination"] == SUPPORT]
    assert int(row["messages"]) >= 1
    newest = server.items("/transactions", q="support", outcome="accepted")[0]
    with server.api() as client:
        detail = client.get(f"/transactions/{newest['id']}").json()
        results = detail["authentication"]["authentication_results"]
        assert "policy.override=trusted-forwarder" in results
        replayed = server.told("verify", "--replay", newest["id"])
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        assert client.delete(f"/forward-paths/{row['id']}").status_code == 204
        assert client.delete(f"/forward-paths/{row['id']}").status_code == 404
    send_until(server, FORWARD, SUPPORT, 550)


def test_offers_and_trust_over_the_api(server: Server) -> None:
    assert send(server, FORWARD, "info@reply.test")[0] == 550
    with server.api() as client:
        items = client.get("/forward-paths").json()["items"]
        (offer,) = [one for one in items if one["destination"] == "info@reply.test"]
        assert (offer["state"], offer["known_by"], offer["name"]) == (
            "offered",
            "spf",
            "contoso.test",
        )
        made = client.post("/forward-paths", json={"id": offer["id"], "days": 30})
        assert made.status_code == 201, made.text
        assert (made.json()["state"], made.json()["uses"]) == ("trusted", 0)
        assert client.post("/forward-paths", json={"id": offer["id"]}).status_code == 404
        assert client.post("/forward-paths", json={"id": "x", "days": 999}).status_code == 422


def test_what_a_stranger_makes_up_is_not_offered_and_an_offer_can_be_dismissed(
    server: Server,
) -> None:
    made_up = "help+SRS=uYpDN=BQ=else.test=li@contoso.test"
    assert send(server, made_up, "hr@reply.test")[0] == 550
    assert send(server, "SRS0=x=BQ=else.test=li@evil.test", "hr@reply.test")[0] == 550
    assert send(server, FORWARD, "hr@reply.test")[0] == 550
    (offer,) = [one for one in listed(server) if one["destination"] == "hr@reply.test"]
    assert offer["forwarder"] == "help@contoso.test"
    assert "forwarded" in offer["unproven"]
    assert server.told("forwarder", "dismiss", offer["id"]).returncode == 0
    (dismissed,) = [one for one in listed(server) if one["id"] == offer["id"]]
    assert dismissed["state"] == "dismissed"
    unknown = server.told("forwarder", "dismiss", "none")
    assert (unknown.returncode, unknown.stdout) == (1, "")


def test_a_signed_domain_takes_minted_addresses_and_holds_what_fails(server: Server) -> None:
    minted = server.told(
        *("address", "mint", "--domain", "signed.test"),
        *("--campaign", "spring", "--recipient", "wang@customer.test"),
    ).stdout.strip()
    send_until(server, "li@bank.test", minted.upper(), 250)
    assert send(server, "li@bank.test", "sales@signed.test")[0] == 550
    assert {one["rule"] for one in server.items("/messages", held="true")} == {"signed-reply"}
