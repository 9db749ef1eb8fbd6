"""The limits of a session and of a minute, met through the real listener, and counted."""

import asyncio
import time
from ipaddress import ip_network
from pathlib import Path

import pytest

from mail.address import Domain
from mta.conduct import Conduct
from mta.meters import Meters
from mta.settings import SmtpSettings
from mta.transfer import TransferRate
from store.metrics import Metrics
from tests.mta.serving import Client, Served, message, serving

PROXY = (ip_network("127.0.0.0/8"),)
SETTINGS = SmtpSettings(Domain("mx.postern.example"), Path("unused"))


async def greeted(served: Served, ip: str) -> Client:
    client = await served.connect_from(ip)
    await client.reply()
    await client.say(b"EHLO client.example\r\n")
    return client


async def deliver(client: Client) -> str:
    await client.begin()
    return await client.say(message() + b".\r\n")


# ---- in a minute


async def test_connections_in_a_minute_have_a_limit_for_each_network() -> None:
    async with serving(proxy_networks=PROXY, connections_per_minute=3) as served:
        for number in range(3):
            await greeted(served, f"192.0.2.{number}")
        fourth = await served.connect_from("192.0.2.9")
        assert await fourth.reply() == [
            "421 4.7.0 Too many connections from your network in a minute"
        ]
        assert await fourth.reply() == []
        await greeted(served, "192.0.3.1")
        assert served.met("connection-rate") == 1


async def test_messages_in_a_minute_have_a_limit_and_a_row_of_the_log() -> None:
    async with serving(messages_per_minute=2) as served:
        client = await served.greeted()
        for _ in range(2):
            assert (await deliver(client)).startswith("250")
        reply = await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        assert reply.startswith("450 4.7.1 Too many messages from your network in a minute")
        assert await client.say(b"QUIT\r\n") == "221 2.0.0 Bye"
        await client.rest()
    assert [one.verdict.rule for one in served.writer.refusals] == ["message-rate"]
    assert served.met("message-rate") == 1


async def test_recipients_in_a_minute_have_a_limit_and_the_others_are_delivered() -> None:
    async with serving(recipients_per_minute=2) as served:
        client = await served.greeted()
        await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        replies = [await client.say(b"RCPT TO:<b%d@reply.example>\r\n" % n) for n in range(3)]
        assert [reply[:3] for reply in replies] == ["250", "250", "450"]
        await client.say(b"DATA\r\n")
        assert (await client.say(message() + b".\r\n")).startswith("250")
        await client.say(b"QUIT\r\n")
        await client.rest()
    assert len(served.writer.messages[0].envelope.rcpt_to) == 2
    assert served.met("recipient-rate") == 1


async def test_errors_in_a_minute_end_the_session_and_keep_the_network_out() -> None:
    async with serving(proxy_networks=PROXY, errors_per_minute=2) as served:
        client = await greeted(served, "192.0.2.1")
        for _ in range(3):
            assert (await client.say(b"BLAH\r\n")).startswith("500")
        assert (await client.say(b"NOOP\r\n")).startswith("421 4.7.0 Too many errors from your")
        again = await served.connect_from("192.0.2.2")
        assert (await again.reply())[0].startswith("421 4.7.0 Too many errors from your network")
        await greeted(served, "192.0.3.1")
        assert served.met("error-rate") == 2


async def test_refused_messages_are_errors_of_the_network() -> None:
    async with serving(errors_per_minute=1) as served:
        client = await served.greeted()
        for expected in ("550", "550", "421"):
            await client.send(b"MAIL FROM:<a@refused.example>\r\n")
            if (await client.reply())[0].startswith("421"):
                assert expected == "421"
                break
            await client.say(b"RCPT TO:<bob@reply.example>\r\n")
            await client.say(b"DATA\r\n")
            refused = message(author="a@refused.example") + b".\r\n"
            assert (await client.say(refused)).startswith(expected)


async def test_large_senders_have_no_limits_of_a_minute_and_no_tarpit() -> None:
    large = (ip_network("127.0.0.1/32"),)
    async with serving(
        large_senders=large, messages_per_minute=1, tarpit_after=1, tarpit_seconds=60
    ) as served:
        client = await served.greeted()
        for _ in range(5):
            assert (await deliver(client)).startswith("250")
            assert (await client.say(b"BLAH\r\n")).startswith("500")
        assert served.counted("postern_smtp_tarpit_seconds_total") == 0


# ---- of a session


async def test_commands_without_a_message_come_to_an_end() -> None:
    async with serving(max_commands=10) as served:
        client = await served.greeted()
        assert (await deliver(client)).startswith("250")
        for _ in range(10):
            assert (await client.say(b"NOOP\r\n")).startswith("250")
        assert (await client.say(b"NOOP\r\n")).startswith("421 4.7.0 Too many commands without")
        assert await client.reply() == []
        assert served.met("commands") == 1


