"""Colour for terminals: it only repeats what the words already say."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.model import Finding, Verdict

_CODES = {
    "critical": "1;35",
    "high": "1;31",
    "medium": "1;33",
    "low": "1;36",
    "unknown": "1;34",
    "problem": "1;31",
    "gutter": "1;34",  # plain blue can't be read on black
    "strong": "1",
    "good": "1;32",
    "added": "32",
    "removed": "31",
}


class Paint(Struct, frozen=True):
    """Puts text into a style; gives it back as it is where colour is off."""

    color: bool

    def __call__(self, text: str, style: str) -> str:
        """The text in a style of `_CODES`."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.color and text and style else text


def style_of(finding: Finding) -> str:
    """The style, and the word, that a finding is introduced with."""
    return "unknown" if finding.verdict is Verdict.UNKNOWN else finding.severity.value
