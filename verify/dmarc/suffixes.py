"""The public suffix list: where an organisation begins, as RFC 7489 §3.2 has it.

RFC 9989 asks the DNS instead (`verify.dmarc.walk`); this is for those who set
`verify.dmarc = "rfc7489"`. The list is read once, at start. The one that comes with authheaders
is as old as that package, and suffixes that are younger are missing in it: then one label too
few is taken for the organisation, so that strangers below such a suffix align with each other.
`verify.public_suffix_list` names a newer one.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from mail.address import Domain, parse_domain
from mail.errors import SettingsProblem


class SuffixList:
    """The rules of a list in the form of publicsuffix.org. Immutable; `str` is its digest."""

    __slots__ = ("_rules", "digest")

    def __init__(self, text: str) -> None:
        self._rules = frozenset(_rules(text.splitlines()))
        self.digest = hashlib.sha256(text.encode()).hexdigest()

    def __len__(self) -> int:
        return len(self._rules)

    def __str__(self) -> str:
        return self.digest

    def __deepcopy__(self, memo: object) -> "SuffixList":
        return self

    def organisation(self, domain: Domain) -> Domain:
        """One label more than the longest suffix that fits; a suffix itself has no other."""
        labels = domain.ascii.split(".")
        return Domain(".".join(labels[max(0, self._suffix_start(labels) - 1) :]))

    def _suffix_start(self, labels: list[str]) -> int:
        """Where the suffix begins: exceptions win over wildcards, and without a rule the last
        label is the suffix (publicsuffix.org, "Algorithm")."""
        for start in range(len(labels)):
            name, above = ".".join(labels[start:]), ".".join(labels[start + 1 :])
            if "!" + name in self._rules:
                return start + 1
            if name in self._rules or "*." + above in self._rules:
                return start
        return len(labels) - 1


def _rules(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        rule = line.strip().partition(" ")[0]
        if not rule or rule.startswith("//"):
            continue
        mark = "!" if rule.startswith("!") else "*." if rule.startswith("*.") else ""
        try:
            yield mark + parse_domain(rule[len(mark) :]).ascii
        except ValueError:
            continue  # a rule that no domain name can fit


@lru_cache(maxsize=4)
def load_suffixes(path: Path | None = None) -> SuffixList:
    """The list in `path`, or the one that authheaders brings. Raises SettingsProblem."""
    try:
        if path is None:
            text = (files("authheaders") / "public_suffix_list.txt").read_text("utf-8")
        else:
            text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsProblem(
            f"verify.public_suffix_list: {path}: cannot be read: {error}"
        ) from None
    found = SuffixList(text)
    if not len(found):
        raise SettingsProblem(f"verify.public_suffix_list: {path}: there is no rule in it")
    return found
