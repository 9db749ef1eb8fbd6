"""`postern verify --batch`: one JSON request a line in, one JSON answer a line out, in order.

Several requests are worked on at a time, but each answer is written and flushed as soon as all
before it are, so that a program may also talk with us line by line. What is wrong with one
request is said in its own line.
"""

import asyncio
import base64
import binascii
import ipaddress
import json
import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

from cli.diagnosis import diagnosed, with_diagnosis
from cli.judge import Judge
from mail.address import Address, Domain, parse_address
from mail.envelope import Client, Door, Envelope
from mail.identifier import new_id
from mail.raw import RawMessage
from mail.reply import printable
from verify.resolver import Resolver
from verify.zones import ZoneResolver

log = logging.getLogger("postern.cli")

AT_A_TIME = 8
"""Requests under way; most of their time is spent waiting for DNS."""

Answer = dict[str, Any]


async def run_batch(judge: Judge, dns: Callable[[], Resolver], *, diagnosing: bool = False) -> int:
    """Answer every line of standard input; `dns` makes the resolver of requests without `dns`.

    With `diagnosing` each answer says what broke the signatures that do not match.
    """
    tasks: asyncio.Queue[asyncio.Task[Answer] | None] = asyncio.Queue(AT_A_TIME)
    shared: list[Resolver] = []

    def resolver() -> Resolver:
        if not shared:
            shared.append(dns())
        return shared[0]

    async def begin(line: bytes) -> None:
        if line.strip():
            await tasks.put(asyncio.create_task(_answer(line, judge, resolver, diagnosing)))
        elif not line:
            await tasks.put(None)

    _read_lines(begin, asyncio.get_running_loop())
    while (task := await tasks.get()) is not None:
        print(json.dumps(await task), flush=True)
    return 0


def _read_lines(begin: Callable[[bytes], Any], loop: asyncio.AbstractEventLoop) -> None:
    """Hand over each line, then an empty one at the end; waits while too many are under way.

    In a thread of its own that nobody waits for: a read of a terminal cannot be cancelled.
    """

    def read() -> None:
        line = b"-"
        while line:
            line = sys.stdin.buffer.readline()
            try:
                asyncio.run_coroutine_threadsafe(begin(line), loop).result()
            except RuntimeError:
                return  # the loop has ended, and with it the need to read on

    threading.Thread(target=read, daemon=True, name="stdin").start()


async def _answer(
    line: bytes, judge: Judge, resolver: Callable[[], Resolver], diagnosing: bool
) -> Answer:
    """The answer to one line, whatever it is."""
    request: Any = None
    try:
        request = json.loads(line)
        envelope, raw, zone = _read_request(request, judge)
        judgement = await judge.judge(envelope, raw, zone or resolver())
        found = await diagnosed(judgement, raw) if diagnosing else ()
        return {"id": request.get("id"), **with_diagnosis(judgement.answer(), found)}
    except (ValueError, RecursionError) as error:
        problem = printable(str(error), 500)
    except Exception:
        log.exception("request failed")
        problem = "it broke here for a reason of ours"
    return {"id": request.get("id") if isinstance(request, dict) else None, "error": problem}


def _read_request(request: Any, judge: Judge) -> tuple[Envelope, RawMessage, Resolver | None]:
    """Raises ValueError for what cannot be read."""
    if not isinstance(request, dict):
        raise ValueError("a request is a JSON object")
    at = judge.now()
    helo = _text(request, "helo", "")
    sender, rcpt, dns = _text(request, "mail_from"), request.get("rcpt"), request.get("dns")
    if not isinstance(rcpt, list | None) or not isinstance(dns, dict | None):
        raise ValueError("rcpt must be a list of addresses, and dns an object or null")
    envelope = Envelope(
        id=new_id(at),
        door=Door.SMTP,
        client=Client(_ip(request.get("ip")), helo=helo),
        mail_from=_address("mail_from", sender) if sender else None,
        rcpt_to=tuple(_address("rcpt", one) for one in rcpt or ()),
        received_at=at,
    )
    zone = None if dns is None else ZoneResolver.from_mapping(dns)
    return envelope, RawMessage.in_memory(_octets(request)), zone


def _text(request: dict[str, Any], key: str, default: str | None = None) -> str:
    value = request.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text")
    return value


def _ip(value: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if not isinstance(value, str):
        raise ValueError("ip must be a text such as 192.0.2.1")
    return ipaddress.ip_address(value)


def _octets(request: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(_text(request, "message_b64"), validate=True)
    except binascii.Error as error:
        raise ValueError(f"message_b64 is not base64: {error}") from error


def _address(key: str, text: Any) -> Address:
    """An address as an envelope may have it, or at least one with a local part and a domain.

    Other servers let in senders that our door refuses; what SPF says of them can still be asked.
    """
    if not isinstance(text, str):
        raise ValueError(f"{key} must be text")
    try:
        return parse_address(text)
    except ValueError as error:
        local, at, domain = text.rpartition("@")
        if not at or not domain or not text.isprintable():
            raise ValueError(f"{key}: {error}") from error
        return Address(local, Domain(domain.lower()))
