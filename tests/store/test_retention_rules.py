from datetime import datetime, timedelta

import pytest

from mail.errors import OnHold, SettingsProblem, StoreProblem
from mail.moment import rfc3339
from mail.verdict import Action
from store.ages import DRY, confirm_age, list_ages, set_age
from store.audit import find_audit
from store.database import Database
from store.domains import DomainRow, add_domain
from store.holds import Wanted, holds_on, lift_hold, list_holds, set_hold
from store.messages import delete_message, get_message, open_raw, save_digest
from store.retention import sweep
from store.retention_rules import (
    NewRule,
    add_rule,
    confirm_rule,
    list_rules,
    preview,
    remove_rule,
)
from store.sweep_clock import AHEAD, clock_problem, confirm_clock, sweep_in_time
from store.transactions import get_transaction
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, envelope, received

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


async def save(
    writer: Writer, domain: DomainRow, more: bytes = b"", action: Action = Action.ACCEPT
) -> str:
    letter = envelope(mailboxes=[domain.mailbox])
    return (await writer.save_message(received(CONTENT + more, action, letter))).id


async def test_a_new_rule_is_dry_for_a_day(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await save(writer, domain)
    later = NOON + 40 * DAY
    rule = add_rule(database, NewRule(30), by="li", now=later)
    assert preview(database, rule.wanted, later).messages == 1
    assert sweep(database, later + DRY - SECOND).messages == 0
    assert get_message(database, identifier) is not None
    assert sweep(database, later + DRY).messages == 1
    assert get_message(database, identifier) is None


async def test_a_rule_that_is_confirmed_works_at_once(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    await save(writer, domain)
    later = NOON + 40 * DAY
    rule = add_rule(database, NewRule(30), by="li", now=later)
    assert confirm_rule(database, rule.id, by="wang", now=later)
    assert not confirm_rule(database, rule.id, by="wang", now=later)
    assert sweep(database, later).messages == 1
    assert remove_rule(database, rule.id, by="li", now=later)
    assert not remove_rule(database, rule.id, by="li", now=later)
    assert list_rules(database) == ()
    whats = [one.what for one in find_audit(database, 9, what="retention").items]
    assert whats == ["retention.remove", "retention.confirm", "retention.add"]


async def test_everything_that_a_rule_names_must_fit(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    there = add_domain(database, "other.example", "all", "cli", NOON)
    wanted = await save(writer, domain, b"x" * 1000)
    small, elsewhere = await save(writer, domain, b"y"), await save(writer, there, b"z" * 1000)
    inquiry = await save(writer, domain, b"q" * 1000)
    for one in (wanted, small, elsewhere):
        save_digest(database, one, {"category": "ooo"})
    save_digest(database, inquiry, {"category": "inquiry"})
    rule = NewRule(10, domain.mailbox, "ooo", 1000)
    now = NOON + 10 * DAY + SECOND
    shown = preview(database, rule, now)
    assert (shown.messages, shown.octets) == (1, len(CONTENT) + 1000)
    assert preview(database, rule, NOON + 10 * DAY).messages == 0
    confirm_rule(database, add_rule(database, rule, by="li", now=now).id, by="li", now=now)
    assert sweep(database, now).messages == 1
    left = [one for one in (wanted, small, elsewhere, inquiry) if get_message(database, one)]
    assert left == [small, elsewhere, inquiry]


async def test_a_rule_may_remove_the_bytes_only(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    read, unread = await save(writer, domain), await save(writer, domain, b"2")
    save_digest(database, read, {"category": "ooo", "text": "A body."})
    now = NOON + 2 * DAY
    rule = add_rule(database, NewRule(1, what="bytes"), by="li", now=now)
    confirm_rule(database, rule.id, by="li", now=now)
    assert sweep(database, now).shed == 1
    assert sweep(database, now).shed == 0
    detail = get_message(database, read)
    assert detail is not None
    assert detail.digest == {"category": "ooo", "text": "A body."}
    assert detail.transaction.header_block.startswith(b"From: Li Wei")
    with pytest.raises(StoreProblem, match="were deleted on 2026-11-22 by a rule of retention"):
        open_raw(database, read)
    assert open_raw(database, unread).read() == CONTENT + b"2"
    assert delete_message(database, read, by="li", now=now)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (NewRule(0), "0 days cannot be"),
        (NewRule(-5), "-5 days cannot be"),
        (NewRule(99999), "99999 days cannot be"),
        (NewRule(1, category="spam"), "'spam' is not one of"),
        (NewRule(1, what="burn"), "'burn' is not one of"),
        (NewRule(1, larger_than=0), "number of octets above 0"),
        (NewRule(1, mailbox="nowhere"), "There is no mailbox nowhere"),
    ],
)
def test_what_no_rule_can_be_is_said(database: Database, wanted: NewRule, problem: str) -> None:
    with pytest.raises(SettingsProblem, match=problem):
        add_rule(database, wanted, by="li", now=NOON)
    assert list_rules(database) == ()


def in_force(database: Database, name: str, now: object) -> int:
    return next(one.in_force for one in list_ages(database, now) if one.name == name)  # type: ignore[arg-type]


def test_a_shorter_age_begins_in_a_day_and_a_longer_one_at_once(database: Database) -> None:
    set_age(database, "log", 10, by="li", now=NOON)
    assert in_force(database, "log", NOON + DRY - SECOND) == 90
    assert in_force(database, "log", NOON + DRY) == 10
    later = NOON + 2 * DAY
    set_age(database, "log", 365, by="li", now=later)
    assert in_force(database, "log", later) == 365
    set_age(database, "log", 20, by="li", now=later)
    set_age(database, "log", 30, by="li", now=later + SECOND)
    assert in_force(database, "log", later + SECOND) == 365
    assert confirm_age(database, "log", by="li", now=later + 2 * SECOND)
    assert in_force(database, "log", later + 2 * SECOND) == 30
    assert not confirm_age(database, "log", by="li", now=later + 3 * SECOND)
    with pytest.raises(SettingsProblem, match="has no age of its own"):
        set_age(database, "mail", 10, by="li", now=NOON)


async def test_the_sweep_follows_the_ages(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    held = await save(writer, domain, action=Action.QUARANTINE)
    refused = await save(writer, domain, b"2", Action.REJECT)
    set_age(database, "held", 60, by="li", now=NOON)
    set_age(database, "refused", 14, by="li", now=NOON)
    assert sweep(database, NOON + 13 * DAY).bodies == 0
    assert open_raw(database, refused).read() == CONTENT + b"2"
    assert sweep(database, NOON + 14 * DAY).bodies == 1
    assert sweep(database, NOON + 59 * DAY).held == 0
    assert get_message(database, held) is not None
    assert sweep(database, NOON + 61 * DAY).held == 1
    assert sweep(database, NOON + 800 * DAY).audit > 0
    assert find_audit(database, 9).items == ()


SPAN = Wanted(since=NOON, until=NOON + DAY)


def hold_for(case: str, identifier: str, domain: DomainRow) -> Wanted:
    return {
        "message": Wanted(message=identifier),
        "sender": Wanted(address="LI@example.org"),
        "recipient": Wanted(address="sales@reply.example"),
        "author": Wanted(address="author@example.net"),
        "mailbox": Wanted(mailbox=domain.mailbox),
        "span": SPAN,
        "several": Wanted(address="li@example.org", mailbox=domain.mailbox, since=NOON),
    }[case]


@pytest.mark.parametrize(
    "case", ["message", "sender", "recipient", "author", "mailbox", "span", "several"]
)
async def test_nothing_held_is_deleted_by_anybody(
    database: Database, domain: DomainRow, writer: Writer, case: str
) -> None:
    identifier = await save(writer, domain)
    save_digest(database, identifier, {"from": {"name": "A", "address": "Author@example.net"}})
    hold = set_hold(database, hold_for(case, identifier, domain), "case 12", by="wang", now=NOON)
    now = NOON + 400 * DAY
    rule = add_rule(database, NewRule(30), by="li", now=now)
    confirm_rule(database, rule.id, by="li", now=now)
    assert preview(database, rule.wanted, now).messages == 0
    assert sweep(database, now).messages == 0
    with pytest.raises(OnHold, match=rf"{hold.id} \(case 12\), set by wang on 2026-11-20"):
        delete_message(database, identifier, by="li", now=now)
    assert holds_on(database, identifier) == (hold,)
    assert get_message(database, identifier) is not None
    assert lift_hold(database, hold.id, by="li", now=now)
    assert not lift_hold(database, hold.id, by="li", now=now)
    assert holds_on(database, identifier) == ()
    assert sweep(database, now).messages == 1
    assert list_holds(database)[0].lifted_by == "li"
    told = [(one.what, one.by) for one in find_audit(database, 9, what="hold").items]
    assert told == [("hold.lift", "li"), ("hold.set", "wang")]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(address="other@example.org"),
        Wanted(since=NOON + SECOND),
        Wanted(until=NOON),
        Wanted(address="li@example.org", until=NOON),
    ],
)
async def test_a_hold_holds_nothing_else(
    database: Database, domain: DomainRow, writer: Writer, wanted: Wanted
) -> None:
    identifier = await save(writer, domain)
    set_hold(database, wanted, "", by="li", now=NOON)
    assert holds_on(database, identifier) == ()
    assert delete_message(database, identifier, by="li", now=NOON)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (None, "9999-12-31T23:59:59-05:00"),
        ("0001-01-01T00:00:00+14:00", None),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-05:00"),
    ],
)
async def test_a_hold_for_ever_is_one_wherever_it_is_set(
    database: Database,
    domain: DomainRow,
    writer: Writer,
    since: str | None,
    until: str | None,
) -> None:
    identifier = await save(writer, domain)
    span = [datetime.fromisoformat(one) if one else None for one in (since, until)]
    hold = set_hold(database, Wanted(since=span[0], until=span[1]), "", by="li", now=NOON)
    assert list_holds(database) == (hold,)
    assert rfc3339(hold.until or NOON) and rfc3339(hold.since or NOON)
    with pytest.raises(OnHold):
        delete_message(database, identifier, by="li", now=NOON)


