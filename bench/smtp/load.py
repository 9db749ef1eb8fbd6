"""The load: many SMTP clients in one thread, on bare non-blocking sockets.

It must cost well under the server that shares the machine with it: octets to send are made
before, replies are compared by their code alone, and nothing is allocated that need not be. Each
reply is checked against the expected one; each acknowledged message is remembered.
"""

import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bench.smtp.mails import HELO, Mail

PAUSE = 0.02
"""Seconds before a client that lost its connection comes again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the mail is sent. `rate`: messages a second of all clients, 0 for as many as go.

    `judged`: forged mail is to be refused. `patient`: a lost connection or a 4xx is no surprise;
    what was not acknowledged is sent again.
    """

    port: int
    clients: int = 20
    per_connection: int = 20
    pipelined: bool = False
    rate: float = 0.0
    judged: bool = True
    patient: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of it. `latencies`: seconds from the final dot to its reply. `acknowledged`:
    number and SHA-256 of what we heard a 250 for. `seconds` is of the clock, `cpu` our own."""

    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    acknowledged: dict[int, str] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    surprises: list[str] = field(default_factory=list)
    lost_connections: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message as octets on the wire."""

    number: int
    sha256: str
    code: bytes
    envelope: tuple[bytes, bytes]
    data: bytes


def prepare(mails: Iterable[Mail], *, judged: bool = True) -> Iterator[Prepared]:
    """`judged`: whether the server refuses what is forged."""
    for mail in mails:
        yield Prepared(
            mail.number,
            mail.sha256,
            b"550" if mail.forged and judged else b"250",
            (
                f"MAIL FROM:<{mail.mail_from}>\r\n".encode(),
                f"RCPT TO:<{mail.rcpt_to}>\r\n".encode(),
            ),
            mail.content.replace(b"\r\n.", b"\r\n..") + b".\r\n",
        )


def send(plan: Plan, mails: Iterator[Prepared], stop: Callable[[], bool] | None = None) -> Outcome:
    """Send all of `mails`, or until `stop` says so."""
    load = _Load(plan, mails, stop or (lambda: False))
    began, cpu = time.perf_counter(), time.process_time()
    load.run()
    load.outcome.seconds = time.perf_counter() - began
    load.outcome.cpu = time.process_time() - cpu
    return load.outcome


class _Load:
    def __init__(self, plan: Plan, mails: Iterator[Prepared], stop: Callable[[], bool]) -> None:
        self.plan = plan
        self.outcome = Outcome()
        self.poll = select.epoll()
        self._mails = mails
        self._again: deque[Prepared] = deque()
        self._stop = stop
        self._clients: dict[int, _Client] = {}
        self._waiting: deque[_Client] = deque()
        self._later: deque[float] = deque()
        self._began = 0.0
        self._started = 0

    def run(self) -> None:
        self._began = time.perf_counter()
        for _ in range(self.plan.clients):
            self.connect()
        while self._clients or self._later:
            for number, event in self.poll.poll(self._patience()):
                client = self._clients.get(number)
                if client is not None:
                    client.on(event)
            self._due()
        self.poll.close()

    def next_mail(self) -> Prepared | None:
        """The next to be sent, or None when there is no more."""
        if self._stop():
            return None
        if self._again:
            return self._again.popleft()
        return next(self._mails, None)

    def take_turn(self, client: "_Client") -> None:
        """Start its next message, at once or when its time has come."""
        if self.plan.rate:
            self._waiting.append(client)
        else:
            client.begin()

    def connect(self) -> None:
        """A new client with a message to bring, if there is one."""
        mail = self.next_mail()
        if mail is None:
            return
        client = _Client(self, mail)
        self._clients[client.socket.fileno()] = client

    def gone(self, client: "_Client", unsent: Prepared | None, *, lost: bool) -> None:
        """It has closed its connection."""
        del self._clients[client.socket.fileno()]
        client.socket.close()
        if unsent is not None and self.plan.patient:
            self._again.append(unsent)
        if lost:
            self.outcome.lost_connections += 1
            if not self.plan.patient:
                self.outcome.surprises.append("connection lost")
            self._later.append(time.perf_counter() + PAUSE)
        else:
            self.connect()

    def _patience(self) -> float:
        if self.plan.rate and self._waiting:
            due = self._began + self._started / self.plan.rate
            return max(0.0, due - time.perf_counter())
        return PAUSE if self._later else 1.0

    def _due(self) -> None:
        now = time.perf_counter()
        while self._waiting and self._began + self._started / self.plan.rate <= now:
            self._started += 1
            self._waiting.popleft().begin()
        while self._later and self._later[0] <= now:
            self._later.popleft()
            self.connect()


