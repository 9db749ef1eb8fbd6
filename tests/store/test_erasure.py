import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, insert, select

from digest.digest import digest_message
from mail.envelope import Envelope
from mail.errors import SettingsProblem
from mail.verdict import Action
from store import schema
from store.accounts import add_account
from store.audit import find_audit
from store.database import Database
from store.domains import DomainRow
from store.erasure import (
    Erasure,
    ask_erasure,
    get_erasure,
    list_erasures,
    preview_erasure,
    run_erasure,
)
from store.erasure_tables import WAYS
from store.holds import Wanted, set_hold
from store.messages import delete_message, get_message, open_raw, save_digest
from store.metadata import metadata
from store.operators import add_operator
from store.receipts import is_genuine
from store.rechecks import ask, save_recheck
from store.reply_tags import keep_tag
from store.rows import job_row
from store.secrets import SecretBox
from store.turns import Pace
from store.writer import Writer
from tests.store.samples import NOON, envelope, received, refused

PERSON = "mei.lin@private.example"
NAME = "Mei Lin Zhang"
MARKER = "Quittengelee"
LETTER = (
    f"From: {NAME} <Mei.Lin@private.example>\r\n"
    "To: sales@reply.example\r\n"
    f"Subject: {MARKER} one\r\n"
    "Message-ID: <a1@private.example>\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "\r\n"
    f"Dear shop, the {MARKER} please.\r\n"
).encode()
TO_THEM = (
    "From: Bo <bo@elsewhere.example>\r\n"
    f"To: {NAME} <{PERSON}>\r\n"
    f"Subject: For you, {MARKER}\r\n"
    "Message-ID: <b1@elsewhere.example>\r\n"
    "\r\n"
    f"Your {MARKER}.\r\n"
).encode()
OTHER = (
    b"From: Bo <bo@elsewhere.example>\r\nTo: sales@reply.example\r\nSubject: Jam\r\n"
    b"Message-ID: <c1@elsewhere.example>\r\n\r\nPlain jam for xmei.lin@private.example.org.\r\n"
)
MENTION = (
    b"From: Bo <bo@elsewhere.example>\r\nTo: sales@reply.example\r\nSubject: Hm\r\n"
    b"Message-ID: <d1@elsewhere.example>\r\n\r\nWrite to mei.lin@private.example instead.\r\n"
)


@pytest.fixture
def box(tmp_path: Path) -> SecretBox:
    return SecretBox(tmp_path / "keys")


def letter(domain: DomainRow, **changes: Any) -> Envelope:
    return envelope(mailboxes=[domain.mailbox], **changes)


async def save(
    database: Database, writer: Writer, content: bytes, sent: Envelope, **how: Any
) -> str:
    """A message, digested as the worker would."""
    stored = await writer.save_message(received(content, letter=sent, **how))
    if how.get("action", Action.ACCEPT) in (Action.ACCEPT, Action.QUARANTINE):
        digest = digest_message(open_raw(database, stored.id), None, None).as_json()
        save_digest(database, stored.id, digest)
    return stored.id


async def fill(database: Database, writer: Writer, domain: DomainRow) -> dict[str, str]:
    """A store in which the person is everywhere, and somebody else too."""
    ids = {
        "from": await save(database, writer, LETTER, letter(domain, mail_from=PERSON)),
        "to": await save(
            database, writer, TO_THEM, letter(domain, mail_from="bo@elsewhere.example")
        ),
        "gone": await save(
            database, writer, LETTER + b"2", letter(domain, mail_from=PERSON.upper())
        ),
        "held": await save(
            database,
            writer,
            LETTER + b"3",
            letter(domain, mail_from="list@lists.example"),
            action=Action.QUARANTINE,
        ),
        "refused": await save(
            database,
            writer,
            LETTER + b"4",
            letter(domain, mail_from="x@lists.example"),
            action=Action.REJECT,
        ),
        "other": await save(
            database, writer, OTHER, letter(domain, mail_from="bo@elsewhere.example")
        ),
    }
    await writer.save_message(received(LETTER, letter=letter(domain, mail_from=PERSON)))
    await writer.save_refusal(refused())
    delete_message(database, ids["gone"], by="li", now=NOON)
    keep_tag(database, "h1", "spring", PERSON, NOON)
    keep_tag(database, "h2", "spring", "bo@elsewhere.example", NOON)
    ask(database, ids["refused"], NOON)
    save_recheck(database, ids["refused"], {"report": {"author": PERSON}}, NOON)
    with database.write() as connection:
        for about, payload in ((ids["from"], {}), (ids["other"], {"text": f"about\n{PERSON}"})):
            job = job_row("webhook", about, NOON) | {"payload": payload}
            connection.execute(insert(schema.outbox).values(job))
        connection.execute(
            insert(schema.audit).values(
                at=NOON, by="li", what="account.add", subject=PERSON, detail={"address": PERSON}
            )
        )
        connection.execute(
            insert(schema.mailboxes).values(
                id="01JD0000000000000000000000",
                kind="bound",
                name=PERSON,
                address=PERSON,
                created_at=NOON,
            )
        )
        connection.execute(
            insert(schema.forward_paths).values(
                id="01JD0000000000000000000001",
                destination="sales@reply.example",
                known_by="spf",
                name="private.example",
                forwarder=PERSON,
                note="",
                created_at=NOON,
                created_by="li",
                expires_at=NOON,
                uses=0,
            )
        )
    return ids


