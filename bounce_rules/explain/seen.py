"""The DNS answers of a report, as an explanation needs them: by name, and as text to mend."""

import re
from collections.abc import Sequence

from mail.report import DnsEvidence

_STRING = re.compile(r'"((?:[^"\\]|\\\d{3}|\\.)*)"')
_ESCAPE = re.compile(r"\\(\d{3}|.)")

SHOWN = 12
"""Answers that one finding shows at most."""


class Seen:
    """What the DNS said while a message was judged."""

    def __init__(self, evidence: Sequence[DnsEvidence]) -> None:
        self._evidence = tuple(evidence)

    def at(self, name: str, rdtype: str = "TXT") -> tuple[DnsEvidence, ...]:
        """The answers for a name and type: none or one."""
        wanted = name.lower().rstrip(".")
        return tuple(one for one in self._evidence if one.name == wanted and one.rdtype == rdtype)[
            :SHOWN
        ]

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records of a name, the strings of each joined; only those that are ASCII."""
        return tuple(
            text
            for answer in self.at(name)
            for record in answer.records
            if (text := joined(record)).isascii() and text.isprintable()
        )

    def failed(self, *own: str) -> tuple[DnsEvidence, ...]:
        """The questions that got no answer, as far as their name is public: one of `own`, a key,
        a policy, or a name that stands in a record. A name that a macro made may have a person's
        address in it, and is left out."""
        public = " ".join(record.lower() for one in self._evidence for record in one.records)
        return tuple(
            one
            for one in self._evidence
            if one.status in ("servfail", "timeout")
            and (
                one.name in own
                or one.name.startswith("_dmarc.")
                or "._domainkey." in one.name
                or one.name in public
            )
        )[:SHOWN]

    def organisation_of(self, domain: str) -> str:
        """The topmost name at or above `domain` with a DMARC record (RFC 9989 §4.10.2)."""
        above = [name for name in _upwards(domain) if self._dmarc(name)]
        for name in above:
            if "psd=n" in self._dmarc(name):
                return name
            if "psd=y" in self._dmarc(name) and name != domain:
                return ".".join(domain.split(".")[-name.count(".") - 2 :])
        return above[-1] if above else domain

    def _dmarc(self, name: str) -> str:
        found = [one for one in self.texts(f"_dmarc.{name}") if is_dmarc(one)]
        return found[0].replace(" ", "").lower() if len(found) == 1 else ""

    def exists(self, domain: str) -> bool:
        """Whether the DNS showed that there is such a domain: an answer for it or for a name
        below it that was not "no such name"."""
        return any(
            one.status != "nxdomain" and (one.name == domain or one.name.endswith("." + domain))
            for one in self._evidence
        )


def joined(presented: str) -> str:
    """The text of a TXT record that the evidence keeps as quoted strings."""

    def octet(match: re.Match[str]) -> str:
        return chr(int(match[1])) if len(match[1]) == 3 else match[1]

    return "".join(_ESCAPE.sub(octet, one[1]) for one in _STRING.finditer(presented))


def is_spf(text: str) -> bool:
    """RFC 7208 §4.5."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def is_dmarc(text: str) -> bool:
    """RFC 9989 §4.7: v=DMARC1 comes first."""
    return re.match(r"v[ \t]*=[ \t]*DMARC1[ \t]*(;|\Z)", text, re.IGNORECASE) is not None


def _upwards(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]
