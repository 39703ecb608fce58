"""The facts of certificates and private keys; no key's number is ever kept."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

MAX_BYTES = 1024 * 1024
"""Larger files are no server's certificates: all authorities of the web are 220 KB."""


class KeyKind(Struct, frozen=True):
    """What kind of key it is and its size in bits; empty and 0 where that can't be told.

    `algorithm` is RSA, EC, DSA, Ed25519, … The size of an RSA or DSA key is that of its modulus,
    of an EC key that of its curve's field.
    """

    algorithm: str = ""
    bits: int = 0

    def __str__(self) -> str:
        """As people say it: `RSA 2048`."""
        return f"{self.algorithm} {self.bits}" if self.bits else self.algorithm or "unknown"


class Certificate(Struct, frozen=True):
    """One X.509 certificate (RFC 5280).

    `subject` is its common name, or the last part of its subject. `names` are the DNS names and
    addresses that it is good for; the common name stands for them where it has no alternative
    names. `digest` is the hash that its issuer signed: `sha256`; empty where the algorithm has
    none to choose. `is_self_signed` goes by the names: no signature is verified.
    """

    subject: str
    names: tuple[str, ...]
    starts: datetime
    ends: datetime
    digest: str
    key: KeyKind
    is_self_signed: bool
    is_authority: bool


class PrivateKey(Struct, frozen=True):
    """One private key; of an encrypted one in PKCS#8 not even the kind can be told."""

    kind: KeyKind
    is_encrypted: bool = False


class PemFile(Struct, frozen=True):
    """What one file holds, in file order; `faults` say what of it could not be read, and why.

    `mode` are the permission bits of the file on disk, where it has some.
    """

    certificates: tuple[Certificate, ...] = ()
    keys: tuple[PrivateKey, ...] = ()
    faults: tuple[str, ...] = ()
    mode: int | None = None