def everything(database: Database) -> Iterator[tuple[str, str, str]]:
    """Each value of each column of each table, as the database has them: table, column, text."""
    found = MetaData()
    with database.read() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name == "search_index":  # cannot be read; its parts are tables too
                continue
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                    yield table.name, str(name), json.dumps(text, default=str, ensure_ascii=False)


def traces(database: Database) -> set[tuple[str, str]]:
    """Where anything of the person is left."""
    signs = (PERSON, NAME.lower(), MARKER.lower())
    return {
        (table, column)
        for table, column, text in everything(database)
        if any(sign in text.lower() for sign in signs)
        and "xmei.lin@private.example.org" not in text
    }


def erase(database: Database, box: SecretBox, **how: Any) -> Erasure:
    asked = ask_erasure(database, f" {PERSON.title()} ", by="li", now=NOON, **how)
    return run_erasure(database, box, asked.id, lambda: NOON, Pace(rows=3, pause=lambda _: None))


async def test_nothing_of_a_person_is_left_in_any_column_but_the_receipt(
    database: Database, writer: Writer, domain: DomainRow, box: SecretBox
) -> None:
    ids = await fill(database, writer, domain)
    before = traces(database)
    assert {table for table, _ in before} >= {
        *("transactions", "transaction_addresses", "reports", "messages", "digests"),
        *("outbox", "audit", "reply_tags", "forward_paths", "mailboxes", "settings", "search"),
    }
    erased = erase(database, box)
    assert traces(database) == set()
    assert get_message(database, ids["other"]) is not None
    assert open_raw(database, ids["other"]).read() == OTHER
    assert erased.counts["messages"] == 3
    assert erased.counts["transactions"] == 6
    assert erased.address is None


async def test_the_receipt_can_be_verified_and_names_nobody(
    database: Database, writer: Writer, domain: DomainRow, box: SecretBox
) -> None:
    await fill(database, writer, domain)
    receipt = json.loads(json.dumps(erase(database, box).receipt))
    assert PERSON not in json.dumps(receipt)
    assert receipt["asked_by"] == "li"
    assert is_genuine(box, receipt)
    assert is_genuine(box, receipt, PERSON)
    assert not is_genuine(box, receipt, "bo@elsewhere.example")
    box.add_key()
    assert is_genuine(box, receipt, PERSON)
    for name in receipt:
        assert not is_genuine(box, receipt | {name: "other"})
    assert not is_genuine(box, receipt | {"more": 1})


async def test_a_preview_says_what_would_go_and_removes_nothing(
    database: Database, writer: Writer, domain: DomainRow, box: SecretBox
) -> None:
    await fill(database, writer, domain)
    await save(database, writer, MENTION, letter(domain, mail_from="bo@elsewhere.example"))
    before = sorted(everything(database))
    forecast = preview_erasure(database, PERSON, Pace(rows=2))
    assert sorted(everything(database)) == before
    assert (forecast.messages, forecast.transactions) == (3, 3)
    assert forecast.octets == len(LETTER) * 2 + 1 + len(TO_THEM)
    assert (forecast.mentions, forecast.held) == (1, 0)
    erased = erase(database, box)
    assert erased.counts["messages"] == forecast.messages


async def test_mail_of_others_that_mentions_somebody_goes_only_where_it_is_asked_for(
    database: Database, writer: Writer, domain: DomainRow, box: SecretBox
) -> None:
    sent = letter(domain, mail_from="bo@elsewhere.example")
    mention = await save(database, writer, MENTION, sent)
    other = await save(database, writer, OTHER, letter(domain, mail_from="bo@elsewhere.example"))
    erase(database, box)
    assert get_message(database, mention) is not None
    erase(database, box, mentions=True)
    assert get_message(database, mention) is None
    assert get_message(database, other) is not None


async def test_what_is_held_stays_and_the_receipt_says_so(
    database: Database, writer: Writer, domain: DomainRow, box: SecretBox
) -> None:
    ids = await fill(database, writer, domain)
    hold = set_hold(database, Wanted(message=ids["from"]), "case 12", by="wang", now=NOON)
    erased = erase(database, box)
    assert get_message(database, ids["from"]) is not None
    assert get_message(database, ids["to"]) is None
    assert erased.counts["held"] == 1
    assert erased.receipt is not None
    assert erased.receipt["holds"] == [hold.id]


