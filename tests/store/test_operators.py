from datetime import timedelta

import pytest

from mail.errors import SettingsProblem
from store.audit import list_audit
from store.database import Database
from store.operators import (
    SESSION_IDLE,
    SESSION_LIFE,
    Operator,
    add_operator,
    check_password,
    close_session,
    find_session,
    list_operators,
    open_session,
    remove_operator,
    set_password,
)
from store.tokens import check_token, create_token, list_tokens, revoke_token
from tests.store.samples import NOON

SECRET = "correct horse battery staple"


@pytest.fixture
def li(database: Database) -> Operator:
    return add_operator(database, "li", "admin", SECRET, NOON)


def test_the_right_password_opens_and_no_other(database: Database, li: Operator) -> None:
    assert check_password(database, "li", SECRET) == li
    for name, password in (("li", "wrong"), ("li", ""), ("wang", SECRET), ("li\x00", SECRET)):
        assert check_password(database, name, password) is None


def test_a_name_is_taken_once(database: Database, li: Operator) -> None:
    with pytest.raises(SettingsProblem, match="operator named li already"):
        add_operator(database, " li ", "viewer", "x", NOON)
    assert list_operators(database) == (li,)


@pytest.mark.parametrize(("name", "role"), [("", "admin"), ("  ", "admin"), ("wang", "root")])
def test_no_name_or_no_such_role_is_refused(database: Database, name: str, role: str) -> None:
    with pytest.raises(SettingsProblem):
        add_operator(database, name, role, "x", NOON)


def test_a_session_is_its_operators_until_it_is_closed(database: Database, li: Operator) -> None:
    secret = open_session(database, li, NOON)
    assert find_session(database, secret, NOON) == li
    assert find_session(database, secret + "x", NOON) is None
    close_session(database, secret)
    close_session(database, secret)
    assert find_session(database, secret, NOON) is None


def test_an_idle_session_ends(database: Database, li: Operator) -> None:
    secret = open_session(database, li, NOON)
    assert find_session(database, secret, NOON + SESSION_IDLE) is None


def test_use_keeps_a_session_alive_but_not_for_ever(database: Database, li: Operator) -> None:
    secret = open_session(database, li, NOON)
    at = NOON
    while at < NOON + SESSION_LIFE - timedelta(hours=6):
        at += timedelta(hours=6)
        assert find_session(database, secret, at) == li
    assert find_session(database, secret, NOON + SESSION_LIFE) is None


def test_a_new_password_and_a_removal_end_all_sessions(database: Database, li: Operator) -> None:
    secret = open_session(database, li, NOON)
    assert set_password(database, "li", "another one", NOON)
    assert find_session(database, secret, NOON) is None
    assert check_password(database, "li", SECRET) is None
    assert check_password(database, "li", "another one") == li
    secret = open_session(database, li, NOON)
    assert remove_operator(database, "li", NOON)
    assert find_session(database, secret, NOON) is None
    assert not remove_operator(database, "li", NOON)
    assert not set_password(database, "li", "x", NOON)


def test_a_token_is_known_by_its_text_until_it_is_revoked(database: Database) -> None:
    text = create_token(database, "crm", "write", NOON)
    token = check_token(database, text)
    assert token is not None
    assert (token.name, token.scope, token.created_at) == ("crm", "write", NOON)
    assert check_token(database, text[:-1]) is None
    assert list_tokens(database) == (token,)
    assert revoke_token(database, "crm", NOON)
    assert not revoke_token(database, "crm", NOON)
    assert check_token(database, text) is None


@pytest.mark.parametrize(("name", "scope"), [("", "read"), ("crm", "root")])
def test_a_token_without_a_name_or_scope_is_refused(
    database: Database, name: str, scope: str
) -> None:
    with pytest.raises(SettingsProblem):
        create_token(database, name, scope, NOON)


def test_a_tokens_name_is_taken_once(database: Database) -> None:
    create_token(database, "crm", "read", NOON)
    with pytest.raises(SettingsProblem, match="token named crm already"):
        create_token(database, "crm", "read", NOON)


@pytest.mark.sqlite_only
def test_no_secret_stands_in_the_files_of_the_store(database: Database, li: Operator) -> None:
    session = open_session(database, li, NOON)
    token = create_token(database, "crm", "read", NOON)
    folder = database.settings.data_dir
    found = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert b"crm" in found
    for secret in (SECRET, session, token, token.removeprefix("postern_")):
        assert secret.encode() not in found


def test_administration_is_in_the_audit_log(database: Database) -> None:
    add_operator(database, "li", "admin", SECRET, NOON)
    create_token(database, "crm", "read", NOON, by="li")
    revoke_token(database, "crm", NOON, by="li")
    assert [(one.by, one.what, one.subject) for one in list_audit(database)] == [
        ("li", "token.revoke", "crm"),
        ("li", "token.create", "crm"),
        ("cli", "operator.add", "li"),
    ]
