"""DMARC: was the author's domain authenticated, and if not, what does it ask for (RFC 9989).

A pass needs one authenticated identifier, the domain of an SPF pass or of a DKIM signature that
verifies, that is aligned with the author domain: the same name, or (relaxed) the same
organisation. Which means that everything hangs on `verify.dmarc.author` and `verify.dmarc.walk`.

Where the DNS owes an answer, the result is temperror, and `dns_trouble_matters` says whether that
answer could change what is done with the message.
"""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from mail.address import Domain, parse_domain
from mail.reason import Reason, because, listed
from mail.reason import ReasonCode as Code
from mail.reply import printable
from mail.report import (
    DkimResult,
    DkimWord,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    SpfResult,
    SpfWord,
)
from verify.answer import Status
from verify.dmarc.author import Author
from verify.dmarc.parse import DmarcRecord, lowered
from verify.dmarc.walk import Found, Walk, walk
from verify.resolver import Resolver


class Identifier(NamedTuple):
    """A domain that SPF or DKIM spoke about; `passed`, or its check is owed an answer."""

    method: str
    domain: Domain
    passed: bool


class Alignment(Enum):
    """Whether an identifier is aligned with the author domain."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


async def check_dmarc(
    author: Author,
    spf: SpfResult,
    dkim: Sequence[DkimResult],
    resolver: Resolver,
    tree: Walk | None = None,
) -> DmarcResult:
    """The result for a message. Never raises for what a sender or the DNS did.

    `tree` is the walk from the author domain, if it was made already.
    """
    if author.domain is None:
        return without_author(author)
    domain = author.domain
    identifiers = identifiers_of(spf, dkim)
    tree = tree or await walk(domain, resolver)
    found = tree.policy
    if found is None or (tree.start.record is None and tree.unsure):
        return _without_record(domain, tree, identifiers)
    assert found.record is not None
    if not found.record.applies:
        cause = because(Code.DMARC_NO_POLICY, str(found.domain))
        return result_of(DmarcWord.NONE, domain, found, DmarcPolicy.NONE, cause)
    return await _with_record(domain, tree, found, found.record, identifiers, resolver)


def without_author(author: Author) -> DmarcResult:
    """The result where there is no single author domain to ask about."""
    none = DmarcPolicy.NONE
    return DmarcResult(
        DmarcWord.PERMERROR,
        "",
        "",
        none,
        (),
        author.reason,
        author=author.word,
        cause=author.cause,
    )


def identifiers_of(spf: SpfResult, dkim: Sequence[DkimResult]) -> tuple[Identifier, ...]:
    """Authenticated identifiers (RFC 9989 §4.4.1, §4.4.2), and those that could become one.

    Of SPF only the MAIL FROM identity counts; for the null sender that is the HELO name
    (RFC 7208 §2.4), and `check_spf` checks HELO for no other.
    """
    found = [("spf", spf.domain, spf.result is SpfWord.PASS, spf.result is SpfWord.TEMPERROR)]
    for one in dkim:
        passed, owed = one.result is DkimWord.PASS, one.result is DkimWord.TEMPERROR
        found.append(("dkim", one.domain, passed, owed))
    identifiers = []
    for method, name, passed, owed in found:
        domain = _domain(name)
        if domain is not None and (passed or owed):
            identifiers.append(Identifier(method, domain, passed))
    return tuple(dict.fromkeys(identifiers))


def _domain(name: str) -> Domain | None:
    try:
        domain = parse_domain(name)
    except ValueError:
        return None
    return None if domain.is_literal else domain


def _without_record(domain: Domain, tree: Walk, identifiers: Sequence[Identifier]) -> DmarcResult:
    """No record, or nobody knows whether there is one.

    A pass for the very same domain would be aligned with any record, so nothing hangs on it.
    """
    if not tree.unsure:
        cause = because(Code.DMARC_NO_RECORD, str(domain))
        if several := [one.domain.ascii for one in tree.found if one.several]:
            cause = because(Code.DMARC_SEVERAL, str(domain), ", ".join(several))
        return result_of(DmarcWord.NONE, domain, None, DmarcPolicy.NONE, cause)
    same = any(one.passed and one.domain == domain for one in identifiers)
    owing = ", ".join(f"_dmarc.{one.domain}" for one in tree.found if one.failed)
    cause = because(Code.DMARC_DNS, owing)
    if same:
        cause = because(Code.DMARC_DNS_NO_MATTER, owing, str(domain))
    return result_of(DmarcWord.TEMPERROR, domain, None, DmarcPolicy.NONE, cause, matters=not same)


async def _with_record(
    domain: Domain,
    tree: Walk,
    found: Found,
    record: DmarcRecord,
    identifiers: Sequence[Identifier],
    resolver: Resolver,
) -> DmarcResult:
    """RFC 9989 §5.3.4 to §5.3.6: alignment, the result, the policy."""
    alignments = {one: await _alignment(one, tree, record, resolver) for one in identifiers}
    aligned = [one for one, word in alignments.items() if one.passed and word is Alignment.YES]
    owed = [
        one
        for one, word in alignments.items()
        if word is Alignment.UNSURE or (word is Alignment.YES and not one.passed)
    ]
    published, policy_sure = await _policy(domain, found, record, resolver)
    policy = lowered(published) if record.testing else published
    if aligned:
        word, cause, matters = DmarcWord.PASS, because(Code.DMARC_ALIGNED, named(aligned)), False
    elif owed or not policy_sure:
        cause = because(Code.DMARC_OWED_EXISTENCE, str(domain))
        if owed:
            cause = because(Code.DMARC_OWED, named(owed))
        word, matters = DmarcWord.TEMPERROR, policy is not DmarcPolicy.NONE
    else:
        word, cause, matters = DmarcWord.FAIL, _why_not(alignments, domain), False
    methods = tuple(name for name in ("spf", "dkim") if any(one.method == name for one in aligned))
    return result_of(
        word,
        domain,
        found,
        policy,
        cause,
        matters=matters,
        aligned=methods,
        published=published,
    )


def named(identifiers: Sequence[Identifier], code: Code = Code.DMARC_METHOD) -> Reason:
    """The methods with their domains, at least one."""
    return listed([because(code, one.method, str(one.domain)) for one in identifiers])


def _why_not(alignments: dict[Identifier, Alignment], domain: Domain) -> Reason:
    passed = [one for one in alignments if one.passed]
    if not passed:
        return because(Code.DMARC_NOTHING_PASSED)
    return because(Code.DMARC_NOT_ALIGNED, named(passed, Code.DMARC_PASSED), str(domain))


async def _alignment(
    one: Identifier, tree: Walk, record: DmarcRecord, resolver: Resolver
) -> Alignment:
    """RFC 9989 §4.10.2. A name outside of the other's organisation needs no question."""
    author = tree.start.domain
    if one.domain == author:
        return Alignment.YES
    strict = record.strict_spf if one.method == "spf" else record.strict_dkim
    if strict or one.domain.ascii.split(".")[-1] != author.ascii.split(".")[-1]:
        return Alignment.NO
    if not tree.unsure and not one.domain.is_within(tree.organisation):
        return Alignment.NO
    other = await walk(one.domain, resolver)
    if not other.unsure and not author.is_within(other.organisation):
        return Alignment.NO
    if tree.unsure or other.unsure:
        return Alignment.UNSURE
    return Alignment.YES if other.organisation == tree.organisation else Alignment.NO


