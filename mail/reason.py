"""Why a check came to its result: a code for programs, with what fills its sentence.

Each result has its reason as an English sentence, which logs and replies use. The code is the same
for whoever must not read sentences: what explains a failure, and what says it in another
language (`bounce_rules.explain`). The English sentence of each code stands beside it here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ReasonCode(StrEnum):
    """Every reason of SPF, DKIM, ARC and DMARC. `{0}`, `{1}` … are filled in."""

    english: str

    def __new__(cls, value: str, english: str = "") -> "ReasonCode":
        """A code and its sentence."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.english = english
        return member

    OUR_FAULT = "our_fault", "the check broke here, which is our fault; the log has it"

    # -- DKIM: the signature as a whole (RFC 6376 §6.1)
    VERIFIED = "verified", "signed by {0} with a {1}-bit {2} key"
    UNSIGNED = "unsigned", "the message is not signed"
    HEADER_TOO_LARGE = "header_too_large", "the header is too large"
    NOT_LOOKED_AT = "not_looked_at", "{0} more signatures were not looked at"
    BODY_CHANGED = (
        "body_changed",
        "the body was changed after signing (body hash differs); "
        "the signed header fields are as they were",
    )
    HEADER_CHANGED = (
        "header_changed",
        "a signed header field was changed after signing, or another key was used "
        "(the header signature does not match); the body is as it was",
    )
    BOTH_CHANGED = (
        "both_changed",
        "the body was changed after signing (body hash differs), "
        "and the header signature does not match either",
    )
    PARTIAL = "partial", "only the first {0} of {1} octets of the body are signed (l=)"
    LENGTH_BEYOND = "length_beyond", "l={0} is more than the body has ({1} octets)"
    EXPIRED = "expired", "the signature expired at {0} UTC (x=)"
    FUTURE = "future", "the signature's date lies in the future (t=)"

    # -- DKIM: the field (RFC 6376 §3.5)
    FIELD_TOO_LONG = "field_too_long", "the signature field is longer than {0} octets"
    UNREADABLE = "unreadable", "the signature cannot be read: {0}"
    TAG_MISSING = "tag_missing", "the signature has no {0}= tag"
    TAG_EMPTY = "tag_empty", "{0}= is empty"
    TAG_NOT_BASE64 = "tag_not_base64", "{0}= is not base64"
    TAG_NOT_NUMBER = "tag_not_number", "{0}= is not a decimal number, or too long a one"
    TAG_NOT_DOMAIN = "tag_not_domain", "{0}= is not a domain name"
    SINGLE_LABEL = "single_label", "d= is a single label, not a domain name"
    KEY_NAME_TOO_LONG = "key_name_too_long", "s= and d= together are too long for a domain name"
    SHA1 = "sha1", "signed with rsa-sha1, which is broken and no longer counts (RFC 8301)"
    ALGORITHM = "algorithm", "the algorithm {0} is unknown"
    BODY_HASH_LENGTH = "body_hash_length", "the body hash (bh=) is not a SHA-256 digest"
    CANONICALIZATION = "canonicalization", "the canonicalization {0} is unknown"
    VERSION = "version", "v= is not 1: a version of DKIM that does not exist"
    QUERY_METHOD = "query_method", "q= asks for its key by a method other than dns/txt"
    TIMES = "times", "x= is not after t=: it expired before it was made"
    SIGNED_FIELDS = "signed_fields", "h= is not a list of header field names"
    FROM_NOT_SIGNED = "from_not_signed", "From is not among the signed fields (h=)"
    IDENTITY = "identity", "i= has no @"
    IDENTITY_OUTSIDE = "identity_outside", "the domain of i= is neither d= nor below it"

    # -- Tag lists of signatures and key records (RFC 6376 §3.2)
    TAGS_LINE_END = "tags_line_end", "a bare line end stands in the tag list"
    TAGS_CONTROL = "tags_control", "a control character stands in the tag list"
    TAGS_TOO_MANY = "tags_too_many", "it has more than {0} tags"
    TAGS_TWICE = "tags_twice", "the tag {0}= stands there twice"
    TAGS_NO_VALUE = "tags_no_value", "{0} is not a tag with a value"
    TAGS_NAME = "tags_name", "{0} is not the name of a tag"

    # -- DKIM: the key (RFC 6376 §3.6, RFC 8301, RFC 8463)
    KEY_MISSING = "key_missing", "no key: there is no TXT record at {0}"
    KEY_TIMEOUT = (
        "key_timeout",
        "the key at {0} could not be fetched now (no answer in time)",
    )
    KEY_SERVFAIL = "key_servfail", "the key at {0} could not be fetched now (its DNS fails)"
    KEY_REVOKED = "key_revoked", "the key was revoked by its owner (p= is empty)"
    KEY_TOO_LONG = "key_too_long", "the key record is longer than {0} octets"
    KEY_UNREADABLE = "key_unreadable", "the key record cannot be read: {0}"
    KEY_NO_P = "key_no_p", "the key record has no p= tag"
    KEY_VERSION = "key_version", "the key record does not begin with v=DKIM1"
    KEY_HASH = "key_hash", "the key may not be used with SHA-256 (h= of the key record)"
    KEY_SERVICE = "key_service", "the key is not meant for email (s= of the key record)"
    KEY_STRICT = (
        "key_strict",
        "i= is of a subdomain, which the key forbids (t=s of the key record)",
    )
    KEY_TYPE = "key_type", "the key is of an unknown type (k= of the key record)"
    KEY_ALGORITHM = "key_algorithm", "a={0} does not go with the key, which is {1}"
    KEY_NOT_BASE64 = "key_not_base64", "p= of the key record is not base64"
    KEY_NOT_RSA = "key_not_rsa", "p= of the key record is not an RSA key"
    KEY_NOT_ED25519 = (
        "key_not_ed25519",
        "p= of the key record is not an Ed25519 key of 32 octets",
    )
    KEY_BITS = "key_bits", "the key has {0} bits; {1} to {2} are accepted (RFC 8301)"
    KEY_EXPONENT = "key_exponent", "the key's exponent is not a small odd number"

    # -- ARC (RFC 8617 §5.2); what is wrong with a field is said with the codes of DKIM
    ARC_NONE = "arc_none", "the message has no ARC chain"
    ARC_VALID_ONE = "arc_valid_one", "one set, last sealed by {0}"
    ARC_VALID = "arc_valid", "{0} sets, last sealed by {1}"
    ARC_HEADER_TOO_LARGE = "arc_header_too_large", "the header is too large to be looked at"
    ARC_FIELD = "arc_field", "{0}: {1}"
    ARC_SET = "arc_set", "{0} i={1}"
    ARC_SET_OF = "arc_set_of", "{0} i={1} of {2}"
    ARC_TEMPORARY = "arc_temporary", "temporary: {0}"
    ARC_TOO_LONG = "arc_too_long", "the chain has more than {0} sets"
    ARC_TWICE = "arc_twice", "there are two {0} fields with i={1}"
    ARC_MISSING = "arc_missing", "the chain has no {0} with i={1}"
    ARC_INSTANCE = "arc_instance", "it has no instance from 1 to {0} (i=)"
    ARC_COVERS_SEAL = "arc_covers_seal", "it covers ARC-Seal, which it must not"
    ARC_SEAL_HAS_H = "arc_seal_has_h", "it has an h= tag, which it must not"
    ARC_CV = "arc_cv", "cv= is not none, pass or fail"
    ARC_CV_WRONG = "arc_cv_wrong", "cv= at i={0} is {1} and should be {2}"
    ARC_BROKEN = "arc_broken", "{0} found the chain broken at i={1}, which ends it"
    ARC_RESEALED = "arc_resealed", "{0} found the chain broken at i={1}, and was sealed again"
    ARC_SEAL = (
        "arc_seal",
        "the seal does not match; a set was changed, or another key was used",
    )

    # -- The author (RFC 9989 §5.3.1, RFC 5322 §3.4)
    FROM_MISSING = "from_missing", "there is no From field"
    FROM_NOBODY = "from_nobody", "the From field names nobody"
    FROM_FIELDS = "from_fields", "there are {0} From fields"
    FROM_AUTHORS = "from_authors", "the From field has authors of {0} and of {1}"
    FROM_HIDDEN = "from_hidden", "some would read another line as a From field"
    FROM_TOO_LONG = "from_too_long", "it is longer than {0} octets"
    FROM_OCTETS = "from_octets", "it has octets that are not UTF-8 outside a display name"
    FROM_CONTROL = "from_control", "there is a control character in it"
    FROM_QUOTES = "from_quotes", "a quoted string in it is not balanced"
    FROM_COMMENT = "from_comment", "a comment in it is not balanced"
    FROM_BACKSLASH = "from_backslash", "there is a backslash outside of quotes in it"
    FROM_TOKENS = "from_tokens", "it has more than {0} words and signs"
    FROM_COLON = "from_colon", "there is a colon in it that begins no group"
    FROM_AFTER_GROUP = "from_after_group", "there is text after a group"
    FROM_SEMICOLON = "from_semicolon", "there is a semicolon in it that ends no group"
    FROM_GROUP = "from_group", "a group in it does not end"
    FROM_BRACKETS = (
        "from_brackets",
        "the angle brackets in it are not around one address at the end",
    )
    FROM_SHOWN_ADDRESS = (
        "from_shown_address",
        "there is another address before the angle brackets",
    )
    FROM_ROUTE = "from_route", "there is a route in front of the address"
    FROM_NO_ADDRESS = "from_no_address", "there is no plain address in it"
    FROM_LOCAL = "from_local", "the part before the @ is not a valid local part"
    FROM_ENCODED = "from_encoded", "there is an encoded word in the address"
    FROM_INVISIBLE = "from_invisible", "there is an invisible character in the address"
    FROM_LITERAL = (
        "from_literal",
        "the author's address has an IP address instead of a domain",
    )
    FROM_DOMAIN = "from_domain", "the author's domain is not valid: {0}"
    FROM_QUOTED_LOCAL = (
        "from_quoted_local",
        "the quoted local part would break the address for some readers",
    )

    # -- DMARC (RFC 9989 §5.3)
    DMARC_ALIGNED = "dmarc_aligned", "aligned pass of {0}"
    DMARC_NO_POLICY = (
        "dmarc_no_policy",
        "the record of {0} has no valid policy and asks for no reports",
    )
    DMARC_NO_RECORD = "dmarc_no_record", "no DMARC record applies to {0}"
    DMARC_SEVERAL = (
        "dmarc_several",
        "no DMARC record applies to {0}; several at {1}, which counts as none",
    )
    DMARC_DNS = "dmarc_dns", "the DNS did not answer for {0}"
    DMARC_DNS_NO_MATTER = (
        "dmarc_dns_no_matter",
        "the DNS did not answer for {0}, but {1} itself is authenticated, so nothing hangs on it",
    )
    DMARC_OWED = "dmarc_owed", "the DNS owes an answer about {0}"
    DMARC_OWED_EXISTENCE = "dmarc_owed_existence", "the DNS owes an answer about whether {0} exists"
    DMARC_METHOD = "dmarc_method", "{0} for {1}"
    DMARC_PASSED = "dmarc_passed", "{0} passed for {1}"
    DMARC_NOTHING_PASSED = "dmarc_nothing_passed", "neither SPF nor DKIM passed"
    DMARC_NOT_ALIGNED = "dmarc_not_aligned", "{0}, which is not aligned with {1}"

    LIST = "list", "{0}, {1}"

    # -- DMARC by RFC 7489
    OLD_DMARC = "old_dmarc", "{0} (RFC 7489)"
    OLD_DMARC_SEVERAL = (
        "old_dmarc_several",
        "there is several records, which count as none, at _dmarc.{0}",
    )
    OLD_DMARC_NO_RECORD = "old_dmarc_no_record", "there is no valid record at _dmarc.{0}"
    OLD_DMARC_FAIL = "old_dmarc_fail", "no aligned pass of SPF or DKIM"
    OLD_DMARC_PERCENT = (
        "old_dmarc_percent",
        "no aligned pass of SPF or DKIM; not among the {0} % that the policy is for (pct=)",
    )

    # -- SPF (RFC 7208)
    NOT_SMTP = "not_smtp", "this message was not brought by an SMTP client"
    SPF_NO_CLIENT = "spf_no_client", "no client address is known for this message"
    SPF_NOT_A_NAME = "spf_not_a_name", "the {0} domain {1} is not a domain name"
    SPF_LITERAL = "spf_literal", "the {0} domain {1} is an address literal"
    SPF_SINGLE_LABEL = "spf_single_label", "the {0} domain {1} is a single label"
    SPF_NO_DOMAIN = "spf_no_domain", "{0} does not exist"
    SPF_NO_RECORD = "spf_no_record", "{0} has no SPF record"
    SPF_MATCHES = "spf_matches", "{0} matches {1}"
    SPF_MATCHES_VIA = "spf_matches_via", "{0} ({1}) matches {2}"
    SPF_TERM = "spf_term", "{0} of {1}"
    SPF_NO_TERM = "spf_no_term", "no term of {0}"
    SPF_SLOW = "spf_slow", "it took longer than {0} s to evaluate"
    SPF_TIMEOUT = "spf_timeout", "the DNS query for {0} of {1} timed out"
    SPF_SERVFAIL = "spf_servfail", "the DNS query for {0} of {1} failed (SERVFAIL)"

    # -- SPF: too much (RFC 7208 §4.6.4), or leading nowhere
    SPF_IN = "spf_in", "{0}, in the record of {1}"
    SPF_ASKS_MORE = "spf_asks_more", "the record asks for more than it may"
    SPF_LOOKUPS = "spf_lookups", "Too many DNS lookups"
    SPF_VOID = "spf_void", "more than {0} terms lead nowhere (void lookups)"
    SPF_EXCHANGERS = "spf_exchangers", "{0} has more than {1} mail exchangers"
    SPF_REDIRECT = "spf_redirect", "redirect={0} leads to no SPF record"
    SPF_INCLUDE = "spf_include", "No valid SPF record for included domain: {0}"
    SPF_RECURSION = "spf_recursion", "include has trivial recursion"
    SPF_EMPTY_DOMAIN = "spf_empty_domain", "empty domain:"

    # -- SPF: syntax (RFC 7208 §12)
    SPF_RECORD = "spf_record", "{0}: {1}"
    SPF_WORD = "spf_word", "{0}: {1}"
    SPF_SEVERAL = "spf_several", "it has {0} SPF records"
    SPF_TOO_LONG = "spf_too_long", "the record is longer than {0} octets"
    SPF_NOT_ASCII = "spf_not_ascii", "the record is not ASCII"
    SPF_MODIFIER_TWICE = "spf_modifier_twice", "{0}= stands in the record twice"
    SPF_NEITHER = "spf_neither", "neither a mechanism nor a modifier"
    SPF_MECHANISM = "spf_mechanism", "unknown mechanism"
    SPF_ALL = "spf_all", "all takes nothing"
    SPF_DOMAIN_MISSING = "spf_domain_missing", "a domain is missing"
    SPF_PREFIX = "spf_prefix", "the prefix length is too large"
    SPF_NETWORK = "spf_network", "not an address with an optional prefix length"
    SPF_ADDRESS = "spf_address", "{0}"
    SPF_MACRO = "spf_macro", "{0} is no macro and no plain character"
    SPF_MACRO_PARTS = "spf_macro_parts", "zero parts in {0}"
    SPF_MACRO_LETTER = "spf_macro_letter", "%{{{0}}} is for explanations only"
    SPF_TOP_LABEL = (
        "spf_top_label",
        "the domain ends neither in a top-level domain nor in a macro",
    )


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and what fills its sentence; a value may be a reason itself."""

    code: ReasonCode
    values: "tuple[str | Reason, ...]" = ()

    def __str__(self) -> str:
        """The English sentence."""
        return self.code.english.format(*map(str, self.values))

    def as_json(self) -> dict[str, Any]:
        """The form in which a report is kept."""
        values = [one if isinstance(one, str) else one.as_json() for one in self.values]
        return {"code": self.code.value, "values": values}


def because(code: ReasonCode, *values: "str | int | Reason") -> Reason:
    """The reason of that code, numbers written out."""
    return Reason(code, tuple([str(one) if isinstance(one, int) else one for one in values]))


def listed(reasons: "Sequence[Reason]") -> Reason:
    """Several reasons, at least one, as one with commas between them."""
    *before, last = reasons
    for one in reversed(before):
        last = because(ReasonCode.LIST, one, last)
    return last


def reason_from_json(kept: Mapping[str, Any] | None) -> Reason | None:
    """What `as_json` wrote; None for anything else, such as a code of another version."""
    if kept is None or kept.get("code") not in set(ReasonCode):
        return None
    values = [one if isinstance(one, str) else reason_from_json(one) for one in kept["values"]]
    given = tuple(one for one in values if one is not None)
    return Reason(ReasonCode(kept["code"]), given) if len(given) == len(values) else None


class ReasonedError(ValueError):
    """Something that cannot be, with its reason; the text is the English sentence."""

    def __init__(self, code: ReasonCode, *values: "str | int | Reason") -> None:
        self.reason = because(code, *values)
        super().__init__(str(self.reason))
