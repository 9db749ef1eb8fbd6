"""What this installation knows about the categories of its mail: what operators taught, and whom
else it may ask."""

import asyncio
from pathlib import Path

from cli.config import Config
from cli.sweeper import HOUR, repeat
from digest.corrections import NAME, Installed, Teacher
from digest.revision import Revision
from digest.second_opinion import SecondOpinion
from store.database import Database


def lessons_file(config: Config) -> Path:
    """Where what was learned is kept."""
    return config.data_dir / NAME


def build_revision(config: Config) -> Revision:
    """As the configuration wants it."""
    opinion = config.digest.second_opinion.settings()
    learns = config.digest.learn_from_corrections
    return Revision(
        Installed(lessons_file(config)) if learns else None,
        SecondOpinion(opinion) if opinion else None,
    )


async def learn_hourly(database: Database, file: Path, stop: asyncio.Event) -> None:
    """Until `stop` is set: what operators corrected is learned."""
    teacher = Teacher(database, file)

    async def look() -> None:
        await asyncio.to_thread(teacher.look)

    await repeat("not-learned", look, HOUR, stop)
