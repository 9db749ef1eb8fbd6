import logging

import pytest

from mail.address import Domain, parse_address
from mail.errors import SettingsProblem, StoreProblem
from mail.reply_address import ReplyKey, mint
from store.database import Database
from store.domains import Directory, Route, add_domain, list_domains, remove_domain
from store.mailboxes import list_mailboxes
from store.messages import MessageFilter, find_messages
from store.writer import Writer
from tests.store.samples import NOON, envelope, received

HOST = Domain("mx.reply.example")


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def route(directory: Directory, address: str) -> Route | None:
    return directory.route(parse_address(address))


def test_a_new_domain_has_a_system_mailbox(database: Database) -> None:
    row = add_domain(database, "Reply.Example.", "all", "cli", NOON)
    assert (row.name, row.accept, row.source) == ("reply.example", "all", "cli")
    [box] = list_mailboxes(database)
    assert (box.id, box.kind, box.name, box.total) == (row.mailbox, "system", "reply.example", 0)
    assert list_domains(database) == (row,)


def test_an_international_domain_is_kept_in_a_labels(database: Database) -> None:
    assert add_domain(database, "回复.example", "all", "cli", NOON).name == "xn--zbss4c.example"


def test_a_domain_again_gets_the_new_accept_and_keeps_its_mailbox(database: Database) -> None:
    first = add_domain(database, "reply.example", "all", "cli", NOON)
    second = add_domain(database, "REPLY.example", "info, sales", "console", NOON)
    assert (second.accept, second.mailbox) == ("info,sales", first.mailbox)
    assert list_domains(database) == (second,)


def test_the_file_changes_no_domain_that_is_there(database: Database) -> None:
    first = add_domain(database, "reply.example", "signed", "console", NOON)
    assert add_domain(database, "reply.example", "all", "file", NOON) == first
    assert list_domains(database) == (first,)


@pytest.mark.parametrize("name", ["", "a b", "[192.0.2.1]", "x..y", "-", "a@b.example"])
def test_what_is_no_domain_is_refused(database: Database, name: str) -> None:
    with pytest.raises(SettingsProblem, match=r"is not a domain|address literal"):
        add_domain(database, name, "all", "cli", NOON)


@pytest.mark.parametrize("accept", ["", ",", "a,,b", "a@b.example", "a b"])
def test_what_is_no_accept_is_refused(database: Database, accept: str) -> None:
    with pytest.raises(SettingsProblem, match="use all, signed"):
        add_domain(database, "reply.example", accept, "cli", NOON)
    assert list_domains(database) == ()


async def test_a_removed_domain_keeps_its_mailbox_and_mail(
    database: Database, writer: Writer
) -> None:
    row = add_domain(database, "reply.example", "all", "cli", NOON)
    stored = await writer.save_message(received(letter=envelope(mailboxes=[row.mailbox])))
    assert remove_domain(database, "Reply.Example", NOON)
    assert not remove_domain(database, "reply.example", NOON)
    assert list_domains(database) == ()
    [box] = list_mailboxes(database)
    page = find_messages(database, MessageFilter(mailbox=box.id), 10)
    assert [one.id for one in page.items] == [stored.id]
    assert add_domain(database, "reply.example", "all", "cli", NOON).mailbox == row.mailbox


def test_addresses_lead_to_their_domains_mailbox(database: Database) -> None:
    every = add_domain(database, "all.example", "all", "cli", NOON).mailbox
    some = add_domain(database, "some.example", "info,Sales", "cli", NOON).mailbox
    signed = add_domain(database, "signed.example", "signed", "cli", NOON).mailbox
    directory = Directory(database, HOST)
    assert route(directory, "anybody@ALL.example") == Route(every, known=True)
    assert route(directory, "SALES@some.example") == Route(some, known=True)
    assert route(directory, "other@some.example") == Route(some, known=False)
    assert route(directory, "postmaster@some.example") == Route(some, known=True)
    assert route(directory, "anybody@signed.example") == Route(signed, known=False)
    assert route(directory, "Postmaster@signed.example") == Route(signed, known=True)
    assert route(directory, "a@sub.all.example") is None
    assert route(directory, "a@foreign.example") is None


def test_postmaster_of_our_host_leads_to_the_first_domain(database: Database) -> None:
    directory = Directory(database, HOST, Clock())
    assert route(directory, "postmaster@mx.reply.example") is None
    box = add_domain(database, "reply.example", "all", "cli", NOON).mailbox
    directory = Directory(database, HOST)
    assert route(directory, "PostMaster@mx.reply.example") == Route(box, known=True)
    assert route(directory, "other@mx.reply.example") is None


@pytest.mark.sqlite_only
def test_a_new_domain_works_after_a_second(database: Database) -> None:
    clock = Clock()
    directory = Directory(database, HOST, clock)
    assert route(directory, "a@reply.example") is None
    box = add_domain(database, "reply.example", "all", "cli", NOON).mailbox
    clock.seconds += 0.9
    assert route(directory, "a@reply.example") is None
    clock.seconds += 0.1
    assert route(directory, "a@reply.example") == Route(box, known=True)


@pytest.mark.sqlite_only
def test_while_the_store_is_away_the_directory_goes_on_with_what_it_knows(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    box = add_domain(database, "reply.example", "all", "cli", NOON).mailbox
    directory = Directory(database, HOST, clock)
    assert route(directory, "a@reply.example") == Route(box, known=True)
    folder = database.settings.data_dir
    database.close()
    folder.rename(folder.with_name("away"))
    clock.seconds += 5
    with caplog.at_level(logging.WARNING):
        assert route(directory, "a@reply.example") == Route(box, known=True)
    assert "directory-stale" in caplog.text
    with pytest.raises(StoreProblem):
        route(Directory(database, HOST, clock), "a@reply.example")


def test_a_signed_domain_takes_only_what_was_minted_for_it(database: Database) -> None:
    key, foreign = ReplyKey("ab", b"k" * 32), ReplyKey("ab", b"f" * 32)
    add_domain(database, "reply.example", "signed", "cli", NOON)
    add_domain(database, "other.example", "signed", "cli", NOON)
    directory = Directory(database, HOST, reply_keys=lambda: [key])
    minted = mint(key, Domain("reply.example"), "spring", "wang@customer.example").address
    forged = mint(foreign, Domain("reply.example"), "spring", "wang@customer.example").address

    def known(address: str) -> bool:
        found = route(directory, address)
        return found is not None and found.known

    assert known(str(minted))
    assert known(str(minted).upper())
    assert known("postmaster@reply.example")
    assert not known(str(forged))
    assert not known(f"{minted.local}@other.example")
    assert not known("sales@reply.example")
