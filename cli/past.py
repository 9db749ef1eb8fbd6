"""A stored transaction, made ready to be decided again from what is stored with it.

A verdict rests on the envelope, the message, the DNS answers of its report, the moment for which
it was judged, and the rules and settings. All but the last two are kept with each transaction.
Where the bytes are gone (a refused message after its seven days, a deferred one at once), the
header block and the digests of the body are still there. That is exact, not a guess: of a body
nothing enters a signature but its digest and its length (RFC 6376 §3.7), and each pair that a
signature needed was recorded.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cli.judge import Judge, Judgement
from mail.address import Address, Domain, parse_address
from mail.envelope import Client, Door, Envelope, PulledFrom, Tls
from mail.errors import StoreProblem
from mail.public_page import without_address
from mail.raw import RawMessage
from mail.received import Basis
from mail.report import BodyEvidence
from store.database import Database
from store.messages import open_raw
from store.rows import HEADER_BYTES
from store.transactions import TransactionDetail, get_transaction
from verify.dkim.work import recorded_digests
from verify.zones import ZoneResolver


@dataclass(frozen=True, slots=True)
class Past:
    """One transaction as it was. `raw` is the message, or (not `whole`) its header block alone,
    and then `bodies` stand for the rest."""

    detail: TransactionDetail
    envelope: Envelope
    raw: RawMessage
    whole: bool
    bodies: tuple[BodyEvidence, ...]
    at: datetime
    basis: Basis


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not what it was; `what` is its path, such as `dkim[0].result`."""

    what: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of deciding again. `unanswered` are DNS questions that were not asked then."""

    judgement: Judgement
    differences: tuple[Difference, ...]
    unanswered: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every result, reason and word of the reply is what it was."""
        return not self.differences


class NotRepeatable(StoreProblem):
    """What is stored of a transaction is not enough to decide it again; the line says why."""


def recall(database: Database, identifier: str, *, prefer_digests: bool = False) -> Past:
    """The transaction, or NotRepeatable. A whole message is read unless `prefer_digests` and
    there are digests: those are as good, and a large body costs time."""
    detail = get_transaction(database, identifier)
    if detail is None:
        raise NotRepeatable(f"there is no transaction {identifier}; see postern trace")
    if detail.report is None:
        stage, rule = detail.summary.stage, detail.verdict.get("rule")
        raise NotRepeatable(
            f"{identifier} was decided without a message (stage {stage}, rule {rule}), by the "
            "state of the server and its directory, which is not part of a transaction"
        )
    if detail.summary.door == Door.IMPORT:
        raise NotRepeatable(
            f"{identifier} was imported: nobody delivered it to us, so nothing was decided"
        )
    basis = detail.report.get("basis") or {}
    bodies = tuple(BodyEvidence(*one) for one in basis.get("bodies", ()))
    raw, whole = _bytes_of(database, detail, bool(basis), prefer_digests)
    return Past(
        detail,
        _envelope_of(detail),
        raw,
        whole,
        bodies,
        _moment(basis.get("at"), detail.summary.received_at),
        Basis(basis.get("rules", ""), basis.get("settings", "")),
    )


def _moment(text: str | None, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text) if text else otherwise


def _bytes_of(
    database: Database, detail: TransactionDetail, has_digests: bool, prefer_digests: bool
) -> tuple[RawMessage, bool]:
    """The message and True, or its header block and False."""
    one = detail.summary
    kept = one.outcome in {"accepted", "held"} or detail.body_expires_at is not None
    if kept and not (prefer_digests and has_digests and detail.header_block):
        return open_raw(database, one.duplicate_of or one.id), True
    if not has_digests:
        raise NotRepeatable(
            f"the bytes of {one.id} are gone, and digests of its body were not recorded then"
        )
    if not kept and len(detail.header_block) >= HEADER_BYTES:
        raise NotRepeatable(
            f"the bytes of {one.id} are gone, and only the first {HEADER_BYTES} octets of its "
            "header block are kept"
        )
    return RawMessage.in_memory(detail.header_block), False


def _envelope_of(detail: TransactionDetail) -> Envelope:
    one = detail.summary
    tls = Tls(detail.tls_version, detail.tls_cipher or "") if detail.tls_version else None
    ip = ipaddress.ip_address(one.client_ip) if one.client_ip else None
    door = Door(one.door)
    return Envelope(
        id=one.id,
        door=door,
        client=Client(ip, detail.client_port, one.helo, detail.extended, tls),
        mail_from=None if one.mail_from is None else _address(one.mail_from),
        rcpt_to=tuple(map(_address, one.rcpt_to)),
        received_at=one.received_at,
        body=detail.body,
        smtputf8=detail.smtputf8,
        pulled_from=PulledFrom("", "", 0, 0) if door is Door.IMAP else None,
    )


def _address(text: str) -> Address:
    """An address as it was stored; what an envelope once had is never refused here."""
    try:
        return parse_address(text)
    except ValueError:
        local, _, domain = text.rpartition("@")
        return Address(local, Domain(domain))


async def replay(past: Past, judge: Judge) -> Replayed:
    """Decide again, with no network, for the moment of then, by the settings of `judge`."""
    answers = ZoneResolver.from_evidence(past.detail.evidence)
    digests = None if past.whole else recorded_digests(past.bodies)
    judge = replace(judge, now=lambda: past.at)
    judgement = await judge.judge(past.envelope, past.raw, answers, digests)
    was = dict(past.detail.report or {})
    was.pop("basis", None)
    was["verdict"] = was["verdict"] | {"text": without_address(was["verdict"]["text"])}
    found = [*_differences("", was, judgement.answer())]
    if past.whole and past.bodies and judgement.report.bodies != past.bodies:
        found.append(Difference("body", "as recorded", "another: its digest differs"))
    unanswered = tuple(sorted(f"{rdtype} {name}" for name, rdtype in answers.unanswered))
    return Replayed(judgement, tuple(found), unanswered)


def _differences(path: str, was: Any, now: Any) -> Iterator[Difference]:
    """Where two JSON values differ. What is new in an answer since then is no difference."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in was:
            yield from _differences(f"{path}.{key}" if path else key, was[key], now.get(key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for number, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from _differences(f"{path}[{number}]", one, other)
    elif was != now:
        yield Difference(path, was, now)
