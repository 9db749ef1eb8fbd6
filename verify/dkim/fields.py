"""Which header fields a signature covers, and the digest of them (RFC 6376 §3.7, §5.4.2).

Names in h= are matched from the bottom of the header upwards: relays put new fields on top, so
the lowest is the one that was there when it was signed. A name more often in h= than in the
header covers its absence: adding such a field breaks the signature.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from mail.message import Header
from verify.dkim.canonical import Form, canonical_field


class FieldIndex:
    """The header of one message, made ready for any number of signatures."""

    def __init__(self, headers: Iterable[Header]) -> None:
        self._by_name: dict[str, list[Header]] = defaultdict(list)
        for header in headers:
            self._by_name[header.name.lower()].append(header)
        self._canonical: dict[tuple[Form, bytes], bytes] = {}

    def select(self, names: Sequence[str], signature: Header) -> Iterator[Header]:
        """The fields for h= in its order. The signature itself never signs itself."""
        left: dict[str, Iterator[Header]] = {}
        for name in names:
            if name not in left:
                left[name] = reversed(self._by_name.get(name, ()))
            for chosen in left[name]:
                if chosen is not signature:
                    yield chosen
                    break

    def digest(self, fields: Iterable[Header], signature: Header, form: Form) -> bytes:
        """SHA-256 of `fields` and then of `signature` without the value of its b= (§3.7)."""
        signed = [self._canonical_field(field.raw, form) for field in fields]
        signed.append(unsigned_field(signature.raw, form))
        return hashlib.sha256(b"".join(signed)).digest()

    def _canonical_field(self, raw: bytes, form: Form) -> bytes:
        known = self._canonical.get((form, raw))
        if known is None:
            known = self._canonical[form, raw] = canonical_field(raw, form)
        return known


def unsigned_field(raw: bytes, form: Form) -> bytes:
    """A signature's own field as it signs itself: no value in b=, no CRLF at its end (§3.7)."""
    return canonical_field(_without_signature(raw), form).removesuffix(b"\r\n")


def _without_signature(raw: bytes) -> bytes:
    """The field with an empty b=, the white space around its value deleted with it (§3.5, b=)."""
    name, colon, value = raw.partition(b":")
    parts = value.split(b";")
    for number, part in enumerate(parts):
        tag, equals, _ = part.partition(b"=")
        if tag.strip(b" \t\r\n") == b"b":
            parts[number] = tag + equals
    return name + colon + b";".join(parts)
