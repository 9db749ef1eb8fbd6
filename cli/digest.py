"""What `postern digest` does. Its manual and its arguments: `cli/manual/digest.py`."""

import argparse
import contextlib
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from cli.digest_batch import answer_batch
from digest.apart.keeper import SELDOM, Nursery
from digest.apart.limits import Limits
from digest.apart.reader import Reader
from mail.errors import SettingsProblem
from mail.raw import RawMessage

if TYPE_CHECKING:
    from cli.config import Config


_BEGINNING = Limits(cpu=3.0)
"""For a file: beside the digest, the first one pays for what is loaded when it is needed."""


def run(arguments: argparse.Namespace, config: "Config | None" = None) -> int:
    """Digest files or requests. Returns 2 where a file could not be read, after all others."""
    del config  # the same message has the same digest everywhere
    if arguments.batch:
        answer_batch(_standard_input(), sys.stdout, arguments.readers)
        return 0
    if not arguments.messages:
        raise SettingsProblem("digest: name a message file, or - for standard input, or --batch")
    nursery = Nursery(SELDOM)
    with contextlib.closing(nursery), Reader(_BEGINNING, nursery) as reader:
        return _run_files(arguments, reader)


def _run_files(arguments: argparse.Namespace, reader: Reader) -> int:
    failures = 0
    for number, path in enumerate(arguments.messages):
        try:
            content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        except OSError as error:
            print(f"postern: cannot read {path}: {error.strerror}", file=sys.stderr)
            failures += 1
            continue
        said = reader.read(RawMessage.in_memory(content), arguments.mail_from).as_json()
        if arguments.json:
            print(json.dumps(said, ensure_ascii=False), flush=True)
        else:
            print(("\n" if number else "") + _described(str(path), said))
    return 2 if failures else 0


def _standard_input() -> BinaryIO:
    """A file of its own for the thread that reads it: it may wait there when everything ends."""
    try:
        return open(sys.stdin.fileno(), "rb", closefd=False)
    except OSError:  # it is no real file
        return sys.stdin.buffer


def _described(name: str, said: Mapping[str, Any]) -> str:
    """A digest for a person's eyes."""
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
        ("repair", said["repair"]),
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
