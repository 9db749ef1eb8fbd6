"""What we write about a message must read back as what we found, whatever strangers put in.

The reader is authres, which knows nothing of our writer.
"""

from dataclasses import replace

import pytest
from authres import AuthenticationResultsHeader
from hypothesis import given
from hypothesis import strategies as st

from mail.address import Address, Domain, parse_address
from mail.envelope import Client, Envelope
from mail.message import parse_message
from mail.raw import RawMessage
from mail.report import (
    ArcResult,
    ArcWord,
    AuthReport,
    DkimResult,
    DkimWord,
    DmarcPolicy,
    DmarcResult,
    DmarcWord,
    IprevResult,
    IprevWord,
    SpfResult,
    SpfWord,
)
from mail.verdict import Override
from tests.bounce_rules.made import envelope
from verify.results import authentication_results, forged_results

OURS = "mx.reply.example"
SPF = SpfResult(SpfWord.PASS, "example.com", "mailfrom", "matches")
DKIM = DkimResult(
    DkimWord.PASS, "example.com", "s1", "rsa-sha256", "fine", "@example.com", signature="aBc+/9=="
)
DMARC = DmarcResult(
    DmarcWord.PASS, "example.com", "example.com", DmarcPolicy.REJECT, ("spf",), "fine", "v=DMARC1"
)
ARC = ArcResult(ArcWord.NONE, "no chain")
IPREV = IprevResult(IprevWord.PASS, "mx.example.com")
REPORT = AuthReport(SPF, (DKIM,), ARC, DMARC, IPREV)

Read = list[tuple[str, str, dict[str, str]]]


def read(value: str) -> Read:
    """What authres finds: method, result and properties of each."""
    header = AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
    assert header.authserv_id == OURS
    return [
        (one.method, one.result, {f"{p.type}.{p.name}": p.value for p in one.properties})
        for one in header.results
    ]


def written(report: AuthReport = REPORT, transaction: Envelope | None = None) -> str:
    return authentication_results(report, transaction or envelope(), OURS)


def test_a_plain_report_as_it_stands() -> None:
    assert written() == (
        "mx.reply.example; spf=pass smtp.mailfrom=li@example.com; dkim=pass header.d=example.com "
        'header.s=s1 header.i=@example.com header.a=rsa-sha256 header.b="aBc+/9=="; arc=none; '
        "dmarc=pass header.from=example.com policy.dmarc=reject; "
        "iprev=pass policy.iprev=192.0.2.1"
    )


def test_every_method_reads_back_as_it_was_found() -> None:
    assert read(written()) == [
        ("spf", "pass", {"smtp.mailfrom": "li@example.com"}),
        (
            "dkim",
            "pass",
            {
                "header.d": "example.com",
                "header.s": "s1",
                "header.i": "@example.com",
                "header.a": "rsa-sha256",
                "header.b": "aBc+/9==",
            },
        ),
        ("arc", "none", {}),
        ("dmarc", "pass", {"header.from": "example.com", "policy.dmarc": "reject"}),
        ("iprev", "pass", {"policy.iprev": "192.0.2.1"}),
    ]


def test_every_signature_is_there_in_order() -> None:
    many = tuple(
        replace(DKIM, domain=f"d{n}.example", result=word) for n, word in enumerate(DkimWord)
    )
    found = [
        (word, named)
        for method, word, named in read(written(replace(REPORT, dkim=many)))
        if method == "dkim"
    ]
    assert [word for word, _ in found] == [one.result.value for one in many]
    assert [named.get("header.d") for _, named in found[:3]] == [
        "d0.example",
        "d1.example",
        "d2.example",
    ]


def test_an_unsigned_message_says_so() -> None:
    assert "; dkim=none; " in written(replace(REPORT, dkim=()))


def test_the_null_sender_is_checked_by_its_helo() -> None:
    spf = replace(SPF, identity="helo", domain="mx.example.com")
    value = written(replace(REPORT, spf=spf), envelope(mail_from=""))
    assert read(value)[0] == ("spf", "pass", {"smtp.helo": "mx.example.com"})


