"""Decides SPF over DNS answers that are known already (RFC 7208 §4.6, check_host()).

The evaluation is synchronous and run by replay: it goes through the terms over the answers that
we have; where one is missing, it stops, the caller fetches what was missing, and it is run again
from the start. Nothing of it is global: each evaluation has its own view of the DNS.

Limits are pyspf's. Its own evaluation is the oracle of the tests: it reads a record's text anew
for every check, expands all of it before it matches the first term, counts a redirect that is not
followed, and counts void queries where §4.6.4 limits terms.
"""

from dataclasses import dataclass
from typing import Literal

import spf

from mail.envelope import IPAddress
from mail.reason import Reason, ReasonedError, because, listed
from mail.reason import ReasonCode as Code
from mail.reply import printable
from mail.report import SpfWord
from verify.answer import Answer, Status, can_be_asked, no_answer, plain_name
from verify.spf.macros import MacroString, expand, fit_name, parse_macro_string
from verify.spf.parse import Record, Term, select_record
from verify.spf.view import MissingAnswer, View

PTR_NAMES = 10
"""RFC 7208 §4.6.4: of more names, all but the first ten are ignored."""

EXPLANATION_LIMIT = 400
"""Characters of a domain's explanation that we keep."""

VOID_TERMS = 2
"""RFC 7208 §4.6.4: with a third term that leads nowhere, the record is an error."""

EXPLANATION_SOURCE_LIMIT = 4096
"""Octets of an explanation's source; a longer one is ignored."""

GUESSED_TERMS = 10
"""Terms of one record that are asked for before their turn comes."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The arguments of check_host() (RFC 7208 §4.1), and what macros may ask for besides.

    `ip` is IPv4 where the client was IPv4-mapped; `timestamp` is in seconds since 1970.
    """

    ip: IPAddress
    domain: str
    local: str
    helo: str
    timestamp: int

    @property
    def sender(self) -> str:
        """The sender's mailbox as the macro s has it."""
        return f"{self.local}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What check_host() returned, and which term decided."""

    word: SpfWord
    cause: Reason
    explanation: str = ""


def evaluate(subject: Subject, view: View) -> Decision:
    """One run of check_host(). Raises MissingAnswer if the view lacks an answer."""
    run = _Evaluation(subject, view)
    try:
        return run.decide()
    except _TempError as problem:
        return Decision(SpfWord.TEMPERROR, problem.reason)
    except _PermError as problem:
        return Decision(SpfWord.PERMERROR, _located(problem.reason, run.domain))


class _TempError(ReasonedError):
    """The DNS did not answer."""


class _PermError(ReasonedError):
    """The record cannot be used."""


def _located(cause: Reason, place: str) -> Reason:
    """With the record that it is about, where it does not say so itself."""
    return cause if place in str(cause) else because(Code.SPF_IN, cause, place)


