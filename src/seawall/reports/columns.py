"""Tables for terminals: columns as wide as the terminal allows, long cells wrapped in theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from seawall.reports.cells import fitting, width
from seawall.reports.paint import Paint

_GAP = 2
_NARROWEST = 8
"""Cells below which no column is squeezed."""
_JOINTS = " -/+.~:@_"


def columns(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    room: int,
    paint: Paint,
    styles: Sequence[str],
    whole: Collection[int] = (),
) -> Iterator[str]:
    """The lines of a table; the first cell of each row is painted in the row's style.

    No line is wider than `room`, as long as that leaves each column some cells: what does not fit
    goes on below, in its own column. `whole` are the columns that never give way.
    """
    widths = _widths(heads, rows, room, whole)
    yield paint("  ".join(_filled(heads, widths)).rstrip(), "strong")
    for row, style in zip(rows, styles, strict=True):
        for number, line in enumerate(_lines(row, widths)):
            first, *others = line
            painted = paint(first, style) if number == 0 else first
            yield "  ".join([painted, *others]).rstrip()


def _widths(
    heads: Sequence[str], rows: Sequence[Sequence[str]], room: int, whole: Collection[int]
) -> list[int]:
    """As wide as the widest cell; the widest of the columns that may give way do so first."""
    widths = [max(map(width, column)) for column in zip(heads, *rows, strict=True)]
    spare = sum(widths) + _GAP * (len(widths) - 1) - room
    yielding = [number for number in range(len(widths)) if number not in whole]
    while spare > 0 and yielding:
        widest = max(yielding, key=widths.__getitem__)
        if widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
        spare -= 1
    return widths


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[list[str]]:
    wrapped = [[*_broken(cell, wide)] for cell, wide in zip(row, widths, strict=True)]
    for number in range(max(map(len, wrapped))):
        yield _filled((each[number] if number < len(each) else "" for each in wrapped), widths)


def _broken(text: str, wide: int) -> Iterator[str]:
    """The cell in pieces, parted behind a sign of a name or a version where one is near the end."""
    while width(text) > wide:
        head = fitting(text, wide)
        cut = max(map(head.rfind, _JOINTS)) + 1
        if cut <= len(head) // 2:
            cut = len(head)
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    yield text


def _filled(cells: Iterable[str], widths: Sequence[int]) -> list[str]:
    return [
        cell + " " * max(wide - width(cell), 0) for cell, wide in zip(cells, widths, strict=True)
    ]
