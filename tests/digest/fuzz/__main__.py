"""Digest mutated messages: python -m tests.digest.fuzz --cases 100000 [--seed N] [--only NUMBER]

Every case goes the way that mail goes, through a reading process with its limits. Prints how many
there were, the slowest, and every case that broke the reader, took more than a second of the
processor, or whose digest has not the promised form; exits 1 if there was one. --keep FOLDER
writes these messages there, --only makes one case again.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from digest.apart.limits import Limits
from tests.digest.fuzz.run import Result, case, fuzz

_LIMITS = Limits(cpu=2.0, wall=60.0, headline=10.0)
"""By the processor, because the machine may have other things to do."""


def main() -> int:
    """Run the cases and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--readers", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep", type=Path)
    wanted = parser.parse_args()
    first, cases = (wanted.only, 1) if wanted.only is not None else (wanted.first, wanted.cases)
    begun = time.monotonic()
    result = fuzz(wanted.seed, iter(range(first, first + cases)), wanted.readers, _LIMITS, _heard)
    took = time.monotonic() - begun
    _print(result, wanted.seed, took)
    if wanted.keep:
        wanted.keep.mkdir(parents=True, exist_ok=True)
        for finding in result.findings:
            one = case(wanted.seed, finding.number)
            path = wanted.keep / f"{wanted.seed}-{finding.number}.eml"
            path.write_bytes(one.content)
            envelope = {"mail_from": one.mail_from, "rcpt": one.rcpt, "problems": finding.problems}
            path.with_suffix(".json").write_text(json.dumps(envelope))
    return 1 if result.findings else 0


def _heard(result: Result) -> None:
    """What is found is said at once: a run may take an hour."""
    if result.is_news:
        finding = result.findings[-1]
        print(f"  {finding.number}: {'; '.join(finding.problems)}", file=sys.stderr, flush=True)
    if result.cases % 5_000 == 0:
        print(f"... {result.cases}, {len(result.findings)} findings", file=sys.stderr, flush=True)


def _print(result: Result, seed: int, took: float) -> None:
    print(
        f"{result.cases} cases of seed {seed} in {took:.0f} s, the longest {result.longest:.2f} s"
    )
    print("slowest, seconds of the processor and number:")
    for seconds, number in result.slowest:
        print(f"  {seconds:.3f}  {number}")
    print(f"findings: {len(result.findings)}")
    for finding in result.findings:
        print(f"  {finding.number}: {'; '.join(finding.problems)}")


if __name__ == "__main__":
    sys.exit(main())
