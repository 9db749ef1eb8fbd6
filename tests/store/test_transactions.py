from datetime import timedelta

import pytest

from mail.received import RefusedEnvelope
from mail.verdict import Action
from store.database import Database
from store.domains import DomainRow
from store.messages import save_digest
from store.transactions import TransactionFilter, find_transactions, get_transaction, trace
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, envelope, received, refused, verdict


def ids(database: Database, text: str, **window: object) -> list[str]:
    return [row.id for row in trace(database, text, **window)]  # type: ignore[arg-type]


def found(database: Database, **wanted: object) -> set[str]:
    page = find_transactions(database, TransactionFilter(**wanted), 100)  # type: ignore[arg-type]
    return {row.id for row in page.items}


@pytest.mark.parametrize(
    "text",
    [
        "<one@example.org>",
        "one@example.org",
        "li@example.org",
        "LI@Example.ORG",
        "sales@reply.example",
        "example.org",
        "@example.org",
        "192.0.2.1",
        "Received: by x\r\nMessage-ID: <one@example.org>\r\nSubject: Hello",
    ],
)
async def test_a_refused_message_is_found_by_what_its_sender_knows(
    database: Database, writer: Writer, text: str
) -> None:
    stored = await writer.save_message(received(action=Action.REJECT))
    other = envelope(mail_from=None, rcpt_to=["x@y.example"], ip="198.51.100.1")
    await writer.save_refusal(RefusedEnvelope(other, verdict(Action.REJECT), "rcpt"))
    assert ids(database, text) == [stored.id]
    assert ids(database, "198.51.100.1") == [other.id]


async def test_an_id_finds_its_transaction_and_what_was_linked_to_it(
    database: Database, writer: Writer
) -> None:
    first = await writer.save_message(received())
    again = await writer.save_message(received())
    await writer.save_message(received(CONTENT + b"other"))
    assert set(ids(database, f"[{first.id.lower()}]")) == {first.id, again.id}
    assert ids(database, again.id) == [again.id]


async def test_the_domain_of_the_envelope_sender_is_found(
    database: Database, writer: Writer
) -> None:
    letter = envelope(mail_from="bounces@mailer.example")
    stored = await writer.save_message(received(letter=letter))
    assert ids(database, "mailer.example") == [stored.id]
    assert ids(database, "er.example") == []


async def test_a_refused_recipient_is_found_by_its_address(
    database: Database, writer: Writer
) -> None:
    letter = refused("rcpt")
    await writer.save_refusal(letter)
    assert ids(database, "sales@reply.example") == [letter.envelope.id]


async def test_a_trace_keeps_to_its_window_and_limit(database: Database, writer: Writer) -> None:
    hour = timedelta(hours=1)
    made = [
        (
            await writer.save_message(
                received(CONTENT + b"%d" % n, letter=envelope(at=NOON + n * hour))
            )
        ).id
        for n in range(4)
    ]
    text = "li@example.org"
    assert ids(database, text) == made[::-1]
    assert ids(database, text, since=NOON + hour, until=NOON + 3 * hour) == [made[2], made[1]]
    assert ids(database, text, limit=1) == [made[3]]


@pytest.mark.parametrize("text", ["", "   ", "nobody@nowhere.example", "\x00", "%", "<>"])
async def test_a_trace_of_nothing_finds_nothing(
    database: Database, writer: Writer, text: str
) -> None:
    await writer.save_message(received())
    assert ids(database, text) == []


async def test_the_log_is_filtered(database: Database, writer: Writer) -> None:
    taken = await writer.save_message(received())
    held = await writer.save_message(received(CONTENT + b"2", Action.QUARANTINE))
    no = await writer.save_message(
        received(CONTENT + b"3", Action.REJECT, envelope(ip="2001:db8::9"))
    )
    later = envelope(at=NOON + timedelta(hours=1))
    wait = await writer.save_message(received(CONTENT + b"4", Action.DEFER, later))
    assert found(database) == {taken.id, held.id, no.id, wait.id}
    assert found(database, outcome="held") == {held.id}
    assert found(database, outcome="refused") == {no.id}
    assert found(database, since=NOON + timedelta(minutes=1)) == {wait.id}
    assert found(database, until=NOON + timedelta(minutes=1)) == {taken.id, held.id, no.id}
    assert found(database, q="2001:DB8 unauthenticated") == {no.id}
    assert found(database, q="HELLO li@example.org sales@") == {taken.id, held.id, no.id, wait.id}
    assert found(database, q="hello nobody") == set()
    assert found(database, q="100%") == set()
    assert found(database, q=wait.id) == {wait.id}


async def test_pages_of_the_log_show_every_row_once(database: Database, writer: Writer) -> None:
    made = [
        (await writer.save_message(received(CONTENT + b"%d" % number))).id for number in range(7)
    ]
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = find_transactions(database, TransactionFilter(), 2, cursor)
        seen += [row.id for row in page.items]
        cursor = page.next
    assert cursor is None
    assert seen == sorted(made, reverse=True)
    with pytest.raises(ValueError, match="cursor"):
        find_transactions(database, TransactionFilter(), 2, "rubbish")


async def test_a_transaction_keeps_its_facts(database: Database, writer: Writer) -> None:
    stored = await writer.save_message(received(action=Action.REJECT))
    detail = get_transaction(database, stored.id)
    assert detail is not None
    row = detail.summary
    assert (row.mail_from, row.rcpt_to) == ("li@example.org", ("sales@reply.example",))
    assert (row.client_ip, row.helo, row.received_at) == ("192.0.2.1", "mail.example.org", NOON)
    assert (row.from_domain, row.size, row.rule) == ("example.org", len(CONTENT), "deliver")
    assert (detail.tls_version, detail.tls_cipher, detail.client_port) == ("TLSv1.3", "X", 34567)
    assert detail.received.startswith(b"Received: from mail.example.org")
    assert detail.authentication_results.endswith(b"spf=pass\r\n")
    assert detail.verdict["reasons"] == ["because"]
    assert get_transaction(database, "01JD0000000000000000000000") is None


async def test_the_null_sender_is_none(database: Database, writer: Writer) -> None:
    stored = await writer.save_message(received(letter=envelope(mail_from=None)))
    detail = get_transaction(database, stored.id)
    assert detail is not None
    assert detail.summary.mail_from is None


async def test_a_subject_is_searched_for_those_who_may_see_confirmations_only_until_it_is_known(
    database: Database, writer: Writer, domain: DomainRow
) -> None:
    stored = await writer.save_message(received())
    assert found(database, q="hello") == {stored.id}
    assert found(database, q="hello", sees_confirmations=False) == set()
    assert found(database, q="li@example.org", sees_confirmations=False) == {stored.id}
    save_digest(database, stored.id, {"confirmation": None})
    assert found(database, q="hello", sees_confirmations=False) == {stored.id}
    save_digest(database, stored.id, {"confirmation": {"code": "1"}})
    assert found(database, q="hello", sees_confirmations=False) == set()
    assert found(database, q="hello") == {stored.id}
