"""Export and import on both databases: every octet there and back, once, whatever happens."""

import base64
import json
import mailbox
import os
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.moving.outputs import OneFile
from cli.past import NotRepeatable, recall
from digest.worker import Worker
from mail.errors import SettingsProblem
from mail.verdict import Action
from store.database import Database
from store.domains import DomainRow, add_domain
from store.imports import Outcome, place_of
from store.messages import (
    MessageFilter,
    delete_message,
    find_messages,
    get_message,
    set_flags,
)
from store.outbox import claim
from store.writer import Writer
from tests.store.moving import NOT_WHOLE, WHOLE, corpus, do_export, do_import, hashes, stored
from tests.store.samples import CONTENT, NOON, envelope, received
from web.explain import explanation_of

WORDS = (b"invoice one", b"an order", b"another invoice", b"hello")
HEAD = b"From: a@b.example\r\nSubject: s\r\n"


def write_jsonl(path: Path, messages: Iterable[bytes], **more: object) -> Path:
    with path.open("w") as file:
        for one in messages:
            file.write(json.dumps({"raw_b64": base64.b64encode(one).decode(), **more}) + "\n")
    return path


def write_files(folder: Path, messages: Mapping[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in messages.items():
        (folder / f"{name}.eml").write_bytes(content)
    return folder


@pytest.mark.parametrize("form", ["mbox", "eml", "jsonl"])
def test_every_octet_goes_out_and_comes_back(
    database: Database, domain: DomainRow, tmp_path: Path, form: str
) -> None:
    add_domain(database, "other.example", "all", "cli", NOON)
    messages = corpus()
    do_import(database, write_jsonl(tmp_path / "in.jsonl", messages.values()))
    assert hashes(stored(database).values()) == hashes(messages.values())
    assert do_export(database, tmp_path / "out", "--format", form) == 0
    back = do_import(
        database, tmp_path / "out", mailbox="other.example", exact=True, variant="mboxrd"
    )
    assert back.taken == len(messages)
    found = stored(database, mailbox=_id(database, "other.example"))
    assert hashes(found.values()) == hashes(messages.values())


def _id(database: Database, address: str) -> str:
    return add_domain(database, address, "all", "cli", NOON).mailbox


@pytest.mark.parametrize("form", ["eml", "jsonl"])
def test_what_has_no_final_line_end_is_exact_beside_mbox(
    database: Database, domain: DomainRow, tmp_path: Path, form: str
) -> None:
    do_import(database, write_jsonl(tmp_path / "in.jsonl", NOT_WHOLE.values()))
    do_export(database, tmp_path / "out", "--format", form)
    other = add_domain(database, "other.example", "all", "cli", NOON)
    do_import(database, tmp_path / "out", mailbox="other.example", exact=True)
    assert hashes(stored(database, mailbox=other.mailbox).values()) == hashes(NOT_WHOLE.values())


def test_an_mbox_says_what_it_cannot_carry(
    database: Database, domain: DomainRow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    do_import(database, write_jsonl(tmp_path / "in.jsonl", NOT_WHOLE.values()))
    do_export(database, tmp_path / "out.mbox")
    assert "3 do not end with a line end and got one" in capsys.readouterr().err


def test_pythons_own_reader_finds_each_exported_message(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    messages = corpus()
    do_import(database, write_jsonl(tmp_path / "in.jsonl", messages.values()))
    do_export(database, tmp_path / "out.mbox")
    reader = mailbox.mbox(tmp_path / "out.mbox", create=False)
    quoted = [reader.get_bytes(key) for key in reader.keys()]  # noqa: SIM118
    reader.close()
    unquoted = [re.sub(rb"(?m)^>(>*From )", rb"\1", one) for one in quoted]
    assert hashes(unquoted) == hashes(messages.values())


def test_large_messages_are_moved_exactly(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    large = HEAD + b"\r\n" + (b">From x\r\n" + os.urandom(60).hex().encode() + b"\r\n") * 200_000
    assert len(large) > 24 * 1024 * 1024
    (tmp_path / "large.eml").write_bytes(large)
    do_import(database, tmp_path / "large.eml")
    do_export(database, tmp_path / "out.mbox")
    other = add_domain(database, "other.example", "all", "cli", NOON)
    do_import(database, tmp_path / "out.mbox", mailbox="other.example")
    assert list(stored(database, mailbox=other.mailbox).values()) == [large]


def test_importing_twice_changes_nothing(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [*corpus().values(), CONTENT, CONTENT])
    first = do_import(database, source)
    assert (first.taken, first.there) == (len(corpus()) + 1, 1)
    before = list(stored(database))
    second = do_import(database, source)
    assert (second.taken, second.there) == (0, len(corpus()) + 2)
    assert list(stored(database)) == before


async def test_what_came_by_smtp_is_not_imported_again(
    database: Database, domain: DomainRow, writer: Writer, tmp_path: Path
) -> None:
    nameless = b"Subject: no Message-ID\r\n\r\nx\r\n"
    for content in (CONTENT, nameless):
        await writer.save_message(received(content, letter=envelope(mailboxes=[domain.mailbox])))
    found = do_import(database, write_jsonl(tmp_path / "in.jsonl", [CONTENT, nameless]))
    assert (found.taken, found.there) == (0, 2)


async def test_another_mailbox_takes_the_same_octets(
    database: Database, domain: DomainRow, writer: Writer, tmp_path: Path
) -> None:
    await writer.save_message(received(letter=envelope(mailboxes=[domain.mailbox])))
    add_domain(database, "other.example", "all", "cli", NOON)
    source = write_jsonl(tmp_path / "in.jsonl", [CONTENT])
    assert do_import(database, source, mailbox="other.example").taken == 1


async def test_what_was_deleted_here_stays_deleted_unless_it_is_asked_for(
    database: Database, domain: DomainRow, writer: Writer, tmp_path: Path
) -> None:
    kept = await writer.save_message(received(letter=envelope(mailboxes=[domain.mailbox])))
    delete_message(database, kept.id, by="li", now=NOON)
    source = write_jsonl(tmp_path / "in.jsonl", [CONTENT])
    refused = do_import(database, source)
    assert refused.outcomes == {Outcome.DELETED: 1}
    assert "1 were deleted here before" in refused.said
    assert do_import(database, source, deleted_too=True).taken == 1
    assert do_import(database, source).there == 1


def test_imported_mail_is_digested_like_other_mail_and_never_authenticated(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    signed = (
        b"Authentication-Results: mx.example; spf=pass; dkim=pass; dmarc=pass\r\n"
        b"DKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=s; h=from; bh=x; b=y\r\n" + HEAD
    )
    do_import(database, write_jsonl(tmp_path / "in.jsonl", [signed + b"\r\nx\r\n"]))
    (identifier,) = stored(database)
    detail = get_message(database, identifier)
    assert detail is not None
    report = detail.transaction.report
    assert report is not None
    words = {report[name]["result"] for name in ("spf", "arc", "dmarc")}
    assert (words, report["dkim"], report["authentication_results"]) == (
        {"none"},
        [],
        "mx.example; none",
    )
    assert detail.transaction.summary.door == "import"
    told = explanation_of(detail.transaction, "en", closed=False)
    assert (told.tone, told.findings, told.remedies) == ("quiet", (), ())
    assert "nothing was verified" in told.headline
    with pytest.raises(NotRepeatable, match="was imported"):
        recall(database, identifier)
    jobs = claim(database, ["digest"], "test", 10, 60, NOON + timedelta(seconds=1))
    assert [job.message_id for job in jobs] == [identifier]


def test_with_trace_nobody_else_speaks_in_our_name(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    lie = b"Authentication-Results: mx.example; dmarc=pass\r\n"
    body = b"junk line, X: Y\r\n" + b"Received: from x; Mon, 2 Nov 2026 10:00:00 +0000\r\n"
    message = b"Return-Path: <li@example.org>\r\n" + lie + body + HEAD + b"\r\n" + lie
    do_import(database, write_jsonl(tmp_path / "in.jsonl", [message]))
    do_export(database, tmp_path / "out", "--format", "eml", "--trace")
    (file,) = (tmp_path / "out").glob("*.eml")
    exported = file.read_bytes()
    assert exported.startswith(b"Return-Path: <li@example.org>\r\nReceived: by mx.example")
    assert b"Authentication-Results: mx.example; none\r\n" in exported
    assert exported.endswith(message.replace(lie, b"", 1))


def test_the_topmost_received_field_says_when_it_came(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    old = (
        b"Received: from x by y; Tue, 3 Nov 2020 10:00:00 +0100\r\nDate: 1 Jan 2019 00:00 +0000\r\n"
    )
    do_import(database, write_jsonl(tmp_path / "in.jsonl", [old + HEAD + b"\r\n"]))
    (found,) = find_messages(database, MessageFilter(), 10).items
    assert found.received_at == datetime(2020, 11, 3, 9, tzinfo=UTC)


def test_nobody_brings_mail_from_the_future(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    late = b"Date: 1 Jan 2099 00:00:00 +0000\r\n" + HEAD + b"\r\n"
    do_import(database, write_jsonl(tmp_path / "in.jsonl", [late]))
    (found,) = find_messages(database, MessageFilter(), 10).items
    assert found.received_at == NOON


def test_jsonl_carries_flags_category_and_envelope(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    do_import(
        database,
        write_jsonl(
            tmp_path / "in.jsonl",
            [CONTENT],
            received_at="2026-01-02T03:04:05Z",
            envelope={"mail_from": "a@b.example", "rcpt_to": ["sales@reply.example"]},
        ),
    )
    (identifier,) = stored(database)
    changed = {"seen": True, "flagged": True, "archived": True, "category": "inquiry"}
    set_flags(database, identifier, by="li", now=NOON, **changed)  # type: ignore[arg-type]
    do_export(database, tmp_path / "out.jsonl", "--format", "jsonl")
    other = add_domain(database, "other.example", "all", "cli", NOON)
    do_import(database, tmp_path / "out.jsonl", mailbox="other.example")
    (found,) = find_messages(database, MessageFilter(mailbox=other.mailbox), 10).items
    assert (found.flags.seen, found.flags.flagged, found.flags.archived) == (True, True, True)
    assert (found.category, found.received_at.year) == ("inquiry", 2026)
    detail = get_message(database, found.id)
    assert detail is not None
    assert detail.transaction.summary.mail_from == "a@b.example"
    assert detail.transaction.summary.rcpt_to == ("sales@reply.example",)


async def test_held_mail_comes_out_when_asked_for_and_stays_held(
    database: Database, domain: DomainRow, writer: Writer, tmp_path: Path
) -> None:
    letter = envelope(mailboxes=[domain.mailbox])
    await writer.save_message(received(action=Action.QUARANTINE, letter=letter))
    do_export(database, tmp_path / "none.jsonl", "--format", "jsonl")
    assert (tmp_path / "none.jsonl").read_bytes() == b""
    do_export(database, tmp_path / "out.jsonl", "--format", "jsonl", "--held")
    add_domain(database, "other.example", "all", "cli", NOON)
    do_import(database, tmp_path / "out.jsonl", mailbox="other.example")
    assert len(stored(database, held=True)) == 2
    assert stored(database) == {}


def test_a_message_that_cannot_be_read_is_named_and_passed_by(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    path = write_jsonl(tmp_path / "in.jsonl", [CONTENT])
    at = path.stat().st_size
    with path.open("a") as file:
        file.write('{"raw_b64": "x"}\nnot JSON\n{"raw_b64": "aGk=", "sha256": "00"}\n')
        file.write(json.dumps({"raw_b64": base64.b64encode(HEAD).decode()}) + "\n")
    found = do_import(database, path)
    assert (found.taken, found.failed, found.status) == (2, 3, 1)
    assert f"{path}: octet {at}: raw_b64 is not base64" in found.said


def test_an_unknown_mailbox_is_refused_with_those_that_are_there(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [CONTENT])
    with pytest.raises(SettingsProblem, match=r"no such mailbox; there are: reply\.example"):
        do_import(database, source, mailbox="nobody.example")


def test_a_finished_import_leaves_no_note_behind(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", list(corpus().values()) * 4)
    do_import(database, source)
    from cli.moving.formats import Variant
    from cli.moving.sources import source_of

    name = source_of(source, None, Variant.AUTO, 1).identity(domain.mailbox, "False", "False")
    assert place_of(database, name) == 0


def test_an_export_never_writes_over_a_file(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(SettingsProblem, match="is there already"):
        do_export(database, tmp_path / "there")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("mine")
    with pytest.raises(SettingsProblem, match="is not empty"):
        do_export(database, tmp_path / "folder", "--format", "eml")


def test_an_unfinished_file_of_somebody_else_is_not_gone_on_with(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    partial = tmp_path / "out.mbox.partial"
    partial.write_text("mine")
    with pytest.raises(SettingsProblem, match="is of no export that could go on"):
        do_export(database, tmp_path / "out.mbox", "--resume")
    assert partial.read_text() == "mine"


def test_a_file_that_came_to_be_there_during_an_export_stays(tmp_path: Path) -> None:
    output = OneFile(tmp_path / "out.mbox")
    state = output.begin({}, resume=False)
    output.write("1", [b"mail"])
    (tmp_path / "out.mbox").write_text("mine")
    with pytest.raises(SettingsProblem, match="came to be there meanwhile"):
        output.end(state)
    output.close()
    assert (tmp_path / "out.mbox").read_text() == "mine"
    assert (tmp_path / "out.mbox.partial").read_bytes() == b"mail"


def test_a_state_that_was_being_written_at_a_kill_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / "out.mbox.partial").write_bytes(b"")
    (tmp_path / "out.mbox.partial.state.new").write_text("{")
    output = OneFile(tmp_path / "out.mbox")
    output.end(output.begin({}, resume=True))
    output.close()
    assert [path.name for path in tmp_path.iterdir()] == ["out.mbox"]


@pytest.mark.parametrize("form", ["mbox", "eml", "jsonl"])
def test_an_export_is_for_nobody_else_to_read(
    database: Database, domain: DomainRow, tmp_path: Path, form: str
) -> None:
    do_import(database, write_jsonl(tmp_path / "in.jsonl", [CONTENT]))
    before = os.umask(0o022)
    try:
        do_export(database, tmp_path / "out", "--format", form)
    finally:
        os.umask(before)
    out = tmp_path / "out"
    assert all(one.stat().st_mode & 0o077 == 0 for one in (out, *out.glob("*")))


def test_a_link_in_a_maildir_or_a_folder_brings_nothing(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    others = mailbox.Maildir(tmp_path / "others", create=True)
    others.add(b"Subject: another's\n\nmail\n")
    mailbox.Maildir(tmp_path / "md", create=True).add(b"Subject: mine\n\nx\n")
    (tmp_path / "keys").write_text("the key of the store")
    for folder in (tmp_path / "md" / "cur", tmp_path / "eml"):
        folder.mkdir(exist_ok=True)
        (folder / "1.link").symlink_to(tmp_path / "keys")
    (tmp_path / "md" / ".X" / "new").mkdir(parents=True)
    (tmp_path / "md" / ".X" / "cur").symlink_to(tmp_path / "others" / "new")
    found = do_import(database, tmp_path / "md")
    assert (found.taken, found.failed) == (1, 1)
    assert "1.link: it is a symbolic link; passed by" in found.said
    found = do_import(database, tmp_path / "eml")
    assert (found.taken, found.failed) == (0, 1)


@pytest.mark.parametrize(
    "more",
    [
        {"received_at": "0001-01-01T00:00:00+14:00"},
        {"received_at": "9999-12-31T23:59:59-12:00"},
        {"category": []},
        {"category": {}, "category_by": "li"},
        {"category": "inquiry", "category_by": "a\x00\ud800"},
    ],
)
def test_what_stands_beside_a_message_costs_at_most_itself(
    database: Database, domain: DomainRow, tmp_path: Path, more: dict[str, object]
) -> None:
    assert do_import(database, write_jsonl(tmp_path / "in.jsonl", [CONTENT], **more)).taken == 1


def test_a_maildir_brings_its_flags_and_leaves_out_what_was_not_received(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    top = mailbox.Maildir(tmp_path / "md", create=True)
    for flags in ("", "S", "FS", "T", "D"):
        letter = mailbox.MaildirMessage(f"Subject: {flags}\n\nfrom a file {flags}\n".encode())
        letter.set_flags(flags)
        letter.set_subdir("cur")
        top.add(letter)
    for name in ("Sent", "Archive", "Trash"):
        top.add_folder(name).add(f"Subject: {name}\n\nx\n".encode())
    found = do_import(database, tmp_path / "md")
    assert (found.taken, found.failed) == (4, 2)
    assert "left out, name them with --folder: .Sent, .Trash" in found.said
    rows = {one.subject: one.flags for one in find_messages(database, MessageFilter(), 10).items}
    assert (rows["S"].seen, rows["FS"].flagged, rows[""].seen) == (True, True, False)
    assert rows["Archive"].archived
    assert do_import(database, tmp_path / "md", folder=("Sent",)).taken == 1
    assert all(b"\n" not in one.replace(b"\r\n", b"") for one in stored(database).values())


def test_line_ends_of_files_become_those_of_the_wire_unless_they_are_to_be_kept(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    folder = write_files(tmp_path / "in", {"lf": b"A: b\n\nc\n", "mixed": b"A: b\r\n\r\nc\nd\n"})
    do_import(database, folder)
    assert set(stored(database).values()) == {b"A: b\r\n\r\nc\r\n", b"A: b\r\n\r\nc\nd\n"}
    add_domain(database, "other.example", "all", "cli", NOON)
    do_import(database, folder, mailbox="other.example", exact=True)
    assert b"A: b\n\nc\n" in stored(database).values()


def test_every_awkward_message_survives_a_folder(
    tmp_path: Path, database: Database, domain: DomainRow
) -> None:
    do_import(database, write_files(tmp_path / "in", WHOLE), exact=True)
    assert hashes(stored(database).values()) == hashes(WHOLE.values())


def test_a_query_chooses_what_is_exported(
    database: Database, domain: DomainRow, tmp_path: Path
) -> None:
    messages = [HEAD.replace(b"Subject: s", b"Subject: %s" % word) + b"\r\nx\r\n" for word in WORDS]
    do_import(database, write_jsonl(tmp_path / "in.jsonl", messages))
    worker = Worker(database, "test", lambda: NOON + timedelta(minutes=1))
    while worker.run_once():
        pass
    do_export(database, tmp_path / "out", "--format", "eml", "--query", "subject:invoice")
    found = [path.read_bytes() for path in (tmp_path / "out").iterdir()]
    assert hashes(found) == hashes(one for one in messages if b"invoice" in one)
