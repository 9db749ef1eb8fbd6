"""Values that refuse to exist when they would contradict themselves."""

from datetime import UTC, datetime

import pytest

from mail.envelope import Client, Door, Envelope, PulledFrom
from mail.reply import Reply
from mail.verdict import Action, Verdict

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "code", "enhanced"),
    [
        (Action.ACCEPT, 550, "5.0.0"),
        (Action.QUARANTINE, 451, "4.0.0"),
        (Action.REJECT, 250, "2.0.0"),
        (Action.DEFER, 550, "5.0.0"),
    ],
)
def test_an_action_and_its_reply_belong_together(action: Action, code: int, enhanced: str) -> None:
    with pytest.raises(ValueError):
        Verdict(action, "rule", Reply(code, enhanced, "text"))


def test_a_verdict_names_its_rule() -> None:
    with pytest.raises(ValueError):
        Verdict(Action.ACCEPT, "", Reply(250, "2.0.0", "accepted"))


def test_only_kept_messages_are_kept() -> None:
    held = Verdict(Action.QUARANTINE, "rule", Reply(250, "2.0.0", "accepted"))
    refused = Verdict(Action.REJECT, "rule", Reply(550, "5.7.1", "no"))
    assert held.keeps_message
    assert not refused.keeps_message


def test_an_envelope_knows_when_in_a_time_zone() -> None:
    with pytest.raises(ValueError):
        Envelope("x", Door.SMTP, Client(None), None, (), datetime(2026, 11, 21))


def test_only_and_always_the_imap_door_says_where_it_pulled_from() -> None:
    with pytest.raises(ValueError):
        Envelope("x", Door.IMAP, Client(None), None, (), MOMENT)
    with pytest.raises(ValueError):
        Envelope("x", Door.SMTP, Client(None), None, (), MOMENT,
                 pulled_from=PulledFrom("account", "INBOX", 1, 1))  # fmt: skip
