"""RubyGems' order of versions (`Gem::Version`): numbers and words, words before the release."""

from __future__ import annotations

import re

from seawall.versions.encoding import first_signs, number

_SEGMENT = re.compile("[0-9]+|[A-Za-z]+")
# What may stand at a place, lowest first. A zero is what the end is, so it is lower or higher
# than the end by what follows it.
_WORD, _ZERO_BELOW, _END, _ZERO_ABOVE, _NUMBER = "\x01", "\x02", "\x03", "\x04", "\x05"
_WORD_END = "\x00"


def key(version: str) -> str:
    """The sort key of a gem's version; `-` means `.pre.`, a word makes it a pre-release."""
    segments = _SEGMENT.findall(version.replace("-", ".pre."))
    segments = _canonical([segment.lstrip("0") for segment in segments])
    signs = first_signs([_sign(segment) for segment in segments])
    return "".join(map(_piece, segments, signs)) + _END


def _canonical(segments: list[str]) -> list[str]:
    """Without the zeros (empty texts) at the end, and at the end of the numbers before a word."""
    word = next((place for place, text in enumerate(segments) if text > "9~"), len(segments))
    return _trimmed(segments[:word]) + _trimmed(segments[word:])


def _trimmed(segments: list[str]) -> list[str]:
    end = len(segments)
    while end and not segments[end - 1]:
        end -= 1
    return segments[:end]


def _sign(segment: str) -> int:
    return 0 if not segment else 1 if segment[0] <= "9" else -1


def _piece(segment: str, sign: int) -> str:
    if not segment:
        return _ZERO_ABOVE if sign > 0 else _ZERO_BELOW
    return _NUMBER + number(segment) if segment[0] <= "9" else _WORD + segment + _WORD_END
