"""A signer for tests that signs whatever it is told to, also what no honest signer would.

It shares no code with the verifier. Bodies are brought into canonical form by dkimpy, fields by a
plain reading of RFC 6376 §3.4.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from dkim.canonicalization import CanonicalizationPolicy

PrivateKey = RSAPrivateKey | Ed25519PrivateKey


@cache
def private_key(name: str) -> PrivateKey:
    """`rsa`, `rsa1024` or `ed25519`; the same one during a test run."""
    if name == "ed25519":
        return Ed25519PrivateKey.generate()
    return generate_private_key(65537, 1024 if name == "rsa1024" else 2048)


def private_pem(name: str) -> bytes:
    """An RSA key as dkimpy wants it."""
    key = private_key(name)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def public_base64(name: str) -> str:
    """The p= of that key."""
    public = private_key(name).public_key()
    if name == "ed25519":
        octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    else:
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(octets).decode("ascii")


def pkcs1_base64(name: str) -> str:
    """The p= of an RSA key without SubjectPublicKeyInfo around it."""
    public = private_key(name).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.PKCS1)).decode("ascii")


def split(message: bytes) -> tuple[list[bytes], bytes]:
    """The fields of a message, each with its line end, and its body."""
    head, _, body = message.partition(b"\r\n\r\n")
    return re.findall(rb"[^\r\n].*?\r\n(?![ \t])", head + b"\r\n", re.DOTALL), body


def canonical_field(raw: bytes, form: str) -> bytes:
    if form == "simple":
        return raw
    name, _, value = raw.partition(b":")
    unfolded = value.replace(b"\r\n", b"")
    return (
        name.strip(b" \t").lower() + b":" + re.sub(rb"[ \t]+", b" ", unfolded).strip(b" ") + b"\r\n"
    )


def canonical_body(body: bytes, form: str) -> bytes:
    policy = CanonicalizationPolicy.from_c_value(f"{form}/{form}".encode())
    canonical: bytes = policy.canonicalize_body(body)
    return canonical


def choose(fields: list[bytes], names: list[str]) -> list[bytes]:
    """The fields for h=: each name takes the lowest field that it has not taken yet."""
    left = list(fields)
    chosen = []
    for name in names:
        for field in reversed(left):
            if field.partition(b":")[0].strip(b" \t").lower() == name.encode():
                chosen.append(field)
                left.remove(field)
                break
    return chosen


def sign_digest(key: PrivateKey, digest: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(digest)
    return key.sign(digest, PKCS1v15(), Prehashed(SHA256()))


def folded(text: str) -> str:
    return "\r\n\t ".join(text[i : i + 20] for i in range(0, len(text), 20))


def sign(
    message: bytes,
    tags: Mapping[str, str | None],
    key: PrivateKey,
    *,
    name: str = "DKIM-Signature:",
    between: str = "; ",
    end: str = "",
    default_form: str = "simple/simple",
) -> bytes:
    """`tags` as a signature field with its line end; bh= and b= may be `auto` and `folded`."""
    fields, body = split(message)
    header_form, _, body_form = (tags.get("c") or default_form).partition("/")
    filled = {tag: value for tag, value in tags.items() if value is not None}
    covered = _covered_body(body, body_form or "simple", filled)
    if filled.get("bh") in ("auto", "folded"):
        digest = base64.b64encode(hashlib.sha256(covered).digest()).decode("ascii")
        filled["bh"] = folded(digest) if filled["bh"] == "folded" else digest
    names = [part.strip().lower() for part in filled.get("h", "").split(":")]
    unsigned = _render({**filled, "b": ""} if "b" in filled else filled, name, "", between, end)
    known = header_form if header_form in ("simple", "relaxed") else "relaxed"
    hashed = b"".join(canonical_field(one, known) for one in choose(fields, names))
    # White space around the value of b= is no part of what is signed.
    own = re.sub(rb"(;\s*b=)\s+(?=;|\r\n\Z|\Z)", rb"\1", unsigned)
    hashed += canonical_field(own, known).removesuffix(b"\r\n")
    value = _value(filled.get("b", ""), key, hashlib.sha256(hashed).digest())
    return _render(filled, name, value, between, end)


def _covered_body(body: bytes, form: str, filled: dict[str, str]) -> bytes:
    covered = canonical_body(body, form if form in ("simple", "relaxed") else "relaxed")
    if filled.get("l") == "auto":
        filled["l"] = str(len(covered))
    length = filled.get("l", "")
    return covered[: int(length)] if re.fullmatch(r"[0-9]+", length) else covered


def _value(wanted: str, key: PrivateKey, digest: bytes) -> str:
    if wanted == "other":
        digest = bytes(reversed(digest))
    signature = base64.b64encode(sign_digest(key, digest)).decode("ascii")
    if wanted == "short":
        return signature[:40]
    return folded(signature) if wanted == "folded" else signature


def _render(tags: Mapping[str, str], name: str, value: str, between: str, end: str) -> bytes:
    parts = [f"{tag}={value if tag == 'b' else text}" for tag, text in tags.items()]
    return octets(f"{name} {between.join(parts)}{end}\r\n")


def octets(text: str) -> bytes:
    """Latin-1 where it fits, else UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def rsa_base64(modulus: int, exponent: int) -> str:
    """The p= of an RSA key that no library would make."""
    inner = _der(0x30, _der_integer(modulus) + _der_integer(exponent))
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    return base64.b64encode(_der(0x30, algorithm + _der(0x03, b"\0" + inner))).decode("ascii")


def _der_integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
