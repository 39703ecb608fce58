"""Assignments in files, whose syntax nobody knows: what `embedded` finds in a line, and settings.

An image's files are too many to be read like a Dockerfile's few lines. So the shapes here have two
forms: a narrow expression for the multiple-pattern engine, and what reads the place that it hit.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.detectors.embedded import Embedded, assignments

_KEYWORD = (
    r"(?:passw(?:or)?d|passphrase|pass|pwd|secret|token|api[-_.]?key|access[-_.]?key"
    r"|license[-_.]?key|encrypt(?:ion)?[-_.]?key|private[-_.]?key|master[-_.]?key|auth[-_.]?key"
    r"|signing[-_.]?key|credentials?|rootpw)"
)
_SIGN = r"""[\w-]{0,40}\\?["']?\]?[ \t]{0,4}(?::=|=>|=|:)[ \t]{0,4}"""
_END_OF_NAME = r"(?:passw(?:or)?d|passphrase|secret|token|api[-_.]?key)"
_NAME = rf"[\w.:-]{{0,40}}{_END_OF_NAME}"

_ELEMENT = Expression(rf"(?i)<({_NAME})>\s{{0,4}}([^<>\s]{{3,200}})\s{{0,4}}</")
_CONSTANT = Expression(
    rf"""(?i)\bdefine\(\s{{0,4}}["']({_NAME}|\w{{0,40}}_(?:key|salt))["']\s{{0,4}},\s{{0,4}}"""
    r"""["']([^"'\\\n]{3,200})["']"""
)
_ATTRIBUTE = Expression(
    rf"""(?i)\b(?:key|name)\s{{0,2}}=\s{{0,2}}["']({_NAME})["']\s{{1,4}}"""
    r"""value\s{0,2}=\s{0,2}["']([^"'<>\n]{3,200})["']"""
)
_LOGIN = Expression(r"(?i)\blogin\s{1,8}\S{1,100}\s{1,8}(password)\s{1,8}([^\s\"']{2,200})")
_HEADER = Expression(
    r"""(?i)\b(authorization)["']?\s{0,3}[:=,]\s{0,3}\\?["']?(?:bearer|token|basic)\s{1,3}"""
    r"""([A-Za-z0-9._~+/=\-]{16,2000})"""
)


class Shape(Enum):
    """How an assignment is written: what stands in front of the value, the characters that a
    value is of, how many it has at least, and what stands behind it."""

    QUOTED = (_KEYWORD + _SIGN + r"""\\?["']""", r"""[^"'\\\n]""", 2)
    BARE = (_KEYWORD + _SIGN, r"""[^\s"'`,;)(}{<>|&\\\[\]]""", 3)
    PHRASE = (
        r"(?:\bidentified\s{1,4}(?:with\s{1,4}\S{1,40}\s{1,4})?(?:by|as)\s{1,4}"
        r"(?:password\s{1,4})?|\bpassword\s{0,4}(?:\(\s{0,4}|\s))\\?[\"']",
        r"[^\"'\\\n]",
        2,
    )
    LOGIN = (r"\blogin\s{1,8}\S{1,100}\s{1,8}password\s{1,8}", r"[^\s\"']", 2)
    ELEMENT = (rf"{_END_OF_NAME}>\s{{0,4}}", r"[^<>\s]", 3, r"{0,200}\s{0,4}</")
    CONSTANT = (
        rf"\bdefine\(\s{{0,4}}[\"'](?:{_NAME}|\w{{0,40}}_(?:key|salt))[\"']\s{{0,4}},"
        r"\s{0,4}[\"']",
        r"[^\"'\\\n]",
        3,
    )
    ATTRIBUTE = (rf"{_END_OF_NAME}[\"']\s{{1,4}}value\s{{0,2}}=\s{{0,2}}[\"']", r"[^\"'<>\n]", 3)
    HEADER = (
        r"\bauthorization[\"']?\s{0,3}[:=,]\s{0,3}\\?[\"']?(?:bearer|token|basic)\s{1,3}",
        r"[a-z0-9._~+/=\-]",
        16,
    )

    def __init__(self, before: str, character: str, least: int, after: str = "") -> None:
        self._before = before
        self._character = character
        self._least = least
        self._after = after

    def expression(self, least: int = 0) -> str:
        """The narrow expression for the engine, in lower case, wherever case says nothing.

        With `least`, only values of as many characters are sought, none of them a space.
        """
        character = self._character.replace("[^", "[^ ") if least else self._character
        after = character + self._after if self._after else ""
        return f"{self._before}{character}{{{max(least, self._least)}}}{after}"


_READERS = {
    Shape.LOGIN: _LOGIN,
    Shape.ELEMENT: _ELEMENT,
    Shape.CONSTANT: _CONSTANT,
    Shape.ATTRIBUTE: _ATTRIBUTE,
    Shape.HEADER: _HEADER,
}


class Named(Struct, frozen=True):
    """A name, and what stands behind it at `start` to `end` of the text."""

    name: str
    value: str
    start: int
    end: int
    is_quoted: bool


def assigned_in(text: str, shape: Shape) -> Iterator[Named]:
    """The assignments of a shape in a piece of a file."""
    reader = _READERS.get(shape)
    if reader is None:
        for found in assignments(text):
            yield Named(found.name, found.value, found.start, found.end, _is_quoted(text, found))
        return
    for match in reader.finditer(text):
        yield Named(match[1], match[2], *match.span(2), True)


def _is_quoted(text: str, found: Embedded) -> bool:
    return found.is_phrase or text[found.start - 1 : found.start] in {'"', "'"}