async def _policy(
    domain: Domain, found: Found, record: DmarcRecord, resolver: Resolver
) -> tuple[DmarcPolicy, bool]:
    """What is published for the author domain, and whether that is sure (RFC 9989 §4.7 np, sp).

    A domain exists unless the answer for it is NXDOMAIN (RFC 9989 §3.2.13, RFC 8020).
    """
    if found.domain == domain:
        return record.policy, True
    there, nowhere = record.policy_below(exists=True), record.policy_below(exists=False)
    if there is nowhere:
        return there, True
    answer = await resolver.query(domain.ascii, "A")
    if answer.failed:
        return max(there, nowhere, key=list(DmarcPolicy).index), False
    return (nowhere if answer.status is Status.NXDOMAIN else there), True


def result_of(
    word: DmarcWord,
    domain: Domain,
    found: Found | None,
    policy: DmarcPolicy,
    cause: Reason,
    *,
    matters: bool = False,
    aligned: tuple[str, ...] = (),
    published: DmarcPolicy = DmarcPolicy.NONE,
) -> DmarcResult:
    """A result about `domain`, by the record in `found` if there is one."""
    return DmarcResult(
        result=word,
        domain=domain.ascii,
        policy_domain=found.domain.ascii if found else "",
        policy=policy,
        aligned=aligned,
        reason=printable(str(cause), 500),
        record=printable(found.record.text, 4000) if found and found.record else "",
        published_policy=published,
        dns_trouble_matters=matters,
        cause=cause,
    )
