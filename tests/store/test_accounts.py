from pathlib import Path
from typing import Any

import pytest

from mail.errors import SettingsProblem, StoreProblem
from store.accounts import (
    Cursor,
    add_account,
    change_account,
    get_account,
    get_cursor,
    get_status,
    list_accounts,
    open_secrets,
    remove_account,
    save_cursor,
    save_status,
)
from store.database import Database
from store.mailboxes import list_mailboxes
from store.secrets import SecretBox
from tests.store.samples import NOON

ACCOUNT: dict[str, Any] = {
    "address": "li@example.com",
    "name": "Li Wei",
    "imap": {"host": "imap.example.com", "user": "li", "password": "imap-pass-4711"},
    "smtp": {"host": "smtp.example.com", "user": "li", "password": "smtp-pass-0815"},
    "sync": {"enabled": True, "interval_minutes": 5, "folders": None},
}


@pytest.fixture
def box(tmp_path: Path) -> SecretBox:
    return SecretBox(tmp_path / "keys")


def test_an_account_comes_back_without_its_secrets(database: Database, box: SecretBox) -> None:
    made = add_account(database, box, ACCOUNT, NOON)
    account = get_account(database, made.id)
    assert account == made == get_account(database, "li@example.com")
    assert list_accounts(database) == (made,)
    assert made.settings["imap"] == {
        "host": "imap.example.com",
        "user": "li",
        "password": {"set": True},
    }
    assert made.sync["interval_minutes"] == 5
    [mailbox] = list_mailboxes(database)
    assert (mailbox.kind, mailbox.name, mailbox.account_id) == ("bound", "Li Wei", made.id)
    assert ACCOUNT["imap"]["password"] == "imap-pass-4711"  # what was given is left alone


def test_secrets_open_with_the_box_only(database: Database, box: SecretBox) -> None:
    made = add_account(database, box, ACCOUNT, NOON)
    assert open_secrets(database, box, made.id) == {
        "imap": {"password": "imap-pass-4711"},
        "smtp": {"password": "smtp-pass-0815"},
    }
    stranger = SecretBox(database.settings.data_dir / "other-keys")
    with pytest.raises(StoreProblem, match=r"key .* is not in"):
        open_secrets(database, stranger, made.id)


@pytest.mark.sqlite_only
def test_no_secret_stands_in_the_files_of_the_store(database: Database, box: SecretBox) -> None:
    made = add_account(database, box, ACCOUNT, NOON)
    change_account(database, box, made.id, ACCOUNT, NOON)
    folder = database.settings.data_dir
    found = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert b"imap.example.com" in found
    assert b"pass-4711" not in found
    assert b"pass-0815" not in found


def test_an_address_is_bound_once(database: Database, box: SecretBox) -> None:
    add_account(database, box, ACCOUNT, NOON)
    with pytest.raises(SettingsProblem, match=r"li@example\.com is bound already"):
        add_account(database, box, ACCOUNT, NOON)
    with pytest.raises(SettingsProblem, match="no address"):
        add_account(database, box, {"name": "Li"}, NOON)


def test_a_change_without_a_secret_keeps_the_old_one(database: Database, box: SecretBox) -> None:
    made = add_account(database, box, ACCOUNT, NOON)
    new = {**made.settings, "name": "Wei", "smtp": {"host": "mail.example.com"}}
    changed = change_account(database, box, made.id, new, NOON)
    assert changed is not None
    assert changed == get_account(database, made.id)
    assert changed.settings["smtp"] == {"host": "mail.example.com", "password": {"set": True}}
    assert open_secrets(database, box, made.id)["smtp"] == {"password": "smtp-pass-0815"}
    assert list_mailboxes(database)[0].name == "Wei"
    newer = {**new, "imap": {"host": "h", "password": "fresh"}, "smtp": None}
    change_account(database, box, made.id, newer, NOON)
    assert open_secrets(database, box, made.id) == {"imap": {"password": "fresh"}, "smtp": {}}


def test_an_accounts_address_does_not_change(database: Database, box: SecretBox) -> None:
    made = add_account(database, box, ACCOUNT, NOON)
    with pytest.raises(SettingsProblem, match="address cannot change"):
        change_account(database, box, made.id, {**ACCOUNT, "address": "wei@example.com"}, NOON)
    assert change_account(database, box, "nothing", ACCOUNT, NOON) is None


def test_a_removed_account_leaves_its_mailbox_and_finds_it_again(
    database: Database, box: SecretBox
) -> None:
    made = add_account(database, box, ACCOUNT, NOON)
    assert remove_account(database, made.id, NOON)
    assert not remove_account(database, made.id, NOON)
    assert list_accounts(database) == ()
    assert [mailbox.id for mailbox in list_mailboxes(database)] == [made.mailbox]
    with pytest.raises(SettingsProblem, match="no account"):
        open_secrets(database, box, made.id)
    again = add_account(database, box, ACCOUNT, NOON)
    assert (again.id, again.mailbox) == (made.id, made.mailbox)


def test_a_status_is_kept(database: Database, box: SecretBox) -> None:
    made = add_account(database, box, ACCOUNT, NOON)
    assert get_status(database, made.id) == {}
    save_status(database, made.id, {"state": "ok", "last_error": None})
    assert get_status(database, made.id) == {"state": "ok", "last_error": None}
    assert get_status(database, "nothing") is None
    save_status(database, "nothing", {"state": "ok"})


def test_a_cursor_is_kept_for_each_folder(database: Database, box: SecretBox) -> None:
    made = add_account(database, box, ACCOUNT, NOON)
    assert get_cursor(database, made.id, "INBOX") is None
    save_cursor(database, made.id, "INBOX", Cursor(4_294_967_295, 17))
    save_cursor(database, made.id, "垃圾邮件", Cursor(1, 1))
    save_cursor(database, made.id, "INBOX", Cursor(4_294_967_295, 18))
    assert get_cursor(database, made.id, "INBOX") == Cursor(4_294_967_295, 18)
    assert get_cursor(database, made.id, "垃圾邮件") == Cursor(1, 1)
