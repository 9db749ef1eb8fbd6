"""What an absence note says: who is away until when, who stands in, or who is gone for good."""

from digest.away.read import Away, read_away

__all__ = ["Away", "read_away"]
