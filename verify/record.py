"""One DNS record, in the form in which every check gets it."""

from typing import TypeGuard

TEXT_LIMIT = 8192
"""Octets of a TXT record that is read as a policy or a key; no protocol needs more. SPF records
are to fit in 512 (RFC 7208 §3.4), and a 4096-bit key in 750. Of a longer one as many octets and one
more are taken, so that each check sees that it is too long, now and when it decides again."""

Record = str | tuple[int, str] | tuple[bytes, ...]
"""A, AAAA, PTR and CNAME: `str`. MX: (preference, host). TXT: the strings of one record.

Host names are without the final dot, in the case in which they came.
"""


def is_exchange(record: Record) -> TypeGuard[tuple[int, str]]:
    """Whether this is the record of an MX answer."""
    return len(record) == 2 and isinstance(record[0], int)


def is_text(record: Record) -> TypeGuard[tuple[bytes, ...]]:
    """Whether this is the record of a TXT answer."""
    return isinstance(record, tuple) and not is_exchange(record)


def text_length(record: tuple[bytes, ...]) -> int:
    """Octets of a TXT record, its strings joined."""
    return sum(map(len, record))


def shortened(record: Record) -> Record:
    """The record, of a long TXT record the first octets in strings as they stand."""
    if not is_text(record) or text_length(record) <= TEXT_LIMIT:
        return record
    kept, room = [], TEXT_LIMIT + 1
    for string in record:
        kept.append(string[:room])
        room -= len(kept[-1])
        if not room:
            break
    return tuple(kept)
