"""Private keys in the forms that PEM files have: PKCS#8, PKCS#1, SEC 1, DSA and OpenSSH."""

from __future__ import annotations

from seawall.surfaces.certificates import der
from seawall.surfaces.certificates.der import DerError, Element
from seawall.surfaces.certificates.model import KeyKind
from seawall.surfaces.certificates.x509 import curve_size, key_kind, size_of

OPENSSH = "OPENSSH PRIVATE KEY"
_MAGIC = b"openssh-key-v1\0"


def read_key(label: str, data: bytes) -> KeyKind:
    """The kind of the private key in a block with this label that is not encrypted.

    Raises:
        DerError: the bytes are no such key.
    """
    fields = der.sequence(data)
    if label == "PRIVATE KEY":
        return _pkcs8(fields)
    if label == "EC PRIVATE KEY":
        return KeyKind("EC", _sec1(fields))
    # Of RSA the modulus and of DSA the prime is the number after the version.
    return KeyKind(label.partition(" ")[0], size_of(fields, 1))


def _pkcs8(fields: tuple[Element, ...]) -> KeyKind:
    """RFC 5958."""
    if len(fields) < 3:
        raise DerError("a key without its parts")
    _, kind = key_kind(fields[1])
    content = der.expect(fields[2], der.OCTET_STRING).content
    if kind.algorithm == "RSA":
        return KeyKind("RSA", size_of(der.sequence(content), 1))
    return kind


def _sec1(fields: tuple[Element, ...]) -> int:
    """RFC 5915: the size of the curve, where the key names it."""
    if len(fields) < 2 or der.integer(fields[0]) != 1:
        raise DerError("not the version of a key")
    der.expect(fields[1], der.OCTET_STRING)
    for field in fields[2:]:
        if field.tag == der.context(0):
            return sum(curve_size(each) for each in der.parts(field.content))
    return 0


def is_encrypted_openssh(data: bytes) -> bool:
    """Whether OpenSSH's own form names a cipher (its PROTOCOL.key).

    Raises:
        DerError: the bytes are not of that form.
    """
    if not data.startswith(_MAGIC):
        raise DerError("not OpenSSH's form")
    start = len(_MAGIC) + 4
    length = int.from_bytes(data[len(_MAGIC) : start], "big")
    return data[start : start + length] != b"none"
