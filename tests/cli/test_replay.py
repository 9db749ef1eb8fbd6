"""A stored transaction decided again: the same verdict, with no network and also without a body."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dkim
import pytest
from sqlalchemy import update

from bounce_rules.facts import Policy
from cli import judging
from cli.config import load_config
from cli.main import main
from cli.past import NotRepeatable, recall, replay
from mail.errors import StoreProblem
from mail.raw import RawMessage
from mail.received import RefusedEnvelope
from mail.reply import Reply
from mail.verdict import Action, Verdict
from store import schema
from store.retention import sweep
from tests.cli.transactions import KEY, House, close_house, envelope, many, open_house
from tests.fakes import NOON, FixedClock
from tests.verify import test_dkim_cases as dkim_table
from tests.verify.signing import private_pem

NUMBER = int(os.environ.get("POSTERN_REPLAYED", "200"))
ZONE = {
    "example.com": [{"TXT": "v=spf1 -all"}],
    "_dmarc.example.com": [{"TXT": "v=DMARC1; p=reject"}],
    "s._domainkey.example.com": [KEY],
}
PLAIN = b"From: li@example.com\r\nSubject: hello\r\nDate: x\r\n\r\nat noon?\r\n"


STARTED = datetime.now(UTC)
"""dkimpy dates its signatures by the real time; our own tables are of NOON."""


def signed(octets: bytes = PLAIN, **more: Any) -> bytes:
    signature: bytes = dkim.sign(octets, b"s", b"example.com", private_pem("rsa"), **more)
    return signature + octets


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(STARTED)


@pytest.fixture
def house(tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    opened = open_house(tmp_path / "data", clock)
    yield opened
    close_house(opened)


async def test_many_stored_transactions_are_decided_alike_offline(
    house: House, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.time = NOON
    stored = [await house.take(*one) for one in many(NUMBER, NOON)]
    clock.advance(6 * 3600)  # what is judged must be the moment of then
    for kept in stored:
        for prefer_digests in (False, True):
            past = recall(house.database, kept.id, prefer_digests=prefer_digests)
            again = await replay(past, house.judge())
            assert again.same, (kept, past.raw.read(), again.differences)
            assert again.judgement.verdict == kept.verdict
            assert not again.unanswered
    kinds = Counter(one.verdict.rule for one in stored)
    with capsys.disabled():
        print(f"\nReplay: {len(stored)} of {len(stored)} alike, by {len(kinds)} rules: {kinds}")
    assert len(kinds) >= 8


async def test_a_refusal_is_decided_alike_when_its_body_is_forgotten(
    house: House, clock: FixedClock
) -> None:
    whole = signed(PLAIN + b"x" * 70_000)
    cut = signed(length=True) + b"and more that nobody signed\r\n"
    changed = signed().replace(b"noon", b"nine")
    taken = {
        name: await house.take(octets, envelope(STARTED), ZONE)
        for name, octets in (("whole", whole), ("cut", cut), ("changed", changed))
    }
    assert taken["whole"].verdict.action is Action.ACCEPT
    assert taken["cut"].verdict.action is Action.REJECT
    assert taken["changed"].verdict.action is Action.REJECT
    clock.advance(8 * 86400)
    assert sweep(house.database, clock()).bodies == 2
    for name in ("cut", "changed"):
        past = recall(house.database, taken[name].id)
        assert not past.whole
        assert b"noon" not in past.raw.read() and b"nine" not in past.raw.read()
        again = await replay(past, house.judge())
        assert again.same, again.differences
        assert again.judgement.verdict == taken[name].verdict
    (signature,) = (await _again(house, taken["cut"].id)).judgement.report.dkim
    assert signature.result == "policy"
    assert "only the first 10 of 39 octets" in signature.reason


async def _again(house: House, identifier: str) -> Any:
    return await replay(recall(house.database, identifier), house.judge())


async def test_deferred_mail_leaves_no_bytes_and_is_decided_alike(house: House) -> None:
    zone = {**ZONE, "_dmarc.example.com": ["TIMEOUT"], "example.com": []}
    kept = await house.take(PLAIN, envelope(STARTED), zone)
    assert kept.verdict.action is Action.DEFER
    past = recall(house.database, kept.id)
    assert not past.whole
    assert (await replay(past, house.judge())).same


async def test_one_flipped_octet_changes_the_verdict(house: House) -> None:
    octets = signed()
    kept = await house.take(octets, envelope(STARTED), ZONE)
    past = recall(house.database, kept.id)
    for at in (octets.index(b"noon"), octets.index(b"hello"), octets.index(b"b=") + 30):
        flipped = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
        again = await replay(replace(past, raw=RawMessage.in_memory(flipped)), house.judge())
        assert not again.same
        assert again.judgement.verdict.action is Action.REJECT


async def test_one_flipped_octet_of_a_recorded_digest_or_header_changes_the_verdict(
    house: House,
) -> None:
    kept = await house.take(signed(), envelope(STARTED), ZONE)
    past = recall(house.database, kept.id, prefer_digests=True)
    assert not past.whole
    (body,) = past.bodies
    other = replace(body, sha256=("B" if body.sha256[0] == "A" else "A") + body.sha256[1:])
    header = past.raw.read().replace(b"hello", b"jello")
    for changed in (
        replace(past, bodies=(other,)),
        replace(past, raw=RawMessage.in_memory(header)),
    ):
        again = await replay(changed, house.judge())
        assert not again.same
        assert again.judgement.verdict.action is Action.REJECT


async def test_altered_bytes_in_the_store_are_noticed(house: House) -> None:
    kept = await house.take(signed(), envelope(STARTED), ZONE)
    with house.database.write() as connection:
        row = connection.execute(schema.blobs.select()).one()
        broken = bytes([row.content[0] ^ 1]) + row.content[1:]
        connection.execute(update(schema.blobs).values(content=broken))
    with pytest.raises(StoreProblem):
        recall(house.database, kept.id)


async def test_a_signature_that_expired_since_still_passes(house: House, clock: FixedClock) -> None:
    clock.time = NOON
    octets = dkim_table.build({"sign": {"x": "now+3600"}})
    zone = {**ZONE, "sel._domainkey.example.com": [KEY]}
    kept = await house.take(octets, envelope(NOON), zone)
    assert kept.verdict.action is Action.ACCEPT
    clock.advance(30 * 86400)
    assert (await _again(house, kept.id)).same
    past = replace(recall(house.database, kept.id), at=clock())
    assert (await replay(past, house.judge())).judgement.verdict.action is Action.REJECT


async def test_other_settings_are_told_from_other_evidence(house: House) -> None:
    kept = await house.take(PLAIN, envelope(STARTED), ZONE)
    again = await replay(recall(house.database, kept.id), house.judge(Policy("monitor")))
    assert not again.same
    assert {one.what for one in again.differences} >= {"verdict.action", "verdict.rule"}
    assert again.judgement.verdict.action is Action.ACCEPT


async def test_what_was_refused_without_a_message_is_not_decided_again(house: House) -> None:
    verdict = Verdict(Action.REJECT, "unknown-user", Reply(550, "5.1.1", "no such user"))
    letter = envelope(STARTED)
    await house.writer.save_refusal(RefusedEnvelope(letter, verdict, "rcpt"))
    with pytest.raises(NotRepeatable, match="without a message"):
        recall(house.database, letter.id)
    with pytest.raises(NotRepeatable, match="no transaction"):
        recall(house.database, "0" * 26)


async def test_a_digest_that_was_not_recorded_is_never_made_up(house: House) -> None:
    kept = await house.take(signed(), envelope(STARTED), ZONE)
    past = replace(recall(house.database, kept.id, prefer_digests=True), bodies=())
    again = await replay(past, house.judge())
    assert again.judgement.verdict.action is Action.DEFER


async def _three(folder: Path) -> tuple[str, str, str]:
    """An accepted transaction, a refused one, and one refused for a footer, judged by the
    configuration of now."""
    config = load_config()
    house = open_house(
        folder, FixedClock(STARTED), judging.policy(config), judging.verify_settings(config)
    )
    good = await house.take(signed(), envelope(STARTED), ZONE)
    bad = await house.take(PLAIN, envelope(STARTED + timedelta(seconds=1)), ZONE)
    altered = signed() + b"-- \r\nScanned by a gateway.\r\n"
    broken = await house.take(altered, envelope(STARTED + timedelta(seconds=2)), ZONE)
    close_house(house)
    return good.id, bad.id, broken.id


async def test_the_command_says_same_or_what_differs_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("POSTERN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("POSTERN_HOSTNAME", "mx.reply.example")
    good, bad, broken = await _three(tmp_path / "data")

    def run(*words: str) -> tuple[int, str]:
        # The command runs a loop of its own, so it must not run in that of this test.
        with ThreadPoolExecutor(1) as pool:
            status = pool.submit(main, ["verify", "--replay", *words]).result()
        return status, capsys.readouterr().out

    status, said = run(good)
    assert status == 0 and "same verdict: accept" in said
    status, said = run(f"[{bad}]", "--json")
    answer = json.loads(said)
    assert status == 0 and answer["same"] and answer["stored_verdict"]["action"] == "reject"
    assert answer["changed"] == {"rules": False, "settings": False}
    assert "diagnosis" not in answer
    answer = json.loads(run(broken, "--json")[1])
    assert answer["diagnosis"]["signatures"][0]["proof"] == "signature"
    assert "Broken  example.com: text appended in body" in run(broken)[1]
    monkeypatch.setenv("POSTERN_VERIFY__ENFORCE", "monitor")
    status, said = run(bad)
    assert status == 1
    assert "verdict.action: was reject; is accept" in said
    assert "the settings have changed since" in said
    assert run("nonsense")[0] == 2
    assert run("0" * 26)[0] == 2
