"""How many forwards are told, and whose message each is: complete messages of many systems.

`natives.txt`, `lists.txt` and `manuals.txt` are written for this, with invented people, `later.txt`
after the rules; `none.txt` are messages that only look like forwards. Forwards by hand in each
language are made of what `written/languages.toml` says of Outlook there.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.digest import digest_message
from mail.raw import RawMessage

HERE = Path(__file__).parent
FIELDS = ("kind", "forwarder", "original_sender", "original_recipient", "original_message_id")
PREFIXES = {
    "en": "FW",
    "zh": "转发",
    "zh-Hant": "轉寄",
    "de": "WG",
    "fr": "TR",
    "es": "RV",
    "pt": "ENC",
    "it": "I",
    "nl": "FW",
    "sv": "VB",
    "da": "VS",
    "nb": "VS",
    "fi": "VL",
    "ru": "Пересл",
    "uk": "Пересл",
    "bg": "Препр",
    "pl": "PD",
    "cs": "FW",
    "sk": "FW",
    "hu": "Továbbítás",
    "ro": "Redir",
    "el": "ΠΡΘ",
    "tr": "İLT",
    "ar": "إعادة توجيه",
    "he": "הועבר",
    "ja": "転送",
    "ko": "전달",
    "vi": "Chuyển tiếp",
    "th": "ส่งต่อ",
    "id": "Terusan",
    "hi": "अग्रेषित",
}


@dataclass(frozen=True)
class Case:
    name: str
    raw: bytes
    mail_from: str | None
    rcpt: list[str] | None
    expected: tuple[str, ...] | None

    def said(self) -> dict[str, str | None] | None:
        found = digest_message(RawMessage.in_memory(self.raw), self.mail_from, self.rcpt)
        return found.forward.as_json() if found.forward else None


def cases(file: str) -> Iterator[Case]:
    for piece in ("\n" + (HERE / file).read_text("utf-8")).split("\n=== ")[1:]:
        name, envelope, rest = piece.split("\n", 2)
        sender, _, recipient = (one.strip() for one in envelope.partition("|"))
        expected = None
        if file != "none.txt":
            line, rest = rest.split("\n", 1)
            expected = tuple(one.strip() for one in line.split("|"))
        yield Case(
            name,
            rest.replace("\n", "\r\n").encode(),
            None if sender == "-" else sender,
            None if recipient == "-" else [recipient],
            expected,
        )


def in_each_language() -> Iterator[Case]:
    languages = tomllib.loads((HERE.parent / "written" / "languages.toml").read_text("utf-8"))
    for code, words in languages.items():
        recipient = words["outlook"].split("\n")[2].partition("<")[2].rstrip(">")
        header = (
            f"From: Boss <boss@ours.example>\nTo: in@ours.example\nSubject: {PREFIXES[code]}: x\n"
        )
        header += f"Message-ID: <f@ours.example>\nReferences: <a@x.example> <{code}@acme.example>\n"
        header += "Content-Type: text/plain; charset=utf-8\n"
        text = f"{header}\n{words['outlook']}\n\n{words['own']}\n"
        yield Case(
            f"outlook, {code}",
            text.replace("\n", "\r\n").encode(),
            "boss@ours.example",
            ["in@ours.example"],
            (
                "manual_inline",
                "boss@ours.example",
                "sales@acme.example",
                recipient,
                f"<{code}@acme.example>",
            ),
        )


def forwards() -> list[Case]:
    files = ("natives.txt", "lists.txt", "manuals.txt", "later.txt")
    return [*(case for file in files for case in cases(file)), *in_each_language()]


def _same(expected: str, said: str | None) -> bool:
    """A case may name a person with the address; only the address is the answer's."""
    address = expected.partition("<")[2].rstrip(">") if " <" in expected else expected
    return said is None if expected == "-" else address == said


def test_forwards_are_told_and_whose_they_are() -> None:
    all_of_them = forwards()
    right = dict.fromkeys(FIELDS, 0)
    for case in all_of_them:
        assert case.expected is not None
        said = case.said() or dict.fromkeys(FIELDS)
        for field, expected in zip(FIELDS, case.expected, strict=True):
            if _same(expected, said[field]):
                right[field] += 1
            else:
                print(f"  {case.name}: {field} is {said[field]!r}, not {expected!r}")
    shares = {field: number / len(all_of_them) for field, number in right.items()}
    print(f"forwards: {len(all_of_them)}", {key: f"{one:.1%}" for key, one in shares.items()})
    assert len(all_of_them) >= 60
    assert shares["original_sender"] >= 0.95
    assert min(shares.values()) >= 0.93


@pytest.mark.parametrize("case", list(cases("none.txt")), ids=lambda case: case.name)
def test_what_only_looks_like_a_forward_is_none(case: Case) -> None:
    assert case.said() is None
