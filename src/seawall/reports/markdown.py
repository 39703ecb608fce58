"""Markdown for a comment on a pull request: a table at a glance, the rest folded away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from textwrap import dedent

from seawall.core.diagram import Diagram
from seawall.core.model import ChecklistRow, Evidence, Finding, Notice, Problem, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.citing import cited
from seawall.reports.drawing import mermaid
from seawall.reports.markdown_images import image_blocks
from seawall.reports.markdown_text import code, fenced, html, plain, shortened
from seawall.reports.masking import Sources
from seawall.reports.paint import style_of
from seawall.reports.summary import closing, images_of, shown
from seawall.reports.verdicts import by_level, counted
from seawall.reports.verdicts import closing as ended

_MOST_ROWS = 50
_MOST_DETAILS = 20
_MOST_DRAWINGS = 5
_SNIPPET = 600
_ADVICE = 1500
_MOST = 60_000
"""Characters of the whole: GitHub refuses a comment of more than 65,536."""
_LANGUAGES = {"yaml": "yaml", "yml": "yaml", "sh": "sh", "md": "markdown", "json": "json"}
"""The languages of fences, by the last part of a file's name."""


def render(report: Report, options: RenderOptions) -> str:
    """A summary, a table of the worst findings, and their details; short enough to post."""
    findings = sorted(shown(report), key=lambda finding: finding.severity.rank)
    return "\n\n".join(_within(_MOST, _blocks(report, findings, options))) + "\n"


def _blocks(report: Report, findings: list[Finding], options: RenderOptions) -> Iterator[str]:
    sources = Sources(report.excerpts)
    yield _summary(report, options)
    yield from map(_problem, report.problems[:_MOST_DETAILS])
    if options.is_checklist:
        yield from map(_level, *_levels(report))
        return
    if report.images:
        yield from image_blocks(report, findings)
        findings = [finding for finding in findings if finding.flaw is None]
    if findings:
        yield "\n".join(_table(findings, images_of(report)))
    told: set[str] = set()
    images = images_of(report)
    for finding in findings[:_MOST_DETAILS]:
        is_image = finding.target in images
        yield _details(finding, sources, cites=finding.rule not in told, is_image=is_image)
        told.add(finding.rule)
    yield from map(_drawing, report.diagrams[:_MOST_DRAWINGS])
    if report.checklist and report.targets:
        yield _folded_checklist(report)
    yield from map(_notice, report.notices[:_MOST_DETAILS])


def _drawing(diagram: Diagram) -> str:
    """A project as a Mermaid chart, folded, with the routes that an intruder has."""
    chart = mermaid(diagram)
    routes = (
        f"- **{route.severity.value}** {plain(route.title)}: {plain(route.cut, _ADVICE)}"
        for route in diagram.routes
    )
    parts = [
        f"<details><summary>Attack paths: {html(diagram.title or diagram.target)}</summary>",
        f"```mermaid\n{chart}\n```" if chart else "",
        "\n".join(routes) or "No way leads from outside to a data store or to the host.",
        "</details>",
    ]
    return "\n\n".join(filter(None, parts))


def _within(limit: int, blocks: Iterable[str]) -> Iterator[str]:
    """The blocks up to a number of characters, whole ones only."""
    for block in blocks:
        limit -= len(block) + 2
        if limit < 0:
            yield "The rest is in the full report."
            return
        yield block


def _summary(report: Report, options: RenderOptions) -> str:
    is_checklist = options.is_checklist
    lines = ended(report.checklist) if is_checklist else closing(report, options.fail_on)
    return "### Seawall\n\n" + "  \n".join([f"**{plain(lines[0])}**", *map(plain, lines[1:])])


def _folded_checklist(report: Report) -> str:
    levels = "\n\n".join(map(_level, *_levels(report)))
    head = f"<details><summary>Checklist: {counted(report.checklist)}</summary>"
    return f"{head}\n\n{levels}\n\n</details>"


