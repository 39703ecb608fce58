"""`seawall.report/1`, the contract for machines; its schema is published beside this module."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from seawall.core.inventory import Comparison, ImageSummary
from seawall.core.model import (
    ChecklistRow,
    Confidence,
    Evidence,
    Finding,
    Fix,
    Flaw,
    InLayer,
    Location,
    Notice,
    Problem,
    Safety,
    Severity,
    Suppression,
    Target,
    Verdict,
)
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.edits import Replacement, replacements
from seawall.reports.masking import Sources
from seawall.reports.summary import tally

SCHEMA = "seawall.report/1"


class ToolRow(Struct, frozen=True):
    """The program that made the report, and how the run was asked for."""

    name: str
    version: str
    profile: str
    fail_on: Severity


class PlaceRow(Struct, frozen=True, gc=False):
    """Where a finding stands."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    symbol: str


class FixRow(Struct, frozen=True, gc=False):
    """A remedy as edits; without edits it is only a title to act on."""

    safety: Safety
    title: str
    edits: tuple[Replacement, ...]


class FindingRow(Struct, frozen=True, gc=False, omit_defaults=True):
    """One finding."""

    rule: str
    practice: str
    title: str
    severity: Severity
    confidence: Confidence
    verdict: Verdict
    target: str
    location: PlaceRow
    message: str
    label: str
    why: str
    remedy: str
    evidence: tuple[Evidence, ...]
    fix: FixRow | None
    standards: tuple[str, ...]
    fingerprint: str
    suppressed: Suppression | None
    layer: InLayer | None = None
    flaw: Flaw | None = None


class SummaryRow(Struct, frozen=True):
    """The counts; `exit_code` is what the contract of exit codes makes of this report."""

    by_severity: dict[Severity, int]
    unknown: int
    suppressed: int
    hidden: dict[str, int]
    problems: int
    exit_code: int


class Document(Struct, frozen=True, omit_defaults=True):
    """The whole report; what is about images is there only where images were scanned."""

    schema: str
    tool: ToolRow
    targets: tuple[Target, ...]
    findings: tuple[FindingRow, ...]
    checklist: tuple[ChecklistRow, ...]
    problems: tuple[Problem, ...]
    notices: tuple[Notice, ...]
    summary: SummaryRow
    images: tuple[ImageSummary, ...] = ()
    comparison: Comparison | None = None


def render(report: Report, options: RenderOptions) -> str:
    """The report as one JSON document on one line."""
    return encode(report, options).decode()


def encode(report: Report, options: RenderOptions) -> bytes:
    """The same as it is written: of megabytes no text is made."""
    document = Document(
        schema=SCHEMA,
        tool=tool_row(options),
        targets=report.targets,
        findings=tuple(finding_rows(report)),
        checklist=report.checklist,
        problems=report.problems,
        notices=report.notices,
        summary=summary_row(report, options),
        images=report.images,
        comparison=report.comparison,
    )
    return msgspec.json.encode(document) + b"\n"


def tool_row(options: RenderOptions) -> ToolRow:
    """What is said of this program."""
    return ToolRow("seawall", options.version, options.profile, options.fail_on)


def summary_row(report: Report, options: RenderOptions) -> SummaryRow:
    """What is said of the whole run."""
    run = tally(report, options.fail_on)
    return SummaryRow(
        by_severity=run.counts.by_severity,
        unknown=run.counts.unknown,
        suppressed=run.suppressed,
        hidden=run.hidden,
        problems=run.problems,
        exit_code=options.exit_code(report),
    )


def finding_rows(report: Report) -> Iterator[FindingRow]:
    """What is said of each finding, the suppressed ones included."""
    sources = Sources(report.excerpts)
    for finding in report.findings:
        yield _finding_row(finding, sources)


def _finding_row(finding: Finding, sources: Sources) -> FindingRow:
    return FindingRow(
        finding.rule,
        finding.practice,
        finding.title,
        finding.severity,
        finding.confidence,
        finding.verdict,
        finding.target,
        _place_row(finding.location),
        finding.message,
        finding.label,
        finding.why,
        finding.remedy,
        finding.evidence,
        _fix_row(finding, finding.fix, sources) if finding.fix else None,
        finding.standards,
        finding.fingerprint,
        finding.suppressed,
        finding.layer,
        finding.flaw,
    )


def _place_row(place: Location) -> PlaceRow:
    span = place.span
    return PlaceRow(
        place.path, span.line, span.column, span.end_line, span.end_column, place.symbol
    )


def _fix_row(finding: Finding, fix: Fix, sources: Sources) -> FixRow:
    return FixRow(fix.safety, fix.title, replacements(finding, sources))
