"""Tokens of public pages: nobody makes one for another transaction."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mail.identifier import new_id
from mail.public_page import PublicPages, without_address
from mail.reply import Reply
from tests.fakes import NOON

PAGES = PublicPages("https://mail.example.com/", (b"1" * 32, b"2" * 32))


def test_a_token_leads_to_its_transaction_and_fits_a_url() -> None:
    identifier = new_id(NOON)
    token = PAGES.token(identifier)
    assert re.fullmatch(r"[A-Za-z0-9_-]{36}", token)
    assert PAGES.identifier(token) == identifier
    assert PAGES.address(identifier) == f"https://mail.example.com/t/{token}"


def test_tokens_made_with_an_older_key_are_still_read() -> None:
    identifier = new_id(NOON)
    old = replace(PAGES, keys=PAGES.keys[:1])
    assert PAGES.identifier(old.token(identifier)) == identifier
    assert old.identifier(PAGES.token(identifier)) is None


def test_no_single_changed_character_is_let_through() -> None:
    token = PAGES.token(new_id(NOON))
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        assert PAGES.identifier(token[:at] + other + token[at + 1 :]) is None


@given(st.text(max_size=60))
def test_any_text_is_no_token_and_no_error(text: str) -> None:
    assert PAGES.identifier(text) is None


def test_the_address_is_a_sentence_of_its_own_before_the_id() -> None:
    identifier = new_id(NOON)
    plain = Reply(550, "5.7.26", "Unauthenticated email. " * 20 + "End.")
    reply = PAGES.mentioned_in(plain, identifier)
    wire = reply.with_id(identifier).wire().decode("ascii")
    assert wire.endswith(f"/t/{PAGES.token(identifier)} [{identifier}]\r\n")
    lines = wire.split("\r\n")[:-1]
    assert len(lines) == 2
    assert all(len(line) <= 510 and line[4:].startswith("5.7.26 ") for line in lines)
    assert without_address(reply.text) == plain.text
