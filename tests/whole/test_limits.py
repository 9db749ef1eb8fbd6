"""Limits of a whole server: several processes, one client."""

from pathlib import Path

import pytest

from tests.server import Server, serving, until
from tests.stores import store_for
from tests.whole.test_metrics import numbers
from tests.wire import Wire

LISTS = """
2.0.0.127.bl.test:
  - A: 127.0.0.2
7.113.0.203.bl.test:
  - A: 127.0.0.3
  - TXT: "https://bl.test/?ip=203.0.113.7"
open.test:
  - TXT: "v=spf1 +all"
"""


def mail_replies(server: Server, sessions: int) -> list[str]:
    """What MAIL is answered on so many connections, all of them open at once."""
    wires = [Wire(server.smtp_port) for _ in range(sessions)]
    replies = []
    for wire in wires:
        wire.say("EHLO client.test")
        replies.append(wire.say("MAIL FROM:<v@open.test>")[:9])
    for wire in wires:
        wire.socket.close()
    return replies


def test_what_a_network_may_do_in_a_minute_is_the_same_whichever_process_it_meets(
    tmp_path: Path, zones: Path
) -> None:
    limits = {"POSTERN_SMTP__MESSAGES_PER_MINUTE": "3", "POSTERN_SMTP__WORKERS": "3"}
    with serving(tmp_path, zones=zones, **limits) as server:
        replies = mail_replies(server, 9)
        assert sorted(replies) == ["250 2.1.0"] * 3 + ["450 4.7.1"] * 6
        series = 'postern_smtp_limits_total{limit="message-rate"}'
        until(lambda: numbers(server).get(series) == 6)


def test_connections_of_a_network_have_one_limit_however_they_lie(
    tmp_path: Path, zones: Path
) -> None:
    """Two networks by turns: each of the processes would have only one of them."""
    limits = {
        "POSTERN_SMTP__MAX_CONNECTIONS_PER_CLIENT": "4",
        "POSTERN_SMTP__WORKERS": "2",
        "POSTERN_SMTP__PROXY_NETWORKS": "127.0.0.0/8",
    }
    with serving(tmp_path, "--only", "smtp", zones=zones, **limits) as server:
        headers = [b"PROXY TCP4 192.0.%d.1 127.0.0.1 1 25\r\n" % (n % 2) for n in range(8)]
        for _ in range(3):
            wires = [Wire(server.smtp_port, before=header) for header in headers]
            assert [wire.greeting[:3] for wire in wires] == ["220"] * 8
            with Wire(server.smtp_port, before=headers[0]) as fifth:
                assert fifth.greeting.startswith("421 4.7.0 Too many connections from your network")
            for wire in wires:
                assert wire.say("QUIT").startswith("221")
                assert wire.socket.recv(1) == b""
                wire.socket.close()


@pytest.mark.parametrize(("ip", "reply"), [("203.0.113.7", "550"), ("203.0.113.8", "250")])
def test_a_client_on_a_list_is_refused_and_the_log_of_transactions_says_why(
    tmp_path: Path, ip: str, reply: str
) -> None:
    store_for(tmp_path / "data", {"reply.test": "all"})
    zones = tmp_path / "zones.yaml"
    zones.write_text(LISTS)
    settings = {
        "POSTERN_SMTP__DNS_LISTS": '[{"zone": "bl.test", "codes": ["127.0.0.3"]}]',
        "POSTERN_SMTP__PROXY_NETWORKS": "127.0.0.0/8",
    }
    with serving(tmp_path, "--only", "smtp", zones=zones, **settings) as server:
        with Wire(server.smtp_port, before=f"PROXY TCP4 {ip} {ip} 1 25\r\n".encode()) as wire:
            wire.say("EHLO client.test")
            wire.say("MAIL FROM:<v@open.test>")
            said = wire.say("RCPT TO:<sales@reply.test>")
            wire.say("QUIT")
        assert said.startswith(reply)
        if reply == "550":
            assert "because bl.test lists it" in said
            assert "https://bl.test/?ip=203.0.113.7" in said
            until(lambda: "dns-list" in server.told("trace", ip).stdout)


def test_each_of_many_processes_has_memory_for_a_message(tmp_path: Path, zones: Path) -> None:
    store_for(tmp_path / "data", {"reply.test": "all"})
    limits = {"POSTERN_SMTP__MEMORY_BUDGET_BYTES": "1048576", "POSTERN_SMTP__WORKERS": "5"}
    with (
        serving(tmp_path, "--only", "smtp", zones=zones, **limits) as server,
        Wire(server.smtp_port) as wire,
    ):
        wire.say("EHLO client.test")
        content = b"From: v@open.test\r\n\r\nhello\r\n"
        reply = wire.deliver("v@open.test", "sales@reply.test", content)
    assert reply.startswith("250"), reply
