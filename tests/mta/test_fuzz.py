"""Whatever octets come, each session gets replies, none of them tells of a fault of ours, and the
next client is served."""

import asyncio
import random
import re

import pytest

from tests.mta.serving import message, serving

WORDS = [
    b"EHLO client.example\r\n",
    b"HELO x\r\n",
    b"MAIL FROM:<alice@sender.example>\r\n",
    b"MAIL FROM:<> BODY=BINARYMIME SIZE=10\r\n",
    b"MAIL FROM:<\xe6\x9d\x8e@sender.example> SMTPUTF8\r\n",
    b"RCPT TO:<bob@reply.example>\r\n",
    b"RCPT TO:<postmaster>\r\n",
    b"RCPT TO:<nobody@reply.example>\r\n",
    b"DATA\r\n",
    b"BDAT 5\r\nabcde",
    b"BDAT 7 LAST\r\n\r\n.\r\n\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"VRFY x\r\n",
    b"STARTTLS\r\n",
    message(),
    b".\r\n",
    b"\r\n.\r\n",
    b"..\r\n",
    b"\n.\n",
    b"\r",
    b"\n",
    b"\0",
    b"\xff",
    b'<"@\\>,:;[] ',
    b"A" * 3000,
]
REPLY = re.compile(rb"(?:[2-5][0-9]{2}[ -][\x20-\x7e]*\r\n)*")


@pytest.mark.parametrize("seed", range(40))
async def test_any_octets_get_replies_and_do_no_harm(seed: int) -> None:
    chance = random.Random(seed)
    async with serving(max_errors=200) as served:
        for _ in range(5):
            client = await served.connect()
            await client.reply()
            octets = b"".join(chance.choices(WORDS, k=chance.randrange(60)))
            position = 0
            while position < len(octets):
                size = chance.choice((1, 7, 100, 5000))
                client.writer.write(octets[position : position + size])
                position += size
                await asyncio.sleep(0)
            client.writer.write_eof()
            found = await client.rest()
            assert REPLY.fullmatch(found), found
            assert b"451 4.3.0" not in found
        last = await served.greeted()
        await last.begin()
        assert (await last.say(message() + b".\r\n")).startswith("250 ")
        assert list(served.spool.iterdir()) == []
