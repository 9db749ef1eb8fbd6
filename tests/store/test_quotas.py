import logging
import random
import time

import pytest
from sqlalchemy import func, select

from mail.address import parse_address, parse_domain
from mail.errors import SettingsProblem
from mail.verdict import Action
from store import schema
from store.database import Database
from store.domains import Directory, DomainRow, add_domain
from store.messages import delete_message, release_message, save_digest, set_flags
from store.quotas import Quota, QuotaWatch, list_loads, remove_quota, set_quota
from store.retention import sweep
from store.retention_rules import NewRule, add_rule, confirm_rule
from store.tallies import EVERYWHERE, read_loads
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, envelope, received
from tests.store.test_retention_rules import DAY, save


def recounted(database: Database) -> dict[str, tuple[int, int]]:
    """What the tallies should say, by adding up every message."""
    messages, lies = schema.messages, schema.message_mailboxes
    size = func.sum(messages.c.size).filter(messages.c.bytes_gone_at.is_(None))
    query = select(lies.c.mailbox_id, func.count(), func.coalesce(size, 0))
    query = query.join(messages, messages.c.id == lies.c.message_id).group_by(lies.c.mailbox_id)
    with database.read() as connection:
        return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}


def kept(database: Database) -> dict[str, tuple[int, int]]:
    with database.read() as connection:
        return {box: load for box, load in read_loads(connection).items() if load != (0, 0)}


async def test_octets_are_what_adding_up_would_find(database: Database, writer: Writer) -> None:
    """After hundreds of random things that happen to mail, rules of both kinds among them."""
    chance = random.Random(11)
    boxes = [add_domain(database, f"d{n}.example", "all", "cli", NOON).mailbox for n in range(3)]
    there: list[str] = []
    for number in range(120):
        at = NOON - chance.randint(0, 40) * DAY
        letter = envelope(mailboxes=chance.sample(boxes, chance.randint(1, 2)), at=at)
        action = chance.choice([Action.ACCEPT, Action.ACCEPT, Action.QUARANTINE, Action.REJECT])
        content = CONTENT + b"%d" % number * chance.randrange(300)
        there.append((await writer.save_message(received(content, action, letter))).id)
        for _ in range(2):
            _something(database, chance, chance.choice(there))
        if number % 40 == 39:
            what = chance.choice(["bytes", "delete"])
            rule = add_rule(database, NewRule(35, what=what), by="li", now=NOON)
            confirm_rule(database, rule.id, by="li", now=NOON)
            sweep(database, NOON)
            assert kept(database) == recounted(database)
    assert len(kept(database)) == 3
    with database.read() as connection:
        table = schema.tallies
        total = select(func.sum(table.c.octets)).where(table.c.mailbox_id == EVERYWHERE)
        messages = schema.messages
        all_of_it = select(func.sum(messages.c.size)).where(messages.c.bytes_gone_at.is_(None))
        assert connection.scalar(total) == connection.scalar(all_of_it)


def _something(database: Database, chance: random.Random, identifier: str) -> None:
    match chance.randrange(6):
        case 0:
            delete_message(database, identifier, by="li", now=NOON)
        case 1:
            release_message(database, identifier, by="li", now=NOON)
        case 2 | 3:
            save_digest(database, identifier, {"category": chance.choice(["ooo", "bounce"])})
        case _:
            set_flags(database, identifier, seen=chance.random() < 0.5, by="li", now=NOON)


async def test_a_full_mailbox_warns_and_takes_mail_all_the_same(
    database: Database,
    domain: DomainRow,
    writer: Writer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    set_quota(database, domain.mailbox, Quota(messages=5), by="li", now=NOON)
    watch = QuotaWatch(database)
    caplog.set_level(logging.WARNING, "postern.store")
    percents = []
    for number in range(5):
        await save(writer, domain, b"%d" % number)
        watch.look()
        percents.append(list_loads(database)[0].percent)
    assert percents == [20, 40, 60, 80, 100]
    said = [one.getMessage() for one in caplog.records]
    assert [one.split()[2] for one in said] == ["percent=80", "percent=100"]
    directory = Directory(database, parse_domain("mx.reply.example"))
    route = directory.route(parse_address("a@reply.example"))
    assert route is not None
    assert not route.full


@pytest.mark.sqlite_only
async def test_a_full_mailbox_defers_where_the_operator_says_so(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    quota = Quota(octets=len(CONTENT), refuse=True)
    set_quota(database, domain.mailbox, quota, by="li", now=NOON)
    clock = [0.0]
    directory = Directory(database, parse_domain("mx.reply.example"), lambda: clock[0])

    def becomes(full: bool) -> bool:
        """A server's store is read beside us, once a second: wait for that."""
        for _ in range(300):
            clock[0] += 2
            route = directory.route(parse_address("a@reply.example"))
            if route is not None and route.full is full:
                return True
            time.sleep(0.1)
        return False

    assert becomes(False)
    stored = await save(writer, domain)
    assert becomes(True)
    delete_message(database, stored, by="li", now=NOON)
    assert becomes(False)
    await save(writer, domain, b"2")
    assert becomes(True)
    assert remove_quota(database, domain.mailbox, by="li", now=NOON)
    assert not remove_quota(database, domain.mailbox, by="li", now=NOON)
    assert becomes(False)


@pytest.mark.parametrize(
    ("quota", "problem"),
    [
        (Quota(), "needs a number"),
        (Quota(messages=0), "above 0"),
        (Quota(octets=-1), "above 0"),
    ],
)
def test_what_no_quota_can_be_is_said(
    database: Database, domain: DomainRow, quota: Quota, problem: str
) -> None:
    with pytest.raises(SettingsProblem, match=problem):
        set_quota(database, domain.mailbox, quota, by="li", now=NOON)
    with pytest.raises(SettingsProblem, match="no mailbox"):
        set_quota(database, "x", Quota(1), by="li", now=NOON)
