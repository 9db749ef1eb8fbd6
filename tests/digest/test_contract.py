"""The check of the promised form can find what is wrong."""

from typing import Any

import pytest

from tests.digest.contract import check_form
from tests.digest.messages import json_of, message


def sound() -> dict[str, Any]:
    return json_of(message(b"Hello", {"Subject": "x", "To": "a@example.com"}))


def test_a_digest_has_the_form_with_and_without_its_id() -> None:
    assert check_form(sound()) == []
    assert check_form({"id": 1, **sound()}) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("category", "spam"),
        ("category", None),
        ("confidence", 1.2),
        ("confidence", True),
        ("confidence", float("nan")),
        ("why", "x"),
        ("why", [None]),
        ("subject", "two\nlines"),
        ("subject", "x" * 9_000),
        ("from", {"name": "x"}),
        ("from", "a@example.com"),
        ("to", [{"name": 1, "address": None}]),
        ("to", None),
        ("date", "yesterday"),
        ("date", "2026-11-02T10:00:00"),
        ("message_id", "\x7f"),
        ("text", None),
        ("text", "a\rb"),
        ("text", "\ud800"),
        ("reply_text", "x" * 1_200_000),
        ("html", "<script>x</script>"),
        ("attachments", [{"name": "a"}]),
        ("defects", [{}]),
        ("calendar", {"method": None}),
        ("away", {"back_on": "2026-02-30", "substitute": None, "left": False}),
        ("away", {"back_on": None, "substitute": None, "left": None}),
        ("bounce", {"kind": "hard"}),
        ("forward", {}),
        ("confirmation", {"provider": None}),
        ("campaign", {"id": "c", "recipient": None, "how": "magic"}),
    ],
)
def test_what_is_not_as_promised_is_said(key: str, value: object) -> None:
    assert check_form({**sound(), key: value})


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "a\x00b", "fdp\u202e.exe", "x" * 300])
def test_a_file_name_must_be_safe(name: str) -> None:
    part = {"content_type": "a/b", "size": 1, "sha256": "0" * 64, "inline": False}
    found = {**sound(), "attachments": [{"name": name, **part}]}
    assert check_form(found)
    assert check_form({**found, "attachments": [{"name": "a.pdf", **part}]}) == []


def test_missing_and_foreign_keys_are_said() -> None:
    found = sound()
    assert check_form({**found, "more": 1})
    del found["text"]
    assert check_form(found)
