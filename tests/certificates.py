"""Certificates for tests: an authority of our own, and what it signed, good and bad."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """Two PEM files, and the file of who signed it: what a client has to trust."""

    certificate: Path
    key: Path
    authority: Path


def make_certificate(
    folder: Path,
    *,
    names: tuple[str, ...] = ("localhost", "127.0.0.1"),
    valid_days: tuple[int, int] = (-1, 30),
    self_signed: bool = False,
) -> Certificate:
    """A server certificate for `names`, valid from and until so many days from now.

    Signed by an authority that is made along with it, or by itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    period = (now + timedelta(valid_days[0]), now + timedelta(valid_days[1]))
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("Test authority")
    authority = _sign(authority_name, authority_name, authority_key, authority_key, period, ())
    key = authority_key if self_signed else ec.generate_private_key(ec.SECP256R1())
    subject = authority_name if self_signed else _name(names[0])
    certificate = _sign(subject, authority_name, key, authority_key, period, names)
    paths = Certificate(folder / "server.pem", folder / "server.key", folder / "authority.pem")
    paths.certificate.write_bytes(_pem(certificate))
    paths.authority.write_bytes(_pem(authority))
    paths.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths.key.chmod(0o600)
    return paths


def _sign(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    period: tuple[datetime, datetime],
    names: tuple[str, ...],
) -> x509.Certificate:
    is_authority = not names
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(period[0])
        .not_valid_after(period[1])
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if names:
        alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
