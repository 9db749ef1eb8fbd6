"""Conversations as text: what tests/conversations/README.md describes, read and played."""

import ast
import asyncio
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mta.serving import Client, MemoryWriter

_REPEAT = re.compile(rb"\{(.+?)\*(\d+)\}", re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[rnt0\\])")
PATIENCE = 60
"""Seconds for a reply; a transcript that says less than it announces would wait for ever."""

_PLAIN = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


@dataclass(slots=True)
class Step:
    """Octets to send or a thing to do, and the replies that follow: a list of lines each."""

    octets: bytes = b""
    action: str = ""
    replies: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class Transcript:
    """One file."""

    name: str
    alone: bool = False
    tls: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=lambda: [Step()])
    messages: list[bytes] | None = None
    stored: int = 0
    refusals: list[str] | None = None


def read_transcript(path: Path) -> Transcript:
    """The file as steps. A line that is none of the kinds is an error."""
    found = Transcript(path.stem)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            try:
                _read_line(found, line)
            except ValueError as error:
                raise ValueError(f"{path.name}:{number}: {error}") from error
    if found.messages is not None:
        found.stored = max(found.stored, len(found.messages))
    return found


def _read_line(found: Transcript, line: str) -> None:
    kind, text = line[:2], line[3:]
    if kind == "% ":
        _setting(found, line[2:])
    elif kind in ("C:", "C~"):
        _client_line(found, kind, text)
    elif kind == "S:":
        _server_line(found.steps[-1].replies, text)
    elif kind in ("M:", "M~"):
        _message_line(found, kind, text)
    elif kind == "N:":
        found.stored = int(text)
    elif kind == "R:":
        found.refusals = [*(found.refusals or []), text]
    else:
        raise ValueError(f"what is {line!r}?")


def _setting(found: Transcript, text: str) -> None:
    if text in ("alone", "tls"):
        found.alone = True
        found.tls = found.tls or text == "tls"
        return
    key, _, value = text.partition(" ")
    found.settings[key] = ast.literal_eval(value)


def _client_line(found: Transcript, kind: str, text: str) -> None:
    if text in ("<half-close>", "<starttls>"):
        found.steps.append(Step(action=text.strip("<>")))
        return
    octets = unescape(text) + (b"\r\n" if kind == "C:" else b"")
    last = found.steps[-1]
    if last.replies or last.action or len(found.steps) == 1:
        found.steps.append(Step())
    found.steps[-1].octets += octets


def _server_line(replies: list[list[str]], text: str) -> None:
    if replies and replies[-1][-1][3:4] == "-":
        replies[-1].append(text)
    else:
        replies.append([text])


def _message_line(found: Transcript, kind: str, text: str) -> None:
    if found.messages is None:
        found.messages = [b""]
    if text == "<end>":
        found.messages.append(b"")
    else:
        found.messages[-1] += unescape(text) + (b"\r\n" if kind == "M:" else b"")


def unescape(text: str) -> bytes:
    """`\\r`, `\\xNN` and `{abc*3}` as the octets that they mean."""

    def octet(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code[1:], 16)]) if code.startswith(b"x") else _PLAIN[code]

    octets = _REPEAT.sub(lambda match: match[1] * int(match[2]), text.encode())
    return _ESCAPE.sub(octet, octets)


def matches(pattern: str, line: str) -> bool:
    """Whether a reply line is what the transcript says."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace("<id>", "[0-9A-Z]{26}")
    return re.fullmatch(expression, line) is not None


def pieces(octets: bytes, size: int | None) -> Iterator[bytes]:
    """`octets` cut into pieces of `size`, or whole."""
    step = size or max(len(octets), 1)
    return (octets[at : at + step] for at in range(0, len(octets), step))


class Player:
    """Plays one transcript on one connection and checks each reply."""

    def __init__(self, client: Client, tls: ssl.SSLContext | None = None) -> None:
        self.client = client
        self.tls = tls

    async def step_by_step(self, transcript: Transcript, size: int | None = None) -> None:
        for step in transcript.steps:
            for piece in pieces(step.octets, size):
                await self._send(piece, yielding=size is not None)
            await self._act(step.action)
            await self._expect(step.replies)

    async def all_at_once(self, transcript: Transcript) -> None:
        first, *others = transcript.steps
        await self._expect(first.replies)
        await self._send(b"".join(step.octets for step in others))
        if any(step.action == "half-close" for step in others):
            await self._act("half-close")
        for step in others:
            await self._expect(step.replies)

    async def _send(self, octets: bytes, *, yielding: bool = False) -> None:
        self.client.writer.write(octets)
        if yielding:  # let the server see this piece before the next one comes
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await self.client.writer.drain()

    async def _act(self, action: str) -> None:
        if action == "half-close":
            self.client.writer.write_eof()
        elif action == "starttls":
            assert self.tls is not None
            await self.client.writer.start_tls(self.tls, server_hostname="localhost")

    async def _expect(self, replies: list[list[str]]) -> None:
        for patterns in replies:
            async with asyncio.timeout(PATIENCE):
                found = await self.client.reply()
            if patterns == ["<closed>"]:
                assert found == [], f"the connection is open, and the server says {found}"
                continue
            assert found, f"the server closed instead of saying {patterns}"
            shown = found[-1:] if len(patterns) == 1 else found
            assert len(shown) == len(patterns), found
            for pattern, line in zip(patterns, shown, strict=True):
                assert matches(pattern, line), f"{line!r} is not {pattern!r}"


def check_stored(transcript: Transcript, writer: MemoryWriter) -> None:
    """The messages and refusals that the transcript promises, and no others."""
    assert len(writer.accepted) == transcript.stored
    if transcript.messages is not None:
        assert writer.accepted == transcript.messages
    if transcript.refusals is not None:
        found = [
            f"{one.stage} {one.verdict.reply.code} {one.verdict.reply.enhanced} {one.recipients}"
            for one in writer.refusals
        ]
        assert found == transcript.refusals
