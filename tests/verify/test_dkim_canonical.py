"""Our canonical bodies against dkimpy's, on every short body and on random ones, cut anywhere."""

import hashlib
import itertools
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from dkim.canonicalization import CanonicalizationPolicy
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.dkim.canonical import BodyScope, CanonicalBody, Form, canonical_field, hash_body


def canonical(body: bytes, form: Form, cuts: Iterable[int] = ()) -> bytes:
    """`body` in canonical form, given in pieces that end at `cuts`."""
    edges = [0, *sorted(cuts), len(body)]
    machine = CanonicalBody(form)
    pieces = [p for a, b in itertools.pairwise(edges) for p in machine.update(body[a:b])]
    return b"".join([*pieces, *machine.finish()])


def reference(body: bytes, form: Form) -> bytes:
    policy = CanonicalizationPolicy.from_c_value(f"{form}/{form}".encode())
    result: bytes = policy.canonicalize_body(body)
    return result


@pytest.mark.parametrize("form", list(Form))
def test_every_short_body_equals_the_reference_with_a_cut_at_every_place(form: Form) -> None:
    for size in range(6):
        for octets in itertools.product(b"a \t\r\n", repeat=size):
            body = bytes(octets)
            expected = reference(body, form)
            assert canonical(body, form, range(1, size)) == expected, body
            for cut in range(size + 1):
                assert canonical(body, form, [cut]) == expected, (body, cut)


pieces = st.sampled_from(
    [b"\r\n", b"\r\n\r\n", b" ", b"\t ", b"\r", b"\n", b"word", b"\0", b"\xff"]
)


@settings(max_examples=400)
@given(st.lists(pieces, max_size=40).map(b"".join), st.data())
def test_random_bodies_equal_the_reference_wherever_they_are_cut(
    body: bytes, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=5))
    for form in Form:
        assert canonical(body, form, cuts) == reference(body, form)


@given(st.lists(pieces, max_size=30).map(b"".join), st.integers(0, 60), st.integers(1, 9))
def test_one_pass_gives_the_digests_of_all_scopes(body: bytes, length: int, size: int) -> None:
    scopes = [BodyScope(form, some) for form in Form for some in (None, length, 0)]
    digests = hash_body((body[i : i + size] for i in range(0, len(body), size)), scopes)
    for scope in scopes:
        whole = reference(body, scope.form)
        covered = whole if scope.length is None else whole[: scope.length]
        assert digests[scope].sha256 == hashlib.sha256(covered).digest()
        assert digests[scope].body_length == len(whole)


@pytest.mark.parametrize("unit", [b" ", b"\r\n", b"\t \r\n", b"\r", b" \r", b"\n"])
def test_a_hostile_body_of_many_megabytes_needs_little_memory(unit: bytes) -> None:
    block = (unit * 65536)[:65536]

    def blocks() -> Iterator[bytes]:
        yield b"start"
        for _ in range(160):
            yield block
        yield b"end"

    tracemalloc.start()
    hash_body(blocks(), [BodyScope(Form.RELAXED, None), BodyScope(Form.SIMPLE, 100)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("raw", "relaxed"),
    [
        (b"A: X\r\n", b"a:X\r\n"),
        (b"B : Y\t\r\n\tZ  \r\n", b"b:Y Z\r\n"),
        (b"C:\r\n", b"c:\r\n"),
        (b"D: a:b\r\n", b"d:a:b\r\n"),
        (b"E: no line end", b"e:no line end\r\n"),
    ],
)
def test_fields_in_both_forms(raw: bytes, relaxed: bytes) -> None:
    assert canonical_field(raw, Form.RELAXED) == relaxed
    assert canonical_field(raw, Form.SIMPLE) == raw.removesuffix(b"\r\n") + b"\r\n"


@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n ", b"x", b"Y"]), max_size=20).map(b"".join))
def test_fields_without_bare_line_ends_equal_the_reference(value: bytes) -> None:
    raw = b"Subject:" + value + b"\r\n"
    policy = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    [(name, expected)] = policy.canonicalize_headers([(b"Subject", value + b"\r\n")])
    assert canonical_field(raw, Form.RELAXED) == name + b":" + expected
