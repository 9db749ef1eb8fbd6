"""Writes Authentication-Results (RFC 8601), and finds those that others wrote in our name.

This is the only place that puts a stranger's words into a header field that mail programs
believe. Each property has a form that its value must have; what has another form is left out.
What has it, but holds a character that the field's grammar uses itself, is put into a quoted
string. No comments, no reasons: there is nothing to escape from.
"""

import re
from collections.abc import Iterable

from mail.envelope import Envelope
from mail.message import Message
from mail.report import (
    ArcResult,
    AuthReport,
    DkimResult,
    DkimWord,
    DmarcResult,
    SpfResult,
)
from mail.verdict import Override
from verify.relay import as_seen

VALUE_LIMIT = 320
"""Octets of one property's value; longer ones say nothing that anybody needs."""

_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]+")
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*")
# RFC 2045 §5.1 token, less the quotes and percent signs that some readers stumble over.
_TOKEN = re.compile(r"[A-Za-z0-9!#$&*+.^_|~\-]+")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")

Property = tuple[str, str]
"""A name such as `smtp.mailfrom`, and its value ready to be written."""


def authentication_results(
    report: AuthReport, envelope: Envelope, authserv_id: str, override: Override | None = None
) -> str:
    """The field's value on one line, ASCII, without the field name.

    `authserv_id` is ours (RFC 8601 §2.5). Every method that was tried is there, with `none`
    where there was nothing to check. `override` is the verdict's: why the DMARC policy was not
    followed (RFC 9990 §3.1.7). The client is the one that was judged, behind a relay of ours.
    """
    envelope = as_seen(envelope, report.seen_through)
    client = "" if envelope.client.ip is None else _token(str(envelope.client.ip))
    return "; ".join(
        [
            authserv_id,
            _spf(report.spf, envelope),
            *(_dkim(one) for one in report.dkim or (None,)),
            _arc(report.arc, client),
            _dmarc(report.dmarc, override),
            _written("iprev", report.iprev.result, [("policy.iprev", client)]),
        ]
    )


def _written(method: str, word: str, properties: Iterable[Property]) -> str:
    """RFC 8601 §2.2 resinfo; a property without a value is left out."""
    written = "".join([f" {name}={value}" for name, value in properties if value])
    return f"{method}={word}{written}"


def _spf(spf: SpfResult, envelope: Envelope) -> str:
    """RFC 8601 §2.7.2: the identity that was checked."""
    sender = envelope.mail_from
    if spf.identity == "helo":
        checked = "smtp.helo", _domain(spf.domain)
    else:
        value = "" if sender is None else _address(sender.local, sender.domain.ascii)
        checked = "smtp.mailfrom", value
    return _written("spf", spf.result, [checked])


def _dkim(one: DkimResult | None) -> str:
    """RFC 8601 §2.7.1, RFC 6008 (header.b), RFC 8601 §2.7.1 (header.a, header.s)."""
    if one is None or one.result is DkimWord.NONE:
        return _written("dkim", DkimWord.NONE, [])
    local, at, host = one.identity.rpartition("@")
    properties = [
        ("header.d", _domain(one.domain)),
        ("header.s", _domain(one.selector)),
        ("header.i", _address(local, host) if at else ""),
        ("header.a", _token(one.algorithm)),
        ("header.b", _token(one.signature[:8])),
    ]
    return _written("dkim", one.result, properties)


def _arc(arc: ArcResult, client: str) -> str:
    """RFC 8617 §8.1: the chain, and which client brought it."""
    return _written("arc", arc.result, [("smtp.remote-ip", client)] if arc.sealers else [])


def _dmarc(dmarc: DmarcResult, override: Override | None) -> str:
    """RFC 9989 §9.1: the author domain, the policy that applies, and what overrode it; RFC 8601
    §2.2 has the type `policy` for such local decisions."""
    properties = [
        ("header.from", _domain(dmarc.domain)),
        ("policy.dmarc", str(dmarc.policy) if dmarc.record else ""),
        ("policy.override", "" if override is None else _token(override.value)),
    ]
    return _written("dmarc", dmarc.result, properties)


def _domain(name: str) -> str:
    """A domain or selector if it looks like one, else nothing."""
    fits = len(name) <= VALUE_LIMIT and _DOMAIN.fullmatch(name) is not None
    return name if fits else ""


def _address(local: str, host: str) -> str:
    """RFC 8601 §2.2 pvalue: `[[local-part] "@"] domain-name`, quoted where it is not plain.

    A local part that is no dot-atom in ASCII is left out: the domain alone is what was checked,
    and whatever a stranger put between quotes stays out of a field that programs believe.
    """
    whole = f"{local}@{host}"
    if not _domain(host):
        return ""
    if len(whole) > VALUE_LIMIT or (local and _DOT_ATOM.fullmatch(local) is None):
        return host
    return whole if not local or _PLAIN_LOCAL.fullmatch(local) else _quoted(whole)


def _token(value: str) -> str:
    """RFC 2045 token, or a quoted string."""
    if _TOKEN.fullmatch(value) and len(value) <= VALUE_LIMIT:
        return value
    return _quoted(value)


def _quoted(value: str) -> str:
    """RFC 5322 §3.2.4 quoted-string; nothing for what is empty, long or not printable ASCII."""
    if not value or len(value) > VALUE_LIMIT or _PRINTABLE.fullmatch(value) is None:
        return ""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def forged_results(message: Message, authserv_id: str) -> tuple[int, ...]:
    """The positions in `message.headers` of Authentication-Results fields that bear our name.

    We did not write them, so whoever reads the message after us must not see them
    (RFC 8601 §5). A field whose authserv-id cannot be read counts if our name is in it.
    """
    if message.first("authentication-results") is None:
        return ()
    return tuple(
        position
        for position, header in enumerate(message.headers)
        if header.key == "authentication-results" and _claims(header.value, authserv_id)
    )


ID_WITHIN = 4096
"""Octets within which a field names who wrote it; one that has only comments there is read no
further and counts."""

_SKIPPED = re.compile(r"[ \t\r\n\x00-\x1f\x7f]+")
_ID = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s;()"]+)', re.DOTALL)


def _claims(value: bytes, authserv_id: str) -> bool:
    """Whether the field's first word (RFC 8601 §2.2 authserv-id) is ours, in any spelling."""
    text = value[:ID_WITHIN].decode("utf-8", "replace")
    ours = authserv_id.lower().rstrip(".")
    start = _after_comments(text)
    match = None if start is None else _ID.match(text, start)
    if match is None or match.end() == len(text):
        if len(value) > ID_WITHIN:
            return True
        if match is None:
            return ours in text.lower()
    name = match[2] if match[1] is None else re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL)
    return _SKIPPED.sub("", name).lower().rstrip(".") == ours


_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)


def _after_comments(text: str) -> int | None:
    """Where the first word begins, past white space and comments; None if one does not end."""
    position = 0
    while position < len(text):
        if space := _SKIPPED.match(text, position):
            position = space.end()
        elif text[position] == "(":
            depth = 0
            for mark in _COMMENT_MARK.finditer(text, position):
                depth += {"(": 1, ")": -1}.get(mark[0], 0)
                if depth == 0:
                    position = mark.end()
                    break
            else:
                return None
        else:
            break
    return position
