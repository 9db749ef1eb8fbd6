"""The list of addresses that no mail should go to, as digests are saved and people decide."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from mail.campaign import Clues
from mail.errors import SettingsProblem
from mail.lineage import Lineage
from mail.verdict import Action
from store.ages import set_age
from store.audit import list_audit
from store.campaigns import SentMessage, register_messages
from store.changes import release_message, save_digests, set_flags
from store.database import Database
from store.deletion import delete_message
from store.domains import DomainRow
from store.erasure import ask_erasure, run_erasure
from store.retention import sweep
from store.secrets import SecretBox
from store.standing import State
from store.suppression_schema import suppression_evidence
from store.suppressions import (
    Suppression,
    SuppressionFilter,
    add_suppression,
    every_suppression,
    find_suppression,
    find_suppressions,
    remove_suppression,
    what_was_said,
)
from store.writer import Writer
from tests.store.samples import NOON, envelope, received

Report = Callable[..., str]
DEAD = "anna@example.net"


@pytest.fixture
def tell(database: Database, writer: Writer, domain: DomainRow) -> Report:
    """Has a message of some category come; its id."""
    numbers = count()

    def tell(
        category: str = "bounce",
        *,
        hours: float = 0,
        action: Action = Action.ACCEPT,
        mail_from: str | None = None,
        lineage: Lineage | None = None,
        **more: Any,
    ) -> str:
        number = next(numbers)
        letter = envelope(
            at=NOON + timedelta(hours=hours), mailboxes=[domain.mailbox], mail_from=mail_from
        )
        item = received(b"Subject: %d\r\n\r\ntext\r\n" % number, action, letter)
        identifier = str(asyncio.run(writer.save_message(item)).id)
        digest = {"category": category, "confidence": 0.9, "why": ["dsn-failed"]} | more
        lineages = {identifier: lineage} if lineage else {}
        save_digests(database, {identifier: digest}, lineages=lineages)
        return identifier

    return tell


def bounce(recipient: str = DEAD, kind: str | None = "hard", **more: Any) -> dict[str, Any]:
    about = {"permanent": True, "original_message_id": None, "diagnostic": "550 no such user"}
    return {"kind": kind, "recipient": recipient} | about | more


def entry(database: Database, address: str = DEAD, *, now: datetime = NOON) -> Suppression | None:
    return find_suppression(database, address, now=now)


def test_a_structured_hard_report_suppresses(database: Database, tell: Report) -> None:
    identifier = tell(bounce=bounce("Anna@Example.NET"))
    found = entry(database, " anna@EXAMPLE.net ")
    assert found is not None
    assert (found.state, found.reason, found.source) == (State.ACTIVE, "hard", "report")
    assert found.evidence == (identifier,)
    assert found.expires_at == NOON + timedelta(days=180)
    said = what_was_said(database, DEAD)
    assert [(one.message_id, one.words) for one in said] == [(identifier, "550 no such user")]


def test_each_address_of_a_report_about_several_has_its_own_standing(
    database: Database, tell: Report
) -> None:
    said = {"permanent": True, "status": None}
    others = [
        {"recipient": "Ben@example.net", "kind": "hard", "diagnostic": "550 unknown", **said},
        {"recipient": "full@example.net", "kind": "quota", "diagnostic": "552 full", **said},
    ]
    tell(bounce=bounce(kind="soft", others=others))
    assert entry(database) is None
    assert entry(database, "full@example.net") is None
    found = entry(database, "ben@example.net")
    assert found is not None
    assert (found.state, found.reason) == (State.ACTIVE, "hard")
    assert [one.words for one in what_was_said(database, "ben@example.net")] == ["550 unknown"]


def test_of_many_addresses_of_one_report_a_person_is_asked(
    database: Database, tell: Report
) -> None:
    dead = {"kind": "hard", "permanent": True, "status": None, "diagnostic": None}
    many = [{"recipient": f"a{number}@example.net", **dead} for number in range(9)]
    for hours in range(3):
        tell(hours=hours, bounce=bounce(kind="quota", others=many))
    found = [entry(database, f"a{number}@example.net") for number in range(9)]
    states = [one.state for one in found if one is not None]
    assert states == [State.ACTIVE] * 5 + [State.ASK] * 4


def test_a_report_from_a_sender_who_could_be_answered_is_no_report_by_a_program(
    database: Database, tell: Report
) -> None:
    tell(mail_from="somebody@evil.example", bounce=bounce())
    assert entry(database) is None


def about(message_id: str) -> Lineage:
    return Lineage(clues=Clues(quoted_ids=(message_id,)))


def test_a_house_that_registers_its_mail_believes_reports_about_that_mail_alone(
    database: Database, tell: Report
) -> None:
    post = [
        SentMessage("<1@acme.example>", DEAD, NOON),
        SentMessage("<2@acme.example>", "b@example.net", NOON),
    ]
    register_messages(database, "spring", post, NOON)
    for hours in range(2):
        tell(hours=hours, bounce=bounce(), lineage=about("<made-up@acme.example>"))
        tell(hours=hours, bounce=bounce(), lineage=about("<2@acme.example>"))
    assert {one.kind for one in what_was_said(database, DEAD)} == {"unclear"}
    found = entry(database)
    assert found is not None
    assert found.state is State.ASK
    tell(hours=3, bounce=bounce(), lineage=about("<1@acme.example>"))
    found = entry(database)
    assert found is not None
    assert (found.state, found.reason) == (State.ACTIVE, "hard")


def test_a_report_that_came_before_its_message_was_registered_counts_then(
    database: Database, tell: Report
) -> None:
    register_messages(database, "spring", [SentMessage("<0@acme.example>", DEAD, NOON)], NOON)
    said = bounce(original_message_id="<1@acme.example>")
    tell(bounce=said, lineage=about("<1@acme.example>"))
    assert entry(database) is None
    register_messages(database, "spring", [SentMessage("<1@acme.example>", DEAD, NOON)], NOON)
    found = entry(database)
    assert found is not None
    assert found.state is State.ACTIVE


def test_a_complaint_about_mail_that_was_never_registered_asks_a_person(
    database: Database, tell: Report
) -> None:
    register_messages(database, "spring", [SentMessage("<1@acme.example>", DEAD, NOON)], NOON)
    why = ["arf-feedback-report"]
    tell("complaint", why=why, bounce=bounce(kind=None), lineage=about("<x@acme.example>"))
    assert entry(database) is None
    tell("complaint", why=why, bounce=bounce(kind=None), lineage=about("<1@acme.example>"))
    found = entry(database)
    assert found is not None
    assert found.reason == "complaint"


@pytest.mark.parametrize("kind", ["soft", "blocked", "quota", "policy"])
def test_no_other_kind_suppresses(database: Database, tell: Report, kind: str) -> None:
    for hours in (0, 50, 100):
        tell(hours=hours, bounce=bounce(kind=kind))
    assert entry(database) is None


def test_a_text_alone_needs_another(database: Database, tell: Report) -> None:
    tell(why=["author-is-a-mailer"], bounce=bounce(original_message_id="<a@acme.example>"))
    assert entry(database) is None
    tell(why=["author-is-a-mailer"], bounce=bounce(original_message_id="<b@acme.example>"))
    found = entry(database)
    assert found is not None
    assert found.source == "texts"


def test_a_delay_never_suppresses(database: Database, tell: Report) -> None:
    tell(bounce=bounce(permanent=False))
    assert entry(database) is None


def test_a_complaint_suppresses_for_good(database: Database, tell: Report) -> None:
    tell("complaint", why=["arf-feedback-report"], bounce=bounce(kind=None))
    found = entry(database, now=NOON + timedelta(days=3000))
    assert found is not None
    assert (found.reason, found.expires_at) == ("complaint", None)


def test_refusals_of_unknown_meaning_ask_a_person(database: Database, tell: Report) -> None:
    for hours in (0, 30, 60):
        assert entry(database) is None
        why = ["dsn-failed", "qq-unavailable-or-denied", "ask-after-three"]
        tell(hours=hours, why=why, bounce=bounce(kind="soft"))
    found = entry(database)
    assert found is not None
    assert (found.state, found.reason) == (State.ASK, "unclear")


def test_a_held_report_does_not_count_until_it_is_released(
    database: Database, tell: Report
) -> None:
    identifier = tell(action=Action.QUARANTINE, bounce=bounce())
    assert entry(database) is None
    release_message(database, identifier, by="op", now=NOON)
    assert entry(database) is not None


def test_a_corrected_category_takes_the_entry_back(database: Database, tell: Report) -> None:
    identifier = tell(bounce=bounce())
    set_flags(database, identifier, by="op", now=NOON, category="notice")
    assert entry(database) is None
    set_flags(database, identifier, by="op", now=NOON, category="bounce")
    assert entry(database) is not None


def test_a_deleted_report_takes_the_entry_back(database: Database, tell: Report) -> None:
    identifier = tell(bounce=bounce())
    delete_message(database, identifier, by="op", now=NOON)
    assert entry(database) is None


def test_a_message_that_is_read_anew_says_what_it_says_now(
    database: Database, tell: Report
) -> None:
    identifier = tell(bounce=bounce())
    digest = {"category": "bounce", "confidence": 1.0, "bounce": bounce("other@example.net")}
    save_digests(database, {identifier: digest | {"why": ["dsn-failed"]}})
    assert entry(database) is None
    assert entry(database, "other@example.net") is not None


def test_a_message_from_the_address_lifts_the_entry(database: Database, tell: Report) -> None:
    author = {"name": "Anna", "address": "Anna@example.net"}
    tell(bounce=bounce())
    tell("ooo", hours=1, **{"from": author})
    assert entry(database) is not None
    tell("to_reply", hours=2, **{"from": author})
    assert entry(database) is None
    tell(hours=3, bounce=bounce())
    assert entry(database) is not None


def test_a_message_from_the_address_does_not_lift_a_complaint(
    database: Database, tell: Report
) -> None:
    tell("complaint", why=["arf-feedback-report"], bounce=bounce(kind=None))
    tell("to_reply", hours=2, **{"from": {"name": "", "address": DEAD}})
    assert entry(database) is not None


def test_an_older_report_that_is_read_later_is_still_older(
    database: Database, tell: Report
) -> None:
    tell("to_reply", hours=2, **{"from": {"name": "", "address": DEAD}})
    tell(hours=1, bounce=bounce())
    assert entry(database) is None


def test_a_dead_address_may_be_tried_again_after_its_age(database: Database, tell: Report) -> None:
    tell(bounce=bounce())
    assert entry(database, now=NOON + timedelta(days=181)) is None
    set_age(database, "suppressed", 400, by="op", now=NOON)
    assert entry(database, now=NOON + timedelta(days=181)) is not None


def test_a_flood_of_unclear_refusals_hides_no_complaint(database: Database, tell: Report) -> None:
    tell("complaint", bounce=bounce(kind=None), why=["arf-feedback-report"])
    later = {
        "address": DEAD,
        "at": NOON + timedelta(hours=1),
        "kind": "unclear",
        "structured": False,
        "counted": True,
        "about": "",
        "said": "",
    }
    flood = [later | {"message_id": f"{number:026}"} for number in range(1000)]
    with database.write() as connection:
        connection.execute(suppression_evidence.insert(), flood)
    tell(hours=2, bounce=bounce(kind="soft"), why=["ask-after-three"])
    found = entry(database)
    assert found is not None
    assert (found.state, found.reason) == (State.ACTIVE, "complaint")


def test_what_is_too_old_is_forgotten(database: Database, tell: Report) -> None:
    tell(bounce=bounce())
    tell("complaint", why=["arf-feedback-report"], bounce=bounce("c@example.net", None))
    swept = sweep(database, NOON + timedelta(days=181))
    assert swept.suppressions == 1
    assert what_was_said(database, DEAD) == ()
    assert entry(database, "c@example.net") is not None


def test_people_add_and_remove_entries(database: Database, tell: Report) -> None:
    made = add_suppression(database, " Anna@example.net", "asked by phone", by="li", now=NOON)
    assert (made.address, made.reason, made.note) == (DEAD, "manual", "asked by phone")
    assert made.expires_at is None
    tell("to_reply", hours=1, **{"from": {"name": "", "address": DEAD}})
    assert entry(database) is not None
    assert remove_suppression(database, DEAD, "wants it again", by="li", now=NOON)
    assert entry(database) is None
    assert not remove_suppression(database, DEAD, by="li", now=NOON)
    done = [
        (one.what, one.subject, one.detail["note"])
        for one in list_audit(database)
        if one.what.startswith("suppression")
    ]
    assert done == [
        ("suppression.remove", DEAD, "wants it again"),
        ("suppression.add", DEAD, "asked by phone"),
    ]


def test_what_a_person_removed_comes_back_only_by_news(database: Database, tell: Report) -> None:
    identifier = tell(bounce=bounce())
    remove_suppression(database, DEAD, by="li", now=NOON + timedelta(hours=1))
    digest = {"category": "bounce", "confidence": 1.0, "why": ["dsn-failed"], "bounce": bounce()}
    save_digests(database, {identifier: digest})
    assert entry(database) is None
    tell(hours=2, bounce=bounce())
    assert entry(database) is not None


def test_an_entry_of_a_person_may_have_an_end(database: Database) -> None:
    end = NOON + timedelta(days=10)
    add_suppression(database, DEAD, "", by="li", now=NOON, expires_at=end)
    assert entry(database) is not None
    assert entry(database, now=end) is None
    with pytest.raises(SettingsProblem, match="expire"):
        add_suppression(database, DEAD, "", by="li", now=NOON, expires_at=NOON)


@pytest.mark.parametrize("text", ["", "anna", "@example.net", "a b@example.net", "a\n@example.net"])
def test_what_is_no_address_is_not_added(database: Database, text: str) -> None:
    with pytest.raises(SettingsProblem, match="not an address"):
        add_suppression(database, text, "", by="li", now=NOON)


def test_the_list_is_walked_by_pages_newest_first(database: Database) -> None:
    for number in range(7):
        at = NOON + timedelta(minutes=number // 2)
        add_suppression(database, f"p{number}@example.net", "", by="li", now=at)
    later = NOON + timedelta(days=1)
    found, cursor = [], None
    while True:
        page = find_suppressions(database, SuppressionFilter(), 3, cursor, now=later)
        found += [one.address for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert found == [f"p{number}@example.net" for number in (6, 5, 4, 3, 2, 1, 0)]
    every = every_suppression(database, SuppressionFilter(), now=later)
    assert [one.address for one in every] == found
    with pytest.raises(ValueError, match="cursor"):
        find_suppressions(database, SuppressionFilter(), 3, "x", now=later)


def test_the_list_is_searched(database: Database, tell: Report) -> None:
    tell(bounce=bounce())
    add_suppression(database, "li_wei@example.org", "", by="li", now=NOON)

    def search(**more: Any) -> list[str]:
        page = find_suppressions(database, SuppressionFilter(**more), 10, now=NOON)
        return [one.address for one in page.items]

    assert search(q="EXAMPLE.org") == ["li_wei@example.org"]
    assert search(q="li_") == ["li_wei@example.org"]
    assert search(q="l__") == []
    assert search(reason="hard") == [DEAD]
    assert search(state=State.ASK) == []


def test_an_erased_person_has_no_entry(
    database: Database, tell: Report, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tell(bounce=bounce())
    box = SecretBox(tmp_path_factory.mktemp("keys") / "keys")
    later = NOON + timedelta(days=2)
    asked = ask_erasure(database, DEAD, by="op", now=later)
    run_erasure(database, box, asked.id, lambda: later)
    assert entry(database) is None
    assert what_was_said(database, DEAD) == ()
