"""A diagnosis in words, the remedy that follows from it, and what of it is kept from whom."""

from typing import Any

import pytest

from web.diagnosis import Audience, diagnosis_of, find_signature, fix_of, lines_about
from web.i18n import LANGUAGES

CHANGE = {"kind": "text_appended", "where": "body", "octets": 212, "excerpt": "unsubscribe"}
HOP = {"after": "list.example (i=1)", "before": ""}


def signature(proof: str = "signature", **changed: Any) -> dict[str, Any]:
    return {
        "domain": "example.com",
        "selector": "s1",
        "proof": proof,
        "changes": [CHANGE],
        "hop": None,
        **changed,
    }


def line(one: dict[str, Any], language: str = "en", audience: Audience = Audience.READER) -> str:
    (told,) = lines_about((one,), language, audience)
    return told


def test_the_line_names_the_change_and_that_it_is_proved() -> None:
    told = line(signature())
    assert "212 octets" in told
    assert "“unsubscribe”" in told
    assert "the signature of example.com verifies" in told
    chinese = line(signature(), "zh-CN")
    assert "212 字节" in chinese
    assert "（正文）" in chinese


@pytest.mark.parametrize("proof", ["body_hash", "header", "none"])
def test_what_is_not_proved_does_not_say_that_it_is(proof: str) -> None:
    assert "This is proved" not in line(signature(proof))


def test_the_relays_are_named_to_those_who_are_signed_in_only() -> None:
    one = signature(hop=HOP)
    assert "list.example (i=1) had still signed" in line(one)
    assert "list.example" in line(one, audience=Audience.CLOSED)
    assert "list.example" in fix_of(one, "en", Audience.CLOSED, "x")
    assert "list.example" not in line(one, audience=Audience.STRANGER)
    assert "list.example" not in fix_of(one, "en", Audience.STRANGER, "x")


@pytest.mark.parametrize("audience", [Audience.CLOSED, Audience.STRANGER])
def test_who_may_not_read_the_message_sees_no_excerpt(audience: Audience) -> None:
    assert "unsubscribe" not in line(signature(), audience=audience)
    whole = {"signatures": [signature()]}
    assert "unsubscribe" not in str(diagnosis_of(whole, True))
    assert "unsubscribe" in str(diagnosis_of(whole, False))


def test_without_a_diagnosis_there_is_nothing_to_say() -> None:
    assert diagnosis_of(None, True) is None
    assert find_signature(None, "example.com", "s1") is None


def test_each_signature_has_its_own_diagnosis() -> None:
    other = signature(selector="s2", proof="none")
    found = find_signature({"signatures": [signature(), other]}, "example.com", "s2")
    assert found == other
    assert find_signature({"signatures": [signature()]}, "example.org", "s1") is None


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("text_appended", "a footer or a banner"),
        ("transfer_encoding", "quoted-printable or base64"),
        ("white_space", "c=relaxed/relaxed"),
        ("subject", "List-Id"),
        ("field_rewritten", "(Reply-To)"),
    ],
)
def test_the_remedy_follows_from_what_is_proved(kind: str, told: str) -> None:
    change = {"kind": kind, "where": "Reply-To", "octets": 1, "excerpt": ""}
    said = fix_of(signature(changes=[change]), "en", Audience.READER, "Find what changes it.")
    assert told in said
    assert "Find what changes it." not in said


@pytest.mark.parametrize("proof", ["body_hash", "header", "none"])
def test_what_is_explained_in_part_keeps_the_general_remedy(proof: str) -> None:
    changes = [] if proof == "none" else [CHANGE]
    said = fix_of(signature(proof, changes=changes), "en", Audience.READER, "Find it.")
    assert said.endswith("Find it.")
    assert (said == "Find it.") == (proof == "none")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "hop",
    [
        None,
        HOP,
        {"after": "", "before": "b.example"},
        {"after": "a.example", "before": "b.example"},
    ],
)
def test_who_did_it_is_told_as_far_as_seals_tell(language: str, hop: dict[str, str] | None) -> None:
    said = fix_of(signature(hop=hop), language, Audience.READER, "x")
    for relay in (hop or {}).values():
        assert relay in said
    assert "{" not in said


def test_changes_of_one_kind_have_one_remedy() -> None:
    twice = fix_of(signature(changes=[CHANGE, CHANGE]), "en", Audience.READER, "x")
    assert twice == fix_of(signature(), "en", Audience.READER, "x")


def test_the_advice_to_lists_is_given_once() -> None:
    subject = {**CHANGE, "kind": "subject", "where": "Subject"}
    said = fix_of(signature(changes=[CHANGE, subject]), "en", Audience.READER, "x")
    assert said.count("ARC (RFC 8617)") == 1


def test_a_part_is_named_in_the_reader_s_language() -> None:
    one = signature(changes=[{**CHANGE, "where": "part 1.2", "kind": "text_in_part"}])
    assert "part 1.2" in line(one)
    assert "第 1.2 部分" in line(one, "zh-CN")
