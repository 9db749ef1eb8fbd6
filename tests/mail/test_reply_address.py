from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.address import Address, Domain, parse_address
from mail.reply_address import LOCAL_LIMIT, ReplyKey, ReplyTag, key_name, mint, read

DOMAIN = Domain("reply.example")
KEY = ReplyKey("ab", b"k" * 32)
OLD = ReplyKey("c2", b"o" * 32)

_SHORT = ("spring-2026", "wang@customer.example")
_LONG = ("Spring campaign 2026 for everybody", "李明@customer.example")

_pairs = st.tuples(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80)) | st.tuples(
    st.from_regex(r"[a-z0-9]{1,9}", fullmatch=True),
    st.from_regex(r"[a-z0-9.]{1,9}@[a-z]{1,9}\.example", fullmatch=True),
)


def test_what_was_minted_is_read() -> None:
    minted = mint(KEY, DOMAIN, *_SHORT)
    assert str(minted.address).endswith("-spring-2026=wang=customer.example@reply.example")
    assert read([KEY], minted.address) == ReplyTag(*_SHORT)


def test_what_does_not_fit_is_a_handle() -> None:
    minted = mint(KEY, DOMAIN, *_LONG)
    assert len(minted.tag.handle) == 24
    assert read([KEY], minted.address) == minted.tag


@given(_pairs)
def test_any_pair_gives_an_address_that_every_server_takes(pair: tuple[str, str]) -> None:
    minted = mint(KEY, DOMAIN, *pair)
    assert len(minted.address.local) <= LOCAL_LIMIT
    assert parse_address(str(minted.address), smtputf8=False) == minted.address
    tag = read([KEY], minted.address)
    assert tag == minted.tag
    assert tag is not None
    assert tag.handle or (tag.campaign, tag.recipient) == pair


@given(_pairs, _pairs)
def test_different_pairs_have_different_addresses(
    one: tuple[str, str], two: tuple[str, str]
) -> None:
    same = mint(KEY, DOMAIN, *one).address == mint(KEY, DOMAIN, *two).address
    assert same == (one == two)


@given(_pairs, st.data())
def test_relays_may_fold_the_case(pair: tuple[str, str], data: st.DataObject) -> None:
    minted = mint(KEY, DOMAIN, *pair)
    upper = data.draw(st.lists(st.booleans(), min_size=LOCAL_LIMIT, max_size=LOCAL_LIMIT))
    local = "".join(
        c.upper() if up else c for c, up in zip(minted.address.local, upper, strict=False)
    )
    assert read([KEY], replace(minted.address, local=local)) == minted.tag


@pytest.mark.parametrize("pair", [_SHORT, _LONG])
def test_no_other_character_anywhere_is_taken(pair: tuple[str, str]) -> None:
    address = mint(KEY, DOMAIN, *pair).address
    others = [chr(code) for code in range(0x21, 0x7F)] + ["\u212a", "\u017f", "\u0131", "é"]
    for position, character in enumerate(address.local):
        for other in others:
            if other.lower() == character and other.isascii():
                continue
            local = address.local[:position] + other + address.local[position + 1 :]
            assert read([KEY, OLD], Address(local, DOMAIN)) is None, local


@given(_pairs, st.integers(0, 63), st.text(alphabet="abz27=-._", max_size=2))
def test_nothing_may_be_taken_out_or_put_in(pair: tuple[str, str], at: int, put: str) -> None:
    address = mint(KEY, DOMAIN, *pair).address
    local = address.local[:at] + put + address.local[at + 1 :]
    if local != address.local:
        assert read([KEY], Address(local, DOMAIN)) is None


@given(st.text(max_size=70))
def test_nobody_guesses_one(local: str) -> None:
    assert read([KEY], Address(local, DOMAIN)) is None


def test_another_domain_is_refused() -> None:
    address = mint(KEY, DOMAIN, *_SHORT).address
    assert read([KEY], replace(address, domain=Domain("other.example"))) is None


def test_an_old_key_is_still_read_and_an_unknown_one_is_not() -> None:
    address = mint(OLD, DOMAIN, *_SHORT).address
    assert read([OLD, KEY], address) == ReplyTag(*_SHORT)
    assert read([KEY], address) is None


def test_two_keys_of_one_name_are_told_apart() -> None:
    twin = replace(KEY, secret=b"t" * 32)
    address = mint(KEY, DOMAIN, *_SHORT).address
    assert read([twin, KEY], address) == ReplyTag(*_SHORT)
    assert read([twin], address) is None


@pytest.mark.parametrize("pair", [("", "wang@customer.example"), ("spring", "")])
def test_nothing_is_minted_for_nobody(pair: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="campaign and a recipient"):
        mint(KEY, DOMAIN, *pair)


def test_an_address_literal_has_no_reply_addresses() -> None:
    with pytest.raises(ValueError, match="address literal"):
        mint(KEY, Domain("[192.0.2.1]"), *_SHORT)


@given(st.binary(min_size=2, max_size=8))
def test_a_key_name_is_two_characters(identifier: bytes) -> None:
    assert ReplyKey(key_name(identifier), bytes(32)).name == key_name(identifier)


@pytest.mark.parametrize(("name", "secret"), [("a", bytes(32)), ("a1", bytes(32)), ("ab", b"x")])
def test_a_weak_or_unnamed_key_is_none(name: str, secret: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        ReplyKey(name, secret)