class _Evaluation:
    """One run of check_host(); `domain` is the one whose record is looked at."""

    def __init__(self, subject: Subject, view: View) -> None:
        self.domain = subject.domain
        self._subject = subject
        self._view = view
        self._addresses: Literal["A", "AAAA"] = "A" if subject.ip.version == 4 else "AAAA"
        self._lookups = self._void_terms = 0
        self._term_is_void = False
        self._path: list[Reason] = []
        self._failing: tuple[MacroString, str] = ((), "")

    # -- the whole record

    def decide(self) -> Decision:
        """check_host() for the initial domain (RFC 7208 §4.3 to §4.7)."""
        domain = self._subject.domain
        record = self._record_of(domain)
        if record is None:
            answer = self._view.need(domain, "TXT")
            nowhere = answer.status is Status.NXDOMAIN
            code = Code.SPF_NO_DOMAIN if nowhere else Code.SPF_NO_RECORD
            return Decision(SpfWord.NONE, because(code, domain))
        word = SpfWord(self._walk(record, domain))
        explanation = self._explanation() if word is SpfWord.FAIL else ""
        return Decision(word, self._reason(), explanation)

    def _record_of(self, domain: str) -> Record | None:
        """The record of a domain (RFC 7208 §4.4, §4.5); None if it has none."""
        if not can_be_asked(plain_name(domain)):
            return None
        texts = self._ask(domain, "TXT").texts
        try:
            found = select_record(texts)
            return None if found is None else self._view.parsed(found)
        except ReasonedError as error:
            raise _PermError(Code.SPF_RECORD, domain, error.reason) from error

    def _walk(self, record: Record, domain: str) -> str:
        for index, term in enumerate(record.terms):
            try:
                matches = self._matches(term)
            except MissingAnswer:
                self._guess(record.terms[index + 1 :])
                raise
            if matches:
                return self._matched(record, domain, term)
        if record.redirect:
            return self._redirect(record.redirect)
        self._path = [because(Code.SPF_NO_TERM, domain)]
        return "neutral"  # RFC 7208 §4.7

    def _matched(self, record: Record, domain: str, term: Term) -> str:
        self._failing = record.explanation, domain
        inner = self._path if term.mechanism == "include" else []
        self._path = [because(Code.SPF_TERM, term.text, domain), *inner]
        return term.result

    def _redirect(self, target: MacroString) -> str:
        """RFC 7208 §6.1: the target's result is ours; a target without a record is an error."""
        self._count_lookup()
        domain = self._expand(target)
        record = self._record_of(domain)
        if record is None:
            raise _PermError(Code.SPF_REDIRECT, domain)
        self.domain = domain
        return self._walk(record, domain)

    # -- one term

    def _matches(self, term: Term) -> bool:
        """Whether the client matches. ip4, ip6 and all need no DNS."""
        if term.network is not None:
            return self._subject.ip in term.network
        if term.mechanism == "all":
            return True
        if term.names_local_part and not self._subject.local.isascii():
            return False  # RFC 8616 §4: such terms match nothing
        self._term_is_void = False
        target = self._target_of(term)
        self._count_lookup()
        match term.mechanism:
            case "include":
                return self._includes(target)
            case "exists":
                return bool(self._ask(target, "A").hosts)
            case "a":
                return self._is_among(self._ask(target, self._addresses), term)
            case "mx":
                return self._is_exchange(target, term)
        return bool(spf.domainmatch(self._validated_names(), target))

    def _includes(self, domain: str) -> bool:
        """RFC 7208 §5.2: a match if the other record says pass; it must be there."""
        if domain == self.domain:
            raise _PermError(Code.SPF_RECURSION)
        record = self._record_of(domain)
        if record is None:
            raise _PermError(Code.SPF_INCLUDE, domain)
        outer, self.domain = self.domain, domain
        word = self._walk(record, domain)
        self.domain = outer  # an error leaves it: then it names the record that is at fault
        return word == "pass"

    def _is_exchange(self, domain: str, term: Term) -> bool:
        """RFC 7208 §5.4: whether the client is one of the mail exchangers."""
        exchanges = sorted(self._ask(domain, "MX").exchanges)
        if len(exchanges) > spf.MAX_MX:
            raise _PermError(Code.SPF_EXCHANGERS, domain, spf.MAX_MX)
        for _, host in exchanges:
            self._view.guess(host, self._addresses)  # so that all of them are asked at once
        return any(self._is_among(self._ask(host, self._addresses), term) for _, host in exchanges)

    def _is_among(self, answer: Answer, term: Term) -> bool:
        """Whether the client is in the network of one of its addresses (RFC 7208 §5)."""
        ip = self._subject.ip
        host_bits = ip.max_prefixlen - term.lengths[self._addresses == "AAAA"]
        network = int(ip) >> host_bits
        return any(one >> host_bits == network for one in answer.numbers)

    def _count_lookup(self) -> None:
        """RFC 7208 §4.6.4: terms that ask the DNS, in all records together."""
        self._lookups += 1
        if self._lookups > spf.MAX_LOOKUP:
            raise _PermError(Code.SPF_LOOKUPS)

    def _guess(self, terms: tuple[Term, ...]) -> None:
        kinds = {"include": "TXT", "exists": "A", "a": self._addresses, "mx": "MX"}
        fixed = [(term.fixed_target, kinds.get(term.mechanism)) for term in terms]
        for name, rdtype in fixed[:GUESSED_TERMS]:
            if name and rdtype:
                self._view.guess(name, rdtype)

    # -- the DNS

    def _ask(self, name: str, rdtype: str) -> Answer:
        """An answer that counts: it may be temporary trouble, or make the term a void one."""
        if not can_be_asked(plain_name(name)):
            return no_answer(name, rdtype, Status.NXDOMAIN)
        answer = self._view.need(name, rdtype)
        if answer.failed:
            is_late = answer.status is Status.TIMEOUT
            raise _TempError(Code.SPF_TIMEOUT if is_late else Code.SPF_SERVFAIL, rdtype, name)
        if answer.status is not Status.OK:
            self._count_void()
        return answer

    def _count_void(self) -> None:
        """RFC 7208 §4.6.4 limits the terms that lead nowhere, not the queries."""
        if not self._term_is_void:
            self._term_is_void = True
            self._void_terms += 1
        if self._void_terms > VOID_TERMS:
            raise _PermError(Code.SPF_VOID, VOID_TERMS)

    def _validated_names(self) -> list[str]:
        """RFC 7208 §5.5: the client's names that lead back to it; DNS errors are no match."""
        reverse = self._view.need(self._subject.ip.reverse_pointer, "PTR")
        if not (reverse.records or reverse.failed):
            self._count_void()
        return self._validated(reverse)

    def _validated(self, reverse: Answer) -> list[str]:
        names = [name for name in map(plain_name, reverse.hosts[:PTR_NAMES]) if can_be_asked(name)]
        for name in names:
            self._view.guess(name, self._addresses)
        ip = str(self._subject.ip)
        return [name for name in names if ip in self._view.need(name, self._addresses).hosts]

    # -- macros

    def _target_of(self, term: Term) -> str:
        """The name that a term asks for. Raises PermError if its macros leave nothing of it."""
        target = term.fixed_target
        name = self._expand(term.target) if target is None else fit_name(target)
        if not name:
            raise _PermError(Code.SPF_EMPTY_DOMAIN)
        return name

    def _expand(self, pieces: MacroString) -> str:
        return fit_name(expand(pieces, self._value_of))

    def _value_of(self, letter: str) -> str:
        """RFC 7208 §7.2, §7.3."""
        subject = self._subject
        if letter == "p":
            return self._client_name()
        values = {
            "s": subject.sender,
            "l": subject.local,
            "o": subject.domain,
            "d": self.domain,
            "i": _dotted(subject.ip),
            "h": subject.helo,
            "c": str(subject.ip),
            "r": "unknown",  # §7.3 allows this where it is not to be told
            "t": str(subject.timestamp),
            "v": "in-addr" if subject.ip.version == 4 else "ip6",
        }
        return str(values[letter])

    def _client_name(self) -> str:
        """The macro p (RFC 7208 §7.3): a validated name, best one of the current domain."""
        names = self._validated(self._view.need(self._subject.ip.reverse_pointer, "PTR"))
        domain = plain_name(self.domain)
        within = [name for name in names if name.endswith("." + domain)]
        return domain if domain in names else [*within, *names, "unknown"][0]

    # -- words

    def _explanation(self) -> str:
        """RFC 7208 §6.2: what the failing record's exp= leads to; empty if anything is wrong."""
        pieces, self.domain = self._failing
        name = plain_name(self._expand(pieces)) if pieces else ""
        if not can_be_asked(name):
            return ""
        texts = self._view.need(name, "TXT").texts
        if len(texts) != 1 or len(texts[0]) > EXPLANATION_SOURCE_LIMIT:
            return ""
        try:
            words = parse_macro_string(texts[0].decode("ascii"), spaces=True)
        except ValueError:
            return ""
        return printable(expand(words, self._value_of), EXPLANATION_LIMIT)

    def _reason(self) -> Reason:
        outer, *inner = self._path
        ip = str(self._subject.ip)
        if inner:
            return because(Code.SPF_MATCHES_VIA, outer, listed(inner), ip)
        return because(Code.SPF_MATCHES, outer, ip)


def _dotted(ip: IPAddress) -> str:
    """The macro i (RFC 7208 §7.3): of IPv6 the nibbles."""
    return str(ip) if ip.version == 4 else ".".join(f"{int(ip):032X}")
