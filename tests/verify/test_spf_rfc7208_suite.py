"""The public RFC 7208 test suite, every case of it, through `check_spf`.

The suite is read from `POSTERN_VECTORS` and is not part of this repository.
"""

import os
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml

from mail.address import Address, Domain
from mail.envelope import Client, Door, Envelope
from mail.report import SpfResult
from verify.spf.check import check_spf
from verify.zones import ZoneResolver

VECTORS = Path(os.environ.get("POSTERN_VECTORS", "../shared/vectors"))
SUITE = VECTORS / "spf" / "rfc7208-tests.yml"
CASES = 203


def suite() -> list[dict[str, Any]]:
    if not SUITE.exists():
        lacking = f"{SUITE} is missing; it is test/rfc7208-tests.yml of the pyspf project"
        if os.environ.get("CI") == "true":
            pytest.fail(lacking)
        pytest.skip(lacking)
    return list(yaml.safe_load_all(SUITE.read_text("utf-8")))


def with_spf_as_txt(zones: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """As the suite asks of drivers: SPF records count as TXT where the name has no TXT."""
    copied = {}
    for name, records in zones.items():
        spf = [one["SPF"] for one in records if isinstance(one, dict) and "SPF" in one]
        has_txt = any(isinstance(one, dict) and "TXT" in one for one in records)
        copied[name] = records if has_txt else [*records, *({"TXT": text} for text in spf)]
    return copied


def envelope_of(case: dict[str, Any]) -> Envelope:
    """The suite's senders as they are: some of them no door of ours would let in."""
    local, at, domain = str(case["mailfrom"]).rpartition("@")
    return Envelope(
        id="suite",
        door=Door.SMTP,
        client=Client(ip=ip_address(case["host"]), helo=str(case["helo"])),
        mail_from=Address(local, Domain(domain)) if at else None,
        rcpt_to=(),
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def complaint(case: dict[str, Any], result: SpfResult) -> str | None:
    wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
    if result.result not in wanted:
        return f"{result.result} instead of {wanted}: {result.reason}"
    explanation = case.get("explanation")
    if explanation is None:
        return None
    expected = "" if explanation == "DEFAULT" else explanation
    if result.explanation != expected:
        return f"explanation {result.explanation!r} instead of {expected!r}"
    return None


async def test_every_case_of_the_rfc7208_suite_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    wrong, count = [], 0
    for section in suite():
        zone = ZoneResolver.from_mapping(with_spf_as_txt(section["zonedata"]))
        for name, case in section["tests"].items():
            count += 1
            result = await check_spf(envelope_of(case), zone)
            assert result.reason and result.reason.isprintable(), name
            if problem := complaint(case, result):
                wrong.append(f"{section['description']}: {name}: {problem}")
    with capsys.disabled():
        print(f"\nRFC 7208 suite: {count - len(wrong)} of {count}")
    assert wrong == []
    assert count == CASES
