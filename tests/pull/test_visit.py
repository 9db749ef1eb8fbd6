"""From a real Dovecot into a real store: every message once, byte by byte, whatever happens."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from mail.envelope import Door
from pull.causes import Stage, State
from pull.ledger import Ledger
from pull.status import ATTEMPTS
from store.messages import delete_message, get_message
from tests.dovecot import Dovecot
from tests.pull.bound import Bound, account_json, digests, imap_message


def simple(number: int, more: bytes = b"") -> bytes:
    return b"Subject: number %d\r\n%s\r\nbody %d\r\n" % (number, more, number)


SHAPES = {
    "no header": b"just some words\r\n",
    "no body": b"Subject: only a header\r\n",
    "no final line end": b"Subject: x\r\n\r\nhalf a line",
    "nothing after the header": b"Subject: x\r\n\r\n",
    "8-bit header": b"Subject: \xc4\xe3\xba\xc3\r\n\r\nbody\r\n",
    "8-bit body": b"Subject: x\r\n\r\n" + bytes(range(128, 256)) + b"\r\n",
    "a long line": b"Subject: x\r\n\r\n" + b"y" * 200_000 + b"\r\n",
    "dots": b"Subject: x\r\n\r\n.\r\n..\r\n.end\r\n",
    "looks like the protocol": b"Subject: x\r\n\r\n* 1 FETCH (UID 9)\r\nA1 OK done\r\n{5}\r\n)\r\n",
    "a From line": b"From li Sat Nov 21 01:00:00 2026\r\nSubject: x\r\n\r\nFrom here\r\n",
    "a quarter of a megabyte": b"Subject: x\r\n\r\n" + b"z" * 70 * 4096,
    "several megabytes": b"Subject: x\r\n\r\n" + (b"0123456789" * 8 + b"\r\n") * 60_000,
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_message_of_any_shape_arrives_byte_by_byte(
    dovecot: Dovecot, bound: Bound, shape: str
) -> None:
    dovecot.append("li", SHAPES[shape])
    status = await bound.visit()
    assert status.state is State.OK, status.last_error
    assert bound.contents() == digests(SHAPES[shape])


async def test_many_messages_arrive_once_and_a_second_visit_brings_none(
    dovecot: Dovecot, bound: Bound
) -> None:
    sent = [imap_message(number) for number in range(120)]
    dovecot.append("li", *sent)
    status = await bound.visit()
    assert (status.done, status.total) == (120, 120)
    assert status.ledger == Ledger(on_server=120, stored=120)
    again = await bound.visit()
    assert (again.done, again.ledger.unexplained) == (0, 0)
    assert bound.contents() == digests(*sent)


async def test_messages_keep_the_order_of_their_uids(dovecot: Dovecot, bound: Bound) -> None:
    dovecot.append("li", *(simple(number) for number in range(30)))
    await bound.visit()
    details = [get_message(bound.database, one.id) for one in bound.messages()]
    subjects = [detail.transaction.summary.subject for detail in details if detail]
    assert subjects == [f"number {number}" for number in range(30)]


async def test_nothing_changes_on_the_server(dovecot: Dovecot, bound: Bound) -> None:
    dovecot.append("li", *(simple(number) for number in range(5)), SHAPES["several megabytes"])
    before = dovecot.flags("li")
    await bound.visit()
    assert dovecot.flags("li") == before
    assert all("Seen" not in flags for flags in before.values())


async def test_what_comes_later_comes_with_a_later_visit(dovecot: Dovecot, bound: Bound) -> None:
    dovecot.append("li", simple(1))
    await bound.visit()
    dovecot.append("li", simple(2), simple(3))
    status = await bound.visit()
    assert status.done == 2
    assert bound.contents() == digests(simple(1), simple(2), simple(3))


async def test_what_was_read_elsewhere_comes_too(dovecot: Dovecot, bound: Bound) -> None:
    dovecot.append("li", simple(1))
    with dovecot.session("li") as client:
        client.select("INBOX")
        client.uid("FETCH", "1", "(BODY[])")
    assert "Seen" in dovecot.flags("li")[1]
    await bound.visit()
    assert bound.contents() == digests(simple(1))


async def test_two_messages_with_one_message_id_are_two(dovecot: Dovecot, bound: Bound) -> None:
    same = b"Message-ID: <same@example.com>\r\n"
    dovecot.append("li", simple(1, same), simple(2, same))
    await bound.visit()
    assert bound.contents() == digests(simple(1, same), simple(2, same))


async def test_two_equal_messages_are_two(dovecot: Dovecot, bound: Bound) -> None:
    dovecot.append("li", simple(1), simple(1))
    status = await bound.visit()
    assert status.ledger == Ledger(on_server=2, stored=2)
    assert bound.contents() == digests(simple(1), simple(1))


async def test_a_new_uidvalidity_brings_nothing_twice(dovecot: Dovecot, bound: Bound) -> None:
    sent = [simple(number) for number in range(20)]
    dovecot.append("li", *sent, simple(3))
    await bound.visit()
    ids = {one.id for one in bound.messages()}
    dovecot.change_uidvalidity("li")
    dovecot.append("li", simple(100))
    status = await bound.visit()
    assert status.done == 22
    assert status.ledger == Ledger(on_server=22, stored=22)
    assert bound.contents() == digests(*sent, simple(3), simple(100))
    assert ids < {one.id for one in bound.messages()}


async def test_what_is_deleted_on_the_server_stays_here(dovecot: Dovecot, bound: Bound) -> None:
    dovecot.append("li", simple(1), simple(2), simple(3))
    await bound.visit()
    dovecot.delete("li", 2)
    status = await bound.visit()
    assert status.ledger == Ledger(on_server=2, stored=2)
    assert bound.contents() == digests(simple(1), simple(2), simple(3))


async def test_what_is_deleted_here_does_not_come_back(dovecot: Dovecot, bound: Bound) -> None:
    dovecot.append("li", simple(1), simple(2))
    await bound.visit()
    delete_message(bound.database, bound.messages()[0].id, by="test", now=bound.clock())
    status = await bound.visit()
    assert status.ledger == Ledger(on_server=2, stored=1, deleted=1)
    dovecot.change_uidvalidity("li")
    status = await bound.visit()
    assert status.ledger == Ledger(on_server=2, stored=1, deleted=1)
    assert len(bound.messages()) == 1


async def test_a_message_in_two_folders_is_stored_once(dovecot: Dovecot, bound: Bound) -> None:
    bound.change(account_json(dovecot, folders=["INBOX", "垃圾邮件"]))
    with dovecot.session("li") as client:
        client.create("&V4NXPpCuTvY-")
    dovecot.append("li", simple(1), simple(2))
    dovecot.append("li", simple(1), folder="&V4NXPpCuTvY-")
    status = await bound.visit()
    assert status.ledger == Ledger(on_server=3, stored=2, duplicates=1)
    assert bound.contents() == digests(simple(1), simple(2))


async def test_a_message_over_the_limit_stands_in_nobodys_way(
    dovecot: Dovecot, bound: Bound
) -> None:
    large = b"Subject: large\r\n\r\n" + b"x" * 5000
    dovecot.append("li", simple(1), large, simple(3))
    status = await bound.visit(replace(bound.settings, max_message_bytes=4000))
    assert status.state is State.OK
    assert status.ledger == Ledger(on_server=3, stored=2, failed=1)
    (failure,) = status.failures
    assert failure.uid == 2
    assert failure.cause == f"it has {len(large)} octets and the limit is 4000"
    assert bound.contents() == digests(simple(1), simple(3))


async def test_a_failed_message_is_tried_again_later_and_at_last_no_more(
    dovecot: Dovecot, bound: Bound
) -> None:
    dovecot.append("li", b"Subject: large\r\n\r\n" + b"x" * 5000)
    small = replace(bound.settings, max_message_bytes=4000)
    (failure,) = (await bound.visit(small)).failures
    assert failure.attempts == 1
    assert failure.retry_at == bound.clock() + timedelta(minutes=5)
    (failure,) = (await bound.visit(small)).failures
    assert failure.attempts == 1, "it was not due"
    waits = []
    while failure.retry_at is not None:
        waits.append(failure.retry_at - bound.clock())
        bound.clock.time = failure.retry_at
        (failure,) = (await bound.visit(small)).failures
    assert failure.attempts == ATTEMPTS
    assert waits == sorted(waits)
    bound.clock.advance(10**7)
    (failure,) = (await bound.visit(small)).failures
    assert failure.attempts == ATTEMPTS, "it is not tried by itself any more"
    status = await bound.visit(retry_all=True)
    assert status.ledger == Ledger(on_server=1, stored=1)
    assert status.failures == ()


async def test_a_failed_message_that_is_gone_from_the_server_is_forgotten(
    dovecot: Dovecot, bound: Bound
) -> None:
    dovecot.append("li", b"Subject: large\r\n\r\n" + b"x" * 5000)
    await bound.visit(replace(bound.settings, max_message_bytes=4000))
    dovecot.delete("li", 1)
    status = await bound.visit()
    assert (status.failures, status.ledger) == ((), Ledger())


async def test_a_wrong_password_is_the_accounts_state(dovecot: Dovecot, bound: Bound) -> None:
    given = account_json(dovecot)
    given["imap"]["password"] = "wrong"
    bound.change(given)
    status = await bound.visit()
    assert status.state is State.AUTH_FAILED
    assert status.last_error is not None
    assert status.last_error["stage"] == Stage.LOGIN
    assert "Authentication failed" in status.last_error["server_said"]
    assert status.last_success is None


async def test_a_refusal_after_good_logins_is_taken_for_a_limit(
    dovecot: Dovecot, bound: Bound
) -> None:
    dovecot.append("li", simple(1))
    good = await bound.visit()
    dovecot.set_password("li", "another one")
    waits = []
    for _ in range(8):
        status = await bound.visit()
        assert status.state is State.THROTTLED
        assert status.next_run is not None
        waits.append((status.next_run - bound.clock()) / timedelta(minutes=5))
    assert waits[0] >= 1.8
    assert all(later > earlier * 1.5 for earlier, later in pairwise(waits[:5]))
    assert max(waits) <= 4 * 60 / 5
    assert status.last_success == good.last_success
    assert status.ledger == good.ledger
    dovecot.set_password("li", "open sesame")
    well = await bound.visit()
    assert (well.state, well.last_error, well.refusals) == (State.OK, None, 0)


async def test_a_new_password_that_is_wrong_is_not_taken_for_a_limit(
    dovecot: Dovecot, bound: Bound
) -> None:
    await bound.visit()
    bound.clock.advance(60)
    given = account_json(dovecot)
    given["imap"]["password"] = "mistyped"
    bound.change(given)
    assert bound.status().is_due(bound.clock(), bound.account.changed_at), "changes count at once"
    status = await bound.visit()
    assert status.state is State.AUTH_FAILED
    assert not status.is_due(bound.clock(), bound.account.changed_at)


async def test_a_server_that_is_gone_is_tried_again_at_the_next_interval(
    dovecot: Dovecot, bound: Bound
) -> None:
    dovecot.stop()
    status = await bound.visit()
    assert status.state is State.UNREACHABLE
    assert status.last_error is not None
    assert status.last_error["stage"] == Stage.CONNECT
    assert status.next_run is not None
    wait = status.next_run - bound.clock()
    assert timedelta(minutes=4.4) < wait < timedelta(minutes=5.6)


async def test_a_disabled_account_makes_no_connection(dovecot: Dovecot, bound: Bound) -> None:
    before = dovecot.logins()
    bound.change(account_json(dovecot, enabled=False))
    status = await bound.visit()
    assert (status.state, status.next_run) == (State.DISABLED, None)
    assert dovecot.logins() == before


async def test_a_visit_that_is_told_to_end_is_due_again_at_once(
    dovecot: Dovecot, bound: Bound
) -> None:
    dovecot.append("li", *(simple(number) for number in range(120)))
    answers = iter([True, False])
    status = await bound.visit(go_on=lambda: next(answers))
    assert status.is_due(bound.clock(), bound.account.changed_at)
    assert 0 < len(bound.messages()) < 120
    await bound.visit()
    assert bound.contents() == digests(*(simple(number) for number in range(120)))


async def test_nobody_visits_an_account_that_somebody_visits(
    dovecot: Dovecot, bound: Bound
) -> None:
    dovecot.append("li", simple(1))
    others: list[Any] = []

    async def meanwhile() -> None:
        others.append(await bound.visitor().visit(bound.account))

    def look() -> bool:
        asyncio.get_running_loop().create_task(meanwhile())
        return True

    await bound.visit(go_on=look)
    assert others == [None]
    assert bound.contents() == digests(simple(1))


async def test_what_the_envelope_says_of_a_fetched_message(dovecot: Dovecot, bound: Bound) -> None:
    path = b"Return-Path: <wang@example.org>\r\nReturn-Path: <lower@example.org>\r\n"
    dovecot.append("li", simple(1, path))
    await bound.visit()
    detail = get_message(bound.database, bound.messages()[0].id)
    assert detail is not None
    summary = detail.transaction.summary
    assert summary.door == Door.IMAP
    assert summary.mail_from == "wang@example.org"
    assert tuple(summary.rcpt_to) == ("li@example.com",)
    assert summary.client_ip is None
    assert detail.summary.mailboxes == (bound.account.mailbox,)
    assert detail.summary.held is False


async def test_mail_that_would_be_refused_at_the_other_door_is_kept(
    dovecot: Dovecot, bound: Bound
) -> None:
    dovecot.append("li", b"From: ceo@bank.example\r\nSubject: fails\r\n\r\nbody\r\n")
    await bound.visit()
    (message,) = bound.messages()
    assert message.held is False


async def test_the_spool_is_empty_afterwards(dovecot: Dovecot, bound: Bound) -> None:
    dovecot.append("li", SHAPES["several megabytes"])
    await bound.visit()
    assert [path for path in bound.settings.spool_dir.rglob("*") if path.is_file()] == []
