"""What can be wrong with a message's authentication, and the one change that mends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mail.report import DnsEvidence

Report = Mapping[str, Any]
"""The stored form of a report, `mail.answer.answer_of`."""


class Kind(StrEnum):
    """Every kind of failure that has words and a remedy of its own."""

    SPF_MISSING = "spf_missing"
    SPF_NOT_LISTED = "spf_not_listed"
    SPF_SYNTAX = "spf_syntax"
    SPF_SEVERAL = "spf_several"
    SPF_LOOKUPS = "spf_lookups"
    RETURN_PATH = "return_path"
    SPF_STRICT = "spf_strict"
    DKIM_UNSIGNED = "dkim_unsigned"
    DKIM_NO_KEY = "dkim_no_key"
    DKIM_REVOKED = "dkim_revoked"
    DKIM_BAD_KEY = "dkim_bad_key"
    DKIM_WEAK_KEY = "dkim_weak_key"
    DKIM_RESTRICTED_KEY = "dkim_restricted_key"
    DKIM_FOREIGN = "dkim_foreign"
    DKIM_STRICT = "dkim_strict"
    DKIM_BODY = "dkim_body"
    DKIM_HEADER = "dkim_header"
    DKIM_BOTH = "dkim_both"
    DKIM_EXPIRED = "dkim_expired"
    DKIM_SHA1 = "dkim_sha1"
    DKIM_PARTIAL = "dkim_partial"
    DKIM_NO_FROM = "dkim_no_from"
    DKIM_MALFORMED = "dkim_malformed"
    DMARC_MISSING = "dmarc_missing"
    DMARC_SEVERAL = "dmarc_several"
    DMARC_INVALID = "dmarc_invalid"
    DNS_TROUBLE = "dns_trouble"
    FROM_MISSING = "from_missing"
    FROM_SEVERAL = "from_several"
    FROM_MALFORMED = "from_malformed"


METHODS = ("spf", "dkim", "dmarc", "dns", "from")


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A TXT record to publish. `value` is its text in one piece; `instead` says that it takes
    the place of what is there now, rather than stand beside it."""

    name: str
    value: str
    instead: bool = False

    @property
    def zone_line(self) -> str:
        """As a zone file has it (RFC 1035 §5.1): strings of at most 255 octets, in quotes."""
        escaped = [_quoted(self.value[at : at + 255]) for at in range(0, len(self.value), 255)]
        return f"{self.name}. IN TXT {' '.join(escaped) or _quoted('')}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `about` is the name that was looked at, `values` fill the sentences, `seen` are the DNS
    answers that it rests on, `record` the one that would have passed, and `change` what the
    sender's program should write, as a line of it. `is_enough` says that this alone would have
    authenticated the message; the others are worth mending, too. `because` is the result whose
    reason fills `{reason}` in the sentences.
    """

    kind: Kind
    about: str
    values: Mapping[str, str] = field(default_factory=dict)
    seen: tuple[DnsEvidence, ...] = ()
    record: DnsRecord | None = None
    change: str = ""
    is_enough: bool = True
    because: Report | None = None

    @property
    def method(self) -> str:
        """What was checked: one of METHODS."""
        return "spf" if self.kind is Kind.RETURN_PATH else self.kind.value.partition("_")[0]
