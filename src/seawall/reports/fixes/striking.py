"""Keeps secrets out of what is shown of a plan: lines of the old text, and of the new one."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.core.report import Excerpt
from seawall.jobs.fixing import ChangedFile
from seawall.reports.fixes.hunks import Line
from seawall.reports.masking import MASK, MaskedSource, mask, telling_values

_SHORTEST = 4
"""A shorter secret is hidden in its place only: struck out anywhere it would hide nothing."""


class Striking:
    """Strikes the secrets of a plan's files out of texts."""

    def __init__(self, excerpts: Mapping[str, Excerpt]) -> None:
        self._excerpts = {name: each for name, each in excerpts.items() if each.secrets}
        self._masked: dict[str, MaskedSource] = {}

    def strike(self, name: str, text: str) -> str:
        """A text about a file without the secrets of that file."""
        excerpt = self._excerpts.get(name)
        for value in telling_values(excerpt) if excerpt else ():
            text = text.replace(value, MASK)
        return text

    def line(self, file: ChangedFile, line: Line) -> str:
        """A line of a file's diff as it may be shown."""
        excerpt = self._excerpts.get(file.name)
        if excerpt is None:
            return line.text
        if line.start >= 0 and excerpt.source.text == file.before:
            return self._old(file.name, excerpt, line)
        text = line.text
        for value in self._values(excerpt):
            text = text.replace(value, MASK)
        return text

    def _values(self, excerpt: Excerpt) -> list[str]:
        texts = {excerpt.source.text[place.start : place.end] for place in excerpt.secrets}
        return sorted((text for text in texts if len(text) >= _SHORTEST), key=len, reverse=True)

    def _old(self, name: str, excerpt: Excerpt, line: Line) -> str:
        masked = self._masked.get(name)
        if masked is None:
            masked = self._masked[name] = mask(excerpt)
        pieces: list[str] = []
        at, end = line.start, line.start + len(line.text)
        for first, last in masked.hidden:
            if first < end and last > line.start:
                pieces += (excerpt.source.text[at : max(first, at)], MASK)
                at = max(at, min(last, end))
        return "".join(pieces) + excerpt.source.text[at:end]
