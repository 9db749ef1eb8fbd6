"""Decides SPF over DNS answers that are known already (RFC 7208 §4.6, check_host()).

pyspf is synchronous, so it is run by replay: it evaluates a term over the answers that we have;
where one is missing, the evaluation stops, the caller fetches what was missing, and it is run
again from the start. Nothing of it is global: each evaluation has its own view of the DNS.

pyspf decides the mechanisms that ask the DNS, and their limits. What surrounds it here is what
it does differently from the RFC: the grammar and the macros, terms evaluated one at a time (it
expands all of a record before it matches the first), redirect counted only where it is
followed, a void term counted once (§4.6.4 limits terms, not queries), DNS errors under ptr
(§5.5: no match), and the explanation, which is fetched only for a fail (§6.2).
"""

from dataclasses import dataclass
from typing import Any

import spf

from mail.envelope import IPAddress
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
    reason: str
    explanation: str = ""


def evaluate(subject: Subject, view: View) -> Decision:
    """One run of check_host(). Raises MissingAnswer if the view lacks an answer."""
    run = _Evaluation(subject, view)
    try:
        return run.decide()
    except spf.TempError as problem:
        return Decision(SpfWord.TEMPERROR, printable(problem.msg, 300))
    except spf.PermError as problem:
        return Decision(SpfWord.PERMERROR, _said(problem, run.d))


def _said(problem: spf.PermError, place: str) -> str:
    """pyspf's or our own words for a permanent error, with the record that it is about."""
    words = str(problem.msg)
    return printable(words if place in words else f"{words}, in the record of {place}", 300)