@pytest.mark.parametrize("word", list(SpfWord))
def test_every_spf_word_is_written(word: SpfWord) -> None:
    assert read(written(replace(REPORT, spf=replace(SPF, result=word))))[0][1] == word.value


@pytest.mark.parametrize("word", list(DmarcWord))
def test_every_dmarc_word_is_written(word: DmarcWord) -> None:
    assert read(written(replace(REPORT, dmarc=replace(DMARC, result=word))))[3][1] == word.value


def test_a_policy_is_written_only_where_there_is_a_record() -> None:
    dmarc = replace(DMARC, result=DmarcWord.NONE, record="", policy=DmarcPolicy.NONE)
    assert read(written(replace(REPORT, dmarc=dmarc)))[3][2] == {"header.from": "example.com"}


def test_a_message_without_an_author_names_none() -> None:
    dmarc = replace(DMARC, result=DmarcWord.PERMERROR, domain="", record="")
    assert "; dmarc=permerror; " in written(replace(REPORT, dmarc=dmarc))


def test_a_chain_names_the_client_that_brought_it() -> None:
    arc = ArcResult(ArcWord.PASS, "one set", ("fwd.example",))
    assert read(written(replace(REPORT, arc=arc)))[2] == (
        "arc",
        "pass",
        {"smtp.remote-ip": "192.0.2.1"},
    )


def test_an_ipv6_client_is_quoted() -> None:
    import ipaddress

    client = Client(ipaddress.ip_address("2001:db8::1"), helo="mx.example.com")
    value = written(REPORT, replace(envelope(), client=client))
    assert value.endswith('policy.iprev="2001:db8::1"')
    assert read(value)[-1][2] == {"policy.iprev": "2001:db8::1"}


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("bounce+li=example.org@example.com", "bounce+li=example.org@example.com"),
        ("a!b#c$d%e@example.com", "a!b#c$d%e@example.com"),
        ('"li wei"@example.com', "example.com"),
        ('"x; dkim=pass header.d=bank.example"@example.com', "example.com"),
        ('"x@y\\" (z)"@example.com', "example.com"),
        ("李伟@example.com", "example.com"),
        ("l" * 400 + "@example.com", "example.com"),
    ],
)
def test_senders_are_written_whole_or_as_their_domain(sender: str, expected: str) -> None:
    value = written(REPORT, replace(envelope(), mail_from=parse_address(sender)))
    assert read(value)[0][2] == {"smtp.mailfrom": expected}
    assert "bank.example" not in value


# What a stranger can choose: each is tried in every place.
HOSTILE = [
    "u@example.org; dkim=pass header.d=bank.example",
    "x\r\nAuthentication-Results: mx.reply.example; dmarc=pass header.from=bank.example",
    "x dmarc=pass",
    "x (comment",
    'x"; dmarc=pass header.from=bank.example; x="',
    "x\\",
    "x\x00y",
    "bank.example\u2028",
    "ü.example",
    "a" * 5000,
    "=?utf-8?q?x?=",
    "",
    ";",
    "@",
    "..",
]


def hostile_report(text: str) -> tuple[AuthReport, Envelope]:
    dkim = DkimResult(DkimWord.FAIL, text, text, text, text, text, text, signature=text)
    report = AuthReport(
        SpfResult(SpfWord.FAIL, text, "helo", text, text),
        (dkim, replace(dkim, domain="example.com", identity=f"{text}@example.com")),
        ArcResult(ArcWord.FAIL, text, (text,), True, ((text, text, text),)),
        DmarcResult(DmarcWord.FAIL, text, text, DmarcPolicy.REJECT, (text,), text, text),
        IprevResult(IprevWord.FAIL, text, text),
    )
    client = replace(envelope().client, helo=text)
    sender = Address(text, Domain(text))
    return report, replace(envelope(), client=client, mail_from=sender)


