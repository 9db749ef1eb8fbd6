"""A DNS that is a table: zone files for tests, for trying out, and for deciding again.

The form is that of the RFC 7208 test suite's `zonedata`: a name, and a list of its records.

    example.com:
      - TXT: v=spf1 ip4:192.0.2.0/24 -all
      - MX: [10, mx.example.com]
    slow.example.com:
      - TIMEOUT

It answers as the DNS would: a name exists if it or a name below it is in the table, CNAMEs are
followed, names compare without case. Nothing else is ever asked.
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mail.address import parse_domain
from mail.errors import SettingsProblem
from mail.report import DnsEvidence
from verify.answer import Answer, Record, Resolver, Status, can_be_asked, no_answer, plain_name
from verify.presentation import parse_presented
from verify.recording import peek

TTL = 300
"""Seconds that an answer of a table claims to be good for."""

CNAME_LIMIT = 10
"""Links of a CNAME chain. RFC 1034 §3.6.2 sets none; resolvers stop at 8 to 16."""

_FAILURES = {
    "TIMEOUT": Status.TIMEOUT,
    "SERVFAIL": Status.SERVFAIL,
    "NXDOMAIN": Status.NXDOMAIN,
}


@dataclass(slots=True)
class _Node:
    """What the table says of one name: records by type, and failures by type or for the rest."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    failures: dict[str, Status] = field(default_factory=dict)
    otherwise: Status = Status.NODATA

    def status(self, rdtype: str) -> Status:
        """The status for a type of which there are no records."""
        return self.failures.get(rdtype, self.otherwise)


