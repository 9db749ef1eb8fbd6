"""A zone, and a server that answers from it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.database import StoreSettings, migrate, open_database
from store.domains import add_domain
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


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new store that takes all mail for reply.test, made once: starting an empty one and
    running `domain add` takes longer than most tests of a server."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    settings = StoreSettings("", folder)
    migrate(settings)
    database = open_database(settings)
    add_domain(database, "reply.test", "all", "cli", datetime.now(UTC))
    database.close()
    return folder


@pytest.fixture
def server(tmp_path: Path, zones: Path, prepared: Path) -> Iterator[Server]:
    """A running server that takes all mail for reply.test."""
    shutil.copytree(prepared, tmp_path / "data")
    with serving(tmp_path, zones=zones) as running:
        yield running
