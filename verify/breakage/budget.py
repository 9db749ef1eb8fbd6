"""How much a diagnosis may cost, counted in work and not in time.

A stranger chooses the message. Each try costs a candidate and the octets that it hashes; a
prefix of a body costs its new octets and a flat rate for copying and ending the hash.
"""

from dataclasses import dataclass, field

CANDIDATES = 2000
OCTETS = 50_000_000
"""For the body of one signature, about a quarter of a second; as much again for its header."""

PREFIX_OCTETS = 256
"""What the digest of one more prefix costs, in octets hashed."""


class Exhausted(Exception):
    """The search has cost as much as it may."""


@dataclass(slots=True)
class Budget:
    """What is left, and what was spent."""

    candidates: int = CANDIDATES
    octets: int = OCTETS
    tried: int = field(default=0, init=False)

    def take(self, octets: int) -> None:
        """Pay for one candidate. Raises Exhausted."""
        if self.candidates <= 0 or octets > self.octets:
            raise Exhausted
        self.candidates -= 1
        self.octets -= octets
        self.tried += 1
