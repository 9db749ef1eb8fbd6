"""Cut the power a thousand times, and look for what was lost.

    .venv/bin/python -m tests.whole.power [--cuts 1000] [--runs 8] [--seed N]

Each run is a new server under load for some seconds; its cuts are spread over that. A failing cut
is printed with its run's folder, which stays, and with its seed, so that it can be seen again:

    .venv/bin/python -m tests.whole.power --again FOLDER --at RECORD --seed N
"""

import argparse
import pickle
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.whole.power.cuts import choose, cut
from tests.whole.power.load import Recording, record


def main() -> int:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6, help="load of each run")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--again", type=Path, help="the folder of a run to be cut again")
    parser.add_argument("--at", type=int, help="the record after which power is lost")
    arguments = parser.parse_args()
    if arguments.again is not None:
        return _cut(arguments.again, [arguments.at], arguments.seed)
    print(f"seed {arguments.seed}", flush=True)
    failed = 0
    for run in range(arguments.runs):
        scratch, seed = Path(tempfile.mkdtemp(prefix="postern-power-")), arguments.seed + run
        recording = record(scratch, arguments.seconds)
        (scratch / "recording").write_bytes(pickle.dumps(recording))
        began = time.monotonic()
        moments = choose(recording.log, arguments.cuts // arguments.runs, seed)
        wrong = _cut(scratch, moments, seed)
        print(
            f"run {run}: {len(recording.heard)} acknowledged, {len(moments)} cuts, "
            f"{wrong} failed, {time.monotonic() - began:.0f} s",
            flush=True,
        )
        failed += wrong
        if not wrong:
            shutil.rmtree(scratch)
    print(f"{failed} cuts lost mail." if failed else "No cut lost, altered or doubled a message.")
    return 1 if failed else 0


def _cut(scratch: Path, moments: list[int], seed: int) -> int:
    """How many of the cuts failed; each that did is printed."""
    recording = pickle.loads((scratch / "recording").read_bytes())  # our own, made above
    assert isinstance(recording, Recording)
    failed = [one for one in cut(recording, moments, seed, scratch / "cut") if one.wrong]
    for one in failed:
        print(f"{scratch}: {one}", flush=True)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
