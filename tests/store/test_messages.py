from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Select, func, select

from mail.verdict import Action
from store import schema
from store.audit import list_audit
from store.database import Database
from store.domains import DomainRow, add_domain
from store.learning import SNIPPET_CHARACTERS
from store.mailboxes import list_mailboxes
from store.messages import (
    Count,
    MessageFilter,
    _listing,
    count_messages,
    delete_message,
    find_messages,
    get_message,
    open_raw,
    release_message,
    save_digest,
    save_digests,
    set_flags,
)
from store.outbox import backlog, claim
from store.transactions import get_transaction
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, envelope, received

DIGEST: Mapping[str, Any] = {
    "category": "inquiry",
    "confidence": 0.9,
    "subject": "Wegen des Angebots",
    "from": {"name": "李伟", "address": "li@example.org"},
    "to": [{"name": "Sales", "address": "sales@reply.example"}],
    "date": "2026-11-20T20:00:00+08:00",
    "message_id": "<one@example.org>",
    "text": "请发报价单。\nGrüße aus Köln, 100% sicher",
    "reply_text": "请发报价单。",
    "attachments": [
        {"name": "Zeichnung.PDF", "inline": False},
        {"name": "logo.png", "inline": True},
    ],
    "confirmation": None,
}


async def saved(
    writer: Writer,
    domain: DomainRow,
    number: int = 0,
    *,
    action: Action = Action.ACCEPT,
    at: datetime = NOON,
) -> str:
    """The id of a new message in the domain's mailbox."""
    letter = envelope(mailboxes=[domain.mailbox], at=at)
    return (await writer.save_message(received(CONTENT + b"%d" % number, action, letter))).id


def ids(database: Database, **wanted: Any) -> list[str]:
    return [row.id for row in find_messages(database, MessageFilter(**wanted), 100).items]


