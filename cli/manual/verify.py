"""postern verify - authenticate a message and say what the server would answer, and why

    postern verify MESSAGE --ip IP --helo NAME --mail-from ADDR [--rcpt ADDR] [--dns ZONES.yaml]
    postern verify --batch [--diagnose]
    postern verify --replay ID

MESSAGE is a file, or - for standard input. --mail-from "" is the null sender. --dns answers from a
zone file instead of the DNS. --json prints what the log would keep. A file whose lines all end
with LF alone is taken as if they ended with CRLF, as SMTP would have brought it.

--batch reads one JSON request a line from standard input and writes one JSON answer a line, in
order: {"id", "message_b64", "ip", "helo", "mail_from", "rcpt", "dns"}. A request that cannot be
read is answered {"id", "error"}, and the run goes on. With --diagnose an answer also has what
broke the signatures that do not match, as "diagnosis"; it costs up to seconds for such a message.

--replay decides a stored transaction again with no network: from its bytes (or, where those are
gone, its header block and the recorded digests of its body), the DNS answers of then, for the
moment of then, by the rules and settings of today. It says "same verdict", or what differs and
whether rules or settings have changed since; and, where the bytes are there, what
broke the signatures that do not match. Exit status 0 for the same, 1 for another, 2 where
what is stored is not enough.

Exit status 1 where the message would be refused, 3 where deferred, 0 where accepted or held.
"""

import argparse
import ipaddress
from pathlib import Path

from mail.envelope import IPAddress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("message", nargs="?", metavar="MESSAGE", help="a file, or - for stdin")
    parser.add_argument("--ip", type=_ip, metavar="IP", help="the client's address")
    parser.add_argument("--helo", default="", metavar="NAME", help="what the client called itself")
    parser.add_argument("--mail-from", metavar="ADDR", help='the envelope sender; "" for none')
    parser.add_argument("--rcpt", action="append", default=[], metavar="ADDR")
    parser.add_argument("--dns", type=Path, metavar="ZONES.yaml")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--replay", metavar="ID", help="decide a stored transaction again")
    parser.add_argument("--batch", action="store_true", help="JSON lines in, JSON lines out")
    parser.add_argument(
        "--diagnose", action="store_true", help="with --batch: say what broke signatures"
    )


def _ip(text: str) -> IPAddress:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an IP address") from None
