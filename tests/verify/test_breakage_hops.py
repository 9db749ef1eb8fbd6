"""Which relay signed a message before it was changed, and which after."""

import base64
import hashlib

from mail.message import parse_message
from mail.raw import RawMessage
from tests.verify.forwards import FOOTER, signed, text
from tests.verify.signing import private_key, public_base64, sign
from verify.breakage.change import Hop, Proof
from verify.breakage.diagnose import diagnose
from verify.zones import ZoneResolver


def sealed(octets: bytes, instance: int, domain: str) -> bytes:
    """The message with one more ARC set; nobody looks at the value of its seal here."""
    tags: dict[str, str | None] = {
        "i": str(instance),
        "a": "rsa-sha256",
        "c": "relaxed/relaxed",
        "d": domain,
        "s": "arc",
        "h": "from:to:subject:dkim-signature",
        "bh": "auto",
        "b": "auto",
    }
    signature = sign(octets, tags, private_key("rsa"), name="ARC-Message-Signature:")
    validation = "none" if instance == 1 else "pass"
    value = base64.b64encode(hashlib.sha256(signature).digest()).decode()
    seal = (
        f"ARC-Seal: i={instance}; a=rsa-sha256; d={domain}; s=arc; cv={validation}; b={value}\r\n"
    )
    results = f"ARC-Authentication-Results: i={instance}; {domain}; dkim=pass\r\n"
    return seal.encode() + signature + results.encode() + octets


def zone() -> ZoneResolver:
    record = [{"TXT": f"v=DKIM1; p={public_base64('rsa')}"}]
    names = (
        "sel._domainkey.example.com",
        "arc._domainkey.one.example",
        "arc._domainkey.two.example",
    )
    return ZoneResolver.from_mapping(dict.fromkeys(names, record))


async def hop_of(octets: bytes) -> Hop | None:
    message = parse_message(RawMessage.in_memory(octets))
    (found,) = await diagnose(message, zone(), "example.com")
    assert found.proof is Proof.SIGNATURE
    return found.hop


async def test_a_change_lies_between_two_relays_that_signed() -> None:
    changed = sealed(signed(text()), 1, "one.example") + FOOTER
    assert await hop_of(sealed(changed, 2, "two.example")) == Hop(
        "one.example (i=1)", "two.example (i=2)"
    )


async def test_a_change_after_the_last_signature_was_nobodys() -> None:
    assert await hop_of(sealed(signed(text()), 1, "one.example") + FOOTER) == Hop(
        "one.example (i=1)", ""
    )


async def test_a_changed_subject_is_placed_too() -> None:
    tagged = sealed(signed(text()), 1, "one.example").replace(b"Subject: L", b"Subject: [x] L")
    assert await hop_of(sealed(tagged, 2, "two.example")) == Hop(
        "one.example (i=1)", "two.example (i=2)"
    )


async def test_without_a_chain_nothing_is_said() -> None:
    assert await hop_of(signed(text()) + FOOTER) is None
    assert await hop_of(b"ARC-Seal: rubbish\r\n" + signed(text()) + FOOTER) is None
