"""A zone, and a server that answers from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server, serving

ZONES = """
open.test:
  - TXT: "v=spf1 ip4:127.0.0.1 -all"
strict.test:
  - TXT: "v=spf1 -all"
_dmarc.strict.test:
  - TXT: "v=DMARC1; p=reject"
held.test:
  - TXT: "v=spf1 -all"
_dmarc.held.test:
  - TXT: "v=DMARC1; p=quarantine"
"""


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    """The zone file."""
    path = tmp_path / "zones.yaml"
    path.write_text(ZONES)
    return path


@pytest.fixture
def server(tmp_path: Path, zones: Path) -> Iterator[Server]:
    """A running server that takes all mail for reply.test."""
    with serving(tmp_path, zones=zones) as running:
        assert running.run("domain", "add", "reply.test", "--accept", "all").returncode == 0
        yield running
