"""What many threads open, a few processes open for them, and no more wait than is worth it."""

import hashlib
import os
import signal
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from digest import parts
from digest.apart.keeper import Nursery
from digest.apart.limits import Limits, made_for
from digest.apart.pool import Pool
from mail.errors import TooBusy, Unopened
from mail.raw import RawMessage
from tests.digest.messages import base64_lines, joined, message

QUICK = Limits(cpu=0.5, wall=60.0, headline=20.0, headline_wall=60.0)
BLOCK = 1 << 16

WAYS: dict[str, Callable[[Pool, RawMessage], object]] = {
    "page": lambda pool, raw: pool.html_page(raw),
    "attachment": lambda pool, raw: pool.attachment(raw, 0),
    "as it came": lambda pool, raw: pool.as_it_came(raw),
}


@pytest.fixture
def pool(hostile: Nursery, tmp_path: Path) -> Iterator[Pool]:
    """With a nursery that outlives it: closing it would cost the next test a second."""
    made = Pool(tmp_path / "spool", QUICK, hostile)
    yield made
    for reader in made._readers:
        reader.close()


def letter(subject: str, file: bytes = b"\x00\x01\xff") -> RawMessage:
    text = b"Content-Type: text/html; charset=gb2312\r\n\r\n" + "<p>您好</p>".encode("gbk")
    kind = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    named = b"Content-Disposition: attachment; filename=../offer.pdf\r\n\r\n"
    body = joined([text, kind + named + base64_lines(file)], "b")
    fields = {"Subject": subject, "Content-Type": "multipart/mixed; boundary=b"}
    return RawMessage.in_memory(message(body, fields))


def test_what_comes_from_the_other_process_is_the_same(pool: Pool) -> None:
    raw = letter("Offer")
    here, there = parts.attachment(raw, 0), pool.attachment(raw, 0)
    assert here is not None and there is not None
    assert (there.name, there.content_type) == (here.name, here.content_type)
    assert b"".join(there.content.blocks(BLOCK)) == here.content == b"\x00\x01\xff"
    page = pool.html_page(raw)
    assert page is not None
    assert b"".join(page.blocks(2)).decode() == parts.html_page(raw)
    assert pool.as_it_came(raw) == parts.as_it_came(raw)
    assert pool.digest(raw, "", None)["text"] == "您好"


def test_what_is_not_there_is_none(pool: Pool) -> None:
    raw = RawMessage.in_memory(message(b"plain"))
    assert pool.html_page(raw) is None
    assert pool.attachment(letter("Offer"), 1) is None
    assert pool.attachment(letter("Offer"), 10**30) is None


def test_a_large_file_is_never_in_our_memory_as_a_whole(pool: Pool, tmp_path: Path) -> None:
    file = os.urandom(1 << 20) * 37
    made, path = letter("Large", file), tmp_path / "large.eml"
    path.write_bytes(made.read())
    raw = RawMessage.in_file(path, made.size, made.sha256)
    digest = hashlib.sha256(file).digest()
    del file, made
    tracemalloc.start()
    try:
        found = pool.attachment(raw, 0)
        assert found is not None
        assert found.content.size == 37 << 20
        counted = hashlib.sha256()
        for block in found.content.blocks(BLOCK):
            counted.update(block)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert counted.digest() == digest
    assert most < 4 << 20
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_message_that_breaks_its_reader_is_said_to_and_the_next_is_opened(
    pool: Pool, way: str
) -> None:
    for subject, why in (
        ("loop", "it needed more than 0.5 s of the processor"),
        ("creep", "it needed too much memory"),
        ("crash", "its process died of SIGSEGV"),
        ("killed", "the process that read it was killed"),
        ("fault", "it met a fault of ours"),
    ):
        with pytest.raises(Unopened) as broke:
            WAYS[way](pool, letter(subject))
        assert str(broke.value) == f"our reader gave up: {why}"
    assert WAYS[way](pool, letter("sound"))


def test_a_digest_of_such_a_message_is_what_its_header_says(pool: Pool) -> None:
    said = pool.digest(letter("crash"), "", None)
    assert (said["subject"], said["why"]) == ("crash", ["unreadable"])


def test_a_child_that_was_killed_while_it_waited_costs_nothing(pool: Pool) -> None:
    for _ in range(3):
        assert pool.html_page(letter("sound"))
        child = next(one._child for one in pool._readers if one._child is not None)
        os.kill(child.process, signal.SIGKILL)


def test_whoever_comes_when_enough_wait_is_told_to_come_again(hostile: Nursery) -> None:
    pool = Pool(limits=QUICK, nursery=hostile, readers=1, waiting=0)
    with pool._reader(), pytest.raises(TooBusy, match="too many") as busy:
        pool.html_page(letter("sound"))
    assert busy.value.seconds > 0
    assert pool.html_page(letter("sound"))
    pool._readers[0].close()


def test_who_waits_is_told_when_it_takes_too_long(hostile: Nursery) -> None:
    pool = Pool(limits=QUICK, nursery=hostile, readers=1, waiting=1, patience=0.01)
    with pool._reader(), pytest.raises(TooBusy, match="take their time"):
        pool.html_page(letter("sound"))


def test_many_threads_get_their_own_answers(pool: Pool) -> None:
    found: list[str] = []

    def work(number: int) -> None:
        found.append(pool.as_it_came(letter(f"number {number}"))[0])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [f"number {number}" for number in range(8)]


def test_nothing_runs_until_something_is_opened_and_nothing_after_the_end() -> None:
    pool = Pool(limits=QUICK)
    assert pool._nursery._orders is None
    pool.prepare()
    pool.prepare()
    assert pool.html_page(letter("sound"))
    children = [one._child.process for one in pool._readers if one._child is not None]
    assert children
    pool.close()
    for process in children:
        assert not Path(f"/proc/{process}").exists()


def test_where_no_process_can_be_had_nobody_waits_for_one() -> None:
    pool = Pool(limits=QUICK, nursery=Nursery("tests.no_such_nursery"))
    with pytest.raises(TooBusy, match="no process"):
        pool.html_page(letter("sound"))


def test_a_child_has_room_for_the_largest_message_that_is_permitted() -> None:
    assert made_for(QUICK, 50 << 20).memory == QUICK.memory
    assert made_for(QUICK, 500 << 20).memory > 8 * (500 << 20)
