"""What `postern verify` does. Its manual and its arguments: `cli/manual/verify.py`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bounce_rules.explain import plain
from bounce_rules.explain.find import findings
from cli import judging
from cli.clock import now
from cli.config import Config
from cli.diagnosis import broken_line, diagnosed, with_diagnosis
from cli.judge import Judgement
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


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns what the verdict says, or 0 for a batch that was worked off."""
    judge = judging.judge(config)
    if arguments.batch:
        batch = run_batch(judge, lambda: judging.resolver(config), diagnosing=arguments.diagnose)
        return asyncio.run(batch)
    if arguments.replay is not None:
        # What was decided is in the store, which nothing else here needs.
        from cli.replay import run_replay

        return run_replay(arguments.replay, judge, config, as_json=arguments.json)
    envelope = _envelope(arguments, config)
    raw = RawMessage.in_memory(_read(arguments.message))
    resolver: Resolver
    if arguments.dns:
        resolver = ZoneResolver.from_file(arguments.dns)
    else:
        resolver = judging.resolver(config)
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
    at = now()
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
