"""PEM (RFC 7468) as servers take it: blocks between two lines, in the order they stand."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator

from msgspec import Struct

from seawall.surfaces.certificates.der import DerError
from seawall.surfaces.certificates.model import (
    MAX_BYTES,
    Certificate,
    KeyKind,
    PemFile,
    PrivateKey,
)
from seawall.surfaces.certificates.private_keys import OPENSSH, is_encrypted_openssh, read_key
from seawall.surfaces.certificates.x509 import read_certificate

_MOST_BLOCKS = 1024
_MOST_FAULTS = 16
_EDGE = re.compile(rb"^-----(BEGIN|END) ([A-Z0-9][A-Z0-9 ]{1,40})-----[ \t]*\r?$", re.MULTILINE)
_BLANK = re.compile(rb"\s+")
_HEADER = re.compile(rb"\s*(?:[A-Za-z-]+:[^\n]*\n(?:[ \t]+[^\n]*\n)*)+\s*\n")
_CERTIFICATES = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_ENCRYPTED = "ENCRYPTED PRIVATE KEY"
_KEYS = frozenset(
    {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", _ENCRYPTED, OPENSSH}
)


class _Block(Struct, frozen=True):
    label: str
    body: bytes
    line: int


class _Gathered(Struct):
    certificates: list[Certificate]
    keys: list[PrivateKey]
    faults: list[str]


def read_pem(data: bytes, mode: int | None = None) -> PemFile:
    """The certificates and private keys in the bytes of a file; raises nothing on any bytes.

    Bytes that are DER are taken as one certificate or key. A private key that can't be read is
    one all the same, of unknown kind. A file with neither has no fault: it is something else.
    """
    if len(data) > MAX_BYTES:
        return PemFile(faults=("it is larger than 1 MiB",), mode=mode)
    gathered = _Gathered([], [], [])
    if data[:1] == b"\x30":
        _take_der(data, gathered)
    else:
        for block in _blocks(data, gathered.faults):
            _take(block, gathered)
    faults = tuple(gathered.faults[:_MOST_FAULTS])
    return PemFile(tuple(gathered.certificates), tuple(gathered.keys), faults, mode)


def _take_der(data: bytes, gathered: _Gathered) -> None:
    """Bytes without a label: whatever of the usual forms they are."""
    try:
        gathered.certificates.append(read_certificate(data))
    except DerError as error:
        for label in ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"):
            try:
                gathered.keys.append(PrivateKey(read_key(label, data)))
            except DerError:
                continue
            return
        gathered.faults.append(f"it is neither a certificate nor a key: {error}")


def _blocks(data: bytes, faults: list[str]) -> Iterator[_Block]:
    """Each block with the number of its first line; edges without their other half are faults."""
    opened: re.Match[bytes] | None = None
    line, counted, count = 1, 0, 0
    for edge in _EDGE.finditer(data):
        line += data.count(b"\n", counted, edge.start())
        counted = edge.start()
        if edge[1] == b"BEGIN":
            if opened is not None:
                faults.append(f"line {line}: a block begins inside of another")
            opened = edge
        elif opened is not None and opened[2] == edge[2]:
            body = data[opened.end() : edge.start()]
            yield _Block(edge[2].decode("ascii"), body, line - body.count(b"\n"))
            opened, count = None, count + 1
            if count == _MOST_BLOCKS:
                faults.append(f"line {line}: more than {_MOST_BLOCKS} blocks")
                return
        else:
            faults.append(f"line {line}: a block ends that did not begin")
            opened = None
    if opened is not None:
        faults.append(f"a block of `{opened[2].decode('ascii')}` does not end")


def _take(block: _Block, gathered: _Gathered) -> None:
    """Keep what a block is; a certificate that can't be read is a fault and no more."""
    is_key = block.label in _KEYS
    if not is_key and block.label not in _CERTIFICATES:
        return
    try:
        if is_key:
            gathered.keys.append(_key(block))
        else:
            is_trusted = block.label == "TRUSTED CERTIFICATE"
            gathered.certificates.append(
                read_certificate(_decoded(block.body), is_trusted=is_trusted)
            )
    except DerError as error:
        gathered.faults.append(f"line {block.line}: {block.label.lower()}: {error}")
        if is_key:
            gathered.keys.append(PrivateKey(KeyKind()))


def _key(block: _Block) -> PrivateKey:
    header = _HEADER.match(block.body)
    if header is not None and b"ENCRYPTED" in header[0]:
        return PrivateKey(KeyKind(_named(block.label)), is_encrypted=True)
    if block.label == _ENCRYPTED:
        return PrivateKey(KeyKind(), is_encrypted=True)
    data = _decoded(block.body[header.end() if header else 0 :])
    if block.label == OPENSSH:
        return PrivateKey(KeyKind(), is_encrypted_openssh(data))
    return PrivateKey(read_key(block.label, data))


def _named(label: str) -> str:
    """`RSA` of `RSA PRIVATE KEY`."""
    return label.removesuffix("PRIVATE KEY").strip()


def _decoded(body: bytes) -> bytes:
    try:
        return a2b_base64(_BLANK.sub(b"", body), strict_mode=True)
    except Base64Error as error:
        raise DerError("its text is no base64") from error
