"""Certificates and keys made at test time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.x509.oid import NameOID

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def certificate(
    key: Any,
    *,
    subject: str = "localhost",
    names: Sequence[x509.GeneralName] = (),
    issuer: tuple[str, Any] | None = None,
    digest: Any = None,
    how: Any = None,
    starts: dt.datetime = NOW - dt.timedelta(days=10),
    ends: dt.datetime = NOW + dt.timedelta(days=300),
    is_authority: bool | None = None,
) -> x509.Certificate:
    """A certificate of a key, signed by itself where no issuer is given."""
    issuer_name, issuer_key = issuer or (subject, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if is_authority is not None:
        builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    if isinstance(issuer_key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        return builder.sign(issuer_key, None)
    if how is not None:
        return builder.sign(issuer_key, digest or hashes.SHA256(), rsa_padding=how)
    return builder.sign(issuer_key, digest or hashes.SHA256())


def _name(text: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, text)])


def pem(made: x509.Certificate) -> bytes:
    """The certificate's text form."""
    return made.public_bytes(serialization.Encoding.PEM)


def pem_of_key(key: Any, form: str = "PKCS8", password: bytes | None = None) -> bytes:
    """A private key's text form."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        encryption = serialization.BestAvailableEncryption(password)
    kind = getattr(serialization.PrivateFormat, form)
    data: bytes = key.private_bytes(serialization.Encoding.PEM, kind, encryption)
    return data


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh key of the ordinary kind."""
    return ec.generate_private_key(ec.SECP256R1())
