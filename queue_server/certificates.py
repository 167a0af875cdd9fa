"""The hospital's own certificate authority: one root that browsers and kiosks trust, one certificate for the server.

A lobby has no public name, so no public authority can vouch for it. ``houzhen-server certificates`` makes a root key
and certificate once, and from it a server certificate for the names and addresses the server is reached by. Keys are
EC P-256 (FIPS 186-5), profiles follow RFC 5280; the server certificate lives 397 days, the longest that browsers accept
(CA/Browser Forum Baseline Requirements 6.3.2), and is renewed by running the command again.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_LIFE = timedelta(days=3652)
SERVER_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(hours=1)
"""A kiosk whose clock runs a little behind must not refuse a fresh certificate."""


class CertificateError(Exception):
    """Certificates are missing, unreadable, expired or do not belong together. The sentence says what to do."""


@dataclass(frozen=True)
class CertificateFiles:
    """Where the certificates lie.

    Attributes:
        folder: the folder that holds all four files.
    """

    folder: Path

    @property
    def root(self) -> Path:
        """The root certificate, to be installed in browsers and named to kiosks."""
        return self.folder / "houzhen-ca.crt"

    @property
    def root_key(self) -> Path:
        """The root's private key (mode 0600); needed for renewals only and best kept off this machine."""
        return self.folder / "houzhen-ca.key"

    @property
    def server(self) -> Path:
        """The server's certificate, followed by the root."""
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        """The server's private key (mode 0600)."""
        return self.folder / "server.key"


def issue(
    folder: Path, names: Sequence[str], *, now: datetime | None = None, site: str = "Houzhen"
) -> CertificateFiles:
    """Make a server certificate, and the authority itself where there is none yet.

    Args:
        folder: where the files lie; made (mode 0700) where it does not exist.
        names: DNS names and IP addresses by which the server is reached; at least one.
        now: the moment of issue; the system's clock where not given.
        site: the hospital's name, shown by browsers in the certificate.

    Returns:
        The files, all present and belonging together.

    Raises:
        CertificateError: no name, an unusable name, a root without its key, or a root that has expired.
        OSError: the folder cannot be written.
    """
    if not names:
        raise CertificateError("No name given: say by which host names or addresses the server is reached (--name).")
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in dict.fromkeys(names)])
    moment = now or datetime.now(UTC)
    files = CertificateFiles(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if files.root.exists() or files.root_key.exists():
        root, root_key = _read_root(files, moment)
    else:
        root, root_key = _make_root(files, moment, site)
    key = ec.generate_private_key(ec.SECP256R1())
    until = min(moment + SERVER_LIFE, root.not_valid_after_utc)
    certificate = (
        _builder(root.subject, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]), key, moment, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(alternatives, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    _write(files.server_key, _key_bytes(key), private=True)
    _write(files.server, _certificate_bytes(certificate) + _certificate_bytes(root))
    return files


def check(folder: Path, *, now: datetime | None = None) -> datetime:
    """Check that the server's certificate can be served with.

    Args:
        folder: where the files lie.
        now: the moment to check for; the system's clock where not given.

    Returns:
        Until when the certificate is valid. Renew when ``RENEW_BEFORE`` or less is left.

    Raises:
        CertificateError: a file is missing or unreadable, key and certificate differ, the root did not sign it, or the
            moment is outside its validity. The sentence names the file and the remedy.
    """
    moment = now or datetime.now(UTC)
    files = CertificateFiles(folder)
    certificate = _read_certificate(files.server)
    root = _read_certificate(files.root)
    key = _read_key(files.server_key)
    if certificate.public_key() != key.public_key():
        raise CertificateError(f"{files.server_key} is not the key of {files.server}. {_AGAIN}")
    try:
        certificate.verify_directly_issued_by(root)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise CertificateError(f"{files.server} was not issued by {files.root}. {_AGAIN}") from error
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        raise CertificateError(
            f"{files.server} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to "
            f"{certificate.not_valid_after_utc:%Y-%m-%d}, not today. {_AGAIN}"
        )
    return certificate.not_valid_after_utc


def is_ending(until: datetime, now: datetime) -> bool:
    """Whether it is time to renew a certificate that is valid ``until`` then."""
    return until - now <= RENEW_BEFORE


def check_pair(certificate: Path, key: Path, *, now: datetime | None = None) -> datetime:
    """Check that a certificate of the hospital's own and its key can be served with.

    Args:
        certificate: the certificate, its chain after it, in PEM form.
        key: its private key in PEM form, of any kind.
        now: the moment to check for; the system's clock where not given.

    Returns:
        Until when the certificate is valid.

    Raises:
        CertificateError: a file is missing or unreadable, or they do not belong together. The sentence names the file.
    """
    moment = now or datetime.now(UTC)
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as error:
            raise CertificateError(
                f"{path} cannot be read: {error.strerror}. [server] of hospital.toml names it. Nothing was started."
            ) from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, ValueError) as error:
        raise CertificateError(
            f"{certificate} and {key} cannot be used together: {error}. Nothing was started."
        ) from error
    read = _read_certificate(certificate)
    if moment > read.not_valid_after_utc:
        raise CertificateError(f"{certificate} expired on {read.not_valid_after_utc:%Y-%m-%d}. Nothing was started.")
    return read.not_valid_after_utc


def server_names(folder: Path) -> list[str]:
    """The names and addresses the present server certificate is for, to renew it with.

    Raises:
        CertificateError: there is no readable certificate.
    """
    certificate = _read_certificate(CertificateFiles(folder).server)
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in alternatives]


_AGAIN = "Run `houzhen-server certificates` again."


def _make_root(
    files: CertificateFiles, moment: datetime, site: str
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{site} lobby authority"[:64])])
    certificate = (
        _builder(name, name, key, moment, moment + ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(files.root_key, _key_bytes(key), private=True)
    _write(files.root, _certificate_bytes(certificate))
    return certificate, key


def _read_root(files: CertificateFiles, moment: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    root, key = _read_certificate(files.root), _read_key(files.root_key)
    if root.public_key() != key.public_key():
        raise CertificateError(f"{files.root_key} is not the key of {files.root}. Bring back the pair from a backup.")
    if moment > root.not_valid_after_utc:
        raise CertificateError(
            f"{files.root} expired on {root.not_valid_after_utc:%Y-%m-%d}. Move both houzhen-ca files away, run the "
            "command again, and install the new root in every browser and kiosk."
        )
    return root, key


def _builder(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePrivateKey, moment: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - _BACKDATED)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass  # not an address, so it has to be a host name
    labels = name.removeprefix("*.").split(".")
    if not all(label and label.isascii() and label.replace("-", "").isalnum() for label in labels):
        raise CertificateError(f"{name!r} is neither a host name nor an address.")
    return x509.DNSName(name)


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError as error:
        raise CertificateError(f"{path} does not exist. Run `houzhen-server certificates` first.") from error
    except ValueError as error:
        raise CertificateError(f"{path} is not a certificate in PEM form. {_AGAIN}") from error


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError as error:
        raise CertificateError(f"{path} does not exist. Bring it back from a backup.") from error
    except (ValueError, TypeError) as error:
        raise CertificateError(f"{path} is not a private key in PEM form without a password.") from error
    return cast("ec.EllipticCurvePrivateKey", key)


def _certificate_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all; a private one never exists with a wider mode than 0600."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
