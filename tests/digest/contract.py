"""Whether a digest's JSON has the form that is promised to programs.

`check_form` says everything that is wrong with one, so that a test, or a hundred thousand mutated
messages, need no more than `assert check_form(found) == []`.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from digest.classify import Category

KEYS = (
    *("category", "confidence", "why", "subject", "from", "to", "date", "message_id", "text"),
    *("reply_text", "html", "attachments", "charset_notes", "defects", "calendar", "blank"),
    *("repair", "away", "bounce", "forward", "confirmation", "campaign"),
)
LONGEST_TEXT = 1_100_000
LONGEST_PAGE = 8_000_000
LONGEST_LINE = 8_000
LONGEST_NAME = 200
MOST = 4_000
"""Bounds of text, page, one line, and lists: a message of any size has a digest of a fair one."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BODY_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SHA256 = re.compile("[0-9a-f]{64}")
_TYPE = re.compile(r"[^\s/]+/[^\s/]+")

Check = Callable[[Any], str | None]
"""What is wrong with a value; None if it is as it should be."""


def check_form(found: Mapping[str, Any]) -> list[str]:
    """What is wrong with a digest's JSON (an "id" may stand before it); empty if nothing is."""
    wrong = []
    keys = [key for key in found if key != "id"]
    if keys != list(KEYS):
        wrong.append(f"keys: {sorted(set(keys) ^ set(KEYS)) or 'in another order'}")
    for key, check in _CHECKS.items():
        problem = check(found[key]) if key in found else None
        if problem:
            wrong.append(f"{key}: {problem}")
    try:
        json.dumps(found, allow_nan=False).encode("ascii")
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode("utf-8")
    except (TypeError, ValueError) as error:
        wrong.append(f"it is no JSON: {error}")
    return wrong


