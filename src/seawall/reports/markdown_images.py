"""Images for a comment on a pull request: what to do, and tables of flaws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from seawall.core.inventory import Advice, Comparison, ImageSummary
from seawall.core.model import Finding
from seawall.core.report import Report
from seawall.reports.comparing import Part, compared, verdict_on
from seawall.reports.figures import clearing, facts_of
from seawall.reports.flaw_rows import HEADS, FlawRow, flaw_rows, of_image
from seawall.reports.markdown_text import code, fenced, html, plain
from seawall.reports.summary import count, counted, severities

_STEPS = 10
_ROWS = 30
_MOST_IMAGES = 20
_DOCKERFILE = ("RUN ", "FROM ")
_LINE = 4000


def image_blocks(report: Report, findings: Iterable[Finding]) -> Iterator[str]:
    """The comparison, then each image: its figures, what to do, its flaws folded away."""
    findings = [*findings]
    if report.comparison is not None:
        yield _compared(report.comparison, verdict_on(report))
    for image in report.images[:_MOST_IMAGES]:
        own = of_image(image, findings)
        yield _head(image, own)
        yield from _steps(image.advice)
        yield from _flaws(flaw_rows(own))
    if len(report.images) > _MOST_IMAGES:
        yield f"{len(report.images) - _MOST_IMAGES} more images are in the full report."


def _head(image: ImageSummary, findings: Sequence[Finding]) -> str:
    found = severities(count(findings))
    number = counted(len(findings), "finding")
    facts = [f"{name} {text}" for name, text in facts_of(image) if text]
    told = [f"**{number}: {found}**" if found else f"**{number}**", *map(plain, facts)]
    return f"#### {code(image.name)}\n\n" + "  \n".join(told)


def _steps(advice: Sequence[Advice]) -> Iterator[str]:
    steps = [each for each in advice if each.kind != "wait"]
    if not advice:
        return
    yield "**What to do**"
    yield from (_step(f"{number}.", each) for number, each in enumerate(steps[:_STEPS], 1))
    if len(steps) > _STEPS:
        yield f"{len(steps) - _STEPS} more steps are in the full report."
    yield from (_step("-", each) for each in advice if each.kind == "wait")


def _step(lead: str, advice: Advice) -> str:
    """An item of a list; what is below it is indented as far as its text."""
    clears = clearing(advice)
    told = f"{lead} {plain(advice.title)}" + (f": {plain(clears)}" if clears else "")
    margin = " " * (len(lead) + 1)
    blocks = (
        fenced(line[:_LINE], "dockerfile" if line.startswith(_DOCKERFILE) else "sh")
        for line in advice.lines
    )
    return "\n".join([told, *(margin + line for block in blocks for line in block.split("\n"))])


def _flaws(rows: Sequence[FlawRow]) -> Iterator[str]:
    if not rows:
        return
    lines = [f"| {' | '.join(HEADS)} |", "| --- " * len(HEADS) + "|"]
    for row in rows[:_ROWS]:
        level, name, *others = row.cells
        cells = (f"**{level}**", code(name), *(code(cell) if cell else "" for cell in others))
        lines.append(f"| {' | '.join(cell.replace(chr(10), ' ') for cell in cells)} |")
    more = f"; the {_ROWS} most pressing" if len(rows) > _ROWS else ""
    yield _folded(f"Flaws of packages: {len(rows)}{more}", "\n".join(lines))


def _compared(comparison: Comparison, verdict: str) -> str:
    parts = [*compared(comparison)]
    lines = [
        f"#### {code(comparison.before)} → {code(comparison.after)}",
        f"**{plain(verdict)}**",
        "\n".join(f"- {plain(part.title)}" for part in parts),
        *(_changes(part) for part in parts if part.changes),
    ]
    return "\n\n".join(lines)


def _changes(part: Part) -> str:
    lines = [
        f"{change.sign} {f'{change.level} ' if change.level else ''}{change.text}"
        for change in part.changes[:_ROWS]
    ]
    if len(part.changes) > _ROWS:
        lines.append(f"… and {len(part.changes) - _ROWS} more")
    return _folded(part.title, fenced("\n".join(lines), "diff"))


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{html(title)}</summary>\n\n{body}\n\n</details>"