def _levels(report: Report) -> tuple[list[str], list[list[ChecklistRow]]]:
    levels = by_level(report.checklist)
    return [*levels], [*levels.values()]


def _level(level: str, rows: list[ChecklistRow]) -> str:
    """The table of one level of the checklist."""
    lines = [f"| {plain(level)} | Verdict | Evidence |", "| --- | --- | --- |"]
    for row in rows:
        cells = (plain(row.item), f"**{plain(row.verdict)}**", plain(row.evidence, _ADVICE))
        lines.append(f"| {' | '.join(cell.replace(chr(10), ' ') for cell in cells)} |")
    return "\n".join(lines)


def _table(findings: list[Finding], images: Collection[str] = ()) -> Iterator[str]:
    yield "| Severity | Rule | Place | Finding |"
    yield "| --- | --- | --- | --- |"
    for finding in findings[:_MOST_ROWS]:
        place = finding.location.path
        if finding.target not in images:
            place += f":{finding.location.span.line}"
        cells = (style_of(finding), code(finding.rule), code(place), plain(finding.message))
        yield f"| {' | '.join(cell.replace(chr(10), ' ') for cell in cells)} |"
    if len(findings) > _MOST_ROWS:
        yield f"\n{len(findings) - _MOST_ROWS} more are in the full report."


def _details(finding: Finding, sources: Sources, cites: bool, is_image: bool) -> str:
    """A finding, folded; `cites` its standards, which the first of a rule does for all."""
    place = finding.location.path
    if not is_image:
        place += f":{finding.location.span.line}"
    head = f"{style_of(finding)}: {html(finding.title)} (<code>{html(place)}</code>)"
    settle = "What would settle it" if finding.verdict is Verdict.UNKNOWN else "Fix"
    parts = [
        f"<details><summary>{head}</summary>",
        _snippet(finding, sources),
        plain(finding.message),
        "\n".join(map(_link, finding.evidence)),
        f"**Why:** {plain(finding.why, _ADVICE)}" if finding.why else "",
        _remedy(settle, finding.remedy, _language(finding.location.path)),
        f"**See:** {plain(cited(finding.standards))}" if cites and finding.standards else "",
        "</details>",
    ]
    return "\n\n".join(filter(None, parts))


def _snippet(finding: Finding, sources: Sources) -> str:
    masked = sources.of(finding.target, finding.location.span)
    if masked is None:
        return ""
    text = masked.text(finding.location.span, _SNIPPET)
    return fenced(text, _language(finding.location.path))


def _link(link: Evidence) -> str:
    return f"- {plain(link.what)}" + (f" (line {link.line})" if link.line else "")


def _remedy(word: str, text: str, language: str) -> str:
    """Prose in paragraphs, and between fences the indented lines, which are to be copied."""
    if not text:
        return ""
    parts = []
    for is_code, lines in groupby(shortened(text, _ADVICE).split("\n"), _is_indented):
        block = "\n".join(lines)
        parts.append(fenced(dedent(block), language) if is_code else plain(block, _ADVICE))
    return f"**{word}:** " + "\n\n".join(parts)


def _is_indented(line: str) -> bool:
    return line.startswith(" ")


def _language(path: str) -> str:
    """How a file's lines are to be coloured; nothing where its name does not tell."""
    name = path.rpartition("/")[2].lower()
    if "dockerfile" in name or "containerfile" in name:
        return "dockerfile"
    return _LANGUAGES.get(name.rpartition(".")[2], "")


def _problem(problem: Problem) -> str:
    hint = f" {plain(problem.hint)}" if problem.hint else ""
    return f"**Could not be examined:** {code(problem.target)}: {plain(problem.reason)}{hint}"


def _notice(notice: Notice) -> str:
    place = notice.target + (f":{notice.line}" if notice.line else "")
    return f"**Note:** {f'{code(place)}: ' if place else ''}{plain(notice.message)}"
