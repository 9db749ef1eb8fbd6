"""What is known of services that tell of our mail as JSON: `bounce_rules/bounces/services.toml`.

A path names keys from the outside in; of a list each element is asked, and "@name" is the value of
the element that has this name, as services write header fields.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from digest.bounce.rules import FOLDER, read_toml
from digest.bounce.values import Kind
from mail.errors import SettingsProblem

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\],]', re.DOTALL)
_CLOSERS = {"{": "}", "[": "]"}
_MOST_TOKENS = 3000
_MOST_CUTS = 4

_MOST = 100
"""Elements of a list that are looked at."""

_DEEPEST = 3
"""Documents inside each other that are looked at."""

_ABOUT = ("recipient", "status", "diagnostic", "feedback", "message_id", "reporter", "reason")
_LISTS = frozenset(["needs", "event", "each", "samples", *_ABOUT])
_ACTIONS = ("failed", "delayed", "complaint", "notice")
_TABLES = frozenset(["kinds", "otherwise"])

Value = Any
"""Anything that JSON has."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service's form: `paths` to what is asked, the action of each event, and the kinds of
    reasons before (`kinds`) and after (`otherwise`) the words of a refusal."""

    name: str
    paths: Mapping[str, tuple[str, ...]]
    actions: Mapping[str, str]
    kinds: Mapping[str, Kind]
    otherwise: Mapping[str, Kind]

    def action(self, event: Value) -> str:
        """What an event of this service is about, one of `failed`, `delayed`, `complaint` and
        `notice`; "" where it is of another service or of an unknown sort."""
        if not all(any(True for _ in at(event, path)) for path in self.paths["needs"]):
            return ""
        for path in self.paths["event"]:
            for found in at(event, path):
                action = self.actions.get(_word(found)) or self.actions.get("*")
                if action is not None:
                    return action
        return ""

    def text(self, event: Value, what: str) -> str:
        """The first text that stands at a path of this name: of the recipient told of first,
        else of the whole event; "" where none does."""
        near = next((found for path in self.paths["each"] for found in at(event, path)), None)
        for path in self.paths[what]:
            for base in (near, event):
                for found in at(base, path):
                    if isinstance(found, str | int) and str(found).strip():
                        return str(found).strip()
        return ""

    def people(self, event: Value) -> list[str]:
        """All recipients that an event names, where it names them most closely."""
        near = [found for path in self.paths["each"] for found in at(event, path)]
        for path in self.paths["recipient"]:
            told = [one for base in (*near, event) for one in at(base, path)]
            if found := [one for one in told if isinstance(one, str) and one.strip()]:
                return list(dict.fromkeys(found))
        return []

    def kind(self, event: Value, table: Mapping[str, Kind]) -> Kind | None:
        """What the event's reasons mean by a table, the first that is in it."""
        reasons = (_word(found) for path in self.paths["reason"] for found in at(event, path))
        return next((table[one] for one in reasons if one in table), None)

    def samples(self, event: Value) -> Iterator[Value]:
        """The messages that are complained of, as the service shows them."""
        for path in self.paths["samples"]:
            yield from at(event, path)


@dataclass(frozen=True, slots=True)
class Services:
    """All services, what is around their events, and who sends them."""

    known: tuple[Service, ...]
    wrappers: tuple[str, ...]
    senders: re.Pattern[str]

    def find(self, document: Value, depth: int = 0) -> Iterator[tuple[Service, str, Value]]:
        """The events in a document, each with its service and what it is about."""
        for event in at(document, ""):
            for service in self.known:
                if action := service.action(event):
                    yield service, action, event
                    break
            else:
                if depth < _DEEPEST:
                    yield from self._within(event, depth + 1)

    def _within(self, event: Value, depth: int) -> Iterator[tuple[Service, str, Value]]:
        for path in self.wrappers:
            for found in at(event, path):
                inner = read_json(found) if isinstance(found, str) else found
                if isinstance(inner, dict | list):
                    yield from self.find(inner, depth)


def read_json(text: str) -> Value:
    """The document at the beginning of a text; None where there is none, or where it is deeper
    than the interpreter goes."""
    return read_front(text)[0]


def read_front(text: str) -> tuple[Value, int]:
    """The same, and where it ends. Line ends within texts are those of mail programs. Of a
    document that was cut off all is read that is whole."""
    for found in (text, *_completed(text)):
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(found)
        except (ValueError, RecursionError):
            continue
        return value, end if found is text else len(text)
    return None, 0


def _completed(text: str) -> Iterator[str]:
    """What a document that was cut off may have been: whole to its last comma, or to the last
    within what contains that."""
    inside: list[str] = []
    commas: deque[tuple[int, str]] = deque(maxlen=_MOST_CUTS)
    for token in islice(_TOKEN.finditer(text), _MOST_TOKENS):
        mark = token[0]
        if mark in _CLOSERS:
            inside.append(_CLOSERS[mark])
        elif mark == "," and inside:
            commas.appendleft((token.start(), "".join(reversed(inside))))
        elif inside and mark == inside[-1]:
            inside.pop()
            if not inside:
                return
    if inside:
        yield text.rstrip() + "".join(reversed(inside))
        yield from (text[:at] + end for at, end in commas)


def at(value: Value, path: str) -> Iterator[Value]:
    """What stands at a path; "" is the value itself, or the elements of a list."""
    if isinstance(value, list):
        for one in value[:_MOST]:
            if not isinstance(one, list):
                yield from at(one, path)
        return
    step, _, rest = path.partition(".")
    if not path:
        yield value
    elif isinstance(value, dict) and step.startswith("@"):
        if _word(value.get("name")) == step[1:] and "value" in value:
            yield from at(value["value"], rest)
    elif isinstance(value, dict) and value.get(step) is not None:
        yield from at(value[step], rest)


def _word(value: Value) -> str:
    return str(value)[:100].strip().lower() if isinstance(value, str | int) else ""


@cache
def shipped_services() -> Services:
    """Those that come with the program. Raises SettingsProblem."""
    file = FOLDER / "services.toml"
    try:
        content = read_toml(file)
        known = tuple(map(_service, content["service"]))
        senders = re.compile(rf"(?:{'|'.join(content['senders'])})(?:[-_.+][^@]{{0,60}})?@", re.I)
        services = Services(known, tuple(content["wrappers"]), senders)
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise SettingsProblem(f"{file}: not as it has to be: {error!r}") from error
    for table, service in zip(content["service"], known, strict=True):
        found = next(services.find(read_json(table["case"])), None)
        if found is None or found[0] is not service:
            raise SettingsProblem(f"{file}: service {service.name!r} does not know its own case")
    return services


def _service(table: Mapping[str, Any]) -> Service:
    unknown = table.keys() - _LISTS - _TABLES - set(_ACTIONS) - {"name", "case"}
    if unknown:
        raise ValueError(f"service {table.get('name')!r} has {sorted(unknown)}")
    tables = ({key: Kind(one) for key, one in table.get(name, {}).items()} for name in _TABLES)
    by_name = dict(zip(_TABLES, tables, strict=True))
    return Service(
        name=table["name"],
        paths={name: tuple(table.get(name, ())) for name in _LISTS},
        actions={word: action for action in _ACTIONS for word in table.get(action, ())},
        kinds=by_name["kinds"],
        otherwise=by_name["otherwise"],
    )
