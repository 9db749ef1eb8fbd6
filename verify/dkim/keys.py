"""Public keys as domains publish them: TXT records below `_domainkey` (RFC 6376 §3.6).

A record says what its key may be used for, and that is enforced here: hash algorithms (h=), key
type (k=), service (s=), flags (t=), and the sizes that RFC 8301 §3.2 allows. Reading a key is
pure and depends on the record alone, so the last ones are remembered.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mail.report import DkimWord
from verify.answer import TEXT_LIMIT
from verify.dkim.parse import Algorithm, SignatureProblem, permanent
from verify.dkim.tags import TagList, decode_base64, parse_tags, split_list
from verify.resolver import Answer, Status

RECORDS_TRIED = 4
"""Several keys under one name are undefined (RFC 6376 §3.6.2.2); so many of them are tried."""

RSA_BITS = range(1024, 4097)
"""RFC 8301 §3.2: at least 1024, and larger than 4096 need not be verified."""

MAX_EXPONENT = 2**32
"""Real exponents are 3 to 65537. An exponent as long as the modulus makes one verification
take seconds or minutes, and any stranger can publish one."""

_PADDING = PKCS1v15()
_HASH = Prehashed(SHA256())


class KeyType(StrEnum):
    """k= of a key record (RFC 6376 §3.6.1, RFC 8463 §4)."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key and its conditions: `strict` is t=s (i= must be d= itself), `testing` is t=y."""

    type: KeyType
    bits: int
    strict: bool
    testing: bool
    key: RSAPublicKey | Ed25519PublicKey

    def verifies(self, signature: bytes, digest: bytes) -> bool:
        """Whether `signature` was made over the SHA-256 `digest` with the private key of this."""
        try:
            if isinstance(self.key, RSAPublicKey):
                self.key.verify(signature, digest, _PADDING, _HASH)
            else:
                self.key.verify(signature, digest)  # RFC 8463 §3: PureEdDSA of the hash
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class UnusableRecord:
    """Why a TXT record gives no key; a value, so that it can be remembered like a key."""

    word: DkimWord
    reason: str


_REVOKED = UnusableRecord(DkimWord.PERMERROR, "the key was revoked by its owner (p= is empty)")


def usable_keys(answer: Answer, algorithm: Algorithm) -> tuple[PublicKey, ...]:
    """The keys in a DNS answer that may have made a signature with `algorithm`, never none.

    Raises SignatureProblem with the most telling reason (RFC 6376 §6.1.2). A record that revokes
    the key counts even beside others: its owner has said that signatures are not to be believed.
    """
    found = [read_record(record) for record in _records(answer)]
    unusable = [one for one in found if isinstance(one, UnusableRecord)]
    keys = tuple(one for one in found if isinstance(one, PublicKey))
    if _REVOKED in unusable or not keys:
        worst = _REVOKED if _REVOKED in unusable else unusable[0]
        raise SignatureProblem(worst.word, worst.reason)
    fitting = tuple(key for key in keys if key.type.value == algorithm.key_type)
    if not fitting:
        raise permanent(f"a={algorithm} does not go with the key, which is {keys[0].type}")
    return fitting


def _records(answer: Answer) -> tuple[bytes, ...]:
    if answer.failed:
        why = "no answer in time" if answer.status is Status.TIMEOUT else "its DNS fails"
        reason = f"the key at {answer.name} could not be fetched now ({why})"
        raise SignatureProblem(DkimWord.TEMPERROR, reason)
    if not answer.texts:
        raise permanent(f"no key: there is no TXT record at {answer.name}")
    return answer.texts[:RECORDS_TRIED]


@lru_cache(maxsize=512)
def read_record(record: bytes) -> PublicKey | UnusableRecord:
    """The key in one TXT record, its strings joined, or why there is none."""
    try:
        tags = _tags(record)
        _check_version(tags)
        _check_uses(tags)
        return _public_key(tags) if tags[b"p"] else _REVOKED
    except SignatureProblem as problem:
        return UnusableRecord(problem.word, problem.reason)


def _tags(record: bytes) -> TagList:
    if len(record) > TEXT_LIMIT:
        raise permanent(f"the key record is longer than {TEXT_LIMIT} octets")
    try:
        tags = parse_tags(record)
    except ValueError as error:
        raise permanent(f"the key record cannot be read: {error}") from error
    if b"p" not in tags:
        raise permanent("the key record has no p= tag")
    return tags


def _check_version(tags: TagList) -> None:
    """v= must be DKIM1 and come first, if it is there at all."""
    if b"v" in tags and (tags[b"v"] != b"DKIM1" or next(iter(tags)) != b"v"):
        raise permanent("the key record does not begin with v=DKIM1")


def _check_uses(tags: TagList) -> None:
    if b"sha256" not in split_list(tags.get(b"h", b"sha256")):
        raise permanent("the key may not be used with SHA-256 (h= of the key record)")
    if not {b"*", b"email"} & set(split_list(tags.get(b"s", b"*"))):
        raise permanent("the key is not meant for email (s= of the key record)")


def _public_key(tags: TagList) -> PublicKey:
    try:
        key_type = KeyType(tags.get(b"k", b"rsa").decode("ascii", "replace"))
    except ValueError:
        raise permanent("the key is of an unknown type (k= of the key record)") from None
    try:
        octets = decode_base64(tags[b"p"])
    except ValueError as error:
        raise permanent(f"p= of the key record is {error}") from error
    flags = split_list(tags.get(b"t", b""))
    key = _rsa_key(octets) if key_type is KeyType.RSA else _ed25519_key(octets)
    bits = key.key_size if isinstance(key, RSAPublicKey) else 256
    return PublicKey(key_type, bits, b"s" in flags, b"y" in flags, key)


def _rsa_key(octets: bytes) -> RSAPublicKey:
    """A SubjectPublicKeyInfo, or the bare RSAPublicKey that RFC 6376 §3.6.1 speaks of."""
    try:
        key = load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise permanent("p= of the key record is not an RSA key") from error
    if not isinstance(key, RSAPublicKey):
        raise permanent("p= of the key record is not an RSA key")
    if key.key_size not in RSA_BITS:
        size = f"{key.key_size} bits; {RSA_BITS[0]} to {RSA_BITS[-1]} are accepted (RFC 8301)"
        raise SignatureProblem(DkimWord.POLICY, f"the key has {size}")
    exponent = key.public_numbers().e
    if exponent % 2 == 0 or not 3 <= exponent < MAX_EXPONENT:
        raise SignatureProblem(DkimWord.POLICY, "the key's exponent is not a small odd number")
    return key


def _ed25519_key(octets: bytes) -> Ed25519PublicKey:
    """RFC 8463 §4.2: the 32 octets themselves."""
    try:
        return Ed25519PublicKey.from_public_bytes(octets)
    except ValueError as error:
        raise permanent("p= of the key record is not an Ed25519 key of 32 octets") from error
