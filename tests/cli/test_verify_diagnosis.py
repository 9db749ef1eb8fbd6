"""`postern verify` says what broke a signature of the file that it is given."""

import json
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
