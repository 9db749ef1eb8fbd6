"""Raw messages: memory and file say the same."""

import hashlib
from pathlib import Path

import pytest

from mail.raw import RawMessage


@pytest.fixture(params=[b"", b"a", b"hello\r\n" * 30_000])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[bytes, list[RawMessage]]:
    content: bytes = request.param
    path = tmp_path / "message"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return content, [
        RawMessage.in_memory(content),
        RawMessage.in_file(path, len(content), digest),
    ]


def test_every_way_of_reading_gives_the_same_bytes(both: tuple[bytes, list[RawMessage]]) -> None:
    content, messages = both
    for raw in messages:
        assert raw.size == len(content)
        assert raw.sha256 == hashlib.sha256(content).hexdigest()
        assert raw.read() == content
        assert b"".join(raw.blocks()) == content
        assert b"".join(raw.blocks(start=3, size=5)) == content[3:]
        with raw.buffer() as view:
            assert bytes(view) == content
        with raw.open() as file:
            assert file.read() == content