async def test_a_hold_keeps_refused_mail_and_its_row(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    refused = await save(writer, domain, action=Action.REJECT)
    hold = set_hold(database, Wanted(address="li@example.org"), "", by="li", now=NOON)
    swept = sweep(database, NOON + 400 * DAY)
    assert (swept.bodies, swept.transactions) == (0, 0)
    assert open_raw(database, refused).read() == CONTENT
    lift_hold(database, hold.id, by="li", now=NOON)
    swept = sweep(database, NOON + 400 * DAY)
    assert (swept.bodies, swept.transactions) == (1, 1)
    assert get_transaction(database, refused) is None


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (Wanted(), "needs a message, an address, a mailbox or a span"),
        (Wanted(message="x"), "is not the id"),
        (Wanted(address="x"), "is not an address"),
        (Wanted(mailbox="x"), "There is no mailbox"),
        (Wanted(since=NOON, until=NOON), "ends before it begins"),
    ],
)
def test_what_no_hold_can_be_is_said(database: Database, wanted: Wanted, problem: str) -> None:
    with pytest.raises(SettingsProblem, match=problem):
        set_hold(database, wanted, "", by="li", now=NOON)
    assert list_holds(database) == ()


async def test_a_clock_that_jumped_deletes_nothing(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await save(writer, domain, action=Action.QUARANTINE)
    assert sweep_in_time(database, NOON) is not None
    assert sweep_in_time(database, NOON + 365 * DAY) is None
    assert sweep_in_time(database, NOON - 2 * DAY) is None
    assert get_message(database, identifier) is not None
    problem = clock_problem(database, NOON + 365 * DAY)
    assert problem is not None
    assert "365 days ahead of the last sweep" in problem
    assert "postern retention confirm-clock" in problem
    assert "behind the last sweep" in str(clock_problem(database, NOON - 2 * DAY))
    confirm_clock(database, by="li", now=NOON + 365 * DAY)
    swept = sweep_in_time(database, NOON + 365 * DAY + timedelta(hours=1))
    assert swept is not None
    assert swept.held == 1


async def test_mail_that_a_wrong_clock_stamped_is_no_witness(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    assert sweep_in_time(database, NOON) is not None
    late = envelope(at=NOON + 365 * DAY, mailboxes=[domain.mailbox])
    await writer.save_message(received(letter=late))
    assert sweep_in_time(database, NOON + 365 * DAY) is None


async def test_a_store_that_was_never_swept_goes_by_its_newest_mail(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    assert clock_problem(database, NOON + 365 * DAY) is None
    await save(writer, domain)
    assert clock_problem(database, NOON + AHEAD) is None
    assert clock_problem(database, NOON + AHEAD + SECOND) is not None


def test_machines_that_share_a_store_sweep_it_once_an_hour(database: Database) -> None:
    assert sweep_in_time(database, NOON) is not None
    assert sweep_in_time(database, NOON + timedelta(minutes=10)) is None
    assert sweep_in_time(database, NOON + timedelta(minutes=60)) is not None


@pytest.mark.parametrize(
    ("held", "written"),
    [
        ("li@bücher.example", "li@bücher.example"),
        ("li@bücher.example", "Li@BÜCHER.example"),
        ("li@bücher.example", "li@xn--bcher-kva.example"),
        ("jörg@example.com", "JÖRG@example.com"),
        ('"a\\"b"@example.com', '"a\\"b"@example.com'),
        ("l_%i@example.com", "L_%i@example.com"),
    ],
)
@pytest.mark.parametrize("where", ["from", "to", "forward"])
async def test_a_hold_finds_a_person_in_any_spelling(
    database: Database, domain: DomainRow, writer: Writer, held: str, written: str, where: str
) -> None:
    identifier = await save(writer, domain)
    somebody = {"name": None, "address": written}
    named = {"from": somebody, "to": [somebody], "forward": {"original_sender": written}}
    save_digest(database, identifier, {"category": "inquiry", where: named[where]})
    hold = set_hold(database, Wanted(address=held), "", by="li", now=NOON)
    with pytest.raises(OnHold, match=hold.id):
        delete_message(database, identifier, by="li", now=NOON)
