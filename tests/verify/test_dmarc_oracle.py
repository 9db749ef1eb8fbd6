"""Our DMARC beside authheaders, where that library and both RFCs agree.

It follows RFC 7489 with a public suffix list, so results are the same where the record is the
author domain's or its organisation's. It applies sp to the organisation itself, so no record
here has one; it reads one signature; and every case costs it a reading of the whole list, so
there are few.
"""

from typing import Any

import pytest
from authheaders import check_dmarc as oracle
from authres import DKIMAuthenticationResult, SPFAuthenticationResult

from mail.address import parse_domain
from mail.report import AuthorWord, DkimResult, DkimWord, SpfResult, SpfWord
from verify.dmarc.author import Author
from verify.dmarc.check import check_dmarc
from verify.zones import ZoneResolver

RECORDS = {
    "example.com": "v=DMARC1; p=reject",
    "strict.org": "v=DMARC1; p=quarantine; aspf=s; adkim=s",
}
CASES = [
    ("example.com", "example.com", ""),
    ("example.com", "bounce.example.com", ""),
    ("mail.example.com", "esp.net", "example.com"),
    ("mail.example.com", "esp.net", "esp.net"),
    ("strict.org", "strict.org", ""),
    ("strict.org", "bounce.strict.org", "mail.strict.org"),
    ("strict.org", "bounce.strict.org", "strict.org"),
    ("norecord.net", "norecord.net", ""),
]


def lookup(name: str, *_: Any) -> str:
    return RECORDS.get(str(name).removeprefix("_dmarc.").removesuffix("."), "")


@pytest.mark.parametrize(("author", "spf", "dkim"), CASES)
async def test_authheaders_agrees(author: str, spf: str, dkim: str) -> None:
    message = f"From: Li <li@{author}>\r\n\r\nhello\r\n".encode()
    theirs = oracle(
        message,
        spf_result=SPFAuthenticationResult(result="pass", smtp_mailfrom=f"b@{spf}"),
        dkim_result=DKIMAuthenticationResult(result="pass", header_d=dkim) if dkim else None,
        dnsfunc=lookup,
    )
    zone = {f"_dmarc.{name}": [{"TXT": text}] for name, text in RECORDS.items()}
    ours = await check_dmarc(
        Author(AuthorWord.ONE, parse_domain(author)),
        SpfResult(SpfWord.PASS, spf, "mailfrom", "x"),
        (DkimResult(DkimWord.PASS, dkim, "s", "rsa-sha256", "x"),) if dkim else (),
        ZoneResolver.from_mapping({**zone, author: [{"A": "192.0.2.1"}]}),
    )
    assert ours.result == theirs.result
    if theirs.result != "none":
        assert ours.policy == theirs.policy
