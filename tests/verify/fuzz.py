"""One case of a fuzzer: octets from anywhere become a message and a DNS, which are judged.

    python -m tests.verify.fuzz FOLDER -max_total_time=3600

runs cases with atheris (libFuzzer), which is to be installed beside the project for that; what it
finds interesting is kept in FOLDER. `test_fuzz.py` runs some cases without it.

Of every case must hold: no check breaks; the words are those of the protocols and what we write is
one printable line; nothing passes without a signature or a record that lets it pass; and what was
recorded decides the same again.
"""

import asyncio
import importlib
import json
import logging
import re
import sys
from dataclasses import dataclass, replace
from typing import Any

from bounce_rules.decide import decide
from bounce_rules.explain import plain
from bounce_rules.explain.find import findings
from bounce_rules.explain.words import LANGUAGES
from bounce_rules.facts import Policy, gather_facts
from bounce_rules.load import load_rules
from bounce_rules.rule import Rules
from mail.address import parse_address
from mail.answer import answer_of
from mail.envelope import Envelope
from mail.message import Message, parse_message
from mail.raw import RawMessage
from mail.report import ArcWord, AuthReport, DkimWord, DmarcWord, SpfWord
from tests.bounce_rules.made import envelope
from tests.fakes import FixedClock
from tests.verify.signing import private_key, public_base64, sign
from verify.answer import Answer, Record, Status
from verify.authenticate import VerifySettings, authenticate
from verify.results import authentication_results, forged_results
from verify.zones import ZoneResolver

SETTINGS = VerifySettings("mx.reply.example", trusted_sealers=("example.com",))
PLAIN = (
    b"From: Li <li@example.com>\r\nTo: wu@reply.example\r\nSubject: a  b\r\n c\r\n\r\n"
    b"Hello,  \r\n\r\nyou.\r\n\r\n"
)
_TAGS = {"v": "1", "c": "relaxed/relaxed", "d": "example.com", "h": "from:subject"}
_TAGS |= {"bh": "auto", "b": "auto"}
SIGNED = (
    sign(PLAIN, {**_TAGS, "a": "rsa-sha256", "s": "rsa"}, private_key("rsa"))
    + sign(PLAIN, {**_TAGS, "a": "ed25519-sha256", "s": "ed"}, private_key("ed25519"))
    + PLAIN
)
KEYS = {
    "rsa._domainkey.example.com": f"v=DKIM1; p={public_base64('rsa')}".encode(),
    "ed._domainkey.example.com": f"v=DKIM1; k=ed25519; p={public_base64('ed25519')}".encode(),
}
SEPARATOR = b"\x1d"
_STATUS = (Status.OK, Status.OK, Status.OK, Status.NXDOMAIN, Status.TIMEOUT, Status.SERVFAIL)


@dataclass(frozen=True, slots=True)
class Case:
    """What one run is about. `genuine` says that it began as SIGNED and was edited once."""

    octets: bytes
    genuine: bool
    dns: "Zone"
    envelope: Envelope


class Zone:
    """A DNS in which every name says the same, but for the keys of SIGNED."""

    def __init__(self, text: bytes, key: bytes, host: str, status: Status) -> None:
        self._text, self._key, self._host, self.status = text, key, host, status

    async def query(self, name: str, rdtype: str) -> Answer:
        text = KEYS.get(name) or (self._key if "._domainkey." in name else self._text)
        if name not in KEYS and self.status is not Status.OK:
            return Answer(name, rdtype, self.status)
        records: dict[str, tuple[Record, ...]] = {
            "TXT": tuple((one[:255], one[255:]) for one in text.split(b"\n")),
            "MX": ((1, self._host), (0, f"mx.{name}")),
            "A": ("192.0.2.1",),
            "PTR": (self._host,),
        }
        found = records.get(rdtype, ())
        return Answer(name, rdtype, Status.OK if found else Status.NODATA, found, 1, "fuzz")


def case_of(data: bytes) -> Case:
    """The case that these octets describe; any octets describe one."""
    flags = data[0] if data else 0
    parts = data[1:].split(SEPARATOR, 4)
    octets, text, key, host, sender = (*parts, *[b""] * (5 - len(parts)))
    dns = Zone(text, key, host.decode("latin-1"), _STATUS[(flags >> 1) % len(_STATUS)])
    genuine = bool(flags & 1)
    return Case(_edited(octets) if genuine else octets, genuine, dns, _envelope(sender, host))


def _edited(edit: bytes) -> bytes:
    """SIGNED with some octets of it replaced: two octets say where, one how many."""
    at = int.from_bytes(edit[:2], "big") % len(SIGNED)
    count = edit[2] % 16 if len(edit) > 2 else 0
    return SIGNED[:at] + edit[3:] + SIGNED[at + count :]


def _envelope(sender: bytes, helo: bytes) -> Envelope:
    made = envelope("")
    client = replace(made.client, helo=helo.decode("latin-1"))
    try:
        mail_from = parse_address(sender.decode("utf-8", "replace"))
    except ValueError:
        mail_from = None
    return replace(made, client=client, mail_from=mail_from)


class Broken(AssertionError):
    """A property does not hold."""


