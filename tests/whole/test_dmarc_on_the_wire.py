"""DMARC through the real listener: SPF × DKIM × alignment × policy, and what DNS trouble does.

The expected reply of each row is computed here from the rule of RFC 9989 §5.4 alone: one aligned
pass suffices, else the policy decides.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.server import Server, serving
from tests.stores import store_for
from tests.wire import Wire

POLICIES = ("none", "quarantine", "reject")
SPF = ("pass", "fail", "none")
DKIM = ("pass", "fail", "none")
ALIGNMENT = ("aligned", "other")
ROWS = list(product(SPF, DKIM, ALIGNMENT, POLICIES))

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
SPF_RECORDS = {
    "pass": '  - TXT: "v=spf1 ip4:127.0.0.1 -all"',
    "fail": '  - TXT: "v=spf1 -all"',
    "none": "  - A: 192.0.2.1",
    "timeout": "  - TXT: TIMEOUT",
}


def key_record() -> str:
    from base64 import b64encode

    public = KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return "v=DKIM1; p=" + b64encode(public).decode()


def zones() -> str:
    """For each policy an author domain author-POLICY.test; for each SPF result a sending domain
    within it (aligned) and one of its own (other)."""
    lines = ["reply.test:", "  - A: 127.0.0.1"]
    for policy in POLICIES:
        author = f"author-{policy}.test"
        lines += [f"_dmarc.{author}:", f'  - TXT: "v=DMARC1; p={policy}"']
        for base in (author, f"other-{policy}.test"):
            lines += [f"s._domainkey.{base}:", f'  - TXT: "{key_record()}"']
            for word, record in SPF_RECORDS.items():
                lines += [f"spf-{word}.{base}:", record]
    lines += ["_dmarc.slow.test:", "  - TXT: TIMEOUT", "s._domainkey.slow.test:",
              "  - TXT: TIMEOUT"]  # fmt: skip
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("dmarc")
    path: Path = folder / "zones.yaml"
    path.write_text(zones())
    store_for(folder / "data", {"reply.test": "all"})
    with serving(folder, zones=path) as running:
        yield running


def sign(content: bytes, domain: str) -> bytes:
    signature: bytes = dkim.sign(content, b"s", domain.encode(), PEM)
    return signature + content


def message(author: str, signature: str, signer: str, note: str) -> bytes:
    content = f"From: A <a@{author}>\r\nSubject: {note}\r\n\r\nhello\r\n".encode()
    if signature == "pass":
        return sign(content, signer)
    if signature == "fail":
        return sign(content, signer).replace(b"hello", b"hallo")
    return content


def deliver(server: Server, mail_from: str, content: bytes, rcpt: str = "sales@reply.test") -> str:
    with Wire(server.smtp_port) as wire:
        wire.say("EHLO client.example")
        return " ".join(
            line[4:] if number else line
            for number, line in enumerate(wire.deliver(mail_from, rcpt, content).splitlines())
        )


@pytest.mark.parametrize(("spf", "dkim_word", "alignment", "policy"), ROWS)
def test_the_reply_follows_dmarc(
    server: Server, spf: str, dkim_word: str, alignment: str, policy: str
) -> None:
    author = f"author-{policy}.test"
    base = author if alignment == "aligned" else f"other-{policy}.test"
    note = f"{spf} {dkim_word} {alignment} {policy}"
    reply = deliver(server, f"a@spf-{spf}.{base}", message(author, dkim_word, base, note))
    passes = alignment == "aligned" and "pass" in (spf, dkim_word)
    identifier = reply[-27:-1]
    if passes or policy == "none":
        assert reply.startswith("250 2.0.0 "), reply
        held = False
    elif policy == "quarantine":
        assert reply.startswith("250 2.0.0 "), reply
        held = True
    else:
        assert reply == (
            f"550 5.7.26 Unauthenticated email from {author} is not accepted due to domain's "
            f"DMARC policy. Please contact the administrator of {author} domain. [{identifier}]"
        )
        with server.api() as api:
            assert api.get(f"/messages/{identifier}").status_code == 404
            assert api.get(f"/transactions/{identifier}").json()["outcome"] == "refused"
        return
    with server.api() as api:
        assert api.get(f"/messages/{identifier}").json()["held"] is held


@pytest.mark.parametrize("policy", POLICIES)
def test_an_aligned_signature_needs_no_answer_about_spf(server: Server, policy: str) -> None:
    author = f"author-{policy}.test"
    content = message(author, "pass", author, f"signed, spf times out {policy}")
    reply = deliver(server, f"a@spf-timeout.{author}", content)
    assert reply.startswith("250 2.0.0 ")


@pytest.mark.parametrize(("policy", "code"), [("none", "250 2."), ("quarantine", "451 4."),
                                              ("reject", "451 4.")])  # fmt: skip
def test_an_spf_time_out_defers_only_where_it_could_change_the_action(
    server: Server, policy: str, code: str
) -> None:
    author = f"author-{policy}.test"
    content = message(author, "none", author, f"unsigned, spf times out {policy}")
    assert deliver(server, f"a@spf-timeout.{author}", content).startswith(code)


def test_a_policy_that_cannot_be_fetched_defers(server: Server) -> None:
    content = b"From: a@slow.test\r\nSubject: slow\r\n\r\nhello\r\n"
    reply = deliver(server, "a@spf-fail.other-none.test", content)
    assert reply.startswith("451 4.")


def test_mail_to_postmaster_is_held_instead_of_refused(server: Server) -> None:
    content = message("author-reject.test", "none", "", "for postmaster")
    reply = deliver(server, "a@spf-fail.other-reject.test", content, rcpt="postmaster@reply.test")
    assert reply.startswith("250 2.0.0 ")
    with server.api() as api:
        assert api.get(f"/messages/{reply[-27:-1]}").json()["held"] is True
