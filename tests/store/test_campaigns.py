"""Which campaign a message answers, and what came of a campaign, on both databases."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from mail.address import Domain
from mail.campaign import Clues
from mail.errors import SettingsProblem
from mail.lineage import NO_LINEAGE, Lineage
from mail.reply_address import ReplyKey, mint
from mail.verdict import Action
from store.campaigns import (
    MOST_AT_ONCE,
    SentMessage,
    add_campaign,
    campaigns_in_thread,
    get_campaign,
    link_of,
    list_campaigns,
    register_messages,
)
from store.changes import save_digests
from store.database import Database
from store.deletion import delete_message
from store.domains import DomainRow
from store.marks import count_away, garbled_by, last_absence, marks_of
from store.messages import MessageFilter, find_messages, get_message
from store.reply_tags import keep_tag
from store.retention import sweep
from store.threads import read_thread
from store.writer import Writer
from tests.store.samples import NOON, envelope, received

KEY = ReplyKey("aa", b"0123456789abcdef")
OURS = "reply.example"

Save = Callable[..., str]
DAY = timedelta(days=1)


@pytest.fixture
def save(database: Database, writer: Writer, domain: DomainRow) -> Save:
    """Puts a message with this digest and lineage into the store; its id."""
    numbers = count()

    def save(
        lineage: Lineage = NO_LINEAGE,
        by: str = "li@kunde.example",
        action: Action = Action.ACCEPT,
        keys: Sequence[ReplyKey] = (),
        **digest: Any,
    ) -> str:
        number = next(numbers)
        letter = envelope(at=NOON + timedelta(seconds=number))
        stored = asyncio.run(
            writer.save_message(received(b"Subject: %d\r\n\r\ntext\r\n" % number, action, letter))
        )
        learn(database, stored.id, lineage, by, keys, **digest)
        return stored.id

    return save


def learn(
    database: Database,
    identifier: str,
    lineage: Lineage,
    by: str = "li@kunde.example",
    keys: Sequence[ReplyKey] = (),
    **digest: Any,
) -> None:
    told = {
        "category": "to_reply",
        "subject": lineage.subject,
        "from": {"name": None, "address": by},
        "to": [],
        "message_id": lineage.message_id,
        "attachments": [],
        "text": "text",
        **digest,
    }
    save_digests(
        database, {identifier: told}, lineages={identifier: lineage}, version=1, reply_keys=keys
    )


def sent(number: int, recipient: str = "li@kunde.example", days: int = 1) -> SentMessage:
    return SentMessage(f"<{number}@acme.example>", recipient, NOON - days * DAY)


def answer(number: int, **more: Any) -> Lineage:
    return Lineage("<answer@kunde.example>", (f"<{number}@acme.example>",), **more)


def campaign(database: Database, identifier: str) -> tuple[str, str | None, str] | None:
    """As the digest has it; the link must say the same."""
    detail, link = get_message(database, identifier), link_of(database, identifier)
    assert detail is not None and detail.digest is not None
    told = detail.digest["campaign"]
    assert told == (link.campaign.as_json() if link else None)
    return (told["id"], told["recipient"], told["how"]) if told else None


def test_a_message_that_answers_a_registered_one_is_linked(database: Database, save: Save) -> None:
    register_messages(database, "spring26", [sent(1), sent(2, "wang@kunde.example")], NOON)
    identifier = save(answer(2))
    assert campaign(database, identifier) == ("spring26", "wang@kunde.example", "references")


def test_registering_again_changes_nothing(database: Database) -> None:
    first = register_messages(database, "spring26", [sent(1), sent(2)], NOON)
    again = register_messages(database, "spring26", [sent(1), sent(2), sent(3)], NOON + DAY)
    assert (first.new, first.known) == (2, 0)
    assert (again.new, again.known, again.conflicts) == (1, 2, ())
    found = get_campaign(database, "spring26")
    assert found is not None
    assert (found.messages, found.created_at) == (3, NOON)
    assert found.first_sent_at == found.last_sent_at == NOON - DAY


def test_a_message_id_stays_with_the_campaign_that_had_it_first(database: Database) -> None:
    register_messages(database, "spring26", [sent(1)], NOON)
    found = register_messages(database, "summer26", [sent(1), sent(2)], NOON)
    assert (found.new, found.conflicts) == (1, ("<1@acme.example>",))


@pytest.mark.parametrize("bad", ["", "<>", "a b@c", "x" * 1000 + "@y", "<a@<b>>"])
def test_what_is_no_message_id_is_refused_and_nothing_is_noted(
    database: Database, bad: str
) -> None:
    with pytest.raises(SettingsProblem, match="Message-ID"):
        register_messages(database, "spring26", [sent(1), SentMessage(bad, "", NOON)], NOON)
    assert get_campaign(database, "spring26") is None


def test_too_many_at_once_and_ids_that_cannot_be_are_refused(database: Database) -> None:
    with pytest.raises(SettingsProblem, match="at most"):
        register_messages(database, "spring26", [sent(1)] * (MOST_AT_ONCE + 1), NOON)
    for bad in ("", " ", "a\nb", "x" * 201):
        with pytest.raises(SettingsProblem, match="campaign id"):
            add_campaign(database, bad, None, NOON)


def test_thousands_are_registered_at_once(database: Database) -> None:
    many = [sent(number, f"p{number}@kunde.example") for number in range(1200)]
    assert register_messages(database, "spring26", many, NOON).new == 1200


def test_an_address_that_we_signed_is_surer_than_what_is_answered(
    database: Database, save: Save
) -> None:
    register_messages(database, "autumn26", [sent(1)], NOON)
    minted = mint(KEY, Domain(OURS), "spring26", "li@kunde.example")
    clues = Clues(addresses=(str(minted.address),))
    identifier = save(answer(1, clues=clues), keys=[KEY])
    assert campaign(database, identifier) == ("spring26", "li@kunde.example", "address")


def test_a_forged_signature_says_nothing(database: Database, save: Save) -> None:
    minted = mint(ReplyKey("aa", b"another key here"), Domain(OURS), "spring26", "li@kunde.example")
    identifier = save(Lineage(clues=Clues(addresses=(str(minted.address),))), keys=[KEY])
    assert campaign(database, identifier) is None


def test_a_handle_stands_for_what_was_kept_when_it_was_minted(
    database: Database, save: Save
) -> None:
    minted = mint(KEY, Domain(OURS), "Frühling 26", "li@kunde.example")
    keep_tag(database, minted.tag.handle, "Frühling 26", "li@kunde.example", NOON)
    identifier = save(Lineage(clues=Clues(addresses=(str(minted.address),))), keys=[KEY])
    assert campaign(database, identifier) == ("Frühling 26", "li@kunde.example", "address")


def test_the_longest_registered_campaign_in_a_tag_is_meant(database: Database, save: Save) -> None:
    add_campaign(database, "2026.Spring", None, NOON)
    address = f"reply+2026.spring.li=kunde.example@{OURS}"
    identifier = save(Lineage(clues=Clues(addresses=(address,))))
    assert campaign(database, identifier) == ("2026.Spring", "li@kunde.example", "address")


def test_a_tag_of_a_campaign_that_nobody_registered_counts_less(
    database: Database, save: Save
) -> None:
    address = f"reply+spring26.li=kunde.example@{OURS}"
    link = link_of(database, save(Lineage(clues=Clues(addresses=(address,)))))
    assert link is not None
    assert link.confidence == pytest.approx(0.6)


def test_a_tag_in_an_address_of_others_says_nothing(database: Database, save: Save) -> None:
    address = "reply+spring26.li=kunde.example@elsewhere.example"
    clues = Clues(addresses=(address,), labels=("their-own",))
    assert campaign(database, save(Lineage(clues=clues))) is None


def test_a_bounce_is_linked_by_what_it_returns(database: Database, save: Save) -> None:
    register_messages(database, "spring26", [sent(1)], NOON)
    identifier = save(
        Lineage(clues=Clues(quoted_ids=("<1@acme.example>",))),
        by="mailer-daemon@kunde.example",
        category="bounce",
        bounce={"kind": "hard", "recipient": "li@kunde.example"},
    )
    assert campaign(database, identifier) == ("spring26", "li@kunde.example", "quoted")


def test_a_report_names_the_recipient_where_one_message_id_is_for_all(
    database: Database, save: Save
) -> None:
    register_messages(database, "spring26", [SentMessage("<1@acme.example>", "", NOON - DAY)], NOON)
    identifier = save(
        Lineage(clues=Clues(quoted_ids=("<1@acme.example>",))),
        category="bounce",
        bounce={"kind": "hard", "recipient": "Wang@kunde.example"},
    )
    assert campaign(database, identifier) == ("spring26", "wang@kunde.example", "quoted")


def test_who_was_sent_one_campaign_lately_is_thought_to_answer_it(
    database: Database, save: Save
) -> None:
    register_messages(database, "spring26", [sent(1)], NOON)
    register_messages(database, "old", [sent(2, days=60)], NOON)
    identifier = save(category="ooo")
    assert campaign(database, identifier) == ("spring26", "li@kunde.example", "none")
    link = link_of(database, identifier)
    assert link is not None
    assert link.confidence == pytest.approx(0.3)


def test_nothing_is_guessed_where_there_are_two_or_the_message_answers_something_else(
    database: Database, save: Save
) -> None:
    register_messages(database, "spring26", [sent(1)], NOON)
    fresh, other = save(category="to_reply"), save(answer(77, is_reply=True))
    register_messages(database, "summer26", [sent(2)], NOON)
    assert [campaign(database, one) for one in (fresh, other, save(category="ooo"))] == [None] * 3


def test_answers_and_bounces_that_came_before_the_registration_are_linked_by_it(
    database: Database, save: Save
) -> None:
    reply = save(answer(1))
    report = {"kind": "hard", "recipient": "li@kunde.example"}
    bounce = save(category="bounce", bounce=report | {"original_message_id": "<2@acme.example>"})
    assert campaign(database, reply) is None
    found = register_messages(database, "spring26", [sent(1), sent(2)], NOON)
    assert found.linked == 2
    assert campaign(database, reply) == ("spring26", "li@kunde.example", "references")
    assert campaign(database, bounce) == ("spring26", "li@kunde.example", "quoted")


def test_a_digest_made_anew_keeps_a_link_whose_message_id_was_forgotten(
    database: Database, save: Save
) -> None:
    register_messages(database, "spring26", [sent(1)], NOON)
    identifier = save(answer(1))
    swept = sweep(database, NOON + 500 * DAY)
    assert swept.campaigns == 1
    learn(database, identifier, answer(1))
    assert campaign(database, identifier) == ("spring26", "li@kunde.example", "references")
    assert campaign(database, save(answer(1))) is None


def test_a_campaign_counts_what_answers_it_by_category(database: Database, save: Save) -> None:
    register_messages(database, "spring26", [sent(number) for number in range(9)], NOON)
    save(answer(1))
    inquiry = save(answer(2), category="inquiry")
    gone = save(answer(3), category="inquiry")
    save(answer(4), action=Action.QUARANTINE)
    delete_message(database, gone, by="li", now=NOON)
    found = get_campaign(database, "spring26")
    assert found is not None
    assert found.by_category == {"to_reply": 1, "inquiry": 1}
    wanted = MessageFilter(campaign="spring26", category="inquiry")
    page = find_messages(database, wanted, 10)
    assert [one.id for one in page.items] == [inquiry]
    searched = find_messages(database, MessageFilter(campaign="spring26", q="text"), 10)
    assert len(searched.items) == 2
    for q, number in {
        "campaign:spring26 text": 2,
        "text 活动：spring26": 2,
        "campaign:SPRING26": 0,
        "campaign:autumn OR category:inquiry": 1,
        "text -campaign:spring26": 0,
    }.items():
        assert len(find_messages(database, MessageFilter(q=q), 10).items) == number, q


def test_campaigns_are_listed_newest_first_a_page_at_a_time(database: Database) -> None:
    for number in range(5):
        add_campaign(database, f"c{number}", f"Campaign {number}", NOON + number * DAY)
    first = list_campaigns(database, 3)
    second = list_campaigns(database, 3, first.next)
    assert [one.id for one in (*first.items, *second.items)] == ["c4", "c3", "c2", "c1", "c0"]
    assert second.next is None
    with pytest.raises(ValueError, match="cursor"):
        list_campaigns(database, 3, "rubbish")


def test_an_answer_lies_in_a_conversation_that_names_its_campaign(
    database: Database, save: Save
) -> None:
    register_messages(database, "spring26", [sent(1)], NOON)
    people = ("li@kunde.example", "sales@acme.example")
    first = save(Lineage("<a@kunde.example>", ("<1@acme.example>",), people, "catalogue", True))
    named = ("<1@acme.example>", "<a@kunde.example>")
    second = save(Lineage("<b@kunde.example>", named, people, "catalogue", True))
    assert campaigns_in_thread(database, first) == ("spring26",)
    detail = get_message(database, second)
    assert detail is not None and detail.digest is not None
    assert detail.digest["campaign"]["id"] == "spring26"


def test_a_bounce_and_a_forward_bring_no_strangers_together(database: Database, save: Save) -> None:
    """One Message-ID for all recipients of a campaign, as many programs do it."""
    register_messages(database, "spring26", [SentMessage("<1@acme.example>", "", NOON - DAY)], NOON)

    def of(who: str) -> Lineage:
        author = f"{who}@kunde.example"
        people = (author, "sales@acme.example")
        return Lineage(f"<{who}@kunde.example>", ("<1@acme.example>",), people, "catalogue", True)

    li, wang = save(of("li")), save(of("wang"), by="wang@kunde.example")
    daemon = Lineage("<d@mx.example>", ("<1@acme.example>",), ("mailer-daemon@mx.example",))
    save(daemon, by="mailer-daemon@mx.example", category="bounce", bounce={"kind": "hard"})
    forward = Lineage(
        "<f@helper.example>", ("<1@acme.example>",), ("chen@helper.example", "sales@acme.example")
    )
    moved = save(
        forward,
        by="chen@helper.example",
        forward={"kind": "manual_inline", "forwarder": "chen@helper.example",
                 "original_sender": "zhou@kunde.example"},
    )  # fmt: skip
    found = [read_thread(database, one, 10) for one in (li, wang, moved)]
    assert [one.count if one else 0 for one in found] == [1, 1, 1]
    assert {campaign(database, one) for one in (li, wang, moved)} == {
        ("spring26", None, "references")
    }


def test_nobody_is_away_because_a_stranger_s_header_says_who_wrote_the_note(
    database: Database, save: Save
) -> None:
    claimed = {"kind": "native", "forwarder": "helen@kunde.example",
               "original_sender": "li@kunde.example"}  # fmt: skip
    away = {"back_on": "2026-12-01", "substitute": "mallory@stranger.example", "left": True}
    said = save(by="mallory@stranger.example", category="ooo", away=away, forward=claimed)
    assert last_absence(database, "li@kunde.example") is None
    assert last_absence(database, "mallory@stranger.example") is None
    assert count_away(database, NOON) == 0
    assert marks_of(database, [said])[said]["forward"].address == "mallory@stranger.example"
    assert marks_of(database, [said])[said]["away"].word == "left"


def test_an_absence_is_counted_until_its_day_and_known_of_the_person(
    database: Database, save: Save
) -> None:
    save(category="ooo", away={"back_on": "2026-12-01", "substitute": None, "left": False})
    save(by="wang@kunde.example", category="ooo",
         away={"back_on": None, "substitute": "zhang@kunde.example", "left": True})  # fmt: skip
    held = {"back_on": "2027-01-01", "left": False}
    save(by="x@kunde.example", category="ooo", away=held, action=Action.QUARANTINE)
    assert count_away(database, NOON) == 1
    assert count_away(database, NOON + 30 * DAY) == 0
    left, back = (
        last_absence(database, "wang@kunde.example"),
        last_absence(database, "LI@kunde.example"),
    )
    assert left is not None and left.word == "left"
    assert back is not None and back.until is not None and back.until.day == 1
    assert last_absence(database, "x@kunde.example") is None


def test_how_often_somebodys_mail_is_garbled_is_known(database: Database, save: Save) -> None:
    garbled = save(repair="UTF-8 read as windows-874")
    save()
    share = garbled_by(database, "li@kunde.example")
    assert (share.garbled, share.of) == (1, 2)
    assert set(marks_of(database, [garbled])[garbled]) == {"garbled"}
