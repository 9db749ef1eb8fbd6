"""How much of what people wrote is told from what they quote, over clients and languages.

The texts are written for this: `languages.toml` has what programs write in each language,
`clients.txt` whole answers, `later.txt` those that were written after the rules; `kept.txt` first
messages that only look as if they quoted.
"""

import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.written.reply import reply_text

HERE = Path(__file__).parent
QUOTED = "Dear Mr Smith,\nwe offer the lamp at 5.00 USD.\nAcme Sales"


def answers() -> Iterator[tuple[str, str, str]]:
    """A name, a text, and what its writer wrote."""
    languages = tomllib.loads((HERE / "languages.toml").read_text("utf-8"))
    marked = textwrap.indent(QUOTED, "> ")
    for code, words in languages.items():
        own, gmail, outlook = words["own"], words["gmail"], words["outlook"]
        folded = "\n".join(textwrap.wrap(gmail, 76, break_on_hyphens=False))
        yield f"{code} gmail", f"{own}\n\n{folded}\n\n{marked}\n", own
        yield f"{code} gmail, unmarked", f"{own}\n\n{gmail}\n\n{QUOTED}\n", own
        yield f"{code} other", f"{own}\n\n{words['other']}\n{marked}\n", own
        yield f"{code} outlook", f"{own}\n\n{outlook}\n\n{QUOTED}\n", own
        yield f"{code} bottom", f"{gmail}\n{marked}\n\n{own}\n\n-- \nAcme", own
        yield f"{code} device", f"{own}\n\n{words['device']}\n\n{folded}\n{marked}", own
        yield f"{code} signature", f"{own}\n\n{words['ends']}\n\n{outlook}\n\n{QUOTED}", own
        yield f"{code} notice", f"{own}\n\n{words['notice']}\n\n{outlook}\n\n{QUOTED}", own


def cases(file: str) -> Iterator[tuple[str, str]]:
    """The texts of a file by name."""
    for piece in ("\n" + (HERE / file).read_text("utf-8")).split("\n=== ")[1:]:
        name, _, text = piece.partition("\n")
        yield name, text.rstrip("\n").replace("&nbsp;", "\u00a0")


def clients() -> Iterator[tuple[str, str, bool]]:
    """A name, what is said to be written, and whether that is right."""
    for name, piece in (*cases("clients.txt"), *cases("later.txt")):
        text, *expected = piece.split("\n--- ")
        said = reply_text(text + "\n")
        yield name, said, all(_fits(said, one) for one in expected)


def _fits(said: str, expected: str) -> bool:
    kind, _, words = expected.partition("\n")
    match kind:
        case "own":
            return _lines(said) == _lines(words)
        case "has":
            return words in said
        case _:
            return words not in said


def _lines(text: str) -> list[str]:
    """How many empty lines are left between two answers is nobody's matter."""
    return [line for line in text.split("\n") if line.strip()]


def test_answers_are_told_from_what_they_quote() -> None:
    wrong = [(name, said) for name, text, own in answers() if (said := reply_text(text)) != own]
    wrong += [(name, said) for name, said, right in clients() if not right]
    number = len(list(answers())) + len(list(clients()))
    share = 1 - len(wrong) / number
    print(f"written: {number - len(wrong)} of {number} texts right ({share:.1%})")
    for name, said in wrong:
        print(f"  {name}: {said!r}")
    assert number >= 120
    assert share >= 0.97


@pytest.mark.parametrize(("name", "text"), list(cases("kept.txt")))
def test_a_first_message_is_never_cut(name: str, text: str) -> None:
    assert reply_text(text) == text
