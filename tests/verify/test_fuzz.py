"""The cases that the fuzzer begins with, and that its properties can fail."""

import random

import pytest

from bounce_rules.load import load_rules
from mail.report import DkimWord
from tests.verify import fuzz

RULES = load_rules()


@pytest.mark.parametrize("seed", fuzz.SEEDS)
async def test_the_properties_hold_for_what_the_fuzzer_begins_with(seed: bytes) -> None:
    await fuzz.run_case(seed, RULES)


async def test_a_genuine_message_passes_and_an_edited_one_does_not() -> None:
    report = await fuzz.run_case(b"\1\0\0\0", RULES)
    assert [one.result for one in report.dkim] == [DkimWord.PASS, DkimWord.PASS]
    at = fuzz.SIGNED.index(b"Hello").to_bytes(2, "big")
    report = await fuzz.run_case(b"\1" + at + b"\0x", RULES)
    assert [one.result for one in report.dkim] == [DkimWord.FAIL, DkimWord.FAIL]


async def test_an_altered_message_that_passed_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fuzz, "_covered", lambda octets: octets)
    with pytest.raises(fuzz.Broken, match="altered"):
        await fuzz.run_case(b"\1\0\0\0X: y\r\n", RULES)


async def test_the_properties_hold_for_random_edits() -> None:
    chance = random.Random(7)
    for _ in range(200):
        seed = bytearray(chance.choice(fuzz.SEEDS))
        for _ in range(chance.randrange(1, 6)):
            seed[chance.randrange(len(seed))] = chance.randrange(256)
        await fuzz.run_case(bytes(seed), RULES)
