"""The loss check: every acknowledged message is kept, once, byte for byte; no refused one is."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from bench.smtp.mails import number_of


def losses(
    acknowledged: Mapping[int, str], refused: Iterable[int], kept: Iterable[bytes]
) -> list[str]:
    """What is wrong, a sentence each; `acknowledged` has the SHA-256 by number."""
    found: Counter[int] = Counter()
    wrong = []
    for content in kept:
        number = number_of(content)
        if number is None:
            wrong.append(f"kept, and never sent: {content[:200]!r}")
            continue
        found[number] += 1
        sha256 = acknowledged.get(number)
        if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
            wrong.append(f"{number} was altered")
    missing = acknowledged.keys() - found.keys()
    twice = [number for number, times in found.items() if times > 1]
    kept_though_refused = found.keys() & set(refused)
    for numbers, words in (
        (missing, "acknowledged and not kept"),
        (twice, "kept more than once"),
        (kept_though_refused, "refused and kept"),
    ):
        if numbers:
            wrong.append(f"{len(numbers)} {words}, such as {sorted(numbers)[:5]}")
    return wrong
