"""A moment as a person writes it on the command line."""

import argparse
import re
from datetime import UTC, datetime, timedelta

from cli.clock import now

_AGO = re.compile(r"(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str) -> datetime:
    """For argparse: 2026-11-01, 2026-11-01T08:00+08:00, or how long ago (2h, 3d); UTC where no
    zone is said."""
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time such as 2026-11-01, 2026-11-01T08:00+08:00, 2h or 3d"
        ) from None
