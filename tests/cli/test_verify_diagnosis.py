"""`postern verify` says what broke a signature of the file that it is given."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main
from tests.verify.forwards import FOOTER, signed, text
from tests.verify.signing import public_base64


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    zone = {"sel._domainkey.example.com": [{"TXT": f"v=DKIM1; p={public_base64('rsa')}"}]}
    (tmp_path / "zones.yaml").write_text(json.dumps(zone))
    (tmp_path / "mail.eml").write_bytes(signed(text()) + FOOTER)
    words = ["verify", str(tmp_path / "mail.eml"), "--ip", "192.0.2.1", "--mail-from", ""]
    return [*words, "--dns", str(tmp_path / "zones.yaml")]


def test_the_broken_signature_is_explained(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(files)
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("Broken")]
    assert "text appended in body" in line
    assert "proved" in line


def test_the_json_has_the_diagnosis(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main([*files, "--json"])
    (one,) = json.loads(capsys.readouterr().out)["diagnosis"]["signatures"]
    assert (one["proof"], one["changes"][0]["octets"]) == ("signature", len(FOOTER))


@pytest.mark.parametrize("asked", [True, False])
def test_a_batch_has_the_diagnosis_where_it_is_asked_for(asked: bool) -> None:
    zone = {"sel._domainkey.example.com": [{"TXT": f"v=DKIM1; p={public_base64('rsa')}"}]}
    octets = [signed(text()) + FOOTER, signed(text())]
    requests = [
        {"id": number, "ip": "192.0.2.1", "mail_from": "", "dns": zone}
        | {"message_b64": base64.b64encode(one).decode()}
        for number, one in enumerate(octets)
    ]
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "verify", "--batch", *["--diagnose"] * asked],
        input="\n".join(map(json.dumps, requests)),
        capture_output=True,
        text=True,
        check=True,
    )
    broken, whole = map(json.loads, done.stdout.splitlines())
    assert ("diagnosis" in broken) is asked
    assert "diagnosis" not in whole
    if asked:
        (one,) = broken["diagnosis"]["signatures"]
        assert one["proof"] == "signature"
