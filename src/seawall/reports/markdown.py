"""Markdown for a comment on a pull request: a table at a glance, the rest folded away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import dedent

from seawall.core.diagram import Diagram
from seawall.core.model import ChecklistRow, Evidence, Finding, Notice, Problem, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.citing import cited
from seawall.reports.drawing import mermaid
from seawall.reports.masking import Sources
from seawall.reports.paint import style_of
from seawall.reports.summary import closing, shown
from seawall.reports.verdicts import by_level, counted
from seawall.reports.verdicts import closing as ended

_MOST_ROWS = 50
_MOST_DETAILS = 20
_MOST_DRAWINGS = 5
_SNIPPET = 600
_LONGEST = 300
"""Characters of a message, a name or a reason that are shown."""
_ADVICE = 1500
_MOST = 60_000
"""Characters of the whole: GitHub refuses a comment of more than 65,536."""
_LANGUAGES = {"yaml": "yaml", "yml": "yaml", "sh": "sh", "md": "markdown", "json": "json"}
"""The languages of fences, by the last part of a file's name."""
_BACKTICKS = re.compile("`+")
_CODE = re.compile(r"`([^`]+)`")
_SPECIAL = re.compile(
    r"[\\`*_\[\]!|~$<>&@#]"
    r"|:(?=//|\w+:)"  # links, and emoji by name
    r"|www(?=\.)"
    r"|^[-+]|^\d+(?=[.)])"  # lists
)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "$": "&#36;"}
_BREAK = "&#8203;"
"""An empty character: after it nothing is a mention, a reference or a link any more."""


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
    if findings:
        yield "\n".join(_table(findings))
    told: set[str] = set()
    for finding in findings[:_MOST_DETAILS]:
        yield _details(finding, sources, cites=finding.rule not in told)
        told.add(finding.rule)
    yield from map(_drawing, report.diagrams[:_MOST_DRAWINGS])
    if report.checklist and report.targets:
        yield _folded_checklist(report)
    yield from map(_notice, report.notices[:_MOST_DETAILS])


