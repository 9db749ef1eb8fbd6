"""Every file of tests/conversations, played in every way in which a client could."""

import ssl
from pathlib import Path

import pytest

from tests.certificates import make_certificate
from tests.mta.serving import serving
from tests.mta.transcript import Player, Transcript, check_stored, read_transcript

FOLDER = Path(__file__).parent.parent / "conversations"
ALL = [read_transcript(path) for path in sorted(FOLDER.glob("*.txt"))]
NOT_ALONE = [one for one in ALL if not one.alone]


def name(transcript: Transcript) -> str:
    return transcript.name


@pytest.mark.parametrize("transcript", ALL, ids=name)
async def test_line_by_line(transcript: Transcript, tmp_path: Path) -> None:
    files: dict[str, Path] = {}
    tls = None
    if transcript.tls:
        made = make_certificate(tmp_path)
        files = {"tls_certificate": made.certificate, "tls_key": made.key}
        tls = ssl.create_default_context(cafile=str(made.authority))
    async with serving(**files, **transcript.settings) as served:
        await Player(await served.connect(), tls).step_by_step(transcript)
    check_stored(transcript, served.writer)


@pytest.mark.parametrize("transcript", NOT_ALONE, ids=name)
async def test_one_octet_at_a_time(transcript: Transcript) -> None:
    async with serving(**transcript.settings) as served:
        await Player(await served.connect()).step_by_step(transcript, size=1)
    check_stored(transcript, served.writer)


@pytest.mark.parametrize("transcript", NOT_ALONE, ids=name)
async def test_all_at_once(transcript: Transcript) -> None:
    async with serving(**transcript.settings) as served:
        await Player(await served.connect()).all_at_once(transcript)
    check_stored(transcript, served.writer)
