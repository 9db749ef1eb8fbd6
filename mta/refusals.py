"""The refused MAIL and RCPT of one session, gathered so that a flood leaves one row.

Refusals of one sender by one rule share a row, with a count and the first recipients by name,
until the session ends or a message of it is through.
"""

from dataclasses import replace

from mail.envelope import Envelope
from mail.received import RefusedEnvelope
from mail.verdict import Verdict

MAX_NAMED = 100
"""Recipients that the rows which wait name together, besides the first of each; the others are only
counted. An address may have a thousand octets."""

MAX_ROWS = 50
"""Rows that wait at a time; a session that collects more kinds of refusals shares the last."""


class Refusals:
    """What was refused and is not saved yet."""

    __slots__ = ("_room", "_rows")

    def __init__(self) -> None:
        self._rows: dict[object, RefusedEnvelope] = {}
        self._room = MAX_NAMED - 1

    def add(
        self, envelope: Envelope, verdict: Verdict, stage: str, announced_size: int | None = None
    ) -> None:
        """Note one refusal; `envelope.rcpt_to` is the refused recipient, or empty at MAIL."""
        key: object = (stage, verdict.rule, verdict.reply.code, envelope.mail_from)
        if key not in self._rows and len(self._rows) >= MAX_ROWS:
            key = next(reversed(self._rows))
        row = self._rows.get(key)
        if row is None:
            self._rows[key] = RefusedEnvelope(envelope, verdict, stage, 1, announced_size)
        else:
            shared = self._rows[key] = _share(row, envelope, self._room)
            self._room -= len(shared.envelope.rcpt_to) - len(row.envelope.rcpt_to)

    def take(self) -> tuple[RefusedEnvelope, ...]:
        """All rows; they are forgotten here."""
        rows = tuple(self._rows.values())
        self._rows, self._room = {}, MAX_NAMED - 1
        return rows


def _share(row: RefusedEnvelope, envelope: Envelope, room: int) -> RefusedEnvelope:
    """The row with one refusal more, and its recipient by name if there is room for names."""
    named = row.envelope.rcpt_to
    if room > 0:
        named += tuple(address for address in envelope.rcpt_to if address not in named)
    return replace(
        row, envelope=replace(row.envelope, rcpt_to=named), recipients=row.recipients + 1
    )