class _Listening(logging.Handler):
    """Turns what is logged about a check that broke into a failure of the case."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.failures.append(logging.Formatter().format(record))


async def run_case(data: bytes, rules: Rules) -> AuthReport:
    """Judge one case. Raises Broken, or whatever broke."""
    case, listening = case_of(data), _Listening()
    logger = logging.getLogger("postern.verify")
    logger.addHandler(listening)
    try:
        message = parse_message(RawMessage.in_memory(case.octets))
        report = await _judge(case, message, case.dns)
        recorded = ZoneResolver.from_evidence(report.evidence)
        again = await _judge(case, message, recorded)
    finally:
        logger.removeHandler(listening)
    _demand(not listening.failures, "\n".join(listening.failures))
    _demand(replace(again, evidence=()) == replace(report, evidence=()), "it replays to another")
    _check_passes(case, message, report)
    _check_written(case, message, report, rules)
    return report


async def _judge(case: Case, message: Message, dns: Any) -> AuthReport:
    return await authenticate(case.envelope, message, dns, SETTINGS, FixedClock())


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


def _check_passes(case: Case, message: Message, report: AuthReport) -> None:
    signed = any(one.result is DkimWord.PASS for one in report.dkim)
    if signed:
        _demand(case.genuine, "a signature of nobody passes")
        _demand(_covered(case.octets) == _covered(SIGNED), "an altered message passes")
    if report.spf.result is SpfWord.PASS:
        _demand(case.dns.status is Status.OK, "SPF passes without the DNS")
        _demand(b"v=spf1" in _texts(report).lower(), "SPF passes without a record")
    _demand(report.arc.result is not ArcWord.PASS, "a chain of nobody passes")
    if report.dmarc.result is DmarcWord.PASS:
        _demand(len(list(message.all("from"))) == 1, "DMARC passes for several authors")
        _demand(signed or report.spf.result is SpfWord.PASS, "DMARC passes without a pass")


def _texts(report: AuthReport) -> bytes:
    return "".join(text for one in report.evidence for text in one.records).encode("latin-1")


def _covered(octets: bytes) -> tuple[bytes, ...]:
    """What the signatures of SIGNED cover, white space evened out, by another way of reading."""
    header, *body = re.split(rb"(?<=\n)\r?\n", octets, maxsplit=1)
    found = []
    for name in (b"from", b"subject"):
        fields = re.findall(rb"(?im)^%b[ \t]*:((?:.*\n[ \t])*.*)" % name, header)
        found.append(b" ".join(fields[-1].split()) if fields else b"")
    return *found, b" ".join(b"".join(body).split())


def _check_written(case: Case, message: Message, report: AuthReport, rules: Rules) -> None:
    """What we say of it: one printable line each, in the console's languages as well."""
    forged_results(message, SETTINGS.authserv_id)
    verdict = decide(gather_facts(case.envelope, message, report, Policy()), rules)
    lines = [authentication_results(report, case.envelope, SETTINGS.authserv_id)]
    lines += [str(verdict.reply), report.spf.reason, report.arc.reason, report.dmarc.reason]
    lines += [one.reason for one in report.dkim]
    for line in lines:
        _demand(bool(line) and line.isascii() and line.isprintable(), f"not one line: {line!r}")
    answer = answer_of(report, verdict, lines[0])
    json.dumps(answer)
    found = findings(answer, report.evidence, "192.0.2.1")
    for language in LANGUAGES:
        for line in plain.told(found, language):
            _demand(line.isprintable(), f"not printable: {line!r}")


SEEDS = (
    b"\0" + PLAIN + SEPARATOR + b"v=spf1 a mx ptr include:%{d}.x exists:%{ir}.%{v} -all\nv=DMARC1; "
    b"p=reject; sp=none; aspf=s" + SEPARATOR + KEYS["rsa._domainkey.example.com"] + SEPARATOR,
    b"\1\0\0\0" + SEPARATOR + b"v=spf1 -all\nv=DMARC1; p=reject; adkim=s",
    b"\1\1\xf0\1x" + SEPARATOR + b"v=spf1 redirect=x.example exp=%{h} ~all" + SEPARATOR,
    b"\0DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; h=from:to; l=5; x=9; t=8; "
    b"i=@a.example.com; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=YQ==\r\n" + PLAIN,
    b"\0ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.com; s=rsa; b=YQ==\r\n"
    b"ARC-Message-Signature: i=1; a=rsa-sha256; d=example.com; s=rsa; h=from; "
    b"bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=YQ==\r\n"
    b"ARC-Authentication-Results: i=1; example.com; dmarc=pass header.from=example.com\r\n" + PLAIN,
    b"\0Received: from x (y [192.0.2.9]) by z; Thu\r\nAuthentication-Results: (a) mx.reply.example;"
    b' spf=pass\r\nFrom: "a, b" <a@b.example>, c:d@e.example (f);\r\n\r\n'
    + SEPARATOR * 4
    + b"a@b.c",
)


def main(arguments: list[str]) -> None:
    """Run atheris with libFuzzer's own arguments."""
    atheris: Any = importlib.import_module("atheris")
    logging.getLogger("postern").setLevel(logging.CRITICAL)
    logging.getLogger("postern.verify").setLevel(logging.ERROR)
    logging.getLogger("postern").propagate = False
    rules, loop = load_rules(), asyncio.new_event_loop()
    packages = ("verify", "mail", "bounce_rules")
    for name in [one for one in sys.modules if one.partition(".")[0] in packages]:
        for value in vars(sys.modules[name]).values():
            if callable(value) and getattr(value, "__module__", "") == name:
                _instrument(atheris, value)

    def one(data: bytes) -> None:
        loop.run_until_complete(run_case(data, rules))

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def _instrument(atheris: Any, value: Any) -> None:
    """Have the branches of a function, or of a class's methods, counted."""
    functions = vars(value).values() if isinstance(value, type) else [value]
    for function in functions:
        if hasattr(function, "__code__"):
            function.__code__ = atheris.instrument_func(function).__code__


if __name__ == "__main__":
    main(sys.argv[1:])
