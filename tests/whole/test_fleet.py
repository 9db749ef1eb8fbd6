"""Three nodes, a primary with its standby, and an object store, under load, while things break."""

import os
import time

import pytest

from tests.postgres import program
from tests.services import require
from tests.whole.fleet.network import switched
from tests.whole.fleet.run import running


@pytest.fixture
def machines() -> None:
    """What the test needs of this machine."""
    program("initdb")
    require("ip")
    try:
        with switched():
            pass
    except (AssertionError, OSError) as error:
        sentence = f"network namespaces need root and its capabilities: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)


@pytest.mark.usefixtures("machines")
@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost_while_primary_node_and_object_store_fail() -> None:
    with running() as fleet:
        fleet.must_take_mail()
        with fleet.cut_off(fleet.nodes[0].machine):
            time.sleep(3)
        fleet.lose_primary()
        fleet.must_take_mail()
        with fleet.cut_off(fleet.objects):
            time.sleep(3)
        fleet.must_take_mail()
        assert fleet.finish() == []