def assert_harmless(text: str) -> None:
    report, transaction = hostile_report(text)
    for spf in (report.spf, replace(report.spf, identity="mailfrom")):
        value = written(replace(report, spf=spf), transaction)
        assert value.isascii() and value.isprintable()
        methods = [(method, word) for method, word, _ in read(value)]
        assert methods == [
            *(("spf", "fail"), ("dkim", "fail"), ("dkim", "fail")),
            *(("arc", "fail"), ("dmarc", "fail"), ("iprev", "fail")),
        ]


@pytest.mark.parametrize("text", HOSTILE)
def test_strangers_words_never_become_results(text: str) -> None:
    assert_harmless(text)


@given(st.text(st.sampled_from(';="\\()@ \t\r\n\x00.,:<>/[]?aspf dkim pass header.d'), max_size=40))
def test_no_words_of_strangers_become_results(text: str) -> None:
    assert_harmless(text)


@pytest.mark.parametrize(
    ("value", "ours"),
    [
        ("mx.reply.example; spf=pass", True),
        ("MX.Reply.EXAMPLE; spf=pass", True),
        ("mx.reply.example.; spf=pass", True),
        ("mx.reply.example 1; spf=pass", True),
        ("mx.reply.example/1; spf=pass", False),
        ("mx.reply.example", True),
        ("mx.reply.example;", True),
        ("mx.reply.example (a comment); none", True),
        ("(a comment) mx.reply.example; spf=pass", True),
        ("(a (nested \\) comment)) mx.reply.example; spf=pass", True),
        ('"mx.reply.example"; spf=pass', True),
        ('"mx.reply.exam\\ple"; spf=pass', True),
        ("\r\n mx.reply.example;\r\n spf=pass", True),
        (" \t mx.reply.example ; spf=pass", True),
        ("\x00mx.reply.example; spf=pass", True),
        ("(never closed mx.reply.example; spf=pass", True),
        ('"never closed mx.reply.example; spf=pass', True),
        ("mx.other.example; spf=pass", False),
        ("mx.reply.example.evil.example; spf=pass", False),
        ("xmx.reply.example; spf=pass", False),
        ("mx.other.example; spf=pass (mx.reply.example)", False),
        ("(mx.reply.example) mx.other.example; spf=pass", False),
        ("", False),
        ("; spf=pass", False),
    ],
)
def test_fields_in_our_name_are_found(value: str, ours: bool) -> None:
    header = f"From: li@example.com\r\nAuthentication-Results: {value}\r\n\r\n".encode()
    message = parse_message(RawMessage.in_memory(header))
    assert forged_results(message, OURS) == ((1,) if ours else ())


def test_fields_in_our_name_are_found_wherever_they_stand() -> None:
    header = (
        b"authentication-results : mx.reply.example; dmarc=pass\r\n"
        b"From: li@example.com\r\n"
        b"ARC-Authentication-Results: i=1; mx.reply.example; dmarc=pass\r\n"
        b"AUTHENTICATION-RESULTS:mx.reply.example; dmarc=pass\r\n"
        b"Authentication-Results: mx.other.example; dmarc=pass\r\n\r\n"
    )
    assert forged_results(parse_message(RawMessage.in_memory(header)), OURS) == (0, 3)


def test_what_we_write_is_found_as_ours() -> None:
    header = f"From: x@y.example\r\nAuthentication-Results: {written()}\r\n\r\n".encode()
    assert forged_results(parse_message(RawMessage.in_memory(header)), OURS) == (1,)


@pytest.mark.parametrize("override", Override)
def test_what_overrode_the_policy_is_told(override: Override) -> None:
    value = authentication_results(REPORT, envelope(), OURS, override)
    (dmarc,) = [part for part in value.split("; ") if part.startswith("dmarc=")]
    assert dmarc.endswith(f" policy.override={override.value}")
    assert "policy.override" not in written()
