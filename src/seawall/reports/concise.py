"""One line for each finding, to be searched and clicked on."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from seawall.core.model import Finding
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.inert import inert
from seawall.reports.paint import Paint, style_of
from seawall.reports.summary import closing, images_of, shown
from seawall.reports.verdicts import closing as ended
from seawall.reports.verdicts import verdict_style


def render(report: Report, options: RenderOptions) -> str:
    """`path:line:column severity rule message`, then the problems and the closing summary.

    Of an image it is `name: severity rule message`: its lines are nowhere to be opened.
    """
    paint = Paint(options.color)
    if options.is_checklist:
        return inert("\n".join(_checklist(report, paint)) + "\n")
    images = images_of(report)
    lines = [line_of(finding, paint, images) for finding in shown(report)]
    lines += [*_problems(report, paint)]
    lines += closing(report, options.fail_on)
    return inert("\n".join(lines) + "\n")


def _checklist(report: Report, paint: Paint) -> Iterator[str]:
    """`verdict level: item: evidence`, a line for each item."""
    for row in report.checklist:
        word = paint(row.verdict, verdict_style(row.verdict))
        yield f"{word} {row.level}: {row.item}: {_on_one_line(row.evidence)}"
    yield from _problems(report, paint)
    yield from ended(report.checklist)


def line_of(
    finding: Finding,
    paint: Paint = Paint(color=False),  # noqa: B008 -- frozen
    images: Collection[str] = (),
) -> str:
    """The line of one finding; `images` are the targets that have no lines."""
    place, word = finding.location, style_of(finding)
    where = f"{place.path}:{place.span.line}:{place.span.column}"
    if finding.target in images:
        where = f"{place.path}:"
    return f"{where} {paint(word, word)} {finding.rule} {_on_one_line(finding.message)}"


def _problems(report: Report, paint: Paint) -> Iterator[str]:
    images = images_of(report)
    for problem in report.problems:
        is_image = problem.target in images
        place = f"{problem.target}:" if is_image else f"{problem.target}:{problem.line or 1}:1"
        word = paint("problem", "problem")
        yield f"{place} {word} not-examined {_on_one_line(problem.reason)}"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
