from dataclasses import replace

from mail.envelope import Envelope
from mail.reply import Reply
from mail.verdict import Action, Verdict
from mta.refusals import MAX_NAMED, MAX_ROWS, Refusals
from tests.fakes import make_envelope

UNKNOWN = Verdict(Action.REJECT, "unknown-user", Reply(550, "5.1.1", "There is no bob here"))
RELAYING = Verdict(Action.REJECT, "relaying", Reply(550, "5.7.1", "Relaying denied"))


def refused(recipient: str, mail_from: str = "alice@example.com") -> Envelope:
    return make_envelope(rcpt_to=(recipient,), mail_from=mail_from)


def test_refusals_of_one_kind_share_a_row() -> None:
    refusals = Refusals()
    refusals.add(refused("a@reply.example"), UNKNOWN, "rcpt")
    refusals.add(refused("b@reply.example"), UNKNOWN, "rcpt")
    refusals.add(refused("b@reply.example"), UNKNOWN, "rcpt")
    (row,) = refusals.take()
    assert row.recipients == 3
    assert [one.local for one in row.envelope.rcpt_to] == ["a", "b"]


def test_other_rules_and_other_senders_have_their_own() -> None:
    refusals = Refusals()
    refusals.add(refused("a@reply.example"), UNKNOWN, "rcpt")
    refusals.add(refused("a@elsewhere.example"), RELAYING, "rcpt")
    refusals.add(refused("a@reply.example", "eve@example.com"), UNKNOWN, "rcpt")
    assert [row.verdict.rule for row in refusals.take()] == [
        "unknown-user",
        "relaying",
        "unknown-user",
    ]


def test_what_was_taken_is_forgotten() -> None:
    refusals = Refusals()
    refusals.add(refused("a@reply.example"), UNKNOWN, "rcpt")
    assert len(refusals.take()) == 1
    assert refusals.take() == ()


def test_a_flood_is_counted_and_not_kept() -> None:
    refusals = Refusals()
    for number in range(5000):
        refusals.add(refused(f"r{number}@reply.example"), UNKNOWN, "rcpt")
    (row,) = refusals.take()
    assert (row.recipients, len(row.envelope.rcpt_to)) == (5000, MAX_NAMED)


def test_a_flood_of_senders_and_recipients_names_no_more_of_them() -> None:
    refusals = Refusals()
    for number in range(5000):
        sender = f"s{number % MAX_ROWS}@example.com"
        refusals.add(refused(f"r{number}@reply.example", sender), UNKNOWN, "rcpt")
    rows = refusals.take()
    assert sum(row.recipients for row in rows) == 5000
    assert sum(len(row.envelope.rcpt_to) for row in rows) < MAX_ROWS + MAX_NAMED


def test_a_flood_of_senders_shares_rows_too() -> None:
    refusals = Refusals()
    for number in range(500):
        envelope = refused("a@reply.example", f"s{number}@example.com")
        refusals.add(replace(envelope, rcpt_to=()), UNKNOWN, "mail", announced_size=number)
    rows = refusals.take()
    assert len(rows) == MAX_ROWS
    assert sum(row.recipients for row in rows) == 500
