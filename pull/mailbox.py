"""The IMAP conversation of one visit to one account; the only importer of IMAPClient.

Nothing here changes anything on the server: folders are opened with EXAMINE, messages are read
with BODY.PEEK (RFC 9051 §6.3.3, §6.4.5). All calls block and belong to one thread at a time.

What fails is a `PullProblem` with its stage, or, where only one message is concerned and the
connection lives on, a `MessageProblem`.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError

from mail.errors import Problem
from pull.causes import (
    ConnectionLost,
    PullProblem,
    Stage,
    Trouble,
    connect_trouble,
    dns_trouble,
    folder_trouble,
    greeting_trouble,
    listing_trouble,
    login_trouble,
    lost_trouble,
    no_starttls_trouble,
    readable,
    tls_trouble,
)
from pull.identity import identity_list, needs_identity

PART_BYTES = 1024 * 1024
"""Octets of a large message that are asked for at a time: what one account holds in memory."""

LITERAL_LIMIT = 32 * 1024 * 1024
"""A server that sends more than this in one piece, when asked for far less, is hung up on."""

LISTING = 10_000
"""Messages whose UIDs are asked for in one command: their answer is one line, and has to stay
under a million octets."""

# IMAPClient logs the whole conversation at level DEBUG. Passwords and mail are nobody's business.
logging.getLogger("imapclient").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Server:
    """Where an account is read: the `imap` part of its JSON. The password is never shown."""

    host: str
    port: int
    encryption: str
    user: str

    @property
    def where(self) -> str:
        """Host and port, for a sentence."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """How long we wait, in seconds, whom we trust, and which version we say we are.

    `authorities` is a PEM file of certificate authorities to trust instead of the system's.
    """

    connect_timeout: float = 20.0
    read_timeout: float = 60.0
    authorities: Path | None = None
    version: str = "0"


@dataclass(frozen=True, slots=True)
class Folder:
    """An opened folder (RFC 9051 §6.3.2). `uidnext` is None where the server does not tell."""

    name: str
    uidvalidity: int
    uidnext: int | None
    exists: int


@dataclass(frozen=True, slots=True)
class Found:
    """A message in a folder before its bytes are fetched: `size` is RFC822.SIZE, which some
    servers only estimate; `internal_date` is when the server got it."""

    uid: int
    size: int
    internal_date: datetime | None


class MessageProblem(Problem):
    """One message cannot be read; the others can."""


class Mailbox:
    """One authenticated connection. Make it with `open_mailbox`."""

    def __init__(self, client: IMAPClient, server: Server) -> None:
        self._client = client
        self._server = server

    def examine(self, name: str) -> Folder:
        """Open a folder for reading only."""
        with self._stage(Stage.FOLDER, lambda said: folder_trouble(name, said)):
            answer = self._client.select_folder(name, readonly=True)
            if b"UIDVALIDITY" not in answer:
                raise PullProblem(folder_trouble(name, "no UIDVALIDITY"))
            uidvalidity, uidnext = answer[b"UIDVALIDITY"], answer.get(b"UIDNEXT")
            return Folder(name, uidvalidity, uidnext, answer[b"EXISTS"])

    def uids(self, folder: Folder) -> list[int]:
        """The UIDs of all messages of the opened folder, rising."""
        found: set[int] = set()
        for first in range(1, folder.exists + 1, LISTING):
            last = min(first + LISTING - 1, folder.exists)
            with self._stage(Stage.FETCH, self._refused_listing):
                found.update(self._client.search([f"{first}:{last}"]))
        return sorted(found)

    def describe(self, uids: Sequence[int]) -> dict[int, Found]:
        """Sizes and dates; a message that is gone meanwhile is absent."""
        with self._stage(Stage.FETCH, self._refused_listing):
            answer = self._client.fetch(list(uids), [b"RFC822.SIZE", b"INTERNALDATE"])
        return {
            uid: Found(uid, int(items[b"RFC822.SIZE"]), items.get(b"INTERNALDATE"))
            for uid, items in answer.items()
            if b"RFC822.SIZE" in items
        }

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The exact bytes of some small messages; absent are those the server did not give.

        Raises MessageProblem if the server refuses, or its answer makes no sense: then one of
        them is bad, and asking for each alone shows which.
        """
        with self._stage(Stage.FETCH, _bad_message):
            answer = self._client.fetch(list(uids), [b"BODY.PEEK[]"])
        bodies = {uid: items.get(b"BODY[]") for uid, items in answer.items()}
        return {uid: body for uid, body in bodies.items() if isinstance(body, bytes)}

    def parts(self, uid: int, limit: int) -> Iterator[bytes]:
        """The exact bytes of a large message, at most PART_BYTES at a time.

        Raises MessageProblem if it turns out longer than `limit` octets or the server refuses.
        """
        size = 0
        while True:
            part = self._part(uid, size)
            yield part
            size += len(part)
            if size > limit:
                raise MessageProblem(f"it is longer than {limit} octets")
            if len(part) < PART_BYTES:
                return

    def _part(self, uid: int, start: int) -> bytes:
        """RFC 9051 §6.4.5 `<partial>`: an answer shorter than asked is the last."""
        with self._stage(Stage.FETCH, _bad_message):
            answer = self._client.fetch([uid], [f"BODY.PEEK[]<{start}.{PART_BYTES}>"])
        part = answer.get(uid, {}).get(b"BODY[]<%d>" % start)
        if not isinstance(part, bytes):
            raise MessageProblem("the server does not send it")
        return part

    def _refused_listing(self, said: str) -> Trouble:
        return listing_trouble(self._server.where, said)

    @contextmanager
    def _stage(self, stage: Stage, refused: Callable[[str], Trouble | Problem]) -> Iterator[None]:
        """Turn what the library raises into our own: a lost connection, or a refused command."""
        try:
            yield
        except (IMAPClientAbortError, OSError) as error:
            raise ConnectionLost(lost_trouble(stage, self._server.where, error)) from error
        except (IMAPClientError, ValueError, LookupError, TypeError) as error:
            answer = refused(readable(error))
            raise PullProblem(answer) if isinstance(answer, Trouble) else answer from error


