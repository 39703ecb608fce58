"""How random a text is: what tells a generated key from a word."""

from __future__ import annotations

from collections import Counter
from math import log2

from seawall.core.expression import Expression

_HEX = Expression(r"[0-9a-f]+|[0-9A-F]+")
_CLASSES = (Expression("[a-z]"), Expression("[A-Z]"), Expression("[0-9]"))
_SEPARATOR = Expression(r"[-_. ]")
_WORD = Expression(r"(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)[0-9]{0,3}")

MINIMUM_LENGTH = 12
"""Shorter texts have too few characters to measure."""


def entropy(text: str) -> float:
    """Shannon entropy in bits a character: 0 for one repeated character, 4 for even hex."""
    size = len(text)
    return -sum(n / size * log2(n / size) for n in Counter(text).values()) if size else 0.0


def is_random(text: str) -> bool:
    """Whether a text looks generated: long, evenly spread, and of several character classes.

    A hex text needs 2.6 bits a character and a digit; another one 3.0, two of lower case, upper
    case and digits, and no more than half of it in words such as people write.
    """
    if len(text) < MINIMUM_LENGTH or " " in text:
        return False
    if _HEX.fullmatch(text):
        return entropy(text) >= 2.6 and any(c.isdigit() for c in text)
    classes = sum(1 for pattern in _CLASSES if pattern.search(text))
    return classes >= 2 and entropy(text) >= 3.0 and not _is_prose(text)


def _is_prose(text: str) -> bool:
    """Whether most of it is words as people write them: `my-secret-key1`, `Some_Words`."""
    parts = _SEPARATOR.split(text)
    return 2 * sum(len(part) for part in parts if _WORD.fullmatch(part)) > len(text)
