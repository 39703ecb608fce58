"""A sensible order for versions of which nobody says how they are ordered."""

from __future__ import annotations

import re

from seawall.versions.encoding import first_signs, number

_PART = re.compile("[0-9]+|[a-z]+|~")
_BEFORE_RELEASE = frozenset(
    (
        *("a", "alpha", "b", "beta", "c", "cr", "dev", "m", "milestone", "nightly"),
        *("pre", "preview", "rc", "snapshot"),
    )
)
# What may stand at a place, lowest first; a zero is what the end is.
_TILDE, _BEFORE, _ZERO_BELOW, _END, _ZERO_ABOVE, _WORD, _NUMBER = map(chr, range(1, 8))
_WORD_END = "\x00"


def key(version: str) -> str:
    """The sort key: numbers as numbers, words that announce a release below it, others above.

    A leading `v`, the letter case and what separates the parts play no part; `1` is `1.0`.
    """
    parts = _PART.findall(version.strip().lower())
    if len(parts) > 1 and parts[0] == "v":
        del parts[0]
    parts = [part.lstrip("0") for part in parts]
    while parts and not parts[-1]:
        parts.pop()
    signs = first_signs([_sign(part) for part in parts])
    return "".join(map(_piece, parts, signs)) + _END


def _sign(part: str) -> int:
    if not part:
        return 0
    return -1 if part == "~" or part in _BEFORE_RELEASE else 1


def _piece(part: str, sign: int) -> str:
    if not part:
        return _ZERO_ABOVE if sign > 0 else _ZERO_BELOW
    if part == "~":
        return _TILDE
    if part[0] <= "9":
        return _NUMBER + number(part)
    return (_BEFORE if part in _BEFORE_RELEASE else _WORD) + part + _WORD_END


def integers_key(version: str) -> str:
    """The sort key where a version is a row of numbers and `1.0` is lower than `1.0.0`.

    So it is for R (`package_version`) and Haskell (`Data.Version`); words count less than numbers.
    """
    parts = _PART.findall(version.lower())
    return "".join([_integer(part) for part in parts]) + _END


def _integer(part: str) -> str:
    return _NUMBER + number(part) if part[0] <= "9" else _WORD + part + _WORD_END
