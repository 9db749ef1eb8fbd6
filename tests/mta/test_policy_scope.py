"""Recipients with different policies come in different messages; what stands may change."""

from dataclasses import replace
from pathlib import Path

from cli.renewal import Renewal
from mail.address import Domain
from mail.reply_address import ReplyKey, mint
from mail.trust import Known, Trust
from mta.listener import Listener, SmtpSettings
from tests.mta.serving import (
    HOSTNAME,
    Client,
    MemoryWriter,
    OneDomain,
    Served,
    listening_socket,
    make_tools,
    message,
    serving,
)

KEY = ReplyKey("ab", b"k" * 32)
MINTED = mint(KEY, Domain("reply.example"), "spring", "wang@customer.example").address


class Changing:
    """The trusted paths, until the test says otherwise."""

    def __init__(self) -> None:
        self.learned: tuple[Trust, ...] = ()

    def __call__(self) -> tuple[Trust, ...]:
        return self.learned


async def _served(folder: Path, changing: Changing) -> tuple[Listener, Served]:
    writer = MemoryWriter()
    tools = make_tools(writer)
    tools = replace(tools, renew=Renewal(tools, changing, lambda: (KEY,)))
    listener = Listener(SmtpSettings(HOSTNAME, folder), tools, OneDomain())
    bound = listening_socket()
    await listener.start([bound])
    return listener, Served(bound.getsockname()[1], writer, listener, folder)


async def _send(client: Client, mail_from: str, *recipients: str) -> str:
    assert (await client.say(f"MAIL FROM:<{mail_from}>\r\n".encode())).startswith("250")
    for recipient in recipients:
        assert (await client.say(f"RCPT TO:<{recipient}>\r\n".encode())).startswith("250")
    assert (await client.say(b"DATA\r\n")).startswith("354")
    return await client.say(message(author="boss@refused.example") + b".\r\n")


async def test_a_signed_reply_address_comes_alone_and_is_held(tmp_path: Path) -> None:
    listener, served = await _served(tmp_path, Changing())
    client = await served.greeted()
    await client.say(b"MAIL FROM:<boss@refused.example>\r\n")
    assert (await client.say(f"RCPT TO:<{MINTED}>\r\n".encode())).startswith("250")
    assert await client.say(b"RCPT TO:<sales@reply.example>\r\n") == (
        "452 4.5.3 Another policy applies to this recipient, send it separately"
    )
    assert (await client.say(f"RCPT TO:<{MINTED}>\r\n".encode())).startswith("250")
    assert (await client.say(b"RCPT TO:<nobody@reply.example>\r\n")).startswith("550 5.1.1")
    await client.say(b"RSET\r\n")
    assert (await _send(client, "boss@refused.example", str(MINTED))).startswith("250 2.0.0")
    reply = await _send(client, "boss@refused.example", "sales@reply.example")
    assert reply.startswith("550 5.7.26")
    held, refused = served.writer.messages
    assert held.verdict.rule == "signed-reply"
    assert b"policy.override=signed-reply" in held.trace.authentication_results
    assert b"policy.override" not in refused.trace.authentication_results
    await client.close()
    await listener.stop(5)


async def test_a_forwarder_that_is_trusted_meanwhile_is_trusted_at_once(tmp_path: Path) -> None:
    changing = Changing()
    listener, served = await _served(tmp_path, changing)
    client = await served.greeted()
    reply = await _send(client, "fwd@sender.example", "sales@reply.example")
    assert reply.startswith("550 5.7.26")
    trust = Trust(Known.CLIENT, "sender.example", "sales@reply.example")
    changing.learned = (trust,)
    reply = await _send(client, "fwd@sender.example", "sales@reply.example")
    assert reply.startswith("250 2.0.0")
    before, after = (one.basis.settings for one in served.writer.messages)
    assert before and after and before != after
    await client.close()
    await listener.stop(5)


async def test_ordinary_recipients_share_a_message() -> None:
    async with serving() as served:
        client = await served.greeted()
        await client.say(b"MAIL FROM:<alice@sender.example>\r\n")
        for name in ("a", "b", "c"):
            assert (await client.say(f"RCPT TO:<{name}@reply.example>\r\n".encode()))[:3] == "250"
        assert (await client.say(b"RCPT TO:<postmaster@reply.example>\r\n"))[:3] == "452"


def test_the_tools_are_the_same_until_something_changes() -> None:
    changing, tools = Changing(), make_tools(MemoryWriter())
    renewal = Renewal(tools, changing, tuple)
    first = renewal()
    assert renewal() is first
    changing.learned = (Trust(Known.SEAL, "a.example"),)
    second = renewal()
    assert second.verify.trust == second.policy.trust == changing.learned
    assert first.basis.settings != second.basis.settings
    changing.learned = ()
    assert renewal().basis == first.basis
