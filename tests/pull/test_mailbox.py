"""The IMAP conversation with a real Dovecot: every way in, every way not in, and the bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pull.causes import PullProblem, Stage, State, Trouble
from pull.mailbox import (
    PART_BYTES,
    MailboxSettings,
    MessageProblem,
    Server,
    open_mailbox,
)
from tests.certificates import make_certificate
from tests.dovecot import Dovecot
from tests.services import free_port

PASSWORD = "open sesame"
MESSAGE = b"Subject: one\r\n\r\nhello\r\n"


def plain(dovecot: Dovecot) -> Server:
    return Server("127.0.0.1", dovecot.port, "none", "li")


def trusting(dovecot: Dovecot) -> MailboxSettings:
    return MailboxSettings(authorities=dovecot.certificate.authority)


def trouble(
    server: Server, settings: MailboxSettings | None = None, password: str = PASSWORD
) -> Trouble:
    waits = settings or MailboxSettings()
    with pytest.raises(PullProblem) as caught, open_mailbox(server, password, waits):
        pass
    assert "\n" not in str(caught.value)
    return caught.value.trouble


@pytest.mark.parametrize("encryption", ["none", "starttls", "tls"])
def test_a_message_comes_as_it_was_put_there(dovecot: Dovecot, encryption: str) -> None:
    dovecot.append("li", MESSAGE)
    port = dovecot.tls_port if encryption == "tls" else dovecot.port
    server = Server("localhost", port, encryption, "li")
    with open_mailbox(server, PASSWORD, trusting(dovecot)) as mailbox:
        folder = mailbox.examine("INBOX")
        assert (folder.exists, folder.uidnext) == (1, 2)
        (uid,) = mailbox.uids(folder)
        assert mailbox.describe([uid])[uid].size == len(MESSAGE)
        assert mailbox.fetch([uid]) == {uid: MESSAGE}


def test_reading_marks_nothing_as_read(dovecot: Dovecot) -> None:
    dovecot.append("li", MESSAGE, MESSAGE)
    before = dovecot.flags("li")
    with open_mailbox(plain(dovecot), PASSWORD, MailboxSettings()) as mailbox:
        uids = mailbox.uids(mailbox.examine("INBOX"))
        mailbox.fetch(uids)
        list(mailbox.parts(uids[0], 1000))
    assert dovecot.flags("li") == before
    assert not any("Seen" in flags for flags in before.values())


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3_000_000])
def test_a_large_message_comes_in_parts_and_whole(dovecot: Dovecot, size: int) -> None:
    head = b"Subject: big\r\n\r\n"
    message = head + b"x" * (size - len(head)) if size >= len(head) else b"a"
    dovecot.append("li", message)
    with open_mailbox(plain(dovecot), PASSWORD, MailboxSettings()) as mailbox:
        (uid,) = mailbox.uids(mailbox.examine("INBOX"))
        parts = list(mailbox.parts(uid, 10_000_000))
    assert b"".join(parts) == message
    assert max(map(len, parts)) <= PART_BYTES


def test_a_message_that_grows_over_the_limit_is_given_up(dovecot: Dovecot) -> None:
    dovecot.append("li", b"Subject: big\r\n\r\n" + b"x" * 3_000_000)
    with open_mailbox(plain(dovecot), PASSWORD, MailboxSettings()) as mailbox:
        (uid,) = mailbox.uids(mailbox.examine("INBOX"))
        taken: list[bytes] = []
        with pytest.raises(MessageProblem, match="is longer than 1000 octets"):
            taken.extend(mailbox.parts(uid, 1000))
        assert sum(map(len, taken)) <= PART_BYTES
        assert mailbox.describe([uid])[uid].size > 1000


def test_a_message_that_is_gone_is_no_error(dovecot: Dovecot) -> None:
    dovecot.append("li", MESSAGE, MESSAGE)
    with open_mailbox(plain(dovecot), PASSWORD, MailboxSettings()) as mailbox:
        mailbox.examine("INBOX")
        dovecot.delete("li", 1)
        assert mailbox.fetch([2]) == {2: MESSAGE}
    with open_mailbox(plain(dovecot), PASSWORD, MailboxSettings()) as mailbox:
        mailbox.examine("INBOX")
        assert mailbox.fetch([1, 2]) == {2: MESSAGE}
        assert set(mailbox.describe([1, 2])) == {2}


def test_a_wrong_password_is_a_login_that_failed(dovecot: Dovecot) -> None:
    found = trouble(plain(dovecot), password="wrong")
    assert (found.stage, found.state) == (Stage.LOGIN, State.AUTH_FAILED)
    assert found.cause == "user name or password is wrong"
    assert "Authentication failed" in found.server_said


def test_a_password_in_any_script_opens_the_mailbox(dovecot: Dovecot) -> None:
    for user, password in dovecot.users.items():
        with open_mailbox(replace(plain(dovecot), user=user), password, MailboxSettings()) as box:
            assert box.examine("INBOX").exists == 0


def test_an_authority_nobody_knows_is_named(dovecot: Dovecot) -> None:
    found = trouble(Server("localhost", dovecot.tls_port, "tls", "li"))
    assert (found.stage, found.state) == (Stage.TLS, State.UNREACHABLE)
    assert "the certificate's chain does not lead to a known authority" in found.cause


def test_starttls_verifies_the_certificate_too(dovecot: Dovecot) -> None:
    found = trouble(Server("localhost", dovecot.port, "starttls", "li"))
    assert found.stage is Stage.TLS
    assert "known authority" in found.cause


@contextmanager
def running(**certificate: Any) -> Iterator[Dovecot]:
    folder = Path(certificate.pop("folder"))
    server = Dovecot(make_certificate(folder, **certificate), {"li": PASSWORD})
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("certificate", "host", "cause"),
    [
        ({"self_signed": True}, "localhost", "is self-signed"),
        ({"valid_days": (-9, -2)}, "localhost", "has expired"),
        ({"valid_days": (2, 9)}, "localhost", "is not valid yet"),
        ({"names": ("imap.example.com",)}, "localhost", "is for another name"),
        ({"names": ("localhost",)}, "127.0.0.1", "is not for this IP address"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(
    tmp_path: Path, certificate: dict[str, Any], host: str, cause: str
) -> None:
    with running(folder=tmp_path / "tls", **certificate) as dovecot:
        trust = None if certificate.get("self_signed") else dovecot.certificate.authority
        server = Server(host, dovecot.tls_port, "tls", "li")
        found = trouble(server, MailboxSettings(authorities=trust))
        assert found.stage is Stage.TLS
        assert f"the certificate {cause}" in found.cause
        assert dovecot.logins() == 0


def test_tls_on_a_plain_port_is_told(dovecot: Dovecot) -> None:
    found = trouble(Server("localhost", dovecot.port, "tls", "li"))
    assert found.stage is Stage.TLS
    assert "does not speak TLS from the first octet" in found.cause
    assert "starttls" in found.cure


def test_plain_on_a_tls_port_is_told(dovecot: Dovecot) -> None:
    hasty = MailboxSettings(connect_timeout=1)
    found = trouble(replace(plain(dovecot), port=dovecot.tls_port), hasty)
    assert found.stage in (Stage.CONNECT, Stage.GREETING)
    assert "encryption" in found.cure or "port" in found.cure


def test_a_closed_port_is_told() -> None:
    found = trouble(Server("127.0.0.1", free_port(), "none", "li"))
    assert (found.stage, found.state) == (Stage.CONNECT, State.UNREACHABLE)
    assert "refuses connections" in found.cause


def test_a_name_that_does_not_exist_is_told() -> None:
    found = trouble(Server("imap.does-not-exist.invalid", 993, "tls", "li"))
    assert (found.stage, found.state) == (Stage.DNS, State.UNREACHABLE)
    assert "imap.does-not-exist.invalid" in found.cause


def test_a_folder_that_is_not_there_is_named(dovecot: Dovecot) -> None:
    with open_mailbox(plain(dovecot), PASSWORD, MailboxSettings()) as mailbox:
        with pytest.raises(PullProblem) as caught:
            mailbox.examine("Umlaut Ä")
        assert caught.value.trouble.stage is Stage.FOLDER
        assert "Umlaut Ä" in caught.value.trouble.cause
        assert mailbox.examine("INBOX").exists == 0


def test_a_server_that_dies_in_the_middle_is_a_lost_connection(dovecot: Dovecot) -> None:
    dovecot.append("li", MESSAGE)
    with open_mailbox(plain(dovecot), PASSWORD, MailboxSettings()) as mailbox:
        mailbox.examine("INBOX")
        dovecot.stop()
        with pytest.raises(PullProblem) as caught:
            mailbox.fetch([1])
        assert caught.value.trouble.state is State.UNREACHABLE
        assert "closed the connection" in caught.value.trouble.cause
