"""A zone, and a server that answers from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server, serving
from tests.stores import store_for

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
    store_for(tmp_path / "data", {"reply.test": "all"})
    with serving(tmp_path, zones=zones) as running:
        yield running


@pytest.fixture
def door(tmp_path: Path, zones: Path) -> Iterator[Server]:
    """The same without worker and console."""
    store_for(tmp_path / "data", {"reply.test": "all"})
    with serving(tmp_path, "--only", "smtp", zones=zones) as running:
        yield running
