"""The key file: it seals the passwords of bound accounts, and signs our reply addresses.

The store alone gives neither away.

AES-256-GCM with a key from a file that only the server's user can read. What is sealed names its
key, so that keys can be changed while old seals still open, and it is bound to its account: a
sealed password copied into another account's row does not open there.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mail.errors import StoreProblem
from mail.reply_address import ReplyKey, key_name
from store.durable import make_folder, sync_folder

_KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 4
_VERSION = b"\x01"
_PAGE_PURPOSE = b"postern public pages"
_REPLY_PURPOSE = b"postern reply addresses"
_RECEIPT_PURPOSE = b"postern receipts of erasures"
_KEY_NAMES = 1024


class SecretBox:
    """Seals with the newest key of `keys_file`, opens with any of them.

    The file has a line `ID KEY` per key, in hex and base64, the newest last. It is made with a
    key when it is first needed, readable by its owner only. A key that is added to it is used at
    once, by all who run.
    """

    def __init__(self, keys_file: Path) -> None:
        self._file = keys_file
        self._read: tuple[_State, dict[bytes, bytes]] | None = None
        self._reply_keys: tuple[dict[bytes, bytes], tuple[ReplyKey, ...]] | None = None

    def reply_keys(self) -> tuple[ReplyKey, ...]:
        """The keys of our reply addresses, the newest last. Each is derived from a key of the
        file, so that a leaked one opens no password. Raises StoreProblem."""
        keys = self._keys
        if self._reply_keys is None or self._reply_keys[0] is not keys:
            derived = tuple(
                ReplyKey(key_name(identifier), hmac.digest(key, _REPLY_PURPOSE, hashlib.sha256))
                for identifier, key in keys.items()
            )
            self._reply_keys = keys, derived
        return self._reply_keys[1]

    @property
    def exists(self) -> bool:
        """Whether there is a key file already; sealing and signing make one."""
        return self._file.exists()

    def fingerprint(self) -> str:
        """Equal for equal key files, and says no key; "" where there is none yet."""
        if not self.exists:
            return ""
        identifiers = b"".join(sorted(self._keys))
        return hashlib.sha256(identifiers).hexdigest()[:16]

    def page_keys(self) -> tuple[bytes, ...]:
        """The keys of the public pages' addresses, the newest last. Raises StoreProblem."""
        return tuple(hmac.digest(key, _PAGE_PURPOSE, hashlib.sha256) for key in self._keys.values())

    def receipt_keys(self) -> dict[str, bytes]:
        """The keys of receipts by their names, the newest last. Raises StoreProblem."""
        return {
            identifier.hex(): hmac.digest(key, _RECEIPT_PURPOSE, hashlib.sha256)
            for identifier, key in self._keys.items()
        }

    def add_key(self) -> None:
        """From now on seal and sign with a new key; the old ones still open and read."""
        names = {key_name(identifier) for identifier in self._keys}
        identifier = secrets.token_bytes(_ID_BYTES)
        while key_name(identifier) in names and len(names) < _KEY_NAMES:
            identifier = secrets.token_bytes(_ID_BYTES)
        try:
            with self._file.open("a", encoding="ascii") as stream:
                stream.write(_new_line(identifier))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise StoreProblem(f"The key file {self._file} cannot be written: {error}") from error

    def seal(self, secret: str, account_id: str) -> bytes:
        """`secret`, unreadable without the key file. Raises StoreProblem."""
        identifier, key = list(self._keys.items())[-1]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, secret.encode(), account_id.encode())
        return _VERSION + identifier + nonce + sealed

    def open(self, sealed: bytes, account_id: str) -> str:
        """What was sealed for this account. Raises StoreProblem where the key is missing or the
        seal belongs to another account or was altered."""
        identifier = sealed[1 : 1 + _ID_BYTES]
        key = self._keys.get(identifier)
        if sealed[:1] != _VERSION or key is None:
            raise StoreProblem(
                f"The key {identifier.hex()} of a stored secret is not in {self._file}: bring "
                "that file back, or enter the account's passwords again"
            )
        nonce, rest = sealed[5 : 5 + _NONCE_BYTES], sealed[5 + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, rest, account_id.encode()).decode()
        except (InvalidTag, ValueError):
            raise StoreProblem(
                "A stored secret was altered or belongs to another account: enter the "
                "account's passwords again"
            ) from None

    @property
    def _keys(self) -> dict[bytes, bytes]:
        try:
            if not self._file.exists():
                _make_keys(self._file)
            state = _state(self._file)
            if self._read is not None and self._read[0] == state:
                return self._read[1]
            lines = self._file.read_text("ascii").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise StoreProblem(f"The key file {self._file} cannot be used: {error}") from error
        keys = dict(_key_of(line, self._file) for line in lines if line.strip())
        if not keys:
            raise StoreProblem(f"The key file {self._file} has no key: bring it back from a backup")
        self._read = state, keys
        return keys


_State = tuple[int, int, int]


def _state(file: Path) -> _State:
    """What changes when the file does."""
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _new_line(identifier: bytes) -> str:
    return f"{identifier.hex()} {base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}\n"


def _key_of(line: str, file: Path) -> tuple[bytes, bytes]:
    identifier, _, encoded = line.strip().partition(" ")
    try:
        pair = bytes.fromhex(identifier), base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        pair = b"", b""
    if len(pair[0]) != _ID_BYTES or len(pair[1]) != _KEY_BYTES:
        raise StoreProblem(f"The key file {file} has a line that is no key")
    return pair


def _make_keys(file: Path) -> None:
    """A new file with one key, whole or not at all; another process may be quicker."""
    make_folder(file.parent)
    line = _new_line(secrets.token_bytes(_ID_BYTES))
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(temporary, file)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    sync_folder(file.parent)  # what is sealed with a key that is lost is lost
