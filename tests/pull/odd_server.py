"""An IMAP server with the oddities of real providers, each of which a test can switch on.

It speaks the least that RFC 3501 demands (no IDLE, no UIDPLUS, no SPECIAL-USE, no LITERAL+), over
plain TCP on a free port, and writes down every command that it hears.
"""

import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

GREETING = "* OK ready"


@dataclass
class Oddities:
    """What this server does differently. `answers` maps a command's name to the response that it
    gets instead of the usual one; `fetches` maps a UID to what happens when its body is asked
    for: "drop" the connection, "no" for a refusal, "nothing", or "garbage"."""

    messages: dict[int, bytes] = field(default_factory=dict)
    greeting: str = GREETING
    capability: str = "IMAP4rev1"
    uidnext: bool = True
    demands_id: bool = False
    understands_id: bool = True
    answers: dict[str, str] = field(default_factory=dict)
    fetches: dict[int, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)


class _Dropped(Exception):
    """The server hangs up."""


class _Session(socketserver.StreamRequestHandler):
    """One connection: a line in, an answer out."""

    odd: Oddities
    knows_who = False

    def handle(self) -> None:
        self.say(self.odd.greeting)
        while line := self.rfile.readline():
            text = line.decode("latin-1").rstrip("\r\n")
            self.odd.heard.append(text)
            tag, _, command = text.partition(" ")
            try:
                self.obey(tag, command)
            except _Dropped:
                return
            if command.upper() == "LOGOUT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(line.encode("utf-8") + b"\r\n")

    def obey(self, tag: str, command: str) -> None:
        name = command.upper().removeprefix("UID ").split(" ")[0]
        if name in self.odd.answers:
            self.say(f"{tag} {self.odd.answers[name]}")
            return
        handler: Callable[[str], str] = getattr(self, f"do_{name.lower()}", self.unknown)
        self.say(f"{tag} {handler(command)}")

    def unknown(self, command: str) -> str:
        return "BAD unknown command"

    def do_capability(self, command: str) -> str:
        self.say(f"* CAPABILITY {self.odd.capability}")
        return "OK done"

    def do_login(self, command: str) -> str:
        return "OK welcome"

    def do_id(self, command: str) -> str:
        # RFC 2971: one list of quoted strings. A client that writes it differently gets BAD.
        if not self.odd.understands_id or not re.fullmatch(
            r'ID \("[a-z]+" "[^"]*"(?: "[a-z]+" "[^"]*")*\)', command
        ):
            return "BAD invalid command or parameters"
        self.knows_who = True
        self.say("* ID NIL")
        return "OK done"

    def do_examine(self, command: str) -> str:
        if self.odd.demands_id and not self.knows_who:
            return "NO EXAMINE Unsafe Login. Please contact kefu@188.com for help"
        self.say(f"* {len(self.odd.messages)} EXISTS")
        self.say("* 0 RECENT")
        self.say("* OK [UIDVALIDITY 7] fine")
        if self.odd.uidnext:
            self.say(f"* OK [UIDNEXT {max(self.odd.messages, default=0) + 1}] next")
        return "OK [READ-ONLY] done"

    def do_search(self, command: str) -> str:
        first, last = re.findall(r"\d+", command)
        uids = sorted(self.odd.messages)[int(first) - 1 : int(last)]
        self.say("* SEARCH " + " ".join(map(str, uids)))
        return "OK done"

    def do_fetch(self, command: str) -> str:
        uids = [int(uid) for uid in command.split(" ")[2].split(",")]
        for uid in uids:
            if "BODY" in command:
                refusal = self.send_body(uid, command)
                if refusal:
                    return refusal
            elif uid in self.odd.messages:
                size = len(self.odd.messages[uid])
                date = '"21-Nov-2026 08:00:00 +0800"'
                self.say(f"* 1 FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE {date})")
        return "OK done"

    def send_body(self, uid: int, command: str) -> str:
        match self.odd.fetches.get(uid):
            case "drop":
                raise _Dropped
            case "no":
                return "NO [SERVERBUG] cannot read this message"
            case "nothing":
                return ""
            case "garbage":
                self.say(f"* 1 FETCH (UID {uid} BODY[] )(")
                return ""
            case "huge":
                self.say(f"* 1 FETCH (UID {uid} BODY[] {{99999999999}}")
                return ""
        part = re.search(r"<(\d+)\.(\d+)>", command)
        body = self.odd.messages[uid]
        section = "BODY[]"
        if part:
            start, length = int(part[1]), int(part[2])
            body, section = body[start : start + length], f"BODY[]<{start}>"
        self.wfile.write(b"* 1 FETCH (UID %d %s {%d}\r\n" % (uid, section.encode(), len(body)))
        self.wfile.write(body + b")\r\n")
        return ""

    def do_logout(self, command: str) -> str:
        self.say("* BYE")
        return "OK bye"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def odd_server(odd: Oddities) -> Iterator[int]:
    """The port on 127.0.0.1 where it listens."""
    session = type("Session", (_Session,), {"odd": odd})
    with _Server(("127.0.0.1", 0), session) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
