"""The notes below what is said of a finding: why, how to mend it, where to read on."""

from __future__ import annotations

from collections.abc import Iterable

from seawall.reports.cells import wrap
from seawall.reports.paint import Paint


class Notes:
    """The lines under a frame: ` = why: …`, wrapped under their own first word."""

    def __init__(self, width: int, gutter: int, paint: Paint) -> None:
        self._width = width
        self._lead = f"{'':>{gutter}} {paint('=', 'gutter')} "
        self._indent = gutter + 3
        self._paint = paint

    def note(self, key: str, text: str) -> list[str]:
        """The lines of one note; none for an empty text."""
        if not text:
            return []
        rest = " " * (self._indent + len(key) + 2)
        first, *others = wrap(text, self._width, rest, rest, keeps_code=key == "fix")
        head = f"{self._lead}{self._paint(f'{key}:', 'strong')} "
        return [head + first[len(rest) :], *others]

    def several(self, key: str, texts: Iterable[str]) -> list[str]:
        """One note of several texts, a line for each; what is wrapped hangs under its own."""
        texts = [*texts]
        if len(texts) < 2:
            return self.note(key, "".join(texts))
        first, *others = texts
        rest = " " * (self._indent + len(key) + 2)
        head, *wrapped = wrap(first, self._width, rest, rest + "  ")
        lead = f"{self._lead}{self._paint(f'{key}:', 'strong')} "
        lines = [lead + head[len(rest) :], *wrapped]
        return lines + [
            line for text in others for line in wrap(text, self._width, rest, rest + "  ")
        ]
