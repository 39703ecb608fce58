"""The checklist for people at a terminal: every item with its evidence, or a line a level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seawall.core.model import ChecklistRow, Verdict
from seawall.reports.cells import wrap
from seawall.reports.paint import Paint

_STYLES = {Verdict.PASS.value: "good", Verdict.FAIL.value: "high", Verdict.UNKNOWN.value: "unknown"}
_WORD = max(map(len, _STYLES))
_INDENT = " " * (_WORD + 4)


def verdict_style(verdict: str) -> str:
    """The style that a verdict is painted in."""
    return _STYLES.get(verdict, "strong")


def by_level(rows: Sequence[ChecklistRow]) -> dict[str, list[ChecklistRow]]:
    """The rows of each level, in their order."""
    levels: dict[str, list[ChecklistRow]] = {}
    for row in rows:
        levels.setdefault(row.level, []).append(row)
    return levels


def counted(rows: Sequence[ChecklistRow]) -> str:
    """`3 pass, 2 fail, 1 unknown`: the verdicts that occur."""
    numbers = {word: sum(row.verdict == word for row in rows) for word in _STYLES}
    return ", ".join(f"{number} {word}" for word, number in numbers.items() if number)


def table(rows: Sequence[ChecklistRow], width: int, paint: Paint) -> Iterator[list[str]]:
    """A block for each level: verdict and item on a line, the evidence wrapped below it."""
    for level, own in by_level(rows).items():
        heading = wrap(f"{level}: {counted(own)}", width, "", "  ")
        lines = [paint(line, "strong") for line in heading]
        for row in own:
            lines += _item(row, width, paint)
        yield lines


def _item(row: ChecklistRow, width: int, paint: Paint) -> Iterator[str]:
    first, *others = wrap(row.item, width, _INDENT, _INDENT)
    word = f"{row.verdict:<{_WORD}}"
    yield f"  {paint(word, verdict_style(row.verdict))}  {first.strip()}"
    yield from others
    yield from wrap(row.evidence, width, _INDENT, _INDENT)


def digest(rows: Sequence[ChecklistRow], width: int, paint: Paint) -> list[str]:
    """A line for each level with its counts and what fails, wrapped where it is long."""
    if not rows:
        return []
    lines = [paint(f"checklist: {counted(rows)}", "strong")]
    for level, own in by_level(rows).items():
        failing = "; ".join(row.item for row in own if row.verdict == Verdict.FAIL.value)
        told = f"{level}: {counted(own)}" + (f"; fails: {failing}" if failing else "")
        lines += wrap(told, width, "  ", "    ")
    return [*lines, "  = see: seawall checklist, with the evidence for each item"]


def closing(rows: Sequence[ChecklistRow]) -> list[str]:
    """The lines that end a checklist: the counts, and that unknown is no pass."""
    noun = "item" if len(rows) == 1 else "items"
    lines = [f"{len(rows)} {noun}: {counted(rows) or 'none'}."]
    unknown = sum(row.verdict == Verdict.UNKNOWN.value for row in rows)
    if unknown:
        lines.append(f"{unknown} can't be told, so this is not a pass: settle them as said above.")
    return lines
