"""What one message may cause by charsets that are to be guessed and texts that are garbled."""

import base64

import pytest

from digest.apart.keeper import Nursery
from digest.apart.reader import Reader
from digest.charset.effort import MENDING, TOLD, TOLD_MENDING, Effort, bounded
from digest.digest import Digest, digest_message
from mail.raw import RawMessage

_MOST_QUESTIONS = 2_500_000
"""Octets that charsets are asked about at most: budget, reserve, and the guess that crosses it."""


def _message(*parts: bytes) -> RawMessage:
    head = b"From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    inside = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return RawMessage.in_memory(head + inside + b"--b--\r\n")


def _named(name: bytes) -> bytes:
    return b'Content-Disposition: attachment; filename="' + name + b'"\r\n\r\nx'


def _text(charset: str, octets: bytes) -> bytes:
    return b"Content-Type: text/plain; charset=" + charset.encode() + b"\r\n\r\n" + octets


def _read(raw: RawMessage) -> tuple[Digest, Effort]:
    with bounded() as spent:
        return digest_message(raw, None, None), spent


@pytest.mark.parametrize("repeated", [1, 20])
def test_thousands_of_raw_names_are_read_within_one_budget(repeated: int) -> None:
    names = [f"报价单{n}号产品目录阀门水泵" * repeated for n in range(1500)]
    said, spent = _read(_message(*(_named(name.encode("gbk")) for name in names)))
    assert spent.left > -_MOST_QUESTIONS
    assert TOLD in said.defects
    assert [one.name for one in said.attachments] == [name[:180] for name in names]


def test_thousands_of_names_under_a_wrong_label_are_read_within_one_budget() -> None:
    names = [f"Счёт на оплату {n}" for n in range(1500)]
    words = [
        b"=?windows-1251?B?" + base64.b64encode(name.encode("koi8-r")) + b"?=" for name in names
    ]
    said, spent = _read(_message(*map(_named, words)))
    assert spent.left > -_MOST_QUESTIONS
    assert TOLD in said.defects
    assert [one.name for one in said.attachments] == names


def test_names_of_hundreds_of_encoded_words_are_read_within_one_budget() -> None:
    pieces = [("gbk", "报价单"), ("koi8-r", "Привет"), ("shift_jis", "見積"), ("big5", "報價")]
    name = b"\r\n ".join(
        b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(f"{text}{n}".encode(charset)))
        for n in range(80)
        for charset, text in pieces
    )
    said, spent = _read(_message(*(_named(b"%d" % n + name) for n in range(100))))
    assert spent.left > -_MOST_QUESTIONS
    assert TOLD in said.defects
    assert all("报价单0Привет0見積0報價0" in one.name for one in said.attachments)


def test_a_message_with_some_names_is_guessed_with_all_care() -> None:
    names = [f"Счёт на оплату {n}" for n in range(30)]
    said, spent = _read(_message(*(_named(name.encode("koi8-r")) for name in names)))
    assert not spent.spent
    assert TOLD not in said.defects


def test_what_was_read_before_changes_nothing_however_much_there_is_to_guess() -> None:
    octets = [f"Счёт на оплату {n}".encode("koi8-r" if n % 3 else "gbk") for n in range(900)]
    raw = _message(*map(_named, octets))
    first, again = _read(raw), _read(raw)
    assert first[0] == again[0]
    assert first[1] == again[1]


@pytest.mark.parametrize(("right", "wrong"), [("utf-8", "cp1252"), ("koi8-r", "cp1251")])
def test_many_garbled_texts_are_mended_within_one_budget(right: str, wrong: str) -> None:
    sound = "Größe München Köln" if wrong == "cp1252" else "Добрый день, пришлите цену"
    texts = [
        "".join(f"{sound} {n}-{line}\r\n" for line in range(80)).encode(right).decode(wrong)
        for n in range(90)
    ]
    said, spent = _read(_message(*(_text("utf-8", text.encode()) for text in texts)))
    assert spent.mending > -MENDING
    assert TOLD_MENDING in said.defects
    assert f"{sound} 0-0" in said.text


def test_a_garbled_letter_is_mended_and_nothing_is_said_of_budgets() -> None:
    sound = "".join(f"Größe {n}, München und Köln\r\n" for n in range(300))
    said, _ = _read(_message(_text("utf-8", sound.encode().decode("cp1252").encode())))
    assert "Größe 299, München" in said.text
    assert not {TOLD, TOLD_MENDING} & set(said.defects)


ENDLESS = {
    "an encoded word without an end": b"Subject: =?utf-8?Q?" + b"some words " * 900,
    "the same in Base64 with a gap": b"Subject: =?utf-8?B?aGVsbG8" + b" " * 60_000 + b"-",
    "the same with question marks": b"Subject: =?utf-8?Q?" + b"is it? " * 4000,
    "thousands of words without an end": b"Subject: " + b"=?utf-8?Q?a b " * 6000,
    "a name with a gap": b"From: m.ros" + b" " * 60_000 + b"si",
    "an encoded name with a gap": b"From: =?utf-8?Q?m.ros" + b"_" * 60_000 + b"si?=",
    "a line of nothing": b"Subject: x\r\n\r\n" + b" \t" * 100_000,
    "a line of nothing after a letter": b"From: Li Wei <a@example.com>\r\n\r\nHello\r\n\r\n"
    + b"We agree.\r\n\r\nLi Wei"
    + " \u2003".encode() * 60_000
    + b"x",
}


def test_what_has_no_end_is_read_within_the_limits_of_a_message(nursery: Nursery) -> None:
    with Reader(nursery=nursery) as apart:
        for name, content in ENDLESS.items():
            told = apart.read(RawMessage.in_memory(content + b"\r\n\r\nhello\r\n"))
            assert told.broke is None, name
