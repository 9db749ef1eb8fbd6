"""Data is read quickly where it is plain, and means what TOML says."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

import bounce_rules
from digest.toml import _as_json, loads

FILES = sorted(Path(bounce_rules.__file__).parent.rglob("*.toml"))
PLAIN = """# Words.
source = "ours"
checked_on = 2026-11-21
days = [["mon", "tue"], [],
  ["gro\\u00df, ]", "# no comment",
  ],
]

[table]
is_so = true
number = -3

[[rule]]
name = "x = 1"
[[rule]]
"""


def test_every_shipped_file_says_what_toml_says() -> None:
    for path in FILES:
        text = path.read_text("utf-8")
        assert loads(text) == tomllib.loads(text), path


def test_a_plain_file_is_read_as_json() -> None:
    assert _as_json(PLAIN) == tomllib.loads(PLAIN)
    assert _as_json(PLAIN)["checked_on"] == date(2026, 11, 21)


@pytest.mark.parametrize(
    "text",
    [
        "price = ['how much']\n",
        'price = "a" # and more\n',
        'price = [\n  "a", # and more\n]\n',
        '"price" = ["a"]\n',
        'price = """\na = "b"\n"""\n',
        "price = { a = 1 }\n",
        "price.is = 1\n",
        "[a.b]\nprice = 1\n",
        "price = 1_000\n",
        "price = 2026-11-21T10:00:00\n",
        'price = "a\tb"\n',
    ],
)
def test_any_other_file_is_left_to_toml(text: str) -> None:
    with pytest.raises(ValueError):
        _as_json(text)
    assert loads(text) == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        'price = ["a"]\nprice = ["b"]\n',
        "price = 2026-11-21\nprice = 2026-11-21\n",
        'price = ["a",,]\n',
        "price =\n",
        "price = 1, 2\n",
        "price = 2026-02-30\n",
        "[a]\n[a]\n",
        "[a]\n[[a]]\n",
        "a = []\n[[a]]\n",
        "[[a]\n",
    ],
)
def test_a_mistake_is_told_in_the_words_of_toml(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        loads(text)
