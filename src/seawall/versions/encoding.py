"""Pieces of sort keys: text whose plain order, character by character, is an order of versions.

Every ordering of this package turns a version into one `str`. Such a key is cheap to compare and
to hash, can't raise, and is a total order by construction. A key is a row of pieces that each say
where they end, so that two keys that agree up to a place mean the same kind of thing there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MAX_CHARACTER = 0x10FFFF
DIGITS = re.compile("[0-9]+")
_SHORT = 16
_LENGTHS = tuple(map(chr, range(_SHORT)))
"""Signs of the lengths that nearly all numbers have."""


def number(digits: str) -> str:
    """The piece of a number written in ASCII digits: its length, then its digits.

    Digits are never turned into an `int`: there is no limit to them, and the time is linear.
    Leading zeros and the empty text mean what zero means.
    """
    significant = digits.lstrip("0")
    length = len(significant)
    return (_LENGTHS[length] if length < _SHORT else sized(length)) + significant


def sized(length: int) -> str:
    """The sign of a number with so many digits."""
    return chr(min(length, _MAX_CHARACTER))


def first_signs(signs: Sequence[int]) -> list[int]:
    """For each place the first sign that is not 0 from there on; 0 where all are.

    Orderings that pad the shorter version with neutral parts (`1` is `1.0`) ask of a neutral part
    whether what follows it lifts the version over the shorter one (`1.0.1`) or not (`1.0.rc`).
    """
    result, sign = [0] * len(signs), 0
    for place in range(len(signs) - 1, -1, -1):
        sign = signs[place] or sign
        result[place] = sign
    return result
