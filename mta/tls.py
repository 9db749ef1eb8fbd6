"""The certificate for TLS, read again when its files change.

A certificate that was renewed is used from the next handshake on, without a restart. One that
cannot be used then, such as a pair of which one file is not written yet, leaves the old one in
use; the log says so once, and it is tried again when the files have changed once more.
"""

import logging
import ssl
from pathlib import Path

from mail.envelope import Tls
from mail.errors import SettingsProblem

log = logging.getLogger("postern.mta")


class Certificate:
    """A certificate's files and the TLS context made of them."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        """Read both. Raises SettingsProblem if they cannot be used."""
        self._files = (certificate, key or certificate)
        try:
            self._seen = self._stamp()
            self._context = self._read()
        except (OSError, ssl.SSLError) as error:
            names = " with ".join(str(path) for path in dict.fromkeys(self._files))
            reason = f"smtp.tls_certificate: cannot use {names}: {_why(error)}"
            raise SettingsProblem(reason) from error

    def context(self) -> ssl.SSLContext:
        """The context for the next handshake."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._context = self._read()
                log.info("certificate event=renewed file=%s", self._files[0])
            except (OSError, ssl.SSLError) as error:
                log.warning("certificate event=unusable file=%s: %s", self._files[0], _why(error))
        return self._context

    def _stamp(self) -> tuple[tuple[int, int, int] | None, ...]:
        """What changes with the files; None for one that is not there."""
        return tuple(_stamp_of(path) for path in self._files)

    def _read(self) -> ssl.SSLContext:
        """RFC 8996: nothing older than TLS 1.2. Clients need no certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        # With an empty password OpenSSL asks nobody for one, which would stop the server.
        context.load_cert_chain(*self._files, password="")
        return context


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _why(error: OSError) -> str:
    """In words, where OpenSSL has only a name for it."""
    if not isinstance(error, ssl.SSLError):
        return error.strerror or str(error)
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key does not belong to the certificate"
    if "PEM" in str(error):
        return "it is not a PEM file, or its key is missing or protected by a password"
    return f"OpenSSL says {error}"


def tls_facts(connection: ssl.SSLObject | ssl.SSLSocket | None) -> Tls:
    """What protects a connection whose handshake is done."""
    if connection is None:
        return Tls("TLS", "unknown")
    cipher = connection.cipher()
    return Tls(connection.version() or "TLS", cipher[0] if cipher else "unknown")


def why_failed(error: OSError) -> str:
    """Why a handshake came to nothing, in words; a client that just goes leaves none."""
    return str(error) or "the client is gone"
