"""What broke a signature: identified by proof, and nothing proved that did not happen."""

import asyncio
import contextlib
import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mail.message import parse_message
from mail.raw import RawMessage
from tests.verify.forwards import FOOTER, alternative, forwards, signed, text, unprovable
from tests.verify.signing import public_base64
from verify.breakage.body import BodyGoal, mend_body
from verify.breakage.budget import CANDIDATES, OCTETS, Budget, Exhausted
from verify.breakage.change import EXCERPT, Broken, Kind, Proof, SignatureDiagnosis
from verify.breakage.diagnose import diagnose
from verify.dkim.canonical import BodyScope, Form
from verify.zones import ZoneResolver

WANTED = 0.9


def zone() -> ZoneResolver:
    record = f"v=DKIM1; p={public_base64('rsa')}"
    return ZoneResolver.from_mapping({"sel._domainkey.example.com": [{"TXT": record}]})


async def diagnosed(octets: bytes) -> tuple[SignatureDiagnosis, ...]:
    return await diagnose(parse_message(RawMessage.in_memory(octets)), zone(), "example.com")


async def test_nine_of_ten_mutated_forwards_are_explained_by_proof() -> None:
    cases = forwards()
    missed = []
    for case in cases:
        (found,) = await diagnosed(case.octets)
        if found.proof is not Proof.SIGNATURE or {one.kind for one in found.changes} != case.kinds:
            missed.append(f"{case.name}: {found.proof} {[one.kind.value for one in found.changes]}")
    kinds = {kind for case in cases for kind in case.kinds}
    score = len(cases) - len(missed)
    print(f"mutated forwards: {score} of {len(cases)} proved, {len(kinds)} kinds of change")
    print("\n".join(missed))
    assert len(cases) >= 60
    assert len(kinds) >= 12
    assert score >= WANTED * len(cases)


async def test_nothing_is_proved_that_leaves_no_proof() -> None:
    for case in unprovable():
        (found,) = await diagnosed(case.octets)
        assert (found.proof, found.changes) == (Proof.NONE, ()), case.name


async def test_random_damage_is_never_proved_to_be_a_relays_work() -> None:
    dice = random.Random(6376)
    original = signed(text())
    start = original.index(b"\r\n\r\n") + 4
    for _ in range(40):
        at = dice.randrange(start, len(original) - 2)
        octets = bytearray(original)
        octets[at] = ord("~") if octets[at] not in b"\r\n" else ord("x")
        (found,) = await diagnosed(bytes(octets))
        assert found.proof is Proof.NONE
        assert found.broken is Broken.BODY


async def test_a_message_that_verifies_has_no_diagnosis() -> None:
    assert await diagnosed(signed(text())) == ()
    assert await diagnosed(text()) == ()


async def test_header_and_body_are_told_apart() -> None:
    original = signed(text())
    body, header = original + FOOTER, original.replace(b"Subject: L", b"Subject: [x] L")
    assert [(await diagnosed(one))[0].broken for one in (body, header, header + FOOTER)] == [
        Broken.BODY,
        Broken.HEADER,
        Broken.BOTH,
    ]


async def test_a_body_is_explained_by_its_hash_alone_where_the_header_is_not() -> None:
    octets = signed(text()).replace(b"10:00:00", b"11:00:00") + FOOTER
    (found,) = await diagnosed(octets)
    assert found.proof is Proof.BODY_HASH
    assert [one.kind for one in found.changes] == [Kind.TEXT_APPENDED]


async def test_a_change_says_where_how_much_and_how_it_begins() -> None:
    (found,) = await diagnosed(signed(text()) + b"\x1b[31mSent by\r\n" + b"a list\r\n" * 20)
    (change,) = found.changes
    assert (change.where, change.octets) == ("body", 14 + 8 * 20)
    assert "Sent by a list a list" in change.excerpt
    assert "\x1b" not in change.excerpt
    assert len(change.excerpt) <= EXCERPT


async def test_hostile_messages_cost_a_bounded_amount_of_work() -> None:
    for body in (
        b"x" * 76 + b"\r\n",
        b"a\r\n",
        b"\r\n",
        b"<div>\r\n",
        b"--AAA\r\n\r\n",
        b" \t",
    ):
        message = signed(alternative())
        octets = message + body * (300_000 // len(body))
        octets = octets.replace(b"shall we", b"will they")
        before = Budget()
        goal = BodyGoal(BodyScope(Form.RELAXED, None), bytes(32), before)
        with contextlib.suppress(Exhausted):
            mend_body(octets, b"multipart/mixed; boundary=AAA", b"", goal)
        assert before.tried <= CANDIDATES
        assert 0 <= before.octets <= OCTETS


async def test_the_search_ends_and_says_that_it_was_ended() -> None:
    (found,) = await diagnosed(
        signed(text()).replace(b"Tuesday?", b"Monday?") + b"a line\r\n" * 2_500_000
    )
    assert (found.proof, found.complete) == (Proof.NONE, False)
    assert found.candidates <= 2 * CANDIDATES


async def test_a_footer_behind_a_hundred_thousand_lines_is_found() -> None:
    body = b"".join(b"line %d\r\n" % n for n in range(100_000))
    (found,) = await diagnosed(signed(text(body)) + FOOTER)
    assert [(one.kind, one.octets) for one in found.changes] == [(Kind.TEXT_APPENDED, len(FOOTER))]


@given(st.binary(max_size=300), st.binary(max_size=120))
@example(b"\n", b"")
@settings(max_examples=80, deadline=None)
def test_no_octets_break_the_search(body: bytes, value: bytes) -> None:
    octets = signed(text()).replace(b"Lunch on Tuesday", value.replace(b"\n", b" ")) + body
    for found in asyncio.run(diagnosed(octets)):
        assert found.proof is Proof.NONE or found.changes or not body
