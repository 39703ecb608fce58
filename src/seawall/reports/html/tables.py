"""The tables of the page: checklist, standards, and what was suppressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from seawall.core.model import ChecklistRow, Finding, Severity, Verdict
from seawall.core.report import Report
from seawall.core.standards import (
    CIS_DOCKER,
    CIS_SECTIONS,
    NIST_CONTAINERS,
    NIST_SECTIONS,
    OWASP_DOCKER,
    OWASP_SECTIONS,
)
from seawall.reports.html.findings import anchor
from seawall.reports.html.markup import badge, level_of, prose, row, slug, table, verdict
from seawall.reports.summary import counted, shown

_STANDARDS: Mapping[str, Mapping[str, str]] = {
    CIS_DOCKER: CIS_SECTIONS,
    OWASP_DOCKER: OWASP_SECTIONS,
    NIST_CONTAINERS: NIST_SECTIONS,
}
_VERDICTS = ("pass", "fail", "unknown")


def checklist(rows: tuple[ChecklistRow, ...]) -> str:
    """The checklist, a table for each of its levels, with the sum before."""
    if not rows:
        return ""
    levels: dict[str, list[ChecklistRow]] = {}
    for each in rows:
        levels.setdefault(each.level, []).append(each)
    sums = {word: sum(each.verdict == word for each in rows) for word in _VERDICTS}
    tally = "".join(f"<span>{verdict(word)}: {number}</span>" for word, number in sums.items())
    tables = (_level(level, own) for level, own in levels.items())
    return f'<p class="tally">{tally}</p>{"".join(tables)}'


def _level(level: str, rows: list[ChecklistRow]) -> str:
    body = (
        row(escape(each.item), verdict(each.verdict), prose(each.evidence), _practices(each))
        for each in rows
    )
    heads = ("Item", "Verdict", "Evidence", "Practices")
    return f"<h3>{escape(level)}</h3>" + table(f"Checklist: {level}", heads, body, "checklist")


def _practices(each: ChecklistRow) -> str:
    return " ".join(f"<code>{escape(name)}</code>" for name in each.practices)


def standards(report: Report) -> str:
    """The findings under the sections of each standard that they offend."""
    cited: dict[str, list[Finding]] = {}
    for finding in shown(report):
        for citation in finding.standards:
            cited.setdefault(citation, []).append(finding)
    parts = (_standard(name, titles, cited) for name, titles in _STANDARDS.items())
    return "".join(parts)


def _standard(name: str, titles: Mapping[str, str], cited: dict[str, list[Finding]]) -> str:
    rows = [
        row(escape(section), escape(title), badge(_worst(own)), _links(own))
        for section, title in titles.items()
        if (own := cited.get(f"{name} {section}"))
    ]
    if not rows:
        return ""
    heads = ("Section", "What it asks", "Worst", "Findings")
    missed = f' <span class="sub">{counted(len(rows), "section")} with findings</span>'
    return f'<h3 id="{slug(name)}">{escape(name)}{missed}</h3>' + table(
        f"Findings by section of {name}", heads, rows, "standard"
    )


def _worst(own: list[Finding]) -> str:
    sure = [finding.severity for finding in own if finding.verdict is not Verdict.UNKNOWN]
    return min(sure, key=_rank).value if sure else "unknown"


def _rank(severity: Severity) -> int:
    return severity.rank


def _links(own: list[Finding]) -> str:
    """Each rule with the number of its findings, leading to the first."""
    rules: dict[str, list[Finding]] = {}
    for finding in own:
        rules.setdefault(finding.rule, []).append(finding)
    return ", ".join(
        f'<a href="#{anchor(found[0])}">{escape(rule)}</a>'
        + (f" ×{len(found)}" if len(found) > 1 else "")
        for rule, found in rules.items()
    )


def suppressed(report: Report) -> str:
    """The findings that do not count, each with who says so and why."""
    rows = [*_suppressed(report)]
    heads = ("Finding", "Severity", "Place", "Suppressed by", "Reason", "Until")
    return table("Suppressed findings", heads, rows, "list") if rows else ""


def _suppressed(report: Report) -> Iterator[str]:
    for finding in report.findings:
        cause = finding.suppressed
        if cause is not None:
            place = f"{finding.location.path}:{finding.location.span.line}"
            by = cause.kind + (f", line {cause.line}" if cause.line else "")
            yield row(
                f"{prose(finding.title)} <code>{escape(finding.rule)}</code>",
                badge(level_of(finding)),
                f"<code>{escape(place)}</code>",
                escape(by),
                prose(cause.reason) or '<span class="sub">none given</span>',
                escape(cause.until) or '<span class="sub">no end</span>',
            )
