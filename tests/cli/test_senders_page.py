"""The page for senders knows every reply that refuses or defers a message."""

import tomllib
from pathlib import Path

import pytest

from mail.verdict import Verdict
from mta import verdicts

HOUSE = Path(__file__).parents[2]
PAGE = (HOUSE / "docs" / "senders.md").read_text("utf-8")

RULES = sorted((HOUSE / "bounce_rules" / "reject").glob("*.toml"))
OF_THE_DOOR = [
    *(one for one in vars(verdicts).values() if isinstance(one, Verdict)),
    verdicts.too_large(1),
    verdicts.too_many_hops(1),
]


@pytest.mark.parametrize("verdict", OF_THE_DOOR, ids=lambda verdict: str(verdict.rule))
def test_what_the_door_refuses_is_explained(verdict: Verdict) -> None:
    assert f"{verdict.reply.code} {verdict.reply.enhanced}" in PAGE


@pytest.mark.parametrize("path", RULES, ids=lambda path: str(path.name))
def test_what_rules_refuse_is_explained(path: Path) -> None:
    for rule in tomllib.loads(path.read_text("utf-8"))["rule"]:
        reply = rule.get("reply", {"code": 250})
        if reply["code"] >= 400:
            enhanced = reply["enhanced"].replace("{dmarc_reply}", "5.7.26")
            assert f"{reply['code']} {enhanced}" in PAGE, rule["name"]
