import random
from collections import Counter

from sqlalchemy import select

from mail.verdict import Action
from store import schema
from store.database import Database
from store.domains import add_domain
from store.messages import delete_message, release_message, save_digest, set_flags
from store.outbox import claim
from store.tallies import EVERYWHERE, Kind, read_tallies
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, envelope, received


def counted(database: Database) -> Counter[tuple[str, Kind]]:
    """What the tallies should say, by counting every message."""
    messages, lies = schema.messages, schema.message_mailboxes
    found: Counter[tuple[str, Kind]] = Counter()
    with database.read() as connection:
        for row in connection.execute(select(messages)):
            found[EVERYWHERE, Kind(row.held, row.archived, row.category or "", row.seen)] += 1
        for row in connection.execute(select(lies)):
            kind = Kind(row.held, row.archived, row.category or "", row.seen)
            found[row.mailbox_id, kind] += 1
    return found


def kept(database: Database) -> Counter[tuple[str, Kind]]:
    with database.read() as connection:
        return Counter({(box, kind): n for box, kind, n in read_tallies(connection)})


async def test_tallies_are_what_counting_would_find(database: Database, writer: Writer) -> None:
    """After a thousand random things that happen to mail, in two mailboxes at once."""
    chance = random.Random(7)
    boxes = [add_domain(database, f"d{n}.example", "all", "cli", NOON).mailbox for n in range(3)]
    there: list[str] = []
    for number in range(300):
        letter = envelope(mailboxes=chance.sample(boxes, chance.randint(1, 2)))
        action = chance.choice([Action.ACCEPT, Action.ACCEPT, Action.QUARANTINE, Action.REJECT])
        content = CONTENT + b"%d" % chance.randrange(200)
        stored = await writer.save_message(received(content, action, letter))
        if action is not Action.REJECT and stored.duplicate_of is None:
            there.append(stored.id)
        for _ in range(3):
            _something(database, chance, there)
        if number % 50 == 49:
            assert kept(database) == counted(database)
    assert len(there) > 10
    assert kept(database) == counted(database)


def _something(database: Database, chance: random.Random, there: list[str]) -> None:
    identifier = chance.choice(there or ["01JD0000000000000000000000"])
    match chance.randrange(12):
        case 0 if there:
            assert delete_message(database, identifier, by="li", now=NOON)
            there.remove(identifier)
        case 1:
            release_message(database, identifier, by="li", now=NOON)
        case 2 | 3:
            save_digest(database, identifier, {"category": chance.choice(["ooo", "bounce", None])})
        case 4:
            category = chance.choice(["inquiry", None])
            set_flags(database, identifier, category=category, by="li", now=NOON)
        case _:
            seen, archived = (chance.choice([True, False, None]) for _ in range(2))
            set_flags(database, identifier, seen=seen, archived=archived, by="li", now=NOON)


async def test_refused_and_repeated_mail_is_not_counted(database: Database, writer: Writer) -> None:
    for action in (Action.REJECT, Action.DEFER, Action.ACCEPT, Action.ACCEPT):
        await writer.save_message(received(action=action))
    assert kept(database) == {(EVERYWHERE, Kind(False, False, "", False)): 1}
    assert len(claim(database, ["digest"], "a", 10, 60, NOON)) == 1
