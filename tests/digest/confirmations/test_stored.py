"""What the worker makes of a confirmation: what was verified on arrival says if it is proved."""

import logging
from dataclasses import replace

import pytest

from digest.apart.reader import Reader
from digest.confirmation import UNPROVED
from digest.worker import Worker
from mail.report import DkimResult, DkimWord
from store.database import Database
from store.messages import MessageDetail, get_message
from store.writer import Writer
from tests.digest.confirmations.specimens import SPECIMENS
from tests.fakes import FixedClock
from tests.store.samples import REPORT, received

GMAIL = SPECIMENS[0]
SIGNED = DkimResult(DkimWord.PASS, "google.com", "20230601", "rsa-sha256", "good signature")


async def digested(
    database: Database, clock: FixedClock, reader: Reader, *dkim: DkimResult
) -> MessageDetail:
    writer = Writer(database, clock)
    writer.start()
    message = replace(received(GMAIL.content), report=replace(REPORT, dkim=dkim))
    stored = await writer.save_message(message)
    writer.close()
    Worker(database, "worker-1", clock, reader).run_once()
    detail = get_message(database, stored.id)
    assert detail is not None
    assert detail.digest is not None
    return detail


async def test_what_the_provider_signed_is_a_confirmation(
    database: Database,
    clock: FixedClock,
    reader: Reader,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    detail = await digested(database, clock, reader, SIGNED)
    assert detail.digest is not None
    assert detail.digest["confirmation"]["code"] == GMAIL.code
    assert detail.digest["confirmation"]["link"] == GMAIL.link
    assert detail.summary.category == "notice"
    assert detail.summary.snippet == ""
    assert "304298959" not in caplog.text
    assert "vf-" not in caplog.text


@pytest.mark.parametrize(
    "dkim",
    [
        (),
        (replace(SIGNED, domain="evil.example"),),
        (replace(SIGNED, result=DkimWord.FAIL),),
        (replace(SIGNED, result=DkimWord.TEMPERROR),),
        (replace(SIGNED, result=DkimWord.POLICY),),
    ],
    ids=["unsigned", "another domain", "broken", "no key now", "not accepted"],
)
async def test_what_it_did_not_sign_is_none(
    database: Database, clock: FixedClock, reader: Reader, dkim: tuple[DkimResult, ...]
) -> None:
    detail = await digested(database, clock, reader, *dkim)
    assert detail.digest is not None
    assert detail.digest["confirmation"] is None
    assert detail.digest["why"] == [UNPROVED]
    assert detail.summary.category == "notice"
