"""Programs killed while mail flows: what was acknowledged is there, once."""

from pathlib import Path

import pytest

from store.database import StoreSettings
from tests.generator import generate
from tests.postgres import running
from tests.server import Server
from tests.whole.kills import EACH, kill_while_mail_flows, losses, serving
from tests.wire import Wire

KILLS = 4 * EACH
"""Enough for one end of the whole family at least: there are four programs."""


@pytest.mark.timeout(300)
def test_no_acknowledged_message_is_lost_or_stored_twice(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        acknowledged = kill_while_mail_flows(server, KILLS, seed=1)
        transactions = {item["id"] for item in server.items("/transactions")}
        assert server.stop() == 0
    assert len(acknowledged) > KILLS
    assert acknowledged.keys() <= transactions
    assert losses(StoreSettings("", tmp_path / "data"), acknowledged) == []
    assert list((tmp_path / "data" / "spool").glob("*")) == []


@pytest.mark.timeout(300)
def test_no_acknowledged_message_is_lost_when_postgresql_is_killed_too(tmp_path: Path) -> None:
    with running(durable=True) as cluster:
        url = cluster.url(cluster.make_database())
        with serving(tmp_path, url) as server:
            acknowledged = kill_while_mail_flows(server, KILLS, seed=2, cluster=cluster)
            assert server.stop() == 0
        assert len(acknowledged) > KILLS
        assert losses(StoreSettings(url, tmp_path / "data"), acknowledged) == []


def test_what_is_sent_again_is_linked_to_the_first_and_shown_once(server: Server) -> None:
    content = generate(3)
    with Wire(server.smtp_port) as wire:
        wire.say("EHLO client.open.test")
        replies = [
            wire.deliver("sender@open.test", "sales@reply.test", content),
            wire.deliver("sender@open.test", "sales@reply.test", content),
            wire.deliver("other@open.test", "sales@reply.test", content),
            wire.deliver("sender@open.test", "info@reply.test", content),
        ]
    assert all(reply.startswith("250 2.0.0") for reply in replies)
    first, again, other_sender, other_recipient = (reply[-27:-1] for reply in replies)
    transactions = {item["id"]: item for item in server.items("/transactions")}
    assert transactions[again]["duplicate_of"] == first
    assert {item["id"] for item in server.items("/messages")} == {
        first,
        other_sender,
        other_recipient,
    }