def _line(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"{type(value).__name__} instead of a text"
    if len(value) > LONGEST_LINE:
        return f"{len(value)} characters"
    if _CONTROL.search(value):
        return f"a control character in {value[:80]!r}"
    return "a lone surrogate" if _SURROGATE.search(value) else None


def _body(longest: int) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return f"{type(value).__name__} instead of a text"
        if len(value) > longest:
            return f"{len(value)} characters"
        found = _BODY_CONTROL.search(value)
        if found:
            return f"the control character {found[0]!r}"
        return "a lone surrogate" if _SURROGATE.search(value) else None

    return check


def _page(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"{type(value).__name__} instead of a text"
    if len(value) > LONGEST_PAGE:
        return f"{len(value)} characters"
    if re.search(r"<script|<iframe|javascript:|\son\w+\s*=\s*[\"']", value, re.IGNORECASE):
        # In text these may stand with their angle brackets written out; tags may not.
        return "something that runs" if re.search(r"<(?:script|iframe)", value, re.I) else None
    return "a lone surrogate" if _SURROGATE.search(value) else None


def _or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _list(check: Check) -> Check:
    def checked(value: Any) -> str | None:
        if not isinstance(value, list):
            return f"{type(value).__name__} instead of a list"
        if len(value) > MOST:
            return f"{len(value)} entries"
        return next((problem for one in value if (problem := check(one))), None)

    return checked


def _object(checks: Mapping[str, Check], perhaps: Mapping[str, Check] = {}) -> Check:
    """`perhaps`: keys that are there only where they have something to say."""
    known = {**checks, **perhaps}

    def checked(value: Any) -> str | None:
        if not isinstance(value, dict):
            return f"{type(value).__name__} instead of an object"
        if not checks.keys() <= value.keys() <= known.keys():
            return f"keys {sorted(value.keys() ^ checks.keys())}"
        problems = (f"{key}: {problem}" for key in value if (problem := known[key](value[key])))
        return next(problems, None)

    return checked


def _one_of(*words: str) -> Check:
    return lambda value: None if value in words else f"{value!r} is no such word"


def _bool(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"{value!r} instead of true or false"


def _confidence(value: Any) -> str | None:
    is_number = isinstance(value, float | int) and not isinstance(value, bool)
    return None if is_number and 0 <= value <= 1 else f"{value!r} is not between 0 and 1"


def _size(value: Any) -> str | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return None if is_number and value >= 0 else f"{value!r} is no number of octets"


def _moment(value: Any) -> str | None:
    try:
        return None if datetime.fromisoformat(value).tzinfo else f"{value!r} has no zone"
    except (TypeError, ValueError):
        return f"{value!r} is no moment"


def _day(value: Any) -> str | None:
    try:
        return None if date.fromisoformat(value).isoformat() == value else f"{value!r} is no day"
    except (TypeError, ValueError):
        return f"{value!r} is no day"


def _file_name(value: Any) -> str | None:
    problem = _line(value)
    if problem:
        return problem
    if not value.strip() or value in (".", "..") or re.search(r"[/\\]", value):
        return f"{value!r} is no safe name"
    if _BIDI.search(value):
        return f"{value!r} turns its letters round"
    return f"{len(value)} characters" if len(value) > LONGEST_NAME else None


def _matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: (
        None if isinstance(value, str) and pattern.fullmatch(value) else f"{value!r} is none"
    )


_TEXT_OR_NULL = _or_null(_line)
_PERSON = _object({"name": _TEXT_OR_NULL, "address": _TEXT_OR_NULL})
_ATTACHMENT = _object(
    {
        "name": _file_name,
        "content_type": _matches(_TYPE),
        "size": _size,
        "sha256": _matches(_SHA256),
        "inline": _bool,
    }
)
_CALENDAR = {"method": _TEXT_OR_NULL, "start": _TEXT_OR_NULL, "summary": _TEXT_OR_NULL}
_AWAY = {"back_on": _or_null(_day), "substitute": _TEXT_OR_NULL, "left": _bool}
_FAILURE: Mapping[str, Check] = {
    "recipient": _TEXT_OR_NULL,
    "kind": _one_of("hard", "soft", "blocked", "quota", "policy"),
    "permanent": _bool,
    "status": _or_null(_matches(re.compile(r"[245]\.\d{1,3}\.\d{1,3}"))),
    "diagnostic": _TEXT_OR_NULL,
}
_BOUNCE = {
    "kind": _or_null(_one_of("hard", "soft", "blocked", "quota", "policy")),
    "permanent": _or_null(_bool),
    "recipient": _TEXT_OR_NULL,
    "status": _or_null(_matches(re.compile(r"[245]\.\d{1,3}\.\d{1,3}"))),
    "diagnostic": _TEXT_OR_NULL,
    "original_message_id": _TEXT_OR_NULL,
    "reporter": _TEXT_OR_NULL,
}
_OTHERS = {"others": _list(_object(_FAILURE))}
_FORWARD = {
    "kind": _one_of("native", "list", "manual_inline", "manual_attachment"),
    "forwarder": _TEXT_OR_NULL,
    "original_sender": _TEXT_OR_NULL,
    "original_recipient": _TEXT_OR_NULL,
    "original_message_id": _TEXT_OR_NULL,
}
_CONFIRMATION = {
    "provider": _line,
    "code": _TEXT_OR_NULL,
    "link": _TEXT_OR_NULL,
    "requested_by": _TEXT_OR_NULL,
}
_CAMPAIGN = {
    "id": _line,
    "recipient": _TEXT_OR_NULL,
    "how": _one_of("address", "references", "quoted", "none"),
}
_CHECKS: Mapping[str, Check] = {
    "category": _one_of(*(one.value for one in Category)),
    "confidence": _confidence,
    "why": _list(_line),
    "subject": _TEXT_OR_NULL,
    "from": _or_null(_PERSON),
    "to": _list(_PERSON),
    "date": _or_null(_moment),
    "message_id": _TEXT_OR_NULL,
    "text": _body(LONGEST_TEXT),
    "reply_text": _body(LONGEST_TEXT),
    "html": _or_null(_page),
    "attachments": _list(_ATTACHMENT),
    "charset_notes": _list(_line),
    "defects": _list(_line),
    "calendar": _or_null(_object(_CALENDAR)),
    "blank": _TEXT_OR_NULL,
    "repair": _TEXT_OR_NULL,
    "away": _or_null(_object(_AWAY)),
    "bounce": _or_null(_object(_BOUNCE, _OTHERS)),
    "forward": _or_null(_object(_FORWARD)),
    "confirmation": _or_null(_object(_CONFIRMATION)),
    "campaign": _or_null(_object(_CAMPAIGN)),
}
