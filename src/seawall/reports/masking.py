"""Sources whose secrets can't be shown: every excerpt of every format is cut from here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from seawall.core.clean import clean
from seawall.core.model import Span
from seawall.core.report import Excerpt
from seawall.core.source import Source

MASK = "********"
"""What stands for a secret, whatever its length: the length is nobody's business either."""

_LONG_WORD = 12
_SHORTEST = 8

Range = tuple[int, int]


class MaskedSource(Struct, frozen=True, dict=True):
    """A source and the offsets in it that are never shown: sorted, apart, end exclusive."""

    source: Source
    hidden: tuple[Range, ...]

    def holds(self, span: Span) -> bool:
        """Whether the place lies in this source at all."""
        return 1 <= span.line <= span.end_line <= len(self.source.line_starts)

    def line(self, number: int) -> tuple[str, list[Range]]:
        """A line, from 1, as it is, and the columns (from 0, end exclusive) to hide in it."""
        text = self.source.line_text(number)
        start = self.source.line_starts[number - 1]
        return text, [(a - start, b - start) for a, b in self._within(start, start + len(text))]

    def text(self, span: Span, limit: int) -> str:
        """The cleaned text of a place without its secrets, at most about `limit` characters."""
        start = self.source.line_starts[span.line - 1] + span.column - 1
        end = self.source.line_starts[span.end_line - 1] + span.end_column - 1
        cut = min(end, start + limit)
        pieces: list[str] = []
        for a, b in self._within(start, cut):
            pieces += (self.source.text[start:a], MASK)
            start = b
        pieces.append(self.source.text[start:cut])
        return clean("".join(pieces).replace("\r\n", "\n")) + ("…" if cut < end else "")

    def _within(self, start: int, end: int) -> Iterator[Range]:
        for a, b in self.hidden:
            if a < end and b > start:
                yield max(a, start), min(b, end)


class Sources:
    """The masked sources of a report by target name, each made when first asked for."""

    def __init__(self, excerpts: Mapping[str, Excerpt]) -> None:
        self._excerpts = excerpts
        self._made: dict[str, MaskedSource] = {}

    def whole(self, target: str) -> Source | None:
        """The source itself, for its lines and columns; its text is not to be shown."""
        excerpt = self._excerpts.get(target)
        return excerpt.source if excerpt is not None else None

    def of(self, target: str, span: Span) -> MaskedSource | None:
        """The source that holds the place, where the report carries it."""
        made = self._made.get(target)
        if made is None:
            excerpt = self._excerpts.get(target)
            if excerpt is None:
                return None
            made = self._made[target] = mask(excerpt)
        return made if made.holds(span) else None


def mask(excerpt: Excerpt) -> MaskedSource:
    """Hide the secrets of an excerpt, and every other place where the same values stand."""
    if not excerpt.secrets:
        return MaskedSource(excerpt.source, ())
    ranges = [(place.start, place.end) for place in excerpt.secrets if place.end > place.start]
    for value in telling_values(excerpt):
        ranges += _occurrences(excerpt.source.text, value)
    return MaskedSource(excerpt.source, tuple(_merged(ranges)))


def telling_values(excerpt: Excerpt) -> list[str]:
    """The secrets that are hidden wherever they appear, longest first.

    A short or plain word (`postgres` as a password) is hidden in its place only: struck out of
    `FROM postgres:16` it would hide nothing and tell more.
    """
    texts = {excerpt.source.text[place.start : place.end] for place in excerpt.secrets}
    return sorted(filter(_is_telling, texts), key=len, reverse=True)


def _is_telling(text: str) -> bool:
    return len(text) >= _LONG_WORD or (len(text) >= _SHORTEST and not text.isalpha())


def _occurrences(text: str, value: str) -> Iterator[Range]:
    position = text.find(value)
    while position >= 0:
        yield position, position + len(value)
        position = text.find(value, position + len(value))


def _merged(ranges: Iterable[Range]) -> Iterator[Range]:
    last: Range | None = None
    for start, end in sorted(ranges):
        if last is not None and start <= last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last
