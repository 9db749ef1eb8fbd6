"""Messages written out by hand, so that each octet of a test is in sight."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from digest.digest import Digest, digest_message
from mail.raw import RawMessage
from tests.digest.contract import check_form


def message(
    body: bytes = b"", headers: Mapping[str, str | bytes] | None = None, **more: str
) -> bytes:
    """A message of header fields and a body as they are; `content_type=` becomes Content-Type."""
    named = {name.replace("_", "-"): value for name, value in more.items()}
    fields = {"From": "Li Wei <li@example.com>", **(headers or {}), **named}
    block = b"".join(name.encode() + b": " + _octets(fields[name]) + b"\r\n" for name in fields)
    return block + b"\r\n" + body


def part(body: bytes, **fields: str) -> bytes:
    """One part of a multipart."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n".encode() for name, value in fields.items()]
    return b"".join(lines) + b"\r\n" + body


def multipart(kind: str, parts: Sequence[bytes], boundary: str = "b", **fields: str) -> bytes:
    """A whole message: a multipart/`kind` of `parts`."""
    content_type = f'{kind}; boundary="{boundary}"'
    return message(joined(parts, boundary), None, content_type=content_type, **fields)


def joined(parts: Sequence[bytes], boundary: str) -> bytes:
    """The body of a multipart."""
    lines = [b"--" + boundary.encode() + b"\r\n" + one + b"\r\n" for one in parts]
    return b"".join(lines) + b"--" + boundary.encode() + b"--\r\n"


def base64_lines(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def digest_of(content: bytes, mail_from: str | None = None) -> Digest:
    """Its digest, which has the form that is promised."""
    found = digest_message(RawMessage.in_memory(content), mail_from, None)
    assert check_form(found.as_json()) == []
    return found


def json_of(content: bytes, mail_from: str | None = None) -> dict[str, Any]:
    return digest_of(content, mail_from).as_json()


def _octets(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
