"""The edits that may undo what was done to the signed fields, the likelier ones first."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

from mail.message import Header
from verify.breakage.addresses import authors, respelled_addresses
from verify.breakage.change import Kind
from verify.breakage.edits import Edit, adding, removing, replacing
from verify.breakage.folding import refolded
from verify.breakage.reversals import CHARSETS
from verify.breakage.structure import CHARSET_LABEL
from verify.breakage.subject import untagged
from verify.dkim.canonical import Form
from verify.dkim.parse import Coverage, Signer

_COPIES = ("x-original-", "original-", "x-old-", "old-", "x-google-original-", "x-ms-original-")
_ADDRESSES = frozenset({"from", "to", "cc", "reply-to", "sender"})
_ENCODINGS = (b"7bit", b"8bit", b"quoted-printable", b"base64", b"binary")
_ABSENT = {
    "mime-version": (b"1.0",),
    "content-transfer-encoding": _ENCODINGS,
    "content-type": (
        b"text/plain; charset=utf-8",
        b"text/plain; charset=UTF-8",
        b'text/plain; charset="utf-8"',
        b'text/plain; charset="UTF-8"',
        b"text/plain; charset=us-ascii",
        b'text/plain; charset="us-ascii"',
        b"text/plain",
        b"text/html; charset=utf-8",
        b'text/html; charset="utf-8"',
        b'text/html; charset="UTF-8"',
    ),
    "precedence": (b"bulk", b"list"),
    "to": (b"undisclosed-recipients:;", b"undisclosed recipients:;"),
}
_FLOWED = re.compile(rb'(?:\r?\n)?[ \t]*;[ \t\r\n]*(?:format|delsp|reply-type)="?[^\s;"]+"?', re.I)
_PARAMETER = re.compile(rb'=(?:"([^"\s;()<>@,:\\/\[\]?=]+)"|([^\s;"]+))')


def edits_of(
    signed: Sequence[Header], headers: Sequence[Header], coverage: Coverage, signer: Signer
) -> Iterator[Edit]:
    """All of them; `headers` are the whole header, where copies of old values may stand."""
    covered = [(at, one) for at, one in enumerate(signed) if one is not signer.field]
    of_fields = [list(_field_edits(at, one, headers, signer)) for at, one in covered]
    # The first idea for each field before the second one for any.
    first = [edit for ideas in of_fields for edit in ideas[:1]]
    yield from first
    yield from (removing(at, one.raw) for at, one in covered if one.key != "from")
    yield from _author_and_reply(covered, headers, signer)
    yield from _absent(signed, headers, coverage)
    if coverage.header_form is Form.SIMPLE:
        yield from refolded(covered, signer)
    rest = zip_longest(*(ideas[1:] for ideas in of_fields))
    yield from (edit for edit in chain.from_iterable(rest) if edit is not None)


def _field_edits(
    at: int, field: Header, headers: Sequence[Header], signer: Signer
) -> Iterator[Edit]:
    """What may have been done to this one, each once."""
    seen = {field.raw}
    for kind, value in _values(field, headers, signer):
        then = field.raw.partition(b":")[0] + b": " + value.strip() + b"\r\n"
        if then not in seen:
            seen.add(then)
            yield replacing(kind, at, field.raw, then)


def _values(
    field: Header, headers: Sequence[Header], signer: Signer
) -> Iterator[tuple[Kind, bytes]]:
    for copy in _copies(field.key, headers):
        yield Kind.FIELD_REWRITTEN, copy
    if field.key == "subject":
        for value in untagged(field.value):
            yield Kind.SUBJECT, value
    if field.key == "from":
        for value in authors(field, headers, signer.domain.ascii):
            yield Kind.FIELD_REWRITTEN, value
    if field.key in _ADDRESSES:
        for value in respelled_addresses(field.value):
            yield Kind.FIELD_REWRITTEN, value
    if field.key == "content-transfer-encoding":
        for value in _ENCODINGS:
            yield Kind.TRANSFER_ENCODING, value
            yield Kind.TRANSFER_ENCODING, value.upper()
    if field.key == "content-type":
        yield from _content_types(field.value)
    if field.key == "date":
        yield Kind.FIELD_REWRITTEN, re.sub(rb"\s*\([^)]*\)\s*\Z", b"", field.value)
        yield Kind.FIELD_REWRITTEN, field.value + b" (UTC)"
        yield Kind.FIELD_REWRITTEN, field.value.replace(b"GMT", b"+0000")
        yield Kind.FIELD_REWRITTEN, field.value.replace(b"+0000", b"GMT")


def _copies(key: str, headers: Sequence[Header]) -> Iterator[bytes]:
    """What relays say that a field was before they changed it."""
    names = {prefix + key for prefix in _COPIES}
    return (one.value for one in headers if one.key in names)


def _content_types(value: bytes) -> Iterator[tuple[Kind, bytes]]:
    label = CHARSET_LABEL.search(value)
    for name in CHARSETS if label else ():
        assert label is not None
        for spelled in (name, name.upper()):
            octets = value[: label.start(2)] + spelled.encode() + value[label.end(2) :]
            yield Kind.CHARSET, octets
    yield Kind.FIELD_REWRITTEN, _FLOWED.sub(b"", value)
    yield Kind.FIELD_REWRITTEN, value + b"; format=flowed"
    yield Kind.FIELD_REWRITTEN, _PARAMETER.sub(lambda one: b'="' + (one[1] or one[2]) + b'"', value)
    yield Kind.FIELD_REWRITTEN, _PARAMETER.sub(lambda one: b"=" + (one[1] or one[2]), value)


def _author_and_reply(
    covered: Sequence[tuple[int, Header]], headers: Sequence[Header], signer: Signer
) -> Iterator[Edit]:
    """Mailing lists that put themselves into From put the author into Reply-To or Cc."""
    own = [(at, one) for at, one in covered if one.key == "from"]
    moved = [(at, one) for at, one in covered if one.key in ("reply-to", "cc")]
    for (at, one), (other, field) in ((a, b) for a in own for b in moved):
        for edit in _field_edits(at, one, headers, signer):
            gone = removing(other, field.raw)
            yield Edit((*edit.changes, *gone.changes), {**edit.replaced, **gone.replaced})


def _absent(
    signed: Sequence[Header], headers: Sequence[Header], coverage: Coverage
) -> Iterator[Edit]:
    """Fields that h= names more often than they are there."""
    present = [one.key for one in signed]
    spelled = {"mime-version": "MIME-Version"}
    for name in dict.fromkeys(coverage.fields):
        if present.count(name) >= coverage.fields.count(name):
            continue
        shown = spelled.get(name, name.title()).encode()
        values = [*_copies(name, headers), *_ABSENT.get(name, ())]
        if name in ("reply-to", "sender"):
            values += [one.value for one in headers if one.key == "from"]
        for value in dict.fromkeys(values):
            yield adding(shown + b": " + value + b"\r\n")
