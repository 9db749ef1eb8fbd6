"""The tables in tests/vectors/dkim: one case or more for every rule that a verifier can break."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mail.message import parse_message
from mail.raw import RawMessage
from mail.report import DkimResult
from tests.fakes import NOON, FixedClock
from tests.verify.signing import (
    octets,
    pkcs1_base64,
    private_key,
    public_base64,
    rsa_base64,
    sign,
)
from verify.dkim.check import check_dkim
from verify.zones import ZoneResolver

FOLDER = Path(__file__).parents[1] / "vectors" / "dkim"

HEAD = (
    "From: Alice <alice@example.com>\r\n"
    "To: bob@reply.example\r\n"
    "Subject: Lunch  today\r\n"
    "Date: Fri, 20 Nov 2026 11:59:00 +0000\r\n"
    "Message-ID: <1@example.com>\r\n"
)
BODY = "Hello Bob,\r\n\r\nlunch at noon?\r\n-- \r\nAlice\r\n"
TAGS = {
    "v": "1",
    "a": "rsa-sha256",
    "c": "relaxed/relaxed",
    "d": "example.com",
    "s": "sel",
    "h": "from:to:subject:date",
    "bh": "auto",
    "b": "auto",
}
KNOWN = {
    *("case", "section", "head", "body", "sign", "key", "name", "order", "between", "end"),
    *("field", "edit", "append", "prepend", "zone", "expect", "reason", "also"),
}


def cases() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text("utf-8")):
            yield pytest.param(case, id=f"{path.stem}: {case['case']}")


def modulus(bits: int) -> int:
    return (1 << (bits - 1)) | (0xC0FFEE << (bits // 2)) | 1


def with_keys(text: str) -> str:
    """Put the public keys where a zone names them."""
    makers = {
        "rsa": lambda: public_base64("rsa"),
        "rsa1024": lambda: public_base64("rsa1024"),
        "rsa-pkcs1": lambda: pkcs1_base64("rsa"),
        "ed25519": lambda: public_base64("ed25519"),
        "exponent2048": lambda: rsa_base64(modulus(2048), modulus(2047)),
        "exponent-even": lambda: rsa_base64(modulus(2048), 65536),
        "exponent-one": lambda: rsa_base64(modulus(2048), 1),
        "padding": lambda: "n" * 65000,
    }

    def key(match: re.Match[str]) -> str:
        if bits := re.fullmatch(r"modulus([0-9]+)", match[1]):
            return rsa_base64(modulus(int(bits[1])), 65537)
        return makers[match[1]]()

    return re.sub(r"\{([a-z0-9-]+)\}", key, text)


def filled(value: Any) -> Any:
    match value:
        case str():
            return with_keys(value)
        case list():
            return [filled(one) for one in value]
        case dict():
            return {name: filled(one) for name, one in value.items()}
        case _:
            return value


def expanded(value: str | None) -> str | None:
    if value and (repeat := re.fullmatch(r"(.) \* ([0-9]+)", value)):
        return repeat[1] * int(repeat[2])
    if value and (time := re.fullmatch(r"now([+-][0-9]+)", value)):
        return str(int(NOON.timestamp()) + int(time[1]))
    return value


def signature(message: bytes, case: dict[str, Any], changes: dict[str, Any]) -> bytes:
    tags = {**TAGS, **{tag: expanded(value) for tag, value in changes.items()}}
    if "order" in case:
        tags = {tag: tags[tag] for tag in case["order"]}
    by_algorithm = "ed25519" if tags["a"] == "ed25519-sha256" else "rsa"
    return sign(
        message,
        tags,
        private_key(case.get("key", by_algorithm)),
        name=case.get("name", "DKIM-Signature:"),
        between=case.get("between", "; "),
        end=case.get("end", ""),
    )


def build(case: dict[str, Any]) -> bytes:
    message = octets(case.get("head", HEAD)) + b"\r\n" + octets(case.get("body", BODY))
    changes = case.get("sign", {})
    for one in changes if isinstance(changes, list) else [changes]:
        field = octets(case["field"] + "\r\n") if "field" in case else signature(message, case, one)
        message = field + message
    for old, new in case.get("edit", []):
        assert octets(old) in message
        message = message.replace(octets(old), octets(new), 1)
    return octets(case.get("prepend", "")) + message + octets(case.get("append", ""))


async def answer(case: dict[str, Any]) -> tuple[DkimResult, ...]:
    zone = case.get("zone", {"sel._domainkey.example.com": [{"TXT": "v=DKIM1; p={rsa}"}]})
    if "zone" not in case and "ed25519-sha256" in str(case.get("sign")):
        zone = {"sel._domainkey.example.com": [{"TXT": "v=DKIM1; k=ed25519; p={ed25519}"}]}
    resolver = ZoneResolver.from_mapping(filled(zone))
    message = parse_message(RawMessage.in_memory(build(case)))
    return await check_dkim(message, resolver, FixedClock())


@pytest.mark.parametrize("case", list(cases()))
async def test_case(case: dict[str, Any]) -> None:
    results = await answer(case)
    expected = case["expect"] if isinstance(case["expect"], list) else [case["expect"]]
    assert [one.result.value for one in results] == expected, results
    assert case.get("reason", "") in results[0].reason
    for name, value in case.get("also", {}).items():
        assert getattr(results[0], name) == value
    for one in results:
        assert one.reason.isascii() and one.reason.isprintable() and 0 < len(one.reason) < 500


def test_every_case_is_well_formed_and_names_its_section(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = [param.values[0] for param in cases()]
    for case in table:
        assert case.keys() <= KNOWN
        assert re.match(r"RFC [0-9]{4} §[0-9.]+", str(case["section"])), case
    assert len(table) >= 100
    with capsys.disabled():
        print(f"\nDKIM table: {len(table)} cases")