async def test_idle_talk_comes_to_an_end_and_mail_forgives_it() -> None:
    async with serving(max_idle_commands=5) as served:
        client = await served.greeted()
        for word in (b"NOOP", b"RSET", b"VRFY bob", b"HELP"):
            await client.say(word + b"\r\n")
        assert (await deliver(client)).startswith("250")
        for _ in range(6):
            assert (await client.say(b"NOOP\r\n")).startswith("250")
        assert (await client.say(b"NOOP\r\n")).startswith("421 4.7.0 Too many commands that bring")
        assert served.met("idle-commands") == 1


async def test_the_number_of_messages_is_announced_and_kept_to() -> None:
    async with serving(max_transactions=2) as served:
        client = await served.connect()
        await client.reply()
        await client.send(b"EHLO client.example\r\n")
        assert "250-LIMITS MAILMAX=2 RCPTMAX=1000" in [
            line.replace("250 ", "250-") for line in await client.reply()
        ]
        for _ in range(2):
            assert (await deliver(client)).startswith("250")
        reply = await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        assert reply == "421 4.7.0 Too many messages in one session, 2 at most"
        assert await client.reply() == []
        assert served.met("transactions") == 1


async def test_a_hundred_thousand_recipients_cost_452_and_no_memory() -> None:
    async with serving(max_recipients=100) as served:
        client = await served.greeted()
        await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        number, codes = 20_000, {"250": 0, "452": 0}

        async def send() -> None:
            for first in range(0, number, 1000):
                some = range(first, first + 1000)
                await client.send(b"".join(b"RCPT TO:<b%d@reply.example>\r\n" % n for n in some))

        sending = asyncio.create_task(send())
        for _ in range(number):
            codes[(await client.reply())[0][:3]] += 1
        await sending
        assert codes == {"250": 100, "452": number - 100}
        assert served.met("recipients") == number - 100
        await client.say(b"DATA\r\n")
        assert (await client.say(message() + b".\r\n")).startswith("250")
    assert len(served.writer.messages[0].envelope.rcpt_to) == 100


# ---- tarpits


def conduct(**changed: float) -> Conduct:
    settings = SmtpSettings(Domain("mx.postern.example"), Path("unused"), **changed)  # type: ignore[arg-type]
    return Conduct(settings, Meters(Metrics()), None, in_tarpit=True)


def test_a_tarpit_grows_to_its_limit_and_catches_errors_only() -> None:
    client = conduct(tarpit_after=2, tarpit_seconds=0.5, max_errors=50)
    delays = []
    for _ in range(7):
        client.error()
        delays.append(client.delay())
        assert client.delay() == 0
    assert delays == [0, 0.1, 0.2, 0.4, 0.5, 0.5, 0.5]
    client.forgive()
    client.error()
    assert client.delay() == 0


async def test_who_sends_everything_at_once_waits_in_the_tarpit_all_the_same() -> None:
    async with serving(tarpit_after=1, tarpit_seconds=0.1) as served:
        client = await served.greeted()
        await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        began = time.monotonic()
        await client.send(b"RCPT TO:<nobody@reply.example>\r\n" * 4 + b"BLAH\r\nNOOP\r\n")
        replies = [(await client.reply())[0][:3] for _ in range(6)]
        waited = time.monotonic() - began
        assert replies == ["550"] * 4 + ["500", "250"]
        assert waited > 0.49  # timers count in whole milliseconds
        assert served.counted("postern_smtp_tarpit_seconds_total") == 0.5


async def test_a_tarpit_holds_up_nobody_else() -> None:
    async with serving(tarpit_after=1, tarpit_seconds=60) as served:
        caught = await served.greeted()
        await caught.send(b"BLAH\r\n" * 20)
        while not served.counted('postern_smtp_sessions{stage="tarpit"}'):
            await asyncio.sleep(0.01)
        other = await served.greeted()
        assert (await deliver(other)).startswith("250")


# ---- slow data


def test_data_must_come_at_the_rate_on_the_average_of_a_window() -> None:
    settings = SmtpSettings(
        Domain("mx.postern.example"), Path("unused"), min_transfer_rate=10, transfer_window=60
    )
    rate = TransferRate(settings)
    assert rate.patience(180) == 60
    assert rate.came(100, 30)
    assert rate.patience(180) == 30
    assert rate.came(500, 20)
    assert rate.patience(180) == 180
    assert rate.came(0, 40)
    assert rate.patience(180) == 60
    assert rate.came(599, 59)
    assert not rate.came(0, 1)


async def test_who_sends_an_octet_now_and_then_is_cut_off() -> None:
    async with serving(min_transfer_rate=1000, transfer_window=0.5) as served:
        client = await served.greeted()
        await client.begin()
        await drip(served, client)
        last_words = await client.rest()
        assert last_words == b"421 4.4.2 The data come too slowly, closing the connection\r\n"
        assert served.writer.messages == []


