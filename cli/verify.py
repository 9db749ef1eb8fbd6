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
import asyncio
import ipaddress
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bounce_rules.explain import plain
from bounce_rules.explain.find import findings
from cli import build, receiving
from cli.config import Config
from cli.diagnosis import broken_line, diagnosed, with_diagnosis
from cli.judge import Judgement
from cli.replay import run_replay
from cli.verify_batch import run_batch
from mail.address import Address, parse_address, parse_domain
from mail.envelope import Client, Door, Envelope, IPAddress
from mail.errors import SettingsProblem
from mail.identifier import new_id
from mail.raw import RawMessage
from mail.verdict import Action
from verify.resolver import Resolver
from verify.zones import ZoneResolver

EXIT = {Action.ACCEPT: 0, Action.QUARANTINE: 0, Action.REJECT: 1, Action.DEFER: 3}


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


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns what the verdict says, or 0 for a batch that was worked off."""
    judge = receiving.judge(config)
    if arguments.batch:
        batch = run_batch(judge, lambda: receiving.resolver(config), diagnosing=arguments.diagnose)
        return asyncio.run(batch)
    if arguments.replay is not None:
        return run_replay(arguments.replay, judge, config, as_json=arguments.json)
    envelope = _envelope(arguments, config)
    raw = RawMessage.in_memory(_read(arguments.message))
    resolver: Resolver
    if arguments.dns:
        resolver = ZoneResolver.from_file(arguments.dns)
    else:
        resolver = receiving.resolver(config)
    judgement = asyncio.run(judge.judge(envelope, raw, resolver))
    found = asyncio.run(diagnosed(judgement, raw))
    if arguments.json:
        answer = with_diagnosis(judgement.answer(), found)
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print("\n".join([*told(judgement, arguments.ip), *map(broken_line, found)]))
    return EXIT[judgement.verdict.action]


def _envelope(arguments: argparse.Namespace, config: Config) -> Envelope:
    """The transaction as the words of the command describe it."""
    for name in ("message", "ip", "mail_from"):
        if getattr(arguments, name) is None:
            wanted = name.upper() if name == "message" else "--" + name.replace("_", "-")
            raise SettingsProblem(f"verify: {wanted} is missing (see postern verify --help)")
    at = build.now()
    return Envelope(
        id=new_id(at),
        door=Door.SMTP,
        client=Client(arguments.ip, helo=arguments.helo),
        mail_from=_address(arguments.mail_from, "--mail-from", config),
        rcpt_to=tuple(
            one for text in arguments.rcpt if (one := _address(text, "--rcpt", config)) is not None
        ),
        received_at=at,
    )


def _address(text: str, option: str, config: Config) -> Address | None:
    """An address with or without angle brackets; None for the null sender."""
    bare = text.strip().removeprefix("<").removesuffix(">")
    if not bare:
        return None
    if option == "--rcpt" and bare.casefold() == "postmaster":
        return Address(bare, parse_domain(config.hostname))
    try:
        return parse_address(bare)
    except ValueError as error:
        raise SettingsProblem(f"verify: {option} {text!r}: {error}") from error


def _read(name: str) -> bytes:
    """The message's bytes; LF alone becomes CRLF where there is no CRLF at all."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise SettingsProblem(f"verify: {name}: {error.strerror}") from error
    if b"\n" in content and b"\r\n" not in content:
        print("postern: lines end with LF alone; taken as CRLF", file=sys.stderr)
        content = content.replace(b"\n", b"\r\n")
    return content


def told(judgement: Judgement, ip: IPAddress) -> Sequence[str]:
    """For a person: what was checked, what was found, what would be answered, and why; and what
    the sender's administrator can do about it."""
    report, verdict = judgement.report, judgement.verdict
    spf, dmarc = report.spf, report.dmarc
    lines = [
        _line("Author", dmarc.domain or dmarc.author.value, ""),
        _line("SPF", spf.result, f"{spf.identity} {spf.domain}: {spf.reason}"),
    ]
    for one in report.dkim:
        signer = f"{one.domain} ({one.selector}): " if one.domain else ""
        lines.append(_line("DKIM", one.result, signer + one.reason))
    lines.append(_line("ARC", report.arc.result, report.arc.reason))
    lines.append(_line("DMARC", dmarc.result, dmarc.reason))
    if dmarc.record:
        where = f"record of {dmarc.policy_domain}, so the policy is {dmarc.policy}: {dmarc.record}"
        lines.append(_line("", "", where))
    lines.append(_line("iprev", report.iprev.result, report.iprev.name or report.iprev.reason))
    lines += ["", _line("Answer", str(verdict.reply), ""), _line("Action", verdict.action, "")]
    if verdict.override:
        lines.append(_line("Instead", f"of the policy: {verdict.override}", ""))
    lines.append(_line("Rule", verdict.rule, ""))
    lines += [_line("Why" if n == 0 else "", why, "") for n, why in enumerate(judgement.why)]
    lines += ["", f"Authentication-Results: {judgement.results}"]
    if found := findings(judgement.answer(), report.evidence, str(ip)):
        lines += ["", "What the sender can do:", "", *plain.told(found, "en")]
    return lines


def _line(label: str, word: str, rest: str) -> str:
    return f"{label:<8}{word:<10}{rest}".rstrip()
