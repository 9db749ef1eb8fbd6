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

from mail.reason import Reason, ReasonedError, because
from mail.reason import ReasonCode as Code
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
    cause: Reason


_REVOKED = UnusableRecord(DkimWord.PERMERROR, because(Code.KEY_REVOKED))


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
        raise SignatureProblem(worst.word, worst.cause)
    fitting = tuple(key for key in keys if key.type.value == algorithm.key_type)
    if not fitting:
        raise permanent(Code.KEY_ALGORITHM, algorithm.value, keys[0].type.value)
    return fitting


def _records(answer: Answer) -> tuple[bytes, ...]:
    if answer.failed:
        code = Code.KEY_TIMEOUT if answer.status is Status.TIMEOUT else Code.KEY_SERVFAIL
        raise SignatureProblem(DkimWord.TEMPERROR, because(code, answer.name))
    if not answer.texts:
        raise permanent(Code.KEY_MISSING, answer.name)
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
        return UnusableRecord(problem.word, problem.cause)


def _tags(record: bytes) -> TagList:
    if len(record) > TEXT_LIMIT:
        raise permanent(Code.KEY_TOO_LONG, TEXT_LIMIT)
    try:
        tags = parse_tags(record)
    except ReasonedError as error:
        raise permanent(Code.KEY_UNREADABLE, error.reason) from error
    if b"p" not in tags:
        raise permanent(Code.KEY_NO_P)
    return tags


def _check_version(tags: TagList) -> None:
    """v= must be DKIM1 and come first, if it is there at all."""
    if b"v" in tags and (tags[b"v"] != b"DKIM1" or next(iter(tags)) != b"v"):
        raise permanent(Code.KEY_VERSION)


def _check_uses(tags: TagList) -> None:
    if b"sha256" not in split_list(tags.get(b"h", b"sha256")):
        raise permanent(Code.KEY_HASH)
    if not {b"*", b"email"} & set(split_list(tags.get(b"s", b"*"))):
        raise permanent(Code.KEY_SERVICE)


def _public_key(tags: TagList) -> PublicKey:
    try:
        key_type = KeyType(tags.get(b"k", b"rsa").decode("ascii", "replace"))
    except ValueError:
        raise permanent(Code.KEY_TYPE) from None
    try:
        octets = decode_base64(tags[b"p"])
    except ValueError as error:
        raise permanent(Code.KEY_NOT_BASE64) from error
    flags = split_list(tags.get(b"t", b""))
    key = _rsa_key(octets) if key_type is KeyType.RSA else _ed25519_key(octets)
    bits = key.key_size if isinstance(key, RSAPublicKey) else 256
    return PublicKey(key_type, bits, b"s" in flags, b"y" in flags, key)


def _rsa_key(octets: bytes) -> RSAPublicKey:
    """A SubjectPublicKeyInfo, or the bare RSAPublicKey that RFC 6376 §3.6.1 speaks of."""
    try:
        key = load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise permanent(Code.KEY_NOT_RSA) from error
    if not isinstance(key, RSAPublicKey):
        raise permanent(Code.KEY_NOT_RSA)
    if key.key_size not in RSA_BITS:
        bits = because(Code.KEY_BITS, key.key_size, RSA_BITS[0], RSA_BITS[-1])
        raise SignatureProblem(DkimWord.POLICY, bits)
    exponent = key.public_numbers().e
    if exponent % 2 == 0 or not 3 <= exponent < MAX_EXPONENT:
        raise SignatureProblem(DkimWord.POLICY, because(Code.KEY_EXPONENT))
    return key


def _ed25519_key(octets: bytes) -> Ed25519PublicKey:
    """RFC 8463 §4.2: the 32 octets themselves."""
    try:
        return Ed25519PublicKey.from_public_bytes(octets)
    except ValueError as error:
        raise permanent(Code.KEY_NOT_ED25519) from error