@pytest.mark.parametrize("turns", [1, 2, 3, 5, 9])
async def test_an_erasure_that_is_killed_is_gone_on_with(
    database: Database, writer: Writer, domain: DomainRow, box: SecretBox, turns: int
) -> None:
    await fill(database, writer, domain)
    asked = ask_erasure(database, PERSON, by="li", now=NOON)

    class Killed(Exception):
        pass

    left = [turns]

    def pause(_: float) -> None:
        left[0] -= 1
        if not left[0]:
            raise Killed

    with pytest.raises(Killed):
        run_erasure(database, box, asked.id, lambda: NOON, Pace(1, 0.02, pause))
    assert list_erasures(database)[0].finished_at is None
    assert ask_erasure(database, PERSON, by="wang", now=NOON).id == asked.id
    done = run_erasure(database, box, asked.id, lambda: NOON)
    assert traces(database) == set()
    assert (done.counts["messages"], done.counts["transactions"]) == (3, 6)


async def test_an_erasure_stops_where_it_is_told_to(
    database: Database, writer: Writer, domain: DomainRow, box: SecretBox
) -> None:
    await fill(database, writer, domain)
    asked = ask_erasure(database, PERSON, by="li", now=NOON)
    stopped = run_erasure(database, box, asked.id, lambda: NOON, Pace(is_stopped=lambda: True))
    assert stopped.stage == "mail"
    assert traces(database) != set()


def test_who_is_in_use_is_not_erased(database: Database, box: SecretBox) -> None:
    add_operator(database, PERSON, "admin", "secret", NOON)
    with pytest.raises(SettingsProblem, match="is an operator"):
        ask_erasure(database, PERSON, by="li", now=NOON)
    account = {"address": "wu@private.example", "imap": {"host": "imap.example"}}
    add_account(database, box, account, NOON)
    with pytest.raises(SettingsProblem, match="is a bound account"):
        ask_erasure(database, "wu@private.example", by="li", now=NOON)
    with pytest.raises(SettingsProblem, match="is not an address"):
        ask_erasure(database, "nobody", by="li", now=NOON)
    assert list_erasures(database) == ()


def test_erasing_somebody_who_never_wrote_leaves_a_receipt(
    database: Database, box: SecretBox
) -> None:
    erased = erase(database, box)
    assert erased.receipt is not None
    assert is_genuine(box, erased.receipt, PERSON)
    kept = get_erasure(database, erased.id)
    assert kept is not None
    assert kept.receipt == erased.receipt
    assert [one.what for one in find_audit(database, 9).items][:2] == [
        "erasure.done",
        "erasure.ask",
    ]


def test_every_table_has_a_way() -> None:
    """Whoever adds one decides what an erasure does to it."""
    assert set(WAYS) == set(metadata.tables)


async def test_after_compacting_the_files_of_the_embedded_store_have_nothing_left(
    database: Database, writer: Writer, domain: DomainRow, box: SecretBox
) -> None:
    await fill(database, writer, domain)
    erase(database, box)
    database.compact()
    if not database.settings.is_embedded:
        return
    for path in database.settings.data_dir.rglob("*"):
        if path.is_file():
            octets = path.read_bytes().lower()
            assert MARKER.lower().encode() not in octets, path.name
            assert PERSON.encode() not in octets.replace(b"xmei", b""), path.name


async def test_an_address_that_is_written_with_escapes_is_found(
    database: Database, domain: DomainRow, writer: Writer
) -> None:
    content = b'From: Bo <bo@x.example>\r\nTo: <"m\\"l"@private.example>\r\n\r\nHm.\r\n'
    await save(database, writer, content, letter(domain, mail_from="bo@x.example"))
    assert preview_erasure(database, '"m\\"l"@private.example').messages == 1


async def test_an_erasure_waits_for_mail_that_nobody_has_read(
    database: Database, domain: DomainRow, writer: Writer, box: SecretBox
) -> None:
    """By its envelope it is not theirs; who wrote it stands in its digest."""
    sent = letter(domain, mail_from="list@lists.example")
    unread = (await writer.save_message(received(LETTER, letter=sent))).id
    asked = ask_erasure(database, PERSON, by="wang", now=NOON)
    assert run_erasure(database, box, asked.id, lambda: NOON).receipt is None
    save_digest(database, unread, digest_message(open_raw(database, unread), None, None).as_json())
    done = run_erasure(database, box, asked.id, lambda: NOON)
    assert done.receipt is not None and done.counts["messages"] == 1
    assert get_message(database, unread) is None