class _Client:
    """One connection: `_expected` are the replies that must come before the next step."""

    __slots__ = (
        "_blocked",
        "_buffer",
        "_dotted",
        "_expected",
        "_left",
        "_load",
        "_mail",
        "_pending",
        "_steps",
        "socket",
    )

    def __init__(self, load: _Load, mail: Prepared) -> None:
        self._load = load
        self._mail: Prepared | None = mail
        self._left = load.plan.per_connection
        self._buffer = b""
        self._pending = memoryview(b"")
        self._blocked = False
        self._dotted = 0.0
        self._expected: list[bytes] = [b"220"]
        self._steps: list[tuple[bytes, list[bytes]]] = [(f"EHLO {HELO}\r\n".encode(), [b"250"])]
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect_ex(("127.0.0.1", load.plan.port))
        load.poll.register(self.socket, select.EPOLLIN)

    def begin(self) -> None:
        """Send the next message."""
        mail = self._mail
        assert mail is not None
        sender, recipient = mail.envelope
        if self._load.plan.pipelined:
            self._steps = [
                (mail.data, [mail.code]),
                (sender + recipient + b"DATA\r\n", [b"354", b"250", b"250"]),
            ]
        else:
            self._steps = [
                (mail.data, [mail.code]),
                (b"DATA\r\n", [b"354"]),
                (recipient, [b"250"]),
                (sender, [b"250"]),
            ]
        self._step()

    def on(self, event: int) -> None:
        """Something can be read or written."""
        try:
            if event & select.EPOLLOUT:
                self._flush()
            if event & ~select.EPOLLOUT:
                self._read()
        except OSError:
            self._load.gone(self, self._mail, lost=True)

    def _read(self) -> None:
        block = self.socket.recv(65536)
        if not block:
            raise ConnectionError
        block = self._buffer + block
        *lines, self._buffer = block.split(b"\r\n")
        for line in lines:
            if line[3:4] != b"-" and not self._reply(line):
                return

    def _reply(self, line: bytes) -> bool:
        """Whether the conversation goes on."""
        expected = self._expected.pop()
        if line[:3] != expected:
            return self._surprise(line, expected)
        if self._expected:
            return True
        if self._steps:
            self._step()
        elif self._dotted:
            return self._finished(line)
        elif self._left and self._mail is not None:
            self._load.take_turn(self)
        else:
            self._load.gone(self, None, lost=False)
            return False
        return True

    def _step(self) -> None:
        octets, expected = self._steps.pop()
        self._expected = expected.copy()
        if self._pending:
            raise ConnectionError("a reply came before all was sent")
        if not self._steps and self._mail is not None and octets is self._mail.data:
            self._dotted = time.perf_counter()
        self._pending = memoryview(octets)
        self._flush()

    def _flush(self) -> None:
        try:
            sent = self.socket.send(self._pending)
        except BlockingIOError:
            sent = 0
        blocked = len(self._pending) > sent
        self._pending = self._pending[sent:]
        if blocked != self._blocked:
            self._blocked = blocked
            wanted = select.EPOLLIN | (select.EPOLLOUT if blocked else 0)
            self._load.poll.modify(self.socket, wanted)
            if self._dotted:
                self._dotted = time.perf_counter()

    def _finished(self, line: bytes) -> bool:
        """A message has its reply."""
        outcome, mail = self._load.outcome, self._mail
        assert mail is not None
        outcome.latencies.append(time.perf_counter() - self._dotted)
        self._dotted = 0.0
        if line.startswith(b"250"):
            outcome.acknowledged[mail.number] = mail.sha256
        else:
            outcome.refused.add(mail.number)
        self._left -= 1
        self._mail = self._load.next_mail() if self._left else None
        if self._mail is not None:
            self._load.take_turn(self)
        else:
            self._steps = [(b"QUIT\r\n", [b"221"])]
            self._left = 0
            self._step()
        return True

    def _surprise(self, line: bytes, expected: bytes) -> bool:
        outcome = self._load.outcome
        if not (self._load.plan.patient and line[:1] == b"4"):
            outcome.surprises.append(f"expected {expected.decode()}: {line.decode()}")
            if self._dotted:
                self._mail = None
        self._load.gone(self, self._mail, lost=True)
        return False
