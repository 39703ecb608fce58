"""NuGet's order of versions: SemVer 2.0 with a fourth number and labels without letter case."""

from __future__ import annotations

import re

from seawall.versions.semver import labelled_key, number_piece, word_piece

# NuGet takes a label for a number where .NET's `int.TryParse` does: a sign, and 32 bits.
_NUMBER = re.compile("-?0*[0-9]{1,10}")
_LOWEST, _HIGHEST = -(2**31), 2**31 - 1


def key(version: str) -> str:
    """The sort key of a NuGet package's version: `1.0` is `1.0.0.0`, `-RC` is `-rc`."""
    return labelled_key(version.upper(), _label)


def _label(text: str) -> str:
    if _NUMBER.fullmatch(text):
        sign, digits = text[:1] == "-", text.lstrip("-0") or "0"
        value = -int(digits) if sign else int(digits)
        if _LOWEST <= value <= _HIGHEST:
            return number_piece(str(value - _LOWEST))
    return word_piece(text)
