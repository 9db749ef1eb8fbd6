"""What we refuse, as a real Postfix hands it back to its sender, is read as what it was."""

import asyncio

import pytest

from tests.digest.messages import json_of
from tests.mta.serving import message, serving
from tests.postfix import relaying_to


@pytest.mark.parametrize(
    ("author", "recipient", "kind", "status"),
    [
        ("ceo@refused.example", "bob@reply.example", "policy", "5.7.26"),
        ("alice@sender.example", "nobody@reply.example", "hard", "5.1.1"),
    ],
)
async def test_our_own_refusal_is_read_when_postfix_returns_it(
    author: str, recipient: str, kind: str, status: str
) -> None:
    content = b"Message-ID: <returned@sender.example>\r\n" + message(author=author)
    async with serving() as served:
        with relaying_to(served.port) as postfix:
            await asyncio.to_thread(postfix.submit, "sender@reply.example", [recipient], content)
            await asyncio.to_thread(postfix.wait_until_empty)
    (raw,) = served.writer.accepted
    told = json_of(raw, "")
    assert told["category"] == "bounce"
    bounce = told["bounce"]
    assert (bounce["kind"], bounce["status"], bounce["permanent"]) == (kind, status, True)
    assert bounce["recipient"] == recipient
    assert bounce["original_message_id"] == "<returned@sender.example>"
    assert bounce["reporter"] == "postfix.example"
