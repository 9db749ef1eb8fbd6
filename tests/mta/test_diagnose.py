"""From the door to the diagnosis: jobs that are written with the message and worked off later."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mta.diagnose import SAMPLES, Diagnostician
from store.database import Database
from store.outbox import backlog, claim
from store.retention import sweep
from store.transactions import (
    TransactionDetail,
    TransactionFilter,
    find_transactions,
    get_transaction,
)
from tests.mta.serving import house
from tests.test_message_path import deliver
from tests.verify.forwards import FOOTER, signed, text
from tests.verify.signing import public_base64

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])

ZONE = {
    "sel._domainkey.example.com": [{"TXT": f"v=DKIM1; p={public_base64('rsa')}"}],
    "_dmarc.example.com": [{"TXT": "v=DMARC1; p=reject"}],
}
LENIENT = ZONE | {"_dmarc.example.com": [{"TXT": "v=DMARC1; p=none"}]}


def now() -> datetime:
    return datetime.now(UTC)


def only(database: Database) -> TransactionDetail:
    (row,) = find_transactions(database, TransactionFilter(), 10).items
    detail = get_transaction(database, row.id)
    assert detail is not None
    return detail


def diagnosed(database: Database) -> int:
    """How many transactions have a diagnosis."""
    rows = find_transactions(database, TransactionFilter(), 200).items
    details = [get_transaction(database, row.id) for row in rows]
    return sum(one is not None and one.diagnosis is not None for one in details)


@pytest.mark.parametrize(("zone", "outcome"), [(ZONE, "refused"), (LENIENT, "accepted")])
async def test_a_broken_signature_of_the_author_is_diagnosed_after_the_answer(
    tmp_path: Path, zone: dict[str, object], outcome: str
) -> None:
    async with house(tmp_path, zone) as running:
        await deliver(running.port, signed(text()) + FOOTER)
        before = only(running.database)
        assert (before.summary.outcome, before.diagnosis) == (outcome, None)
        worker = Diagnostician(running.database, "w", now)
        assert await worker.run_once() == 1
        after = only(running.database)
        assert await worker.run_once() == 0
    assert after.diagnosis is not None
    (one,) = after.diagnosis["signatures"]
    assert (one["domain"], one["proof"], one["broken"]) == ("example.com", "signature", "body")
    (change,) = one["changes"]
    assert (change["kind"], change["octets"]) == ("text_appended", len(FOOTER))


async def test_what_verifies_or_is_not_the_authors_leaves_no_job(tmp_path: Path) -> None:
    others = signed(text().replace(b"alice@example.com", b"alice@sender.example")) + FOOTER
    async with house(tmp_path, LENIENT) as running:
        await deliver(running.port, signed(text()))
        await deliver(running.port, others)
        assert await Diagnostician(running.database, "w", now).run_once() == 0


async def test_bytes_that_are_gone_end_the_job(tmp_path: Path) -> None:
    async with house(tmp_path, ZONE) as running:
        await deliver(running.port, signed(text()) + FOOTER)
        sweep(running.database, now() + timedelta(days=8))
        assert await Diagnostician(running.database, "w", now).run_once() == 1
        assert only(running.database).diagnosis is None
        assert backlog(running.database).waiting == 0


async def test_a_transaction_that_was_forgotten_takes_its_diagnosis_along(tmp_path: Path) -> None:
    async with house(tmp_path, ZONE) as running:
        await deliver(running.port, signed(text()) + FOOTER)
        await Diagnostician(running.database, "w", now).run_once()
        sweep(running.database, now() + timedelta(days=100))
        sweep(running.database, now() + timedelta(days=101))
        assert not find_transactions(running.database, TransactionFilter(), 10).items


async def test_the_worker_ends_when_it_is_told_to(tmp_path: Path) -> None:
    async with house(tmp_path, ZONE) as running:
        await deliver(running.port, signed(text()) + FOOTER)
        stop = asyncio.Event()
        working = asyncio.create_task(Diagnostician(running.database, "w", now).run(stop))
        async with asyncio.timeout(60):
            while only(running.database).diagnosis is None:
                await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(working, 60)
        assert claim(running.database, ("diagnose",), "x", 1, 60, now()) == ()


async def test_a_sender_whose_mail_breaks_all_day_is_diagnosed_by_samples(tmp_path: Path) -> None:
    async with house(tmp_path, ZONE) as running:
        for number in range(SAMPLES + 2):
            await deliver(running.port, signed(text()) + FOOTER + b"%d\r\n" % number)
        hours = [now()]
        worker = Diagnostician(running.database, "w", lambda: hours[-1])
        while await worker.run_once():
            pass
        assert backlog(running.database).waiting == 0
        assert diagnosed(running.database) == SAMPLES
        hours.append(now() + timedelta(hours=1))
        await deliver(running.port, signed(text()) + FOOTER + b"later\r\n")
        assert await worker.run_once() == 1
        assert diagnosed(running.database) == SAMPLES + 1
