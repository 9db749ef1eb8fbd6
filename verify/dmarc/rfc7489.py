"""DMARC as RFC 7489 had it, for those who want to decide as receivers did before RFC 9989.

What is other than today: the organisation comes from the public suffix list, at most two names
are asked, p= must be there, pct= asks for a share of the messages only, and np=, psd= and t= mean
nothing.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mail.address import Domain
from mail.reason import ReasonCode as Code
from mail.reason import because
from mail.report import DkimResult, DmarcPolicy, DmarcResult, DmarcWord, SpfResult
from verify.dmarc.author import Author
from verify.dmarc.check import Identifier, identifiers_of, named, result_of, without_author
from verify.dmarc.parse import DmarcRecord, lowered, parse_record, policy_of, tags_of, wants_reports
from verify.dmarc.suffixes import SuffixList
from verify.dmarc.walk import Found
from verify.resolver import Resolver

_PERCENT = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Rfc7489:
    """`suffixes` say where organisations begin; `draw` (0 to 99) decides for this message
    whether it is among the share that pct= asks for."""

    suffixes: SuffixList
    draw: int


def draw_of(transaction_id: str) -> int:
    """0 to 99, evenly, and always the same for one transaction: so it can be decided again."""
    return int.from_bytes(hashlib.sha256(transaction_id.encode()).digest()[:8], "big") % 100


async def ask_rfc7489(domain: Domain, old: Rfc7489, resolver: Resolver) -> Found:
    """The record that applies, and where it is (RFC 7489 §6.6.3). Several are none."""
    found = await _look_up(domain, resolver)
    organisation = old.suffixes.organisation(domain)
    if found.record or found.failed or found.several or organisation == domain:
        return found
    return await _look_up(organisation, resolver)


async def _look_up(domain: Domain, resolver: Resolver) -> Found:
    answer = await resolver.query(f"_dmarc.{domain}", "TXT")
    if answer.failed:
        return Found(domain, failed=True)
    records = [record for text in answer.texts if (record := _read(text)) is not None]
    if len(records) != 1:
        return Found(domain, several=len(records) > 1)
    return Found(domain, records[0])


def _read(octets: bytes) -> DmarcRecord | None:
    """The record by the rules of RFC 7489 §6.3 and §6.6.3 step 6: without a valid p=, or with an
    sp= that is none, it is p=none if reports are wanted, and no record otherwise."""
    record = parse_record(octets)
    if record is None:
        return None
    tags = tags_of(record.text)
    policy = policy_of(tags.get("p", ""))
    below = policy_of(tags["sp"]) if "sp" in tags else policy
    record = replace(record, psd="u", testing=False, nonexistent_policy=None)
    if policy is None or below is None:
        none = DmarcPolicy.NONE
        return replace(record, policy=none, subdomain_policy=none, applies=wants_reports(tags))
    return replace(record, policy=policy, subdomain_policy=below, applies=True)


def _percent(record: DmarcRecord) -> int:
    """pct=; 100 where it is not there or not understood (RFC 7489 §6.3)."""
    value = tags_of(record.text).get("pct", "")
    return min(int(value), 100) if _PERCENT.fullmatch(value) else 100


async def check_rfc7489(
    author: Author,
    spf: SpfResult,
    dkim: Sequence[DkimResult],
    resolver: Resolver,
    old: Rfc7489,
) -> DmarcResult:
    """The result for a message. Never raises for what a sender or the DNS did."""
    if author.domain is None:
        return without_author(author)
    domain, identifiers = author.domain, identifiers_of(spf, dkim)
    found = await ask_rfc7489(domain, old, resolver)
    if found.failed:
        same = any(one.passed and one.domain == domain for one in identifiers)
        cause = because(Code.DMARC_DNS, f"_dmarc.{found.domain}")
        return result_of(
            DmarcWord.TEMPERROR, domain, None, DmarcPolicy.NONE, cause, matters=not same
        )
    if found.record is None or not found.record.applies:
        code = Code.OLD_DMARC_SEVERAL if found.several else Code.OLD_DMARC_NO_RECORD
        cause = because(Code.OLD_DMARC, because(code, str(found.domain)))
        return result_of(DmarcWord.NONE, domain, None, DmarcPolicy.NONE, cause)
    return _judged(domain, found, found.record, identifiers, old)


def _judged(
    domain: Domain,
    found: Found,
    record: DmarcRecord,
    identifiers: Sequence[Identifier],
    old: Rfc7489,
) -> DmarcResult:
    aligned = [one for one in identifiers if _is_aligned(one, domain, record, old)]
    passed = [one for one in aligned if one.passed]
    published = record.policy if found.domain == domain else record.policy_below(exists=True)
    percent = _percent(record)
    policy = published if old.draw < percent else lowered(published)
    if passed:
        word, cause, matters = DmarcWord.PASS, because(Code.DMARC_ALIGNED, named(passed)), False
    elif aligned:
        word, cause = DmarcWord.TEMPERROR, because(Code.DMARC_OWED, named(aligned))
        matters = policy is not DmarcPolicy.NONE
    else:
        word, cause, matters = DmarcWord.FAIL, because(Code.OLD_DMARC_FAIL), False
        if policy is not published:
            cause = because(Code.OLD_DMARC_PERCENT, percent)
    return result_of(
        word,
        domain,
        found,
        policy,
        because(Code.OLD_DMARC, cause),
        matters=matters,
        aligned=tuple(n for n in ("spf", "dkim") if any(one.method == n for one in passed)),
        published=published,
    )


def _is_aligned(one: Identifier, domain: Domain, record: DmarcRecord, old: Rfc7489) -> bool:
    """RFC 7489 §3.1: the same name, or (relaxed) the same organisation."""
    if one.domain == domain:
        return True
    if record.strict_spf if one.method == "spf" else record.strict_dkim:
        return False
    return old.suffixes.organisation(one.domain) == old.suffixes.organisation(domain)
