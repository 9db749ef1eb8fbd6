"""DNS records as text, the way zone files and administrators write them (RFC 1035 §5.1).

The evidence of a report keeps records in this form: printable ASCII whatever a stranger put
into his zone, and reversible to the octet, so that a verdict can be decided again from it.
"""

import re

from verify.record import Record, is_exchange, is_text

_QUOTED = re.compile(r'"((?:[^"\\]|\\\d{3}|\\.)*)"')
_ESCAPE = re.compile(r"\\(\d{3}|.)")


def present(record: Record) -> str:
    """`192.0.2.1`, `10 mx.example.com`, `"v=spf1 " "-all"`."""
    if isinstance(record, str):
        return _escape(record.encode("utf-8"))
    if is_exchange(record):
        return f"{record[0]} {_escape(record[1].encode('utf-8'))}"
    assert is_text(record)
    return " ".join(f'"{_escape(string)}"' for string in record) or '""'


def parse_presented(text: str, rdtype: str) -> Record:
    """The record that `present` wrote. Raises ValueError if it did not write this."""
    if rdtype == "TXT":
        return tuple(_unescape(match[1]) for match in _QUOTED.finditer(text))
    if rdtype == "MX":
        preference, _, host = text.partition(" ")
        return int(preference), _unescape(host).decode("utf-8")
    return _unescape(text).decode("utf-8")


_ESCAPED = {octet: f"\\{octet:03d}" for octet in (*range(0x20), *range(0x7F, 0x100))}
_ESCAPED |= {ord(mark): "\\" + mark for mark in '"\\'}


def _escape(octets: bytes) -> str:
    return octets.decode("latin-1").translate(_ESCAPED)


def _unescape(text: str) -> bytes:
    def octet(match: re.Match[str]) -> str:
        return chr(int(match[1])) if len(match[1]) == 3 else match[1]

    return _ESCAPE.sub(octet, text).encode("latin-1")
