"""Confirmations are told by sender, words and link; a code or link of anybody else is none."""

from pathlib import Path

import pytest

from digest.confirmation import UNPROVED, load_providers, proved
from mail.errors import SettingsProblem
from tests.digest.confirmations.specimens import LOOKALIKES, SPECIMENS, Specimen
from tests.digest.messages import json_of


def names(specimens: list[Specimen]) -> list[str]:
    return [one.name for one in specimens]


@pytest.mark.parametrize("specimen", SPECIMENS, ids=names(SPECIMENS))
def test_a_confirmation_says_who_asks_and_how_to_confirm(specimen: Specimen) -> None:
    told = json_of(specimen.content, mail_from="bounce@provider.example")
    assert told["confirmation"] == {
        "provider": specimen.provider,
        "code": specimen.code,
        "link": specimen.link,
        "requested_by": specimen.requested_by,
    }
    assert told["category"] == "notice"
    assert proved(told, specimen.signed) == told


@pytest.mark.parametrize("specimen", LOOKALIKES, ids=names(LOOKALIKES))
def test_what_only_looks_like_a_confirmation_is_none(specimen: Specimen) -> None:
    assert json_of(specimen.content)["confirmation"] is None


@pytest.mark.parametrize("path", ["forward/cancel?t=1", "confirm/Reject/8", "verify?do=revoke"])
def test_a_link_that_takes_it_back_is_never_shown(path: str) -> None:
    kept = b"https://app.fastmail.com/forward/confirm/cancelled-8?t=2"
    content = (
        b"From: noreply@fastmail.com\r\nTo: sales@reply.example\r\n"
        b"Subject: Confirm your forwarding address\r\n\r\nTo stop it: https://app.fastmail.com/"
        b"%s\r\nTo confirm that mail is forwarded: %s\r\n"
    )
    told = json_of(content % (path.encode(), kept))["confirmation"]
    assert told["link"] == kept.decode()
    told = json_of(content % (path.encode(), b"app"))["confirmation"]
    assert told is None or told["link"] is None


def test_there_are_specimens_enough() -> None:
    assert len(SPECIMENS) >= 40
    assert len(LOOKALIKES) >= 15


@pytest.mark.parametrize("signed", [set(), {"evil.example"}, {"gmail.com"}, {"xgoogle.com"}])
@pytest.mark.parametrize("specimen", SPECIMENS[::9], ids=names(SPECIMENS[::9]))
def test_without_the_provider_s_signature_there_is_no_confirmation(
    specimen: Specimen, signed: set[str]
) -> None:
    told = proved(json_of(specimen.content), signed)
    assert told["confirmation"] is None
    assert (told["category"], told["why"]) == ("notice", [UNPROVED])


def test_other_mail_is_not_changed_by_the_proof() -> None:
    told = json_of(LOOKALIKES[0].content)
    assert proved(told, set()) == told


GOOD = """
provider = "x"
source = "a test"
checked_on = 2026-11-21
confidence = "low"
senders = ["a@x.example"]
signed_by = ["x.example"]
hosts = ["x.example"]
confirms = '/c'
codes = []
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('hosts = ["x.example"]', "hosts = []"),
        ('signed_by = ["x.example"]', ""),
        ('confidence = "low"', 'confidence = "sure"'),
        ("confirms = '/c'", "confirms = '('"),
        ("codes = []", "codes = [1]"),
        ("codes = []", "codes = []\nhost = 1"),
    ],
)
def test_a_faulty_row_is_named(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / "x.toml").write_text(GOOD.replace(before, after))
    with pytest.raises(SettingsProblem, match=r"x\.toml"):
        load_providers(tmp_path)