class ZoneResolver:
    """Answers from a table alone; it is also the DNS of every test."""

    def __init__(self, nodes: dict[str, _Node]) -> None:
        self._nodes = nodes
        self._parents = {parent for name in nodes for parent in _parents(name)}

    @classmethod
    def from_mapping(cls, zones: Mapping[str, Any]) -> "ZoneResolver":
        """Read the table. Raises ValueError naming the entry that cannot be understood."""
        nodes: dict[str, _Node] = {}
        for name, entries in zones.items():
            node = nodes.setdefault(_zone_name(name), _Node())
            for entry in _entries(name, entries):
                try:
                    _add(node, entry)
                except ValueError as error:
                    raise ValueError(f"{name}: {entry!r}: {error}") from error
        return cls(nodes)

    @classmethod
    def from_file(cls, path: Path) -> "ZoneResolver":
        """Read a YAML (or JSON) file. Raises SettingsProblem naming the file and the entry."""
        try:
            zones = yaml.safe_load(path.read_bytes())
        except OSError as error:
            raise SettingsProblem(f"zone file {path}: {error.strerror}") from error
        except (yaml.YAMLError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise SettingsProblem(f"zone file {path} is not YAML: {reason}") from error
        if not isinstance(zones, dict):
            raise SettingsProblem(f"zone file {path} does not map names to lists of records")
        try:
            return cls.from_mapping(zones)
        except ValueError as error:
            raise SettingsProblem(f"zone file {path}: {error}") from error

    @classmethod
    def from_evidence(cls, evidence: Iterable[DnsEvidence]) -> "RecordedAnswers":
        """The DNS as a report saw it, to decide again without a network.

        What the report did not ask has no answer: it is a time-out, not an absence. Raises
        ValueError if the evidence is not of our writing.
        """
        return RecordedAnswers({(one.name, one.rdtype): _replayed(one) for one in evidence})

    def peek(self, name: str, rdtype: str) -> Answer | None:
        """The answer: a table never waits."""
        asked, rdtype = plain_name(name), rdtype.upper()
        seen = [asked]
        while True:
            target = self._cname(seen[-1], rdtype)
            if target is None:
                return self._answer(asked, seen[-1], rdtype)
            if target in seen or len(seen) > CNAME_LIMIT:
                return no_answer(asked, rdtype, Status.SERVFAIL, "zone")
            seen.append(target)

    async def query(self, name: str, rdtype: str) -> Answer:
        """The answer of the table."""
        answer = self.peek(name, rdtype)
        assert answer is not None
        return answer

    def _cname(self, name: str, rdtype: str) -> str | None:
        """Where the name's alias leads, if it is one and the type is not listed beside it."""
        node = self._nodes.get(name)
        if node is None or rdtype in node.records or rdtype in node.failures:
            return None
        alias = node.records.get("CNAME")
        return plain_name(str(alias[0])) if alias and can_be_asked(name) else None

    def _answer(self, asked: str, name: str, rdtype: str) -> Answer:
        node = self._nodes.get(name) if can_be_asked(name) else None
        if node is None:
            exists = name in self._parents and can_be_asked(name)
            return no_answer(asked, rdtype, Status.NODATA if exists else Status.NXDOMAIN, "zone")
        records = node.records.get(rdtype)
        if not records:
            return no_answer(asked, rdtype, node.status(rdtype), "zone")
        return Answer(asked, rdtype, Status.OK, tuple(records), TTL, "zone")


class RecordedAnswers(ZoneResolver):
    """Recorded answers, as they were. `unanswered` are the questions that nobody asked then."""

    def __init__(self, answers: dict[tuple[str, str], Answer]) -> None:
        super().__init__({})
        self._answers = answers
        self.unanswered: set[tuple[str, str]] = set()

    def peek(self, name: str, rdtype: str) -> Answer | None:
        """The recorded answer; a time-out where there is none."""
        key = plain_name(name), rdtype.upper()
        if key in self._answers:
            return self._answers[key]
        if not can_be_asked(key[0]):
            return no_answer(*key, Status.NXDOMAIN, "not asked")
        self.unanswered.add(key)
        return no_answer(*key, Status.TIMEOUT, "not in the evidence")


class SplitResolver:
    """Names under `suffixes` are answered by `zone`, all others by `other`."""

    def __init__(self, zone: Resolver, suffixes: Sequence[str], other: Resolver) -> None:
        self._zone = zone
        self._suffixes = tuple(plain_name(suffix) for suffix in suffixes)
        self._other = other

    def peek(self, name: str, rdtype: str) -> Answer | None:
        """The answer if it can be had without waiting, else None."""
        return peek(self._for(name), name, rdtype)

    async def query(self, name: str, rdtype: str) -> Answer:
        """The answer of the one that the name belongs to."""
        return await self._for(name).query(name, rdtype)

    def _for(self, name: str) -> Resolver:
        asked = plain_name(name)
        within = any(asked == end or asked.endswith("." + end) for end in self._suffixes)
        return self._zone if within else self._other


def _parents(name: str) -> Iterable[str]:
    while "." in name:
        name = name.partition(".")[2]
        yield name


def _zone_name(name: object) -> str:
    """A key of the table as `plain_name` writes it; U-labels become A-labels."""
    if not isinstance(name, str):
        raise ValueError(f"{name!r} is not a name (quote it if it looks like a number)")  # noqa: TRY004
    if name.isascii():
        return plain_name(name)
    try:
        return parse_domain(name).ascii
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _entries(name: str, entries: object) -> list[object]:
    if isinstance(entries, list):
        return entries
    if isinstance(entries, str | dict):
        return [entries]
    raise ValueError(f"{name}: a list of records is wanted, not {entries!r}")


def _add(node: _Node, entry: object) -> None:
    if isinstance(entry, str):
        if entry not in _FAILURES:
            raise ValueError("not one of TIMEOUT, SERVFAIL, NXDOMAIN, nor TYPE: value")
        node.otherwise = _FAILURES[entry]
        return
    if not isinstance(entry, dict):
        raise ValueError("not a record such as {A: 192.0.2.1}")  # noqa: TRY004
    for rdtype, value in entry.items():
        if rdtype not in _READERS:
            raise ValueError(f"unknown type {rdtype!r}; known are {', '.join(_READERS)}")
        _add_record(node, rdtype, value)


def _add_record(node: _Node, rdtype: str, value: object) -> None:
    if isinstance(value, str) and value in _FAILURES:
        node.failures[rdtype] = _FAILURES[value]
        return
    if value != "NONE":  # no record: it only says that there is none of this type
        node.records.setdefault(rdtype, []).append(_READERS[rdtype](value))


def _read_a(value: object) -> Record:
    return str(ipaddress.IPv4Address(str(value)))


def _read_aaaa(value: object) -> Record:
    return str(ipaddress.IPv6Address(str(value)))


def _read_host(value: object) -> Record:
    if not isinstance(value, str):
        raise ValueError("a host name is wanted")  # noqa: TRY004
    return value.removesuffix(".")


def _read_mx(value: object) -> Record:
    match value:
        case [int(preference), str(host)]:
            return preference, host.removesuffix(".")
        case _:
            raise ValueError("[preference, host] is wanted")


def _read_txt(value: object) -> Record:
    """One string or a list of the strings of one record; octets stay what they are."""
    parts = value if isinstance(value, list) else [value]
    return tuple(_octets(part) for part in parts)


def _octets(part: object) -> bytes:
    if isinstance(part, bytes):
        return part
    if not isinstance(part, str):
        raise ValueError("a string is wanted (quote it if it looks like a number)")  # noqa: TRY004
    try:
        return part.encode("latin-1")
    except UnicodeEncodeError:
        return part.encode("utf-8")


_READERS: dict[str, Callable[[object], Record]] = {
    "A": _read_a,
    "AAAA": _read_aaaa,
    "MX": _read_mx,
    "TXT": _read_txt,
    "SPF": _read_txt,
    "PTR": _read_host,
    "CNAME": _read_host,
}


def _replayed(one: DnsEvidence) -> Answer:
    records = tuple(parse_presented(text, one.rdtype) for text in one.records)
    return Answer(one.name, one.rdtype, Status(one.status), records, one.ttl, one.server, one.at)
