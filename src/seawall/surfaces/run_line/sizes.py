"""Numbers of a command line: sizes, CPUs, bools and counts as Docker reads them."""

from __future__ import annotations

import re
from fractions import Fraction

_SIZE = re.compile(r"(\d+\.?\d*|\.\d+) ?(?:([kmgtp])i?b?|b)?", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_WHOLE = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)", re.ASCII)
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_LONGEST = 40
_BILLION = 10**9
_MOST = 2**63


def size(text: str) -> int:
    """Bytes of `512m`, `1.5GiB`, `64 kb`; units are powers of 1024.

    Raises:
        ValueError: it is no size.
    """
    match = _SIZE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(f"invalid size: '{text}'")
    amount = int(Fraction(match[1].rstrip(".")) * 1024 ** _POWERS[(match[2] or "").lower()])
    if amount >= _MOST:
        raise ValueError(f"invalid size: '{text}'")
    return amount


def size_or_unlimited(text: str) -> int:
    """Bytes, or -1 for no bound, as `--memory-swap` takes them.

    Raises:
        ValueError: it is no size.
    """
    return -1 if text == "-1" else size(text)


def cpus(text: str) -> float:
    """A number of CPUs, exact to a billionth.

    Raises:
        ValueError: it is no number, or more exact than Docker takes.
    """
    if len(text) > _LONGEST or not _DECIMAL.fullmatch(text):
        raise ValueError(f"failed to parse {text} as a rational number")
    amount = Fraction(text.rstrip("."))
    if (amount * _BILLION).denominator != 1:
        raise ValueError("value is too precise")
    return float(amount)


def whole(text: str) -> int:
    """A whole number as Go's `ParseInt` with base 0 reads it.

    Raises:
        ValueError: it is none.
    """
    plain = text.replace("_", "") if "_" in text else text
    if len(plain) > _LONGEST or not _WHOLE.fullmatch(plain):
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    digits = plain.lstrip("+-")
    is_old_octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    number = int(digits, 8 if is_old_octal else 0)
    if number >= _MOST:
        raise ValueError(f'strconv.ParseInt: parsing "{text}": value out of range')
    return -number if plain[0] == "-" else number


def truth(text: str) -> bool:
    """A bool as Go's `ParseBool` reads it.

    Raises:
        ValueError: it is none.
    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
