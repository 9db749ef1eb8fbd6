"""One mail, from the socket to its row: the path that docs/architecture.md draws."""

import asyncio
import tracemalloc
from pathlib import Path

from store.mailboxes import list_mailboxes
from store.messages import MessageFilter, find_messages, get_message, open_raw
from store.transactions import TransactionFilter, find_transactions, get_transaction
from tests.mta.serving import Client, house, message


async def deliver(port: int, content: bytes, rcpt_to: str = "bob@reply.example") -> str:
    """Send one message from alice@sender.example; the final reply."""
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    await client.reply()
    await client.say(b"EHLO client.example\r\n")
    await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
    refusal = await client.say(f"RCPT TO:<{rcpt_to}>\r\n".encode())
    if refusal.startswith("250"):
        await client.say(b"DATA\r\n")
        refusal = await client.say(content + b".\r\n")
    await client.say(b"QUIT\r\n")
    await client.close()
    return refusal


async def test_one_mail_from_the_socket_to_its_row(tmp_path: Path) -> None:
    sent = message(b"Caf\xe9, as it came.\r\n")
    async with house(tmp_path) as running:
        reply = await deliver(running.port, sent)
        (found,) = find_messages(running.database, MessageFilter(), 10).items
        detail = get_message(running.database, found.id)
        raw = open_raw(running.database, found.id).read()
    assert reply == f"250 2.0.0 accepted [{found.id}]"
    assert raw == sent
    assert detail is not None
    transaction = detail.transaction
    assert transaction.report is not None
    assert transaction.report["spf"]["result"] == "pass"
    assert (transaction.summary.mail_from, transaction.summary.client_ip) == (
        "alice@sender.example",
        "127.0.0.1",
    )
    received = transaction.received.decode()
    assert received.startswith("Received: from client.example (unknown [127.0.0.1])")
    assert f"with ESMTP id {found.id}" in " ".join(received.split())
    assert b"mx.postern.example; " in transaction.authentication_results


async def test_refused_mail_takes_the_same_path_and_leaves_its_row(tmp_path: Path) -> None:
    async with house(tmp_path) as running:
        reply = await deliver(running.port, message(author="ceo@refused.example"))
        assert not find_messages(running.database, MessageFilter(), 10).items
        (row,) = find_transactions(running.database, TransactionFilter(), 10).items
        detail = get_transaction(running.database, row.id)
    assert reply.startswith("550 5.7.26 Unauthenticated email from refused.example ")
    assert reply.endswith(f" [{row.id}]")
    assert (row.outcome, row.stage, row.rule) == ("refused", "data", "dmarc-reject")
    assert detail is not None
    assert detail.header_block.startswith(b"From: <ceo@refused.example>\r\n")


async def test_a_refused_recipient_leaves_a_row(tmp_path: Path) -> None:
    async with house(tmp_path) as running:
        reply = await deliver(running.port, b"", "victim@elsewhere.example")
    async with house(tmp_path) as running:  # the first one has stopped: what it owed is saved
        (row,) = find_transactions(running.database, TransactionFilter(), 10).items
    assert reply.startswith("550 5.7.1 Relaying denied")
    assert (row.outcome, row.stage, row.code) == ("refused", "rcpt", 550)
    assert row.mail_from == "alice@sender.example"
    assert row.rcpt_to == ("victim@elsewhere.example",)


async def test_a_large_message_is_stored_from_its_spool_file(tmp_path: Path) -> None:
    sent = message(b"0123456789abcdef" * 4 * 40_000 + b"\r\n")
    async with house(tmp_path, memory_threshold_bytes=65536) as running:
        reply = await deliver(running.port, sent)
        (found,) = find_messages(running.database, MessageFilter(), 10).items
        assert open_raw(running.database, found.id).read() == sent
        assert list((tmp_path / "spool").iterdir()) == []
    assert reply.startswith("250 ")


async def test_mail_lies_where_the_envelope_says_whatever_its_header_says(tmp_path: Path) -> None:
    sent = b"From: <alice@sender.example>\r\nTo: <someone@elsewhere.example>\r\n\r\nForwarded.\r\n"
    async with house(tmp_path) as running:
        await deliver(running.port, sent, "campaign+7@reply.example")
        (found,) = find_messages(running.database, MessageFilter(), 10).items
        (mailbox,) = list_mailboxes(running.database)
        detail = get_message(running.database, found.id)
    assert found.mailboxes == (mailbox.id,)
    assert detail is not None
    assert detail.transaction.summary.rcpt_to == ("campaign+7@reply.example",)


async def test_a_message_of_twenty_megabytes_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    line = b"0123456789abcdef" * 4 + b"\r\n"
    block = line * 1000
    async with house(tmp_path) as running:
        client = Client(*await asyncio.open_connection("127.0.0.1", running.port))
        await client.reply()
        await client.say(b"EHLO client.example\r\n")
        await client.begin()
        tracemalloc.start()
        await client.send(message(b""))
        for _ in range(300):
            await client.send(block)
        reply = await client.say(b".\r\n")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        (found,) = find_messages(running.database, MessageFilter(), 10).items
        await client.close()
    assert reply.startswith("250 ")
    assert found.size == len(message(b"")) + 300 * len(block)
    assert peak < 5_000_000
