"""What `postern export` does. Its manual and its arguments: `cli/manual/export.py`."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cli import build
from cli.config import Config
from cli.moving import jsonl, mboxrd
from cli.moving.delivery import for_delivery
from cli.moving.outputs import Folder, OneFile, Output, State, Stream
from cli.moving.progress import Progress, octets
from cli.moving.which import mailbox_named
from cli.opened import opened
from mail.errors import SettingsProblem, StoreProblem
from mail.moment import rfc3339
from mail.raw import RawMessage
from mail.reply import printable
from store.database import Database
from store.exports import Letter, letters_of
from store.mailboxes import list_mailboxes
from store.messages import MessageFilter, MessageSummary, find_messages, open_raw
from store.page import cursor_of
from store.search.parse import parse_query

PAGE = 200


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 1 where a message could not be read."""
    _require_understood(arguments.query)
    output = _output(arguments)
    with opened(config, create=False) as database:
        try:
            return Export(database, output, arguments).run()
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            place = arguments.output or "standard output"
            raise SettingsProblem(
                f"{place} cannot be written: {error.strerror}; then repeat it with --resume"
            ) from error
        finally:
            output.close()


def _require_understood(query: str) -> None:
    """What was left out of a query makes it wider, and an export must not hold more than was asked
    for. Raises SettingsProblem."""
    for note in parse_query(query).notes:
        raise SettingsProblem(
            f"--query: {printable(note.text, 100)!r} is not understood "
            f"({note.code.value.replace('_', ' ')}): nothing was exported"
        )


def _output(arguments: argparse.Namespace) -> Output:
    if arguments.format == "eml":
        if arguments.output is None:
            raise SettingsProblem("--format eml writes a folder: name it with --output")
        return Folder(arguments.output)
    if arguments.output is None or str(arguments.output) == "-":
        return Stream(sys.stdout.buffer)
    return OneFile(arguments.output)


class Export:
    """One run of the command."""

    def __init__(self, database: Database, output: Output, arguments: argparse.Namespace) -> None:
        self._database, self._output, self._arguments = database, output, arguments
        self._progress = Progress("export")
        self._addresses = {one.id: one.address for one in list_mailboxes(database)}

    def run(self) -> int:
        """The exit status."""
        mailbox = self._arguments.mailbox
        chosen = mailbox_named(self._database, mailbox).id if mailbox else None
        state = self._output.begin(self._asked(chosen), resume=self._arguments.resume)
        for summary, letter in self._found(state, chosen):
            state = self._one(summary, letter, state)
            self._output.note(state)
            self._progress.tell(f"{state.messages} messages, {octets(state.octets)}")
        self._output.end(state)
        self._progress.end(_told(state))
        return 1 if state.failed else 0

    def _asked(self, mailbox: str | None) -> dict[str, Any]:
        """What decides what is written. Mail that comes while we write is for the next export."""
        wanted = self._arguments
        return {
            "format": wanted.format,
            "query": wanted.query,
            "mailbox": mailbox,
            "held": wanted.held,
            "trace": wanted.trace,
            "since": wanted.since.isoformat() if wanted.since else None,
            "until": (wanted.until or build.now()).isoformat(),
        }

    def _found(
        self, state: State, mailbox: str | None
    ) -> Iterator[tuple[MessageSummary, Letter | None]]:
        asked = state.asked
        wanted = MessageFilter(
            mailbox=mailbox,
            q=asked["query"],
            held=asked["held"],
            since=datetime.fromisoformat(asked["since"]) if asked["since"] else None,
            until=datetime.fromisoformat(asked["until"]),
            oldest_first=True,
        )
        cursor = cursor_of(state.last) if state.last else None
        while True:
            page = find_messages(self._database, wanted, PAGE, cursor)
            letters = letters_of(self._database, [one.id for one in page.items])
            for summary in page.items:
                yield summary, letters.get(summary.id)
            if page.next is None:
                return
            cursor = page.next

    def _one(self, summary: MessageSummary, letter: Letter | None, state: State) -> State:
        if letter is None:
            return state  # deleted since the page was read
        try:
            raw = open_raw(self._database, summary.id)
        except StoreProblem as problem:
            self._progress.say(f"{summary.id} is passed by: {problem}")
            return state.and_failure(summary.id)
        if self._arguments.trace:
            raw = for_delivery(raw, letter)
        written = self._output.write(summary.id, self._blocks(summary, letter, raw))
        whole = self._arguments.format != "mbox" or mboxrd.is_whole(raw)
        return state.and_message(summary.id, written, whole=whole)

    def _blocks(self, summary: MessageSummary, letter: Letter, raw: RawMessage) -> Iterator[bytes]:
        if self._arguments.format == "eml":
            yield from raw.blocks()
        elif self._arguments.format == "mbox":
            yield mboxrd.from_line(letter.mail_from, summary.received_at.astimezone(UTC))
            yield from mboxrd.quoted(raw)
        else:
            yield from jsonl.line_of(self._values(summary, letter, raw), raw)

    def _values(self, summary: MessageSummary, letter: Letter, raw: RawMessage) -> dict[str, Any]:
        return {
            "id": summary.id,
            "sha256": raw.sha256,
            "received_at": rfc3339(summary.received_at),
            "mailboxes": [self._addresses.get(one, one) for one in summary.mailboxes],
            "held": summary.held,
            "seen": summary.flags.seen,
            "flagged": summary.flags.flagged,
            "archived": summary.flags.archived,
            "category": summary.category,
            "category_by": letter.category_by,
            "envelope": {"mail_from": letter.mail_from, "rcpt_to": list(letter.rcpt_to)},
            "size": raw.size,
        }


def _told(state: State) -> str:
    parts = [f"{state.messages} messages, {octets(state.octets)}"]
    if state.failed:
        parts.append(f"{state.failed} could not be read and are not in it")
    if state.unwhole:
        parts.append(
            f"{state.unwhole} do not end with a line end and got one (eml and jsonl keep them)"
        )
    return "; ".join(parts)
