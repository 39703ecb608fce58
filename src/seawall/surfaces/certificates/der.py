"""DER (ITU-T X.690), as strict as certificates need it: bounded, and never deeper than asked."""

from __future__ import annotations

from msgspec import Struct

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OID = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31
_MOST = 4096
"""Parts of one element: more than any certificate has."""
_LONGEST_OID = 64
_SHORT = 0x80


class DerError(Exception):
    """The bytes are no DER, or not the structure that they should be."""


class Element(Struct, frozen=True, gc=False):
    """A tag with its content."""

    tag: int
    content: bytes


def context(number: int, *, is_constructed: bool = True) -> int:
    """The tag `[number]` of a structure's own."""
    return (0xA0 if is_constructed else 0x80) | number


def parts(data: bytes) -> tuple[Element, ...]:
    """The elements that the bytes are made of, one after another and with nothing left.

    Raises:
        DerError: they are not made of elements, or of too many.
    """
    found: list[Element] = []
    at = 0
    while at < len(data):
        if len(found) == _MOST:
            raise DerError("too many parts")
        element, at = _element(data, at)
        found.append(element)
    return tuple(found)


def first(data: bytes, tag: int) -> Element:
    """The first element, whatever comes after it.

    Raises:
        DerError: it has another tag, or there is none.
    """
    return expect(_element(data, 0)[0], tag)


def sequence(data: bytes) -> tuple[Element, ...]:
    """The parts of the sequence that the bytes are, and nothing after it.

    Raises:
        DerError: they are something else.
    """
    elements = parts(data)
    if len(elements) != 1:
        raise DerError("not one element")
    return parts(expect(elements[0], SEQUENCE).content)


def expect(element: Element, tag: int) -> Element:
    """The element, which must have a tag.

    Raises:
        DerError: it has another.
    """
    if element.tag != tag:
        raise DerError(f"tag {element.tag:#04x} where {tag:#04x} should be")
    return element


def integer(element: Element) -> int:
    """The value of an INTEGER.

    Raises:
        DerError: it is something else, or not in its shortest form.
    """
    content = expect(element, INTEGER).content
    if not content or (len(content) > 1 and content[0] in {0, 0xFF} and _is_padded(content)):
        raise DerError("an integer that is not in its shortest form")
    return int.from_bytes(content, "big", signed=True)


def _is_padded(content: bytes) -> bool:
    return (content[0] == 0) == (content[1] < _SHORT)


def oid(element: Element) -> str:
    """An object identifier with dots: `1.2.840.113549.1.1.1`.

    Raises:
        DerError: it is something else, or malformed.
    """
    content = expect(element, OID).content
    if not 0 < len(content) <= _LONGEST_OID or content[-1] >= _SHORT:
        raise DerError("a malformed object identifier")
    arcs, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if byte < _SHORT:
            arcs.append(value)
            value = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


def bits(element: Element) -> bytes:
    """The bytes of a BIT STRING that has whole bytes only.

    Raises:
        DerError: it is something else.
    """
    content = expect(element, BIT_STRING).content
    if not content or content[0] != 0:
        raise DerError("a bit string without whole bytes")
    return content[1:]


def _element(data: bytes, at: int) -> tuple[Element, int]:
    """The element at an offset, and the offset after it."""
    if at + 2 > len(data):
        raise DerError("it ends too early")
    tag, length, start = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise DerError("a tag of several bytes")
    if length >= _SHORT:
        length, start = _long_length(data, start, length & 0x7F)
    if start + length > len(data):
        raise DerError("it ends too early")
    return Element(tag, data[start : start + length]), start + length


def _long_length(data: bytes, start: int, count: int) -> tuple[int, int]:
    raw = data[start : start + count]
    if not 0 < count <= 4 or len(raw) < count:
        raise DerError("a length that DER does not have")
    length = int.from_bytes(raw, "big")
    if raw[0] == 0 or length < _SHORT:
        raise DerError("a length that is not in its shortest form")
    return length, start + count
