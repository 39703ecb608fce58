"""One X.509 certificate (RFC 5280) from its DER."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from seawall.surfaces.certificates import der
from seawall.surfaces.certificates.algorithms import CURVES, DSA, EC, HASHES, KEYS, PSS, SIGNATURES
from seawall.surfaces.certificates.der import DerError, Element, expect
from seawall.surfaces.certificates.model import Certificate, KeyKind

_COMMON_NAME = "2.5.4.3"
_ALTERNATIVE_NAMES = "2.5.29.17"
_BASIC_CONSTRAINTS = "2.5.29.19"
_DNS_NAME = der.context(2, is_constructed=False)
_ADDRESS = der.context(7, is_constructed=False)
_ENCODINGS = {0x0C: "utf-8", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}
_TIME = re.compile(rb"(\d\d(?:\d\d)?)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z")


def read_certificate(data: bytes, *, is_trusted: bool = False) -> Certificate:
    """The facts of a certificate; a trusted one of OpenSSL has more after it.

    Raises:
        DerError: the bytes are none.
    """
    outer = der.parts(der.first(data, der.SEQUENCE).content) if is_trusted else der.sequence(data)
    if len(outer) != 3:
        raise DerError("not the three parts of a certificate")
    fields = list(der.parts(expect(outer[0], der.SEQUENCE).content))
    if fields and fields[0].tag == der.context(0):
        fields.pop(0)
    if len(fields) < 6:
        raise DerError("a certificate without all its fields")
    issuer, subject = (expect(fields[index], der.SEQUENCE) for index in (2, 4))
    starts, ends = _validity(fields[3])
    extensions = dict(_extensions(fields[6:]))
    name = _name(subject)
    return Certificate(
        name,
        _names(extensions.get(_ALTERNATIVE_NAMES)) or ((name,) if name else ()),
        starts,
        ends,
        _digest(outer[1]),
        public_key(fields[5]),
        issuer.content == subject.content,
        _is_authority(extensions.get(_BASIC_CONSTRAINTS)),
    )


def _validity(field: Element) -> tuple[datetime, datetime]:
    times = der.parts(expect(field, der.SEQUENCE).content)
    if len(times) != 2:
        raise DerError("not two times of validity")
    return _time(times[0]), _time(times[1])


def _time(element: Element) -> datetime:
    """RFC 5280, 4.1.2.5: a year of two digits is in 1950 to 2049."""
    match = _TIME.fullmatch(element.content)
    is_short = element.tag == der.UTC_TIME
    if match is None or len(match[1]) != (2 if is_short else 4):
        raise DerError("a malformed time")
    year, *rest = (int(group) for group in match.groups())
    if is_short:
        year += 1900 if year >= 50 else 2000
    try:
        return datetime(year, *rest, tzinfo=UTC)  # type: ignore[misc,arg-type]  # five of them
    except ValueError as error:
        raise DerError("a time that is none") from error


def _name(subject: Element) -> str:
    """The common name, or else the last part."""
    found = ""
    for part in der.parts(subject.content):
        for pair in der.parts(expect(part, der.SET).content):
            attribute = der.parts(expect(pair, der.SEQUENCE).content)
            if len(attribute) != 2:
                raise DerError("a malformed name")
            found = _text(attribute[1])
            if der.oid(attribute[0]) == _COMMON_NAME:
                return found
    return found


def _text(element: Element) -> str:
    """A name's string; what its encoding does not have is replaced."""
    return element.content.decode(_ENCODINGS.get(element.tag, "latin-1"), "replace")


def _extensions(fields: list[Element]) -> Iterator[tuple[str, bytes]]:
    """Each extension's identifier with what is in its octets."""
    for field in fields:
        if field.tag == der.context(3):
            for extension in der.sequence(field.content):
                values = der.parts(expect(extension, der.SEQUENCE).content)
                if len(values) < 2:
                    raise DerError("a malformed extension")
                yield der.oid(values[0]), expect(values[-1], der.OCTET_STRING).content


def _names(extension: bytes | None) -> tuple[str, ...]:
    names = der.sequence(extension) if extension is not None else ()
    read = (_general_name(name) for name in names)
    return tuple(name for name in read if name)


def _general_name(name: Element) -> str:
    if name.tag == _DNS_NAME:
        return name.content.decode("latin-1")
    if name.tag == _ADDRESS and len(name.content) in {4, 16}:
        from ipaddress import ip_address  # noqa: PLC0415 -- few certificates have one

        return str(ip_address(name.content))
    return ""


def _is_authority(extension: bytes | None) -> bool:
    constraints = der.sequence(extension) if extension is not None else ()
    return bool(constraints) and constraints[0] == Element(der.BOOLEAN, b"\xff")


def _digest(algorithm: Element) -> str:
    fields = der.parts(expect(algorithm, der.SEQUENCE).content)
    if not fields:
        raise DerError("a signature without an algorithm")
    identifier = der.oid(fields[0])
    return _pss_digest(fields[1:]) if identifier == PSS else SIGNATURES.get(identifier, "")


def _pss_digest(parameters: tuple[Element, ...]) -> str:
    """RFC 4055, 3.1: SHA-1 where the parameters name no hash."""
    for parameter in der.parts(expect(parameters[0], der.SEQUENCE).content) if parameters else ():
        if parameter.tag == der.context(0):
            algorithm = der.sequence(parameter.content)
            return HASHES.get(der.oid(algorithm[0]), "") if algorithm else ""
    return "sha1"


def public_key(info: Element) -> KeyKind:
    """The kind and size of a SubjectPublicKeyInfo.

    Raises:
        DerError: it is something else.
    """
    fields = der.parts(expect(info, der.SEQUENCE).content)
    if len(fields) != 2:
        raise DerError("not the two parts of a public key")
    identifier, kind = key_kind(fields[0])
    if identifier in KEYS and kind.algorithm == "RSA":
        return KeyKind("RSA", size_of(der.sequence(der.bits(fields[1])), 0))
    return kind


def key_kind(algorithm: Element) -> tuple[str, KeyKind]:
    """An algorithm's identifier, and the kind of key with what its parameters say of the size.

    Raises:
        DerError: it is no AlgorithmIdentifier.
    """
    fields = der.parts(expect(algorithm, der.SEQUENCE).content)
    if not fields:
        raise DerError("a key without an algorithm")
    identifier = der.oid(fields[0])
    name, size = KEYS.get(identifier, ("", 0))
    if identifier == EC and len(fields) > 1:
        size = curve_size(fields[1])
    elif identifier == DSA and len(fields) > 1:
        size = size_of(der.parts(expect(fields[1], der.SEQUENCE).content), 0)
    return identifier, KeyKind(name, size)


def curve_size(parameters: Element) -> int:
    """The size of a curve's field in bits: of a named one, or of one with its prime written out.

    Raises:
        DerError: the parameters are malformed.
    """
    if parameters.tag == der.OID:
        return CURVES.get(der.oid(parameters), 0)
    fields = der.parts(parameters.content) if parameters.tag == der.SEQUENCE else ()
    field = der.parts(expect(fields[1], der.SEQUENCE).content) if len(fields) > 1 else ()
    return size_of(field, 1) if len(field) > 1 and field[1].tag == der.INTEGER else 0


def size_of(fields: tuple[Element, ...], index: int) -> int:
    """The bits of the number at an index.

    Raises:
        DerError: there is none.
    """
    if index >= len(fields):
        raise DerError("a key without its numbers")
    return der.integer(fields[index]).bit_length()
