"""Servers that do the least, or things that no book has: mail comes all the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pull.causes import Stage, State
from pull.ledger import Ledger
from pull.status import Status
from store.database import open_database
from store.writer import Writer
from tests.fakes import FixedClock
from tests.pull.bound import ADDRESS, Bound, digests
from tests.pull.odd_server import Oddities, odd_server
from tests.stores import new_store

MESSAGES = {uid: b"Subject: %d\r\n\r\nbody\r\n" % uid for uid in (3, 5, 8, 13, 21)}


@contextmanager
def bound_to(folder: Path, odd: Oddities) -> Iterator[Bound]:
    """An account on that server."""
    database, clock = open_database(new_store(folder / "data")), FixedClock()
    writer = Writer(database, clock)
    writer.start()
    with odd_server(odd) as port:
        imap = {"host": "127.0.0.1", "port": port, "encryption": "none", "password": "secret"}
        bound = Bound(folder, database, writer, clock)
        bound.bind({"address": ADDRESS, "imap": imap})
        try:
            yield bound
        finally:
            writer.close()
            database.close()


def failures(status: Status) -> dict[int, str]:
    return {failure.uid: failure.cause for failure in status.failures}


@pytest.mark.parametrize("uidnext", [True, False])
async def test_a_server_that_can_only_the_least_is_read(tmp_path: Path, uidnext: bool) -> None:
    odd = Oddities(MESSAGES, uidnext=uidnext)
    with bound_to(tmp_path, odd) as bound:
        status = await bound.visit()
        assert status.ledger == Ledger(on_server=5, stored=5)
        assert bound.contents() == digests(*MESSAGES.values())
    names = {line.split(" ")[1] for line in odd.heard}
    assert names == {"CAPABILITY", "LOGIN", "EXAMINE", "UID", "LOGOUT"}


@pytest.mark.parametrize(
    ("capability", "greeting"),
    [
        ("IMAP4rev1 ID", "* OK ready"),
        ("IMAP4rev1", "* OK Coremail System IMap Server Ready(163com[10774b260cc7a37d26])"),
    ],
)
async def test_a_server_that_demands_to_know_who_we_are_is_told(
    tmp_path: Path, capability: str, greeting: str
) -> None:
    odd = Oddities(MESSAGES, capability=capability, greeting=greeting, demands_id=True)
    with bound_to(tmp_path, odd) as bound:
        assert (await bound.visit()).ledger.stored == 5
    said = [line.partition(" ")[2] for line in odd.heard]
    login = said.index('LOGIN li@example.com "secret"')
    identity = said.index('ID ("name" "Postern" "version" "0")')
    assert login < identity < said.index('EXAMINE "INBOX"')


async def test_unsafe_login_is_not_told_as_a_wrong_password(tmp_path: Path) -> None:
    with bound_to(tmp_path, Oddities(MESSAGES, demands_id=True)) as bound:
        status = await bound.visit()
    assert status.state is State.UNREACHABLE
    assert status.last_error is not None
    assert status.last_error["cause"].endswith("the password is not the reason")
    assert "kefu@188.com" in status.last_error["server_said"]


async def test_a_server_that_does_not_understand_id_is_read_without(tmp_path: Path) -> None:
    odd = Oddities(MESSAGES, capability="IMAP4rev1 ID", understands_id=False)
    with bound_to(tmp_path, odd) as bound:
        assert (await bound.visit()).ledger.stored == 5


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        ("no", "the server does not give it: [SERVERBUG] cannot read"),
        ("nothing", "the server does not send it"),
        ("garbage", "the server does not give it: "),
        ("drop", "the connection breaks over it: "),
        ("huge", "the connection breaks over it: "),
    ],
)
async def test_one_bad_message_does_not_stand_in_the_way_of_the_others(
    tmp_path: Path, what: str, cause: str
) -> None:
    odd = Oddities(MESSAGES, fetches={5: what, 13: what})
    with bound_to(tmp_path, odd) as bound:
        status = await bound.visit()
        assert status.state is State.OK, status.last_error
        assert status.ledger == Ledger(on_server=5, stored=3, failed=2)
        causes = failures(status)
        assert set(causes) == {5, 13}
        assert all(text.startswith(cause) for text in causes.values()), causes
        # Once the server is mended, the next attempt gets them.
        odd.fetches.clear()
        bound.clock.advance(3600)
        status = await bound.visit()
        assert status.ledger == Ledger(on_server=5, stored=5)
        assert bound.contents() == digests(*MESSAGES.values())


async def test_a_server_that_always_hangs_up_is_not_hammered(tmp_path: Path) -> None:
    odd = Oddities(
        {uid: b"Subject: x\r\n\r\n%d\r\n" % uid for uid in range(1, 100)},
        fetches=dict.fromkeys(range(1, 100), "drop"),
    )
    with bound_to(tmp_path, odd) as bound:
        status = await bound.visit()
    assert status.state is State.UNREACHABLE
    assert status.last_error is not None
    assert status.last_error["stage"] == Stage.FETCH
    assert sum("LOGIN" in line for line in odd.heard) <= 6


@pytest.mark.parametrize(
    ("answer", "state", "cause"),
    [
        ("NO LOGIN Login error or password error", State.AUTH_FAILED, "user name or password"),
        ("NO [AUTHENTICATIONFAILED] Invalid credentials", State.AUTH_FAILED, "user name or"),
        (
            "NO [ALERT] Application-specific password required: https://x.example",
            State.AUTH_FAILED,
            "the provider wants an app password",
        ),
        ("NO 请使用授权码登录", State.AUTH_FAILED, "the provider wants an app password"),
        (
            "NO [ALERT] Your account is not enabled for IMAP use.",
            State.AUTH_FAILED,
            "IMAP is switched off",
        ),
        ("NO Too many simultaneous connections. (Failure)", State.THROTTLED, "the provider limits"),
        ("NO Server Unavailable. 15", State.THROTTLED, "the provider limits"),
        ("NO [UNAVAILABLE] Temporary authentication failure", State.UNREACHABLE, "the provider"),
        (
            "BAD User is authenticated but not connected.",
            State.AUTH_FAILED,
            "the sign-in is right, but the mailbox has no IMAP",
        ),
    ],
)
async def test_what_a_provider_says_at_the_login_is_understood(
    tmp_path: Path, answer: str, state: State, cause: str
) -> None:
    with bound_to(tmp_path, Oddities(answers={"LOGIN": answer})) as bound:
        status = await bound.visit()
    assert status.state is state
    assert status.last_error is not None
    assert status.last_error["stage"] == Stage.LOGIN
    assert status.last_error["cause"].startswith(cause)
    assert answer.partition(" ")[2] in status.last_error["server_said"]


async def test_the_password_is_never_repeated(tmp_path: Path) -> None:
    with bound_to(tmp_path, Oddities(answers={"LOGIN": "NO bad password secret !"})) as bound:
        status = await bound.visit()
    assert "secret" not in str(status.as_json())
    assert "bad password (password) !" in str(status.as_json())


@pytest.mark.parametrize(
    ("greeting", "state"),
    [
        ("* BYE too many connections from your IP", State.THROTTLED),
        ("* BYE go away", State.UNREACHABLE),
        ("220 mail.example.com ESMTP", State.UNREACHABLE),
    ],
)
async def test_a_greeting_that_is_none_is_told(tmp_path: Path, greeting: str, state: State) -> None:
    with bound_to(tmp_path, Oddities(greeting=greeting)) as bound:
        status = await bound.visit()
    assert status.state is state
    assert status.last_error is not None
    assert status.last_error["stage"] == Stage.GREETING
    assert greeting.removeprefix("* BYE ") in status.last_error["server_said"]
