"""Corrections: they win for their message, teach the next ones, and are forgotten with it."""

import json
from pathlib import Path
from typing import Any

from digest.apart.reader import Reader
from digest.apart.told import Told
from digest.corrections import NAME, Installed, Teacher
from digest.digest import digest_message
from digest.revision import Revision
from digest.worker import Worker
from mail.raw import RawMessage
from store.corrections import read_corrections
from store.database import Database
from store.messages import delete_message, get_message, set_flags
from store.redigest import plan_redigest
from store.undigested import Undigested
from tests.digest.messages import message
from tests.digest.test_worker import save
from tests.fakes import NOON, FixedClock

ODD = "The zebra form came back from the ministry, blue stamp and all, see you at the pergola."
KNOWN = Undigested("1", "smtp", "a@example.com", (), False)


def told(text: str) -> Told:
    raw = RawMessage.in_memory(message(text.encode(), {"Subject": "Zebra"}))
    digest = digest_message(raw, "a@example.com", None)
    return Told(json.dumps(digest.as_json()).encode())


async def corrected(
    database: Database, clock: FixedClock, reader: Reader, number: int, category: str
) -> list[str]:
    """So many messages of one kind, each put right by an operator."""
    ids = []
    for n in range(number):
        text = f"{ODD} Number {n} of the zebra forms."
        ids.append(await save(database, clock, message(text.encode(), {"Subject": "Zebra"})))
    worker = Worker(database, "worker-1", clock, reader)
    while worker.run_once():
        continue
    for one in ids:
        assert set_flags(database, one, category=category, by="ann", now=NOON)
    return ids


async def test_a_category_that_a_person_chose_outlives_a_new_digest(
    database: Database, clock: FixedClock, reader: Reader
) -> None:
    (one,) = await corrected(database, clock, reader, 1, "complaint")
    plan_redigest(database, 10_000, NOON)
    worker = Worker(database, "worker-1", clock, reader)
    worker.run_once()
    worker._anew.run_once()
    detail = get_message(database, one)
    assert detail is not None
    assert detail.summary.category == "complaint"


async def test_what_was_corrected_is_told_so_next_time(
    database: Database, clock: FixedClock, reader: Reader, tmp_path: Path
) -> None:
    await corrected(database, clock, reader, 12, "complaint")
    teacher = Teacher(database, tmp_path / NAME)
    learned = teacher.look()
    assert learned is not None
    assert learned.changes is not None
    assert learned.lessons == 12
    before = told(ODD).as_json()
    after = Revision(Installed(tmp_path / NAME)).revise(told(ODD), KNOWN).as_json()
    assert before["category"] != "complaint"
    assert after["category"] == "complaint"
    assert after["why"][0] == "learned-here"
    assert teacher.look() is None, "nothing is new"


async def test_a_deleted_message_is_forgotten(
    database: Database, clock: FixedClock, reader: Reader, tmp_path: Path
) -> None:
    ids = await corrected(database, clock, reader, 12, "notice")
    teacher = Teacher(database, tmp_path / NAME)
    teacher.look()
    assert (tmp_path / NAME).exists()
    for one in ids:
        assert delete_message(database, one, by="ann", now=NOON)
    assert read_corrections(database, 100) == ()
    teacher.look()
    assert not (tmp_path / NAME).exists()
    assert Revision(Installed(tmp_path / NAME)).revise(told(ODD), KNOWN) == told(ODD)


async def test_nothing_of_a_messages_words_is_kept_in_what_was_learned(
    database: Database, clock: FixedClock, reader: Reader, tmp_path: Path
) -> None:
    await corrected(database, clock, reader, 3, "notice")
    Teacher(database, tmp_path / NAME).look()
    assert "zebra" not in (tmp_path / NAME).read_text("utf-8")
    assert "pergola" not in (tmp_path / NAME).read_text("utf-8")


def test_a_spoilt_file_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"\xff\x00 nonsense")
    assert Revision(Installed(tmp_path / NAME)).revise(told(ODD), KNOWN) == told(ODD)


def test_certain_signs_are_not_revised(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"#price": 1}
    (tmp_path / NAME).write_text(json.dumps(changes))
    form = {**told(ODD).as_json(), "why": ["auto-submitted-auto-replied"]}
    certain = Told(json.dumps(form).encode())
    assert Revision(Installed(tmp_path / NAME)).revise(certain, KNOWN) is certain