async def test_chunks_must_come_at_the_rate_too() -> None:
    async with serving(min_transfer_rate=1000, transfer_window=0.5) as served:
        client = await served.greeted()
        await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        await client.say(b"RCPT TO:<bob@reply.example>\r\n")
        await client.send(b"BDAT 100000 LAST\r\n")
        await drip(served, client)
        assert (await client.rest()).startswith(b"421 4.4.2 The data come too slowly")


def test_the_time_between_chunks_is_the_clients() -> None:
    settings = SmtpSettings(
        Domain("mx.postern.example"), Path("unused"), min_transfer_rate=1, transfer_window=60
    )
    rate = TransferRate(settings)
    assert rate.go_on(1000)
    rate.pause(1000)
    assert rate.go_on(1050)
    assert rate.came(10, 0)
    rate.pause(1050)
    assert not rate.go_on(1061)


async def drip(served: Served, client: Client) -> None:
    """An octet now and then, until the server has enough of it."""
    while not served.met("transfer-rate"):
        client.writer.write(b"x")
        await asyncio.sleep(0.05)


# ---- numbers


async def test_what_a_session_does_is_counted() -> None:
    async with serving() as served:
        client = await served.greeted()
        assert served.counted('postern_smtp_sessions{stage="command"}') == 1
        await client.begin()
        assert served.counted('postern_smtp_sessions{stage="data"}') == 1
        content = message()
        await client.say(content + b".\r\n")
        await client.say(b"BLAH\r\n")
        await client.say(b"QUIT\r\n")
        await client.rest()
        for series, number in {
            "postern_smtp_connections_total": 1,
            'postern_smtp_commands_total{verb="MAIL"}': 1,
            'postern_smtp_commands_total{verb="other"}': 1,
            "postern_smtp_errors_total": 1,
            'postern_transactions_total{action="accept",rule="accepted",stage="data"}': 1,
            "postern_message_size_bytes_sum": len(content),
            "postern_verify_duration_seconds_count": 1,
            "postern_commit_duration_seconds_count": 1,
            "postern_transaction_duration_seconds_count": 1,
        }.items():
            assert served.counted(series) == number, series
        assert served.counted('postern_dns_answers_total{status="ok"}') > 0


# ---- memory


async def test_who_reads_no_replies_is_counted_and_has_to_go_when_memory_runs_out() -> None:
    async with serving(memory_budget_bytes=400_000) as served:
        flood = b"EHLO client.example\r\n" * 20_000
        floods = []
        for _ in range(4):
            client = await served.greeted()
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            client.writer.write(flood)
            floods.append(client)
        while not served.met("memory"):
            await asyncio.sleep(0.01)
        for client in floods:
            client.writer.transport.abort()
        while served.listener.connections:
            await asyncio.sleep(0.01)
        assert served.counted("postern_memory_used_bytes") == 0
        assert (await deliver(await served.greeted())).startswith("250")
        assert served.counted("postern_memory_used_bytes") == 0


async def test_what_is_read_ahead_of_a_message_is_not_counted_twice() -> None:
    async with serving(memory_budget_bytes=600_000) as served:
        client = await served.greeted()
        served.writer.may_save.clear()
        await client.begin()
        await client.send(message(b"x" * 100_000 + b"\r\n") + b".\r\n" + b"NOOP\r\n" * 10_000)
        while not served.counted('postern_smtp_sessions{stage="answer"}'):
            await asyncio.sleep(0.01)
        other = await served.greeted()
        await other.say(b"MAIL FROM:<alice@sender.example>\r\n")
        await other.say(b"RCPT TO:<bob@reply.example>\r\n")
        assert (await other.say(b"DATA\r\n")).startswith("452 4.3.1 ")
        served.writer.may_save.set()
        assert (await client.reply())[0].startswith("250 2.0.0 accepted")
        for _ in range(10_000):
            assert (await client.reply())[0].startswith("250")
        assert (await other.say(b"DATA\r\n")).startswith("354 ")
        assert (await other.say(message() + b".\r\n")).startswith("250 ")
        assert served.met("memory") == 1


@pytest.mark.parametrize("behind", [b"", b"x" * 100_000])
async def test_what_was_held_when_a_session_ends_within_a_message_comes_back(behind: bytes) -> None:
    async with serving() as served:
        client = await served.greeted()
        await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        await client.say(b"RCPT TO:<bob@reply.example>\r\n")
        assert (await client.say(b"BDAT 5\r\nhello")).startswith("250 ")
        await client.send(b"QUIT\r\n" + behind)
        assert (await client.reply())[0].startswith("221 ")
        client.writer.transport.abort()
        while served.listener.connections:
            await asyncio.sleep(0.01)
        assert served.counted("postern_memory_used_bytes") == 0