def _drawing(diagram: Diagram) -> str:
    """A project as a Mermaid chart, folded, with the routes that an intruder has."""
    chart = mermaid(diagram)
    routes = (
        f"- **{route.severity.value}** {_plain(route.title)}: {_plain(route.cut, _ADVICE)}"
        for route in diagram.routes
    )
    parts = [
        f"<details><summary>Attack paths: {_html(diagram.title or diagram.target)}</summary>",
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
    return "### Seawall\n\n" + "  \n".join([f"**{_plain(lines[0])}**", *map(_plain, lines[1:])])


def _folded_checklist(report: Report) -> str:
    levels = "\n\n".join(map(_level, *_levels(report)))
    head = f"<details><summary>Checklist: {counted(report.checklist)}</summary>"
    return f"{head}\n\n{levels}\n\n</details>"


def _levels(report: Report) -> tuple[list[str], list[list[ChecklistRow]]]:
    levels = by_level(report.checklist)
    return [*levels], [*levels.values()]


def _level(level: str, rows: list[ChecklistRow]) -> str:
    """The table of one level of the checklist."""
    lines = [f"| {_plain(level)} | Verdict | Evidence |", "| --- | --- | --- |"]
    for row in rows:
        cells = (_plain(row.item), f"**{_plain(row.verdict)}**", _plain(row.evidence, _ADVICE))
        lines.append(f"| {' | '.join(cell.replace(chr(10), ' ') for cell in cells)} |")
    return "\n".join(lines)


def _table(findings: list[Finding]) -> Iterator[str]:
    yield "| Severity | Rule | Place | Finding |"
    yield "| --- | --- | --- | --- |"
    for finding in findings[:_MOST_ROWS]:
        place = f"{finding.location.path}:{finding.location.span.line}"
        cells = (style_of(finding), _code(finding.rule), _code(place), _plain(finding.message))
        yield f"| {' | '.join(cell.replace(chr(10), ' ') for cell in cells)} |"
    if len(findings) > _MOST_ROWS:
        yield f"\n{len(findings) - _MOST_ROWS} more are in the full report."


def _details(finding: Finding, sources: Sources, cites: bool) -> str:
    """A finding, folded; `cites` its standards, which the first of a rule does for all."""
    span = finding.location.span
    place = f"{finding.location.path}:{span.line}"
    head = f"{style_of(finding)}: {_html(finding.title)} (<code>{_html(place)}</code>)"
    settle = "What would settle it" if finding.verdict is Verdict.UNKNOWN else "Fix"
    parts = [
        f"<details><summary>{head}</summary>",
        _snippet(finding, sources),
        _plain(finding.message),
        "\n".join(map(_link, finding.evidence)),
        f"**Why:** {_plain(finding.why, _ADVICE)}" if finding.why else "",
        _remedy(settle, finding.remedy, _language(finding.location.path)),
        f"**See:** {_plain(cited(finding.standards))}" if cites and finding.standards else "",
        "</details>",
    ]
    return "\n\n".join(filter(None, parts))


def _snippet(finding: Finding, sources: Sources) -> str:
    masked = sources.of(finding.target, finding.location.span)
    if masked is None:
        return ""
    text = masked.text(finding.location.span, _SNIPPET)
    return _fenced(text, _language(finding.location.path))


def _link(link: Evidence) -> str:
    return f"- {_plain(link.what)}" + (f" (line {link.line})" if link.line else "")


def _remedy(word: str, text: str, language: str) -> str:
    """Prose in paragraphs, and between fences the indented lines, which are to be copied."""
    if not text:
        return ""
    parts = []
    for is_code, lines in groupby(_shortened(text, _ADVICE).split("\n"), _is_indented):
        block = "\n".join(lines)
        parts.append(_fenced(dedent(block), language) if is_code else _plain(block, _ADVICE))
    return f"**{word}:** " + "\n\n".join(parts)


def _is_indented(line: str) -> bool:
    return line.startswith(" ")


def _fenced(text: str, language: str) -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _language(path: str) -> str:
    """How a file's lines are to be coloured; nothing where its name does not tell."""
    name = path.rpartition("/")[2].lower()
    if "dockerfile" in name or "containerfile" in name:
        return "dockerfile"
    return _LANGUAGES.get(name.rpartition(".")[2], "")


def _problem(problem: Problem) -> str:
    hint = f" {_plain(problem.hint)}" if problem.hint else ""
    return f"**Could not be examined:** {_code(problem.target)}: {_plain(problem.reason)}{hint}"


def _notice(notice: Notice) -> str:
    place = notice.target + (f":{notice.line}" if notice.line else "")
    return f"**Note:** {f'{_code(place)}: ' if place else ''}{_plain(notice.message)}"


def _code(text: str) -> str:
    """A code span, also inside a table, where a pipe would end the cell."""
    text = _shortened(text).replace("\n", " ").replace("|", "\\|")
    fence = "`" * (_longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _shortened(text: str, most: int = _LONGEST) -> str:
    return text if len(text) <= most else text[:most] + "…"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)


def _plain(text: str, most: int = _LONGEST) -> str:
    """Text that Markdown shows as it is, but for `code`: no HTML, mention, link or image."""
    pieces = _CODE.split(" ".join(_shortened(text, most).split()))
    return "".join(
        _code(piece) if index % 2 else _SPECIAL.sub(_escape, piece)
        for index, piece in enumerate(pieces)
    )


def _escape(match: re.Match[str]) -> str:
    text = match[0]
    if text in _ENTITIES:
        return _ENTITIES[text]
    if text in "@#:" or text == "www" or text.isdigit():
        return text + _BREAK
    return f"\\{text}"


def _html(text: str) -> str:
    text = _shortened(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", f"@{_BREAK}").replace("#", f"#{_BREAK}").replace("\n", " ")
