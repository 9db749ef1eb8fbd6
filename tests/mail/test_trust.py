from datetime import UTC, datetime, timedelta

import pytest

from mail.address import parse_address
from mail.trust import Known, Trust, parse_destination, sealers

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SUPPORT = parse_address("Support@reply.example")
SALES = parse_address("sales@reply.example")


@pytest.mark.parametrize(
    ("destination", "holds"),
    [
        ("", True),
        ("reply.example", True),
        ("support@reply.example", True),
        ("sales@reply.example", False),
        ("other.example", False),
    ],
)
def test_a_trust_holds_for_its_destination(destination: str, holds: bool) -> None:
    assert Trust(Known.SEAL, "fwd.example", destination).holds([SUPPORT], NOW) is holds


def test_every_recipient_must_be_covered() -> None:
    trust = Trust(Known.SEAL, "fwd.example", "support@reply.example")
    assert not trust.holds([SUPPORT, SALES], NOW)
    assert not trust.holds([], NOW)


def test_a_trust_ends_at_its_expiry() -> None:
    trust = Trust(Known.SEAL, "fwd.example", expires=NOW)
    assert trust.holds([SUPPORT], NOW - timedelta(seconds=1))
    assert not trust.holds([SUPPORT], NOW)


def test_an_expiry_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Trust(Known.SEAL, "fwd.example", expires=datetime(2026, 1, 1))


def test_only_sealers_are_sealers() -> None:
    trusts = [Trust(Known.SEAL, "a.example"), Trust(Known.CLIENT, "b.example")]
    assert sealers(trusts, [SUPPORT], NOW) == {"a.example"}


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("*", ""),
        ("Reply.Example.", "reply.example"),
        ("Support@REPLY.example", "support@reply.example"),
    ],
)
def test_a_destination_has_one_spelling(text: str, spelling: str) -> None:
    assert parse_destination(text) == spelling


@pytest.mark.parametrize("text", ["@reply.example", "a@b@c", "-.example"])
def test_what_is_no_destination_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_destination(text)