async def test_lists_are_newest_first_and_turn_round(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    made = [
        await saved(writer, domain, number, at=NOON + timedelta(seconds=number))
        for number in range(3)
    ]
    assert ids(database) == made[::-1]
    assert ids(database, oldest_first=True) == made


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize("by_mailbox", [False, True])
async def test_pages_show_every_message_once(
    database: Database,
    domain: DomainRow,
    writer: Writer,
    oldest_first: bool,
    by_mailbox: bool,
) -> None:
    made = {
        await saved(writer, domain, number, at=NOON + timedelta(milliseconds=number))
        for number in range(11)
    }
    wanted = MessageFilter(
        mailbox=domain.mailbox if by_mailbox else None, oldest_first=oldest_first
    )
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = find_messages(database, wanted, 4, cursor)
        seen += [row.id for row in page.items]
        if page.next is None:
            break
        assert len(page.items) == 4
        cursor = page.next
    assert seen == sorted(made, reverse=not oldest_first)


async def test_a_page_that_is_just_full_has_no_next(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    for number in range(3):
        await saved(writer, domain, number)
    assert find_messages(database, MessageFilter(), 3).next is None


async def test_mail_that_arrives_between_two_pages_disturbs_neither(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    old = [
        await saved(writer, domain, number, at=NOON + timedelta(seconds=number))
        for number in range(4)
    ]
    first = find_messages(database, MessageFilter(), 2)
    await saved(writer, domain, 9, at=NOON + timedelta(minutes=1))
    second = find_messages(database, MessageFilter(), 2, first.next)
    assert [row.id for row in first.items + second.items] == old[::-1]


@pytest.mark.parametrize(
    "cursor", ["", "x", "MDE", "🙂", "MDFKRDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA", "=="]
)
def test_a_cursor_that_is_not_ours_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        find_messages(database, MessageFilter(), 10, cursor)


async def test_held_messages_are_kept_out_until_they_are_released(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    shown = await saved(writer, domain, 1)
    held = await saved(writer, domain, 2, action=Action.QUARANTINE)
    for mailbox in (None, domain.mailbox):
        assert ids(database, mailbox=mailbox) == [shown]
        assert ids(database, mailbox=mailbox, held=True) == [held]
    assert count_messages(database).held == 1
    assert count_messages(database).total == 1
    assert list_mailboxes(database)[0].total == 1
    assert release_message(database, held, by="li", now=NOON)
    assert not release_message(database, held, by="li", now=NOON)
    assert set(ids(database, mailbox=domain.mailbox)) == {shown, held}
    assert ids(database, held=True) == []
    assert list_mailboxes(database)[0].total == 2


async def test_filters_choose(database: Database, domain: DomainRow, writer: Writer) -> None:
    first = await saved(writer, domain, 1)
    second = await saved(writer, domain, 2, at=NOON + timedelta(hours=1))
    set_flags(database, first, seen=True, flagged=True, category="bounce", by="li", now=NOON)
    set_flags(database, second, archived=True, by="li", now=NOON)
    for mailbox in (None, domain.mailbox):
        assert ids(database, mailbox=mailbox, unread=True) == [second]
        assert ids(database, mailbox=mailbox, flagged=True) == [first]
        assert ids(database, mailbox=mailbox, flagged=False) == [second]
        assert ids(database, mailbox=mailbox, archived=True) == [second]
        assert ids(database, mailbox=mailbox, archived=False) == [first]
        assert ids(database, mailbox=mailbox, category="bounce") == [first]
        assert ids(database, mailbox=mailbox, category="bounce", archived=False) == [first]
        assert ids(database, mailbox=mailbox, category="bounce", archived=True) == []
        assert ids(database, mailbox=mailbox, since=NOON + timedelta(minutes=1)) == [second]
        assert ids(database, mailbox=mailbox, until=NOON + timedelta(minutes=1)) == [first]
    assert ids(database, mailbox="another") == []


async def test_a_message_lies_in_every_recipients_mailbox(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    other = add_domain(database, "other.example", "all", "cli", NOON)
    letter = envelope(mailboxes=[domain.mailbox, other.mailbox, domain.mailbox])
    stored = await writer.save_message(received(letter=letter))
    assert ids(database) == [stored.id]
    assert ids(database, mailbox=domain.mailbox) == ids(database, mailbox=other.mailbox)
    detail = get_message(database, stored.id)
    assert detail is not None
    assert set(detail.summary.mailboxes) == {domain.mailbox, other.mailbox}
    assert count_messages(database).total == 1
    assert [box.total for box in list_mailboxes(database)] == [1, 1]


async def test_a_digest_fills_what_lists_show(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await saved(writer, domain)
    before = get_message(database, identifier)
    assert before is not None
    assert (before.digest, before.summary.digested, before.summary.category) == (None, False, None)
    assert before.summary.subject == "Hello"
    assert save_digest(database, identifier, dict(DIGEST))
    after = get_message(database, identifier)
    assert after is not None
    row = after.summary
    assert after.digest == DIGEST
    assert (row.category, row.confidence, row.digested) == ("inquiry", 0.9, True)
    assert (row.from_name, row.from_address) == ("李伟", "li@example.org")
    assert row.subject == "Wegen des Angebots"
    assert row.date == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert (row.snippet, row.attachments) == ("请发报价单。", 1)


async def test_a_digest_may_be_made_again(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await saved(writer, domain)
    save_digest(database, identifier, dict(DIGEST))
    save_digest(database, identifier, dict(DIGEST, subject="Neu", category="notice"))
    assert ids(database, q="neu", category="notice") == [identifier]
    assert ids(database, q="angebots") == []


async def test_several_digests_and_their_jobs_are_one_commit(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    first, second = [await saved(writer, domain, number) for number in range(2)]
    delete_message(database, second, by="li", now=NOON)
    third = await saved(writer, domain, 3)
    jobs = claim(database, ["digest"], "worker", 10, 60, NOON)
    digests = {first: DIGEST, second: DIGEST, third: dict(DIGEST, category="ooo")}
    assert save_digests(database, digests, jobs) == {first, third}
    assert set(ids(database, q="angebots")) == {first, third}
    assert backlog(database).waiting == 0


async def test_an_odd_digest_is_kept_all_the_same(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await saved(writer, domain)
    odd = {"subject": None, "from": None, "to": None, "date": "never", "text": "a\x00\ud800" * 9}
    assert save_digest(database, identifier, odd)
    detail = get_message(database, identifier)
    assert detail is not None
    assert detail.summary.date is None
    assert detail.summary.subject == ""
    assert detail.summary.snippet == "a\ufffd\ufffd" * 9


async def test_a_snippet_is_short(database: Database, domain: DomainRow, writer: Writer) -> None:
    identifier = await saved(writer, domain)
    save_digest(database, identifier, dict(DIGEST, reply_text="word \n" * 10_000))
    detail = get_message(database, identifier)
    assert detail is not None
    assert len(detail.summary.snippet) == SNIPPET_CHARACTERS


@pytest.mark.parametrize(
    "q",
    [
        "angebots",
        "WEGEN  des",
        "报价",
        "李伟",
        "köln",
        "Ko\u0308LN",
        "li@example.org",
        "zeichnung.pdf",
        "ＳＡＬＥＳ",
        "100%",
        "<one@example.org>",
    ],
)
async def test_search_finds_words_in_any_language(
    database: Database, domain: DomainRow, writer: Writer, q: str
) -> None:
    identifier = await saved(writer, domain)
    save_digest(database, identifier, dict(DIGEST))
    assert ids(database, q=q) == [identifier]
    assert ids(database, q=q, mailbox=domain.mailbox) == [identifier]


@pytest.mark.parametrize(
    "q", ["angebot xyz", "报单", "%", "_", "1%0", "\\", "x" * 10_000, "' OR 1=1"]
)
async def test_search_finds_nothing_else(
    database: Database, domain: DomainRow, writer: Writer, q: str
) -> None:
    identifier = await saved(writer, domain)
    save_digest(database, identifier, dict(DIGEST, text="plain"))
    assert ids(database, q=q) == []


async def test_a_confirmations_code_is_in_no_snippet_and_found_by_no_search(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await saved(writer, domain)
    secret = dict(
        DIGEST, text="code 304298959", reply_text=None, confirmation={"code": "304298959"}
    )
    save_digest(database, identifier, secret)
    assert ids(database, q="304298959") == []
    assert ids(database, q="angebots") == [identifier]
    assert ids(database, q="angebots", sees_confirmations=False) == []
    assert ids(database, q="LI example.org", sees_confirmations=False) == [identifier]
    assert ids(database, sees_confirmations=False) == [identifier]
    assert find_messages(database, MessageFilter(), 10).items[0].snippet == ""


async def test_other_mail_is_found_whoever_asks(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await saved(writer, domain)
    save_digest(database, identifier, DIGEST)
    assert ids(database, q="angebots", sees_confirmations=False) == [identifier]


async def test_a_category_that_a_person_chose_stays(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await saved(writer, domain)
    set_flags(database, identifier, category="rejection", by="li", now=NOON)
    save_digest(database, identifier, dict(DIGEST))
    detail = get_message(database, identifier)
    assert detail is not None
    assert (detail.summary.category, detail.summary.subject) == ("rejection", "Wegen des Angebots")
    assert ids(database, mailbox=domain.mailbox, category="rejection", archived=False) == [
        identifier
    ]


async def test_changes_are_in_the_audit_log(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await saved(writer, domain)
    set_flags(database, identifier, seen=True, by="li", now=NOON)
    delete_message(database, identifier, by="wang", now=NOON)
    entries = [(one.by, one.what, one.subject, one.detail) for one in list_audit(database, 2)]
    assert entries == [
        ("wang", "message.delete", identifier, {}),
        ("li", "message.change", identifier, {"seen": True}),
    ]


async def test_a_deleted_message_leaves_its_log_and_a_tombstone(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await saved(writer, domain)
    save_digest(database, identifier, dict(DIGEST))
    assert delete_message(database, identifier, by="li", now=NOON)
    assert get_message(database, identifier) is None
    log = get_transaction(database, identifier)
    assert log is not None
    assert log.header_block.startswith(b"From: Li Wei")
    with database.read() as connection:
        for table in (schema.blobs, schema.digests, schema.message_mailboxes, schema.outbox):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0
        [stone] = connection.execute(select(schema.tombstones)).all()
    assert (stone.message_id, stone.deleted_by) == (identifier, "li")
    assert stone.mailboxes == [domain.mailbox]
    assert count_messages(database).total == 0


def test_what_is_not_there_cannot_be_changed(database: Database) -> None:
    nothing = "01JD0000000000000000000000"
    assert not save_digest(database, nothing, dict(DIGEST))
    assert not set_flags(database, nothing, seen=True, by="li", now=NOON)
    assert not release_message(database, nothing, by="li", now=NOON)
    assert not delete_message(database, nothing, by="li", now=NOON)
    assert get_message(database, nothing) is None
    assert list_audit(database) == ()


async def test_counts_are_what_the_lists_show(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    made = [await saved(writer, domain, number) for number in range(6)]
    for identifier in made[:4]:
        save_digest(database, identifier, dict(DIGEST))
    set_flags(database, made[0], seen=True, by="li", now=NOON)
    set_flags(database, made[1], archived=True, by="li", now=NOON)
    counts = count_messages(database)
    assert (counts.total, counts.unread, counts.archived) == (5, 4, 1)
    assert counts.by_category == {"inquiry": Count(3, 2), "": Count(2, 2)}
    assert counts.by_mailbox == {domain.mailbox: Count(5, 4)}
    assert counts.by_mailbox_category[domain.mailbox, "inquiry"] == Count(3, 2)
    assert len(ids(database, category="inquiry", archived=False)) == 3
    [box] = list_mailboxes(database)
    assert (box.total, box.unread) == (5, 4)


_FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"archived": False},
    {"archived": True},
    {"unread": True},
    {"unread": True, "archived": False, "category": "bounce"},
    {"flagged": True},
    {"flagged": False},
    {"held": True},
    {"category": "bounce"},
    {"category": "bounce", "archived": False},
    {"since": NOON, "until": NOON},
)


async def test_no_list_sorts_and_none_scans_a_table(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    """Either would take longer with every message in the store."""
    await saved(writer, domain)
    mailboxes = (None, domain.mailbox)
    wanted = [
        MessageFilter(mailbox=mailbox, oldest_first=oldest_first, **filters)
        for mailbox in mailboxes
        for oldest_first in (False, True)
        for filters in _FILTERS
    ]
    with database.read() as connection:
        for one in wanted:
            steps = plan_of(connection, _listing(one, None).limit(51))
            for step in steps:
                assert "TEMP B-TREE" not in step, (one, steps)
                assert "Sort  (" not in step, (one, steps)
                assert "Seq Scan" not in step, (one, steps)
                is_scan = step.startswith(("SCAN", "SEARCH"))
                assert not is_scan or "INDEX" in step or "PRIMARY KEY" in step, (one, steps)


def plan_of(connection: Connection, query: Select[Any]) -> list[str]:
    """How the database would find it. PostgreSQL scans what is small, and is told not to where it
    can do otherwise."""
    text = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
    if connection.dialect.name == "sqlite":
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    for way in ("seqscan", "sort", "bitmapscan"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    steps = [row[0].strip() for row in connection.exec_driver_sql(f"EXPLAIN {text}")]
    return [] if "One-Time Filter: false" in steps else steps


async def test_raw_bytes_are_of_messages_only(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    identifier = await saved(writer, domain, 5)
    assert open_raw(database, identifier).read() == CONTENT + b"5"


@pytest.mark.sqlite_only
@pytest.mark.parametrize("rare", ["held", "unread", "flagged", "archived"])
async def test_a_rare_flag_has_an_index_of_its_own(
    database: Database, domain: DomainRow, rare: str
) -> None:
    with database.read() as connection:
        for table, mailbox in (("messages", None), ("message_mailboxes", domain.mailbox)):
            wanted: dict[str, Any] = {"mailbox": mailbox, rare: True}
            plan = plan_of(connection, _listing(MessageFilter(**wanted), None).limit(51))
            assert f"INDEX ix_{table}_{rare}" in plan[0], plan
