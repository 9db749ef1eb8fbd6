"""The tables in tests/vectors/attacks: whole transactions, from MAIL FROM to the verdict."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from bounce_rules.decide import decide
from bounce_rules.facts import Policy, gather_facts
from bounce_rules.load import load_rules
from mail.address import parse_reverse_path
from mail.errors import MailProblem
from mail.message import parse_message
from mail.raw import RawMessage
from mail.report import DmarcWord
from tests.bounce_rules.made import envelope
from tests.fakes import FixedClock
from tests.verify.signing import octets, private_key, public_base64, sign
from verify.authenticate import VerifySettings, authenticate
from verify.results import authentication_results
from verify.zones import ZoneResolver

FOLDER = Path(__file__).parents[1] / "vectors" / "attacks"
RULES = load_rules()
SETTINGS = VerifySettings("mx.reply.example")
OPEN = {"TXT": "v=spf1 +all"}
ZONE = ZoneResolver.from_mapping(
    {
        "bank.example": [{"TXT": "v=spf1 ip4:203.0.113.5 -all"}],
        "_dmarc.bank.example": [{"TXT": "v=DMARC1; p=reject; np=reject"}],
        "sel._domainkey.bank.example": [{"TXT": f"v=DKIM1; p={public_base64('rsa')}"}],
        "attack.example": [OPEN],
        "mx.attack.example": [OPEN],
        "helo.attack.example": [OPEN],
        "any.attack.example": [OPEN],
        "a.attack.example": [OPEN],
        "notbank.example": [OPEN],
        "sel._domainkey.attack.example": [{"TXT": f"v=DKIM1; p={public_base64('rsa1024')}"}],
    }
)
TAGS = {"v": "1", "a": "rsa-sha256", "c": "relaxed/relaxed", "s": "sel", "h": "from"}
TAGS |= {"bh": "auto", "b": "auto"}
KNOWN = {
    *("case", "paper", "helo", "mail_from", "header", "sign", "replay"),
    *("edit", "prepend", "append", "expect"),
}


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['case']}")
        for path in sorted(FOLDER.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text("utf-8"))
    ]


def message_of(case: dict[str, Any]) -> bytes:
    head = octets(case["header"])
    plain = (head + b"\r\n" if head else b"") + b"\r\nHello.\r\n"
    if "replay" in case:
        signed = sign(plain, {**TAGS, "d": "bank.example", **case["replay"]}, private_key("rsa"))
        plain = signed + plain
    for tags in [case["sign"]] if "sign" in case else []:
        key = private_key("rsa1024")
        plain = sign(plain, {**TAGS, "d": "attack.example", **tags}, key) + plain
    for old, new in case.get("edit", ()):
        assert octets(old) in plain
        plain = plain.replace(octets(old), octets(new))
    return octets(case.get("prepend", "")) + plain + octets(case.get("append", ""))


@pytest.mark.parametrize("case", cases())
async def test_nobody_passes_for_the_bank(case: dict[str, Any]) -> None:
    assert case.keys() <= KNOWN
    try:
        sender = parse_reverse_path(case.get("mail_from", "<any@attack.example>"), smtputf8=False)
    except MailProblem:
        assert case["expect"] == "refused at MAIL"
        return
    made = envelope("")
    client = replace(made.client, helo=case.get("helo", "mx.attack.example"))
    transaction = replace(made, client=client, mail_from=sender)
    message = parse_message(RawMessage.in_memory(message_of(case)))
    report = await authenticate(transaction, message, ZONE, SETTINGS, FixedClock())
    verdict = decide(gather_facts(transaction, message, report, Policy()), RULES)
    named = f"accepted for {report.dmarc.domain}" if verdict.rule == "accepted" else verdict.rule
    assert named == case["expect"], (report.spf, report.dkim, report.dmarc)
    written = authentication_results(report, transaction, "mx.reply.example")
    # A reader that knows neither quotes nor comments finds one DMARC result, and it is ours.
    assert len(re.findall(r"(?<![\w.])dmarc=", re.sub(r'"(?:[^"\\]|\\.)*"', "", written))) == 1
    assert f"dmarc={report.dmarc.result}" in written
    if "bank.example" not in named:
        assert not (report.dmarc.result is DmarcWord.PASS and report.dmarc.domain == "bank.example")


def test_every_attack_of_the_paper_has_a_case() -> None:
    numbers = {case.values[0].get("paper") for case in cases()}
    assert {f"A{number}" for number in range(1, 20)} <= numbers
