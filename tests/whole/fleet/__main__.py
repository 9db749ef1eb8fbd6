"""Misfortunes without end: `python -m tests.whole.fleet [--minutes N] [--seed N]`, as root.

Exit status 1 where an acknowledged message is missing, altered, or there twice, where anything
was refused for good, or where a node did not come back to work by itself.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable

from tests.whole.fleet.run import Fleet, running


def main() -> int:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    deadline = time.monotonic() + 60 * arguments.minutes
    with running() as fleet:
        fleet.must_take_mail()
        while time.monotonic() < deadline:
            chance.choice(_MISFORTUNES)(fleet, chance)
            fleet.must_take_mail()
        faults = fleet.finish()
    print("\n".join(faults) or "nothing is lost, nothing is there twice")
    return 1 if faults else 0


def _lose_primary(fleet: Fleet, chance: random.Random) -> None:
    fleet.lose_primary()
    fleet.must_take_mail()
    fleet.rebuild_standby()


def _lose_node(fleet: Fleet, chance: random.Random) -> None:
    with fleet.cut_off(chance.choice(fleet.nodes).machine):
        time.sleep(chance.uniform(1, 40))


def _lose_objects(fleet: Fleet, chance: random.Random) -> None:
    with fleet.cut_off(fleet.objects):
        time.sleep(chance.uniform(1, 40))


def _lose_database_network(fleet: Fleet, chance: random.Random) -> None:
    with fleet.cut_off(fleet.pair.primary.machine):
        time.sleep(chance.uniform(1, 40))


def _lose_standby_network(fleet: Fleet, chance: random.Random) -> None:
    """Nobody confirms a commit: all mail must be deferred or wait."""
    with fleet.cut_off(fleet.pair.standby.machine):
        time.sleep(chance.uniform(1, 40))


def _kill_node(fleet: Fleet, chance: random.Random) -> None:
    node = chance.choice(fleet.nodes)
    print(f"{node.machine.name} is killed")
    node.kill()
    node.start()


_MISFORTUNES: tuple[Callable[[Fleet, random.Random], None], ...] = (
    _lose_primary,
    _lose_node,
    _lose_objects,
    _lose_database_network,
    _lose_standby_network,
    _kill_node,
)


if __name__ == "__main__":
    sys.exit(main())
