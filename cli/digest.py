"""postern digest - decode and categorise messages offline

Runs the same code as the server does after it accepted a message, on files (- is standard input).
Nothing is stored, nothing is fetched.

--json prints one JSON object a line and message. --batch reads one JSON request a line from
standard input and writes one answer a line, in order:

  {"id": any, "message_b64": str, "mail_from": str or null, "rcpt": [str] or null}

A request that cannot be read gets {"id": ..., "error": "..."}; the run goes on.
"""

import argparse
import base64
import binascii
import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.config import Config
from digest.digest import Digest, digest_message
from mail.errors import SettingsProblem
from mail.raw import RawMessage
from mail.reply import printable

_LOG = logging.getLogger("postern.cli")

Answer = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("messages", nargs="*", type=Path, metavar="MESSAGE")
    parser.add_argument("--mail-from", metavar="ADDR", help='the envelope\'s sender ("" for <>)')
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--batch", action="store_true", help="answer requests on standard input")


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Digest files or requests. Returns 2 where a file could not be read, after all others."""
    del config  # the same message has the same digest everywhere
    if arguments.batch:
        return _run_batch()
    if not arguments.messages:
        raise SettingsProblem("digest: name a message file, or - for standard input, or --batch")
    failures = 0
    for number, path in enumerate(arguments.messages):
        try:
            content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        except OSError as error:
            print(f"postern: cannot read {path}: {error.strerror}", file=sys.stderr)
            failures += 1
            continue
        digest = digest_message(RawMessage.in_memory(content), arguments.mail_from, None)
        if arguments.json:
            print(json.dumps(digest.as_json(), ensure_ascii=False), flush=True)
        else:
            print(("\n" if number else "") + _described(str(path), digest))
    return 2 if failures else 0


def _described(name: str, digest: Digest) -> str:
    """A digest for a person's eyes."""
    said = digest.as_json()
    head = [
        ("file", name),
        ("category", f"{said['category']} ({said['confidence']:.0%}: {', '.join(said['why'])})"),
        ("from", _person(said["from"])),
        ("to", ", ".join(map(_person, said["to"]))),
        ("subject", said["subject"]),
        ("date", said["date"]),
        *(("attachment", _attachment(one)) for one in said["attachments"]),
        *(("charset", note) for note in said["charset_notes"]),
        *(("defect", defect) for defect in said["defects"]),
        ("bounce", _pairs(said["bounce"])),
        ("calendar", _pairs(said["calendar"])),
        ("blank", said["blank"]),
    ]
    lines = [f"{label + ':':<12}{value}" for label, value in head if value]
    return "\n".join([*lines, "", said["text"]])


def _person(person: Mapping[str, str | None] | None) -> str:
    if person is None:
        return ""
    name, address = person["name"] or "", person["address"] or ""
    return f"{name} <{address}>" if name and address else name or address


def _attachment(one: Mapping[str, Any]) -> str:
    return f"{one['name']} ({one['content_type']}, {one['size']} octets)"


def _pairs(values: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{key}={value}" for key, value in (values or {}).items() if value is not None)


def _run_batch() -> int:
    """One answer a line, each flushed, so that a program may talk with us line by line."""
    for line in iter(sys.stdin.buffer.readline, b""):
        if line.strip():
            print(json.dumps(_answer(line)), flush=True)
    return 0


def _answer(line: bytes) -> Answer:
    """The answer to one line, whatever it is."""
    request: Any = None
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            raise ValueError("a request is a JSON object")
        raw, mail_from, rcpt = _read(request)
        return {"id": request.get("id"), **digest_message(raw, mail_from, rcpt).as_json()}
    except (ValueError, RecursionError) as error:
        problem = printable(str(error), 500)
    except Exception:
        _LOG.exception("request failed")
        problem = "it broke here for a reason of ours"
    return {"id": request.get("id") if isinstance(request, dict) else None, "error": problem}


def _read(request: dict[str, Any]) -> tuple[RawMessage, str | None, list[str] | None]:
    """Raises ValueError for what is not a request."""
    mail_from, rcpt = request.get("mail_from"), request.get("rcpt")
    if not isinstance(mail_from, str | None):
        raise ValueError("mail_from must be a text or null")
    if rcpt is not None and not (
        isinstance(rcpt, list) and all(isinstance(one, str) for one in rcpt)
    ):
        raise ValueError("rcpt must be a list of texts or null")
    message = request.get("message_b64")
    if not isinstance(message, str):
        raise ValueError("message_b64 must be a text")
    try:
        content = base64.b64decode(message, validate=True)
    except binascii.Error as error:
        raise ValueError(f"message_b64 is not base64: {error}") from error
    return RawMessage.in_memory(content), mail_from, rcpt
