"""The hospital's own certificate authority."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from queue_server import certificates
from queue_server.certificates import CertificateError, CertificateFiles

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def load(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_a_root_and_a_server_certificate_are_made(tmp_path):
    files = certificates.issue(tmp_path / "tls", ["queue.hospital.lan", "10.1.2.3"], now=NOW)
    server, root = load(files.server), load(files.root)
    server.verify_directly_issued_by(root)
    alternatives = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in alternatives] == ["queue.hospital.lan", "10.1.2.3"]
    assert server.not_valid_after_utc - NOW == timedelta(days=397)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificates.check(files.folder, now=NOW) == server.not_valid_after_utc
    assert certificates.server_names(files.folder) == ["queue.hospital.lan", "10.1.2.3"]


def test_keys_are_for_their_owner_alone(tmp_path):
    files = certificates.issue(tmp_path / "tls", ["localhost"], now=NOW)
    assert files.folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in (files.root_key, files.server_key)] == [0o600, 0o600]


def test_renewing_keeps_the_root(tmp_path):
    files = certificates.issue(tmp_path, ["localhost"], now=NOW)
    root, server = files.root.read_bytes(), load(files.server)
    certificates.issue(tmp_path, ["localhost"], now=NOW + timedelta(days=380))
    assert files.root.read_bytes() == root
    assert load(files.server).serial_number != server.serial_number
    assert certificates.check(tmp_path, now=NOW + timedelta(days=700)) > NOW + timedelta(days=700)


def test_a_server_certificate_does_not_outlive_its_root(tmp_path):
    files = certificates.issue(tmp_path, ["localhost"], now=NOW)
    certificates.issue(tmp_path, ["localhost"], now=NOW + timedelta(days=3600))
    assert load(files.server).not_valid_after_utc == load(files.root).not_valid_after_utc


@pytest.mark.parametrize(
    ("names", "said"),
    [([], "No name given"), (["bad name"], "neither a host name nor an address"), (["-"], "'-' is neither")],
)
def test_unusable_names_are_refused_and_nothing_is_made(tmp_path, names, said):
    with pytest.raises(CertificateError, match=said):
        certificates.issue(tmp_path / "tls", names, now=NOW)
    assert not (tmp_path / "tls").exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda files: files.server.unlink(), "server.crt does not exist"),
        (lambda files: files.server_key.unlink(), "server.key does not exist"),
        (lambda files: files.root.write_text("nonsense"), "not a certificate"),
        (lambda files: files.server_key.write_text("nonsense"), "not a private key"),
        (lambda files: files.server_key.write_bytes(files.root_key.read_bytes()), "is not the key of"),
        (lambda files: files.server.write_bytes(other_server(files)), "is not the key of"),
    ],
)
def test_what_is_wrong_with_certificates_is_said(tmp_path, spoil, said):
    files = certificates.issue(tmp_path / "tls", ["localhost"], now=NOW)
    spoil(files)
    with pytest.raises(CertificateError, match=said):
        certificates.check(files.folder, now=NOW)


def other_server(files: CertificateFiles) -> bytes:
    return certificates.issue(files.folder.with_name("other"), ["localhost"], now=NOW).server.read_bytes()


def test_another_authoritys_certificate_is_noticed(tmp_path):
    files = certificates.issue(tmp_path / "tls", ["localhost"], now=NOW)
    other = certificates.issue(tmp_path / "other", ["localhost"], now=NOW)
    files.root.write_bytes(other.root.read_bytes())
    with pytest.raises(CertificateError, match="was not issued by"):
        certificates.check(files.folder, now=NOW)


@pytest.mark.parametrize("days", [-2, 398])
def test_a_certificate_outside_its_time_is_refused(tmp_path, days):
    certificates.issue(tmp_path, ["localhost"], now=NOW)
    with pytest.raises(CertificateError, match="not today"):
        certificates.check(tmp_path, now=NOW + timedelta(days=days))


def test_a_root_that_expired_or_lost_its_key_is_told(tmp_path):
    files = certificates.issue(tmp_path, ["localhost"], now=NOW)
    with pytest.raises(CertificateError, match="expired on"):
        certificates.issue(tmp_path, ["localhost"], now=NOW + timedelta(days=4000))
    files.root_key.unlink()
    with pytest.raises(CertificateError, match=r"houzhen-ca\.key does not exist"):
        certificates.issue(tmp_path, ["localhost"], now=NOW)


async def test_a_client_that_trusts_the_root_connects(tmp_path):
    files = certificates.issue(tmp_path, ["localhost", "127.0.0.1"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.server, files.server_key)

    async def greet(_, writer):
        writer.write(b"hello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        trusting = ssl.create_default_context(cafile=str(files.root))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
        assert await reader.read() == b"hello"
        writer.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", port, ssl=ssl.create_default_context())