class _Evaluation(spf.query):  # type: ignore[misc]
    """pyspf's query over a view, with the corrections that the module's docstring names."""

    def __init__(self, subject: Subject, view: View) -> None:
        super().__init__(i=str(subject.ip), s=subject.sender, h=subject.helo)
        self.d = self.o = subject.domain
        self.l = subject.local
        self._subject = subject
        self._view = view
        self._term = Term("", "", "")
        self._term_is_void = False
        self._path: list[str] = []
        self._failing: tuple[MacroString, str] = ((), "")

    # -- the whole record

    def decide(self) -> Decision:
        """check_host() for the initial domain (RFC 7208 §4.3 to §4.7)."""
        domain = self._subject.domain
        record = self.dns_spf(domain)
        if record is None:
            answer = self._view.need(domain, "TXT")
            missing = "does not exist" if answer.status is Status.NXDOMAIN else "has no SPF record"
            return Decision(SpfWord.NONE, printable(f"{domain} {missing}"))
        word = SpfWord(self.check1(record, domain, 0)[0])
        explanation = self._explanation() if word is SpfWord.FAIL else ""
        return Decision(word, self._reason(), explanation)

    def dns_spf(self, domain: str) -> Record | None:
        """The record of a domain (RFC 7208 §4.4, §4.5); None if it has none."""
        if not can_be_asked(plain_name(domain)):
            return None
        texts = self._ask(domain, "TXT").texts
        try:
            found = select_record(texts)
            return None if found is None else self._view.parsed(found)
        except ValueError as error:
            raise spf.PermError(f"{domain}: {error}") from error

    def check1(self, record: Record | None, domain: str, recursion: int) -> tuple[str, int, str]:
        """The record of `domain` from its first term on; pyspf calls this for an include."""
        if record is None:
            return "none", 250, ""
        outer, self.d = self.d, domain
        word = self._walk(record, domain)
        self.d = outer  # an error leaves it: then it names the record that is at fault
        return word, 250, ""

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
        self._path = [f"no term of {domain}"]
        return "neutral"  # RFC 7208 §4.7

    def _matched(self, record: Record, domain: str, term: Term) -> str:
        self._failing = record.explanation, domain
        inner = self._path if term.mechanism == "include" else []
        self._path = [f"{term.text} of {domain}", *inner]
        return term.result

    def _redirect(self, target: MacroString) -> str:
        """RFC 7208 §6.1: the target's result is ours; a target without a record is an error."""
        self.check_lookups()
        domain = self._expand(target)
        record = self.dns_spf(domain)
        if record is None:
            raise spf.PermError(f"redirect={domain} leads to no SPF record")
        self.d = domain
        return self._walk(record, domain)

    # -- one term

    def _matches(self, term: Term) -> bool:
        """Whether the client matches. ip4, ip6 and all need no DNS, so no pyspf either."""
        if term.network is not None:
            return self._subject.ip in term.network
        if term.mechanism == "all":
            return True
        if not self._subject.local.isascii() and term.names_local_part:
            return False  # RFC 8616 §4: such terms match nothing
        self._term, self._term_is_void, self.mechanism = term, False, None
        lengths = f"/{term.lengths[0]}//{term.lengths[1]}" if term.mechanism in ("a", "mx") else ""
        self.check0(f"v=spf1 {term.mechanism}:%{{d}}{lengths}", 0)
        return self.mechanism is not None

    def expand_domain(self, arg: str) -> str:
        """The term's own domain-spec, which pyspf was only shown a stand-in for."""
        return self._expand(self._term.target)

    def _guess(self, terms: tuple[Term, ...]) -> None:
        kinds = {"include": "TXT", "exists": "A", "a": self.A, "mx": "MX"}
        fixed = [(term.fixed_target, kinds.get(term.mechanism)) for term in terms]
        for name, rdtype in fixed[:GUESSED_TERMS]:
            if name and rdtype:
                self._view.guess(name, rdtype)

    # -- the DNS

    def dns(
        self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False
    ) -> list[Any]:
        """pyspf's one way to the DNS, here for addresses only."""
        return list(self._ask(name, qtype).hosts)

    def dns_mx(self, domain: str) -> list[str]:
        """RFC 7208 §5.4: the addresses of the mail exchangers up to the first that matches."""
        exchanges = sorted(self._ask(domain, "MX").exchanges)
        if len(exchanges) > spf.MAX_MX:
            raise spf.PermError(f"{domain} has more than {spf.MAX_MX} mail exchangers")
        for _, host in exchanges:
            self._view.guess(host, self.A)  # so that all of them are asked at once
        addresses: list[str] = []
        length = self._term.lengths[self.A == "AAAA"]
        for _, host in exchanges:
            addresses += self.dns_a(host, self.A)
            if self.cidrmatch(addresses, length):
                break
        return addresses

    def _ask(self, name: str, rdtype: str) -> Answer:
        """An answer that counts: it may be temporary trouble, or make the term a void one."""
        if not can_be_asked(plain_name(name)):
            return no_answer(name, rdtype, Status.NXDOMAIN)
        answer = self._view.need(name, rdtype)
        if answer.failed:
            raise spf.TempError(f"the DNS query for {rdtype} of {name} {answer.trouble}")
        if answer.status is not Status.OK:
            self._count_void()
        return answer

    def _count_void(self) -> None:
        """RFC 7208 §4.6.4 limits the terms that lead nowhere, not the queries."""
        if not self._term_is_void:
            self._term_is_void = True
            self.void_lookups += 1
        if self.void_lookups > VOID_TERMS:
            raise spf.PermError(f"more than {VOID_TERMS} terms lead nowhere (void lookups)")

    def validated_ptrs(self) -> list[str]:
        """RFC 7208 §5.5: the client's names that lead back to it; DNS errors are no match."""
        reverse = self._view.need(self._subject.ip.reverse_pointer, "PTR")
        if not (reverse.records or reverse.failed):
            self._count_void()
        return self._validated(reverse)

    def _validated(self, reverse: Answer) -> list[str]:
        names = [name for name in map(plain_name, reverse.hosts[:PTR_NAMES]) if can_be_asked(name)]
        for name in names:
            self._view.guess(name, self.A)
        ip = str(self._subject.ip)
        return [name for name in names if ip in self._view.need(name, self.A).hosts]

    # -- macros

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
            "d": self.d,
            "i": self.i,
            "h": subject.helo,
            "c": str(subject.ip),
            "r": "unknown",  # §7.3 allows this where it is not to be told
            "t": str(subject.timestamp),
            "v": self.v,
        }
        return str(values[letter])

    def _client_name(self) -> str:
        """The macro p (RFC 7208 §7.3): a validated name, best one of the current domain."""
        names = self._validated(self._view.need(self._subject.ip.reverse_pointer, "PTR"))
        domain = plain_name(self.d)
        within = [name for name in names if name.endswith("." + domain)]
        return domain if domain in names else [*within, *names, "unknown"][0]

    # -- words

    def _explanation(self) -> str:
        """RFC 7208 §6.2: what the failing record's exp= leads to; empty if anything is wrong."""
        pieces, self.d = self._failing
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

    def _reason(self) -> str:
        outer, *inner = self._path
        via = f" ({', '.join(inner)})" if inner else ""
        return printable(f"{outer}{via} matches {self._subject.ip}", 300)