@contextmanager
def open_mailbox(server: Server, password: str, settings: MailboxSettings) -> Iterator[Mailbox]:
    """Connect, encrypt, sign in, and say who we are. Raises PullProblem naming the stage.

    The connection is closed when the block ends, however it ends.
    """
    client = _connect(server, settings)
    try:
        _login(client, server, password)
        _identify(client, server, settings)
        yield Mailbox(client, server)
    finally:
        _close(client)


def _connect(server: Server, settings: MailboxSettings) -> IMAPClient:
    context = _tls_context(settings) if server.encryption != "none" else None
    seconds = SocketTimeout(settings.connect_timeout, settings.read_timeout)
    try:
        client = IMAPClient(
            server.host,
            server.port,
            ssl=server.encryption == "tls",
            ssl_context=context,
            timeout=seconds,
        )
    except Exception as error:
        raise PullProblem(_connect_failure(error, server, settings)) from error
    _bound_literals(client)
    if server.encryption == "starttls":
        _start_tls(client, server, context)
    return client


def _connect_failure(error: Exception, server: Server, settings: MailboxSettings) -> Trouble:
    """Which of name, connection, encryption and greeting it was tells the exception's type."""
    if isinstance(error, socket.gaierror):
        return dns_trouble(server.host, error)
    if isinstance(error, ssl.SSLError):
        return tls_trouble(server.where, error)
    if isinstance(error, OSError) and not isinstance(error, IMAPClientError):
        return connect_trouble(server.where, error, settings.connect_timeout)
    return greeting_trouble(server.where, readable(error))


def _tls_context(settings: MailboxSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _start_tls(client: IMAPClient, server: Server, context: ssl.SSLContext | None) -> None:
    try:
        client.starttls(context)
    except CapabilityError:
        _close(client)
        raise PullProblem(no_starttls_trouble(server.where)) from None
    except ssl.SSLError as error:
        _close(client)
        raise PullProblem(tls_trouble(server.where, error)) from error
    except (IMAPClientError, OSError) as error:
        _close(client)
        raise ConnectionLost(lost_trouble(Stage.TLS, server.where, error)) from error


def _login(client: IMAPClient, server: Server, password: str) -> None:
    """LOGIN, or AUTHENTICATE PLAIN where the words are not ASCII (RFC 9051 §6.2.2-3)."""
    try:
        if (server.user + password).isascii():
            client.login(server.user, password)
        else:
            client.plain_login(server.user, password)
    except (IMAPClientAbortError, OSError) as error:
        raise ConnectionLost(lost_trouble(Stage.LOGIN, server.where, error)) from error
    except (IMAPClientError, ValueError) as error:
        raise PullProblem(login_trouble(readable(error, password))) from error


def _identify(client: IMAPClient, server: Server, settings: MailboxSettings) -> None:
    """ID after the login: where it is announced, and where it is demanded unannounced.

    A server that refuses it may still show the mail.
    """
    # IMAPClient's own id_() refuses to ask a server that does not announce ID.
    connection: Any = client._imap
    try:
        if client.has_capability("ID") or needs_identity(server.host, client.welcome or b""):
            connection.xatom("ID", identity_list(settings.version))
    except (IMAPClientAbortError, OSError) as error:
        raise ConnectionLost(lost_trouble(Stage.LOGIN, server.where, error)) from error
    except IMAPClientError:
        return


def _bound_literals(client: IMAPClient) -> None:
    """Hang up on a server that announces a literal beyond all measure: it would fill memory."""
    connection: Any = client._imap
    read = connection.read

    def bounded(size: int) -> Any:
        if size > LITERAL_LIMIT:
            raise IMAPClientAbortError(f"the server announces {size} octets at once")
        return read(size)

    connection.read = bounded


def _close(client: IMAPClient) -> None:
    """LOGOUT if the server still listens; in any case the socket is closed."""
    try:
        client.logout()
    except Exception:
        try:
            client.shutdown()
        except OSError:
            return


def _bad_message(said: str) -> MessageProblem:
    return MessageProblem(f"the server does not give it: {said}")
