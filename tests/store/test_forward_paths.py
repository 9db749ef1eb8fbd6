"""Offers from what the log has, and trusted paths as the door sees them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mail.forward import ForwardSigns, Rewriting
from mail.forward_offer import Offer
from mail.forward_path import ForwardPath
from mail.report import DmarcWord
from mail.trust import Known, Trust
from mail.verdict import Action, Override
from store.audit import list_audit
from store.database import Database
from store.diagnoses import KIND, save_diagnosis
from store.domains import DomainRow
from store.forward_paths import (
    DISMISSED_LIMIT,
    RECIPIENTS_LIMIT,
    TrustedPaths,
    destinations,
    dismiss_offer,
    find_offers,
    list_paths,
    look_for_offers,
    remove_path,
    trust_path,
)
from store.outbox import Job
from store.writer import Writer
from tests.store.samples import CONTENT, NOON, envelope, received

PATH = ForwardPath(Known.SPF, "example.org", "help@example.org")


async def save(
    writer: Writer,
    number: int,
    action: Action = Action.REJECT,
    to: tuple[str, ...] = ("Support@reply.example",),
    path: str = "",
    original: str = "li@bank.example",
) -> str:
    """One forward that was judged so."""
    made = received(CONTENT + b"%d\r\n" % number, action, envelope(rcpt_to=to))
    report = replace(
        made.report,
        dmarc=replace(
            made.report.dmarc,
            result=DmarcWord.FAIL,
            domain="bank.example",
            policy_domain="bank.example",
        ),
        forward=ForwardSigns(Rewriting.MICROSOFT, "help@example.org", original),
    )
    verdict = made.verdict
    if path:
        verdict = replace(verdict, path=path, override=Override.TRUSTED_FORWARDER)
    stored = await writer.save_message(replace(made, report=report, verdict=verdict))
    return stored.id


async def one_offer(database: Database, writer: Writer) -> Offer:
    await save(writer, 0)
    (offer,) = find_offers(database, NOON)
    return offer


async def test_held_and_refused_forwards_are_offered_once(
    database: Database, writer: Writer
) -> None:
    ids = [
        await save(writer, 1),
        await save(writer, 2, Action.QUARANTINE),
        await save(writer, 3, Action.ACCEPT),
    ]
    (offer,) = find_offers(database, NOON)
    assert (offer.destination, offer.path) == ("support@reply.example", PATH)
    assert (offer.held, offer.refused) == (1, 1)
    assert offer.from_domains == ("bank.example",)
    assert set(offer.examples) == set(ids[:2])


async def test_ordinary_mail_is_never_offered(database: Database, writer: Writer) -> None:
    await writer.save_message(received(action=Action.REJECT))
    assert find_offers(database, NOON) == ()


async def test_mail_to_a_crowd_is_never_offered(database: Database, writer: Writer) -> None:
    crowd = tuple(f"user{number}@reply.example" for number in range(RECIPIENTS_LIMIT + 1))
    await save(writer, 1, to=crowd)
    assert find_offers(database, NOON) == ()
    await save(writer, 2, to=crowd[1:])
    assert len(find_offers(database, NOON)) == RECIPIENTS_LIMIT
    assert not list(destinations(crowd))


async def test_offers_look_back_for_30_days(database: Database, writer: Writer) -> None:
    await save(writer, 1)
    assert find_offers(database, NOON + timedelta(days=29))
    assert not find_offers(database, NOON + timedelta(days=31))


async def test_what_is_trusted_is_offered_no_longer_until_it_is_over(
    database: Database, writer: Writer
) -> None:
    offer = await one_offer(database, writer)
    row = trust_path(database, offer, 7, "for Li", NOON, by="wu")
    assert row.expires_at == NOON + timedelta(days=7)
    assert (row.note, row.created_by, row.uses, row.used_at) == ("for Li", "wu", 0, None)
    assert find_offers(database, NOON + timedelta(days=6)) == ()
    assert find_offers(database, NOON + timedelta(days=8)) == (offer,)
    again = trust_path(database, offer, 30, "", NOON + timedelta(days=8), by="wu")
    assert again.id == row.id
    assert again.expires_at == NOON + timedelta(days=38)
    assert [one.what for one in list_audit(database)].count("forward-path.trust") == 2


@pytest.mark.sqlite_only
async def test_the_door_hears_of_it_within_a_second(database: Database, writer: Writer) -> None:
    offer = await one_offer(database, writer)
    seconds = [100.0]
    paths = TrustedPaths(database, lambda: seconds[0])
    assert paths() == ()
    trust_path(database, offer, 7, "", NOON, by="wu")
    seconds[0] += 1
    assert paths() == (
        Trust(
            Known.SPF,
            "example.org",
            "support@reply.example",
            NOON + timedelta(days=7),
            "",
            "help@example.org",
            offer.id,
        ),
    )
    assert remove_path(database, offer.id, NOON, by="wu")
    seconds[0] += 1
    assert paths() == ()
    assert not remove_path(database, offer.id, NOON, by="wu")


async def test_what_a_path_lets_in_is_counted(
    database: Database, writer: Writer, domain: DomainRow
) -> None:
    offer = await one_offer(database, writer)
    trust_path(database, offer, 7, "", NOON, by="wu")
    for number in (1, 2):
        await save(writer, number, Action.ACCEPT, path=offer.id)
    await save(writer, 3, Action.ACCEPT, path="gone")
    (row,) = list_paths(database)
    assert (row.uses, row.used_at) == (2, NOON)


@pytest.mark.parametrize("days", [0, -1, 367])
async def test_nothing_is_trusted_for_ever(database: Database, writer: Writer, days: int) -> None:
    offer = await one_offer(database, writer)
    with pytest.raises(ValueError, match="1 to 366 days"):
        trust_path(database, offer, days, "", NOON, by="wu")


async def test_what_was_never_the_author_s_is_not_offered(
    database: Database, writer: Writer
) -> None:
    await save(writer, 1, original="somebody@else.example")
    assert find_offers(database, NOON) == ()


async def test_what_somebody_said_no_to_waits_no_longer_whatever_comes(
    database: Database, writer: Writer
) -> None:
    offer = await one_offer(database, writer)
    dismiss_offer(database, offer, NOON, by="wu")
    await save(writer, 1)
    found = look_for_offers(database, NOON)
    assert (found.waiting, [one.id for one in found.dismissed]) == ((), [offer.id])
    assert found.find(offer.id) is not None
    assert found.find("none") is None
    assert list_audit(database)[0].what == "forward-path.dismiss"


async def test_who_said_no_may_trust_it_after_all(database: Database, writer: Writer) -> None:
    offer = await one_offer(database, writer)
    dismiss_offer(database, offer, NOON, by="wu")
    trust_path(database, offer, 7, "", NOON, by="wu")
    assert look_for_offers(database, NOON).dismissed == ()
    assert find_offers(database, NOON + timedelta(days=8)) != ()


async def test_dismissals_do_not_pile_up(database: Database, writer: Writer) -> None:
    offer = await one_offer(database, writer)
    dismiss_offer(database, offer, NOON, by="wu")
    for number in range(DISMISSED_LIMIT):
        later = NOON + timedelta(seconds=number + 1)
        dismiss_offer(database, replace(offer, id=f"{number}"), later, by="wu")
    assert [one.id for one in find_offers(database, NOON)] == [offer.id]
    dismiss_offer(database, offer, NOON, by="wu")
    dismiss_offer(database, replace(offer, id="x"), NOON + timedelta(days=400), by="wu")
    assert [one.id for one in find_offers(database, NOON)] == [offer.id]


async def test_a_signature_that_verifies_without_the_change_counts_for_the_path(
    database: Database, writer: Writer
) -> None:
    first, _ = await save(writer, 1), await save(writer, 2)
    found = {"signatures": [{"domain": "bank.example", "proof": "signature"}]}
    save_diagnosis(database, Job(0, KIND, first, {}, 1), found, NOON)
    (offer,) = find_offers(database, NOON)
    assert (offer.messages, offer.genuine, offer.named) == (2, 1, 0)


def test_an_address_that_cannot_be_read_costs_no_other() -> None:
    assert list(destinations(["no address", "A@Reply.Example", "@"])) == ["a@reply.example"]
