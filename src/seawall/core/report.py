"""What one run comes to: everything that any report format shows."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from seawall.core.diagram import Diagram
from seawall.core.inventory import Comparison, ImageSummary
from seawall.core.model import (
    ChecklistRow,
    Finding,
    Located,
    Notice,
    Problem,
    Severity,
    Target,
    Verdict,
)
from seawall.core.source import Source


class Excerpt(Struct, frozen=True):
    """The source of a target and the places in it that no report may show (secrets)."""

    source: Source
    secrets: tuple[Located, ...] = ()


class Report(Struct, frozen=True):
    """The outcome of a run, in a deterministic order.

    `findings` holds suppressed ones too (`Finding.suppressed`); `hidden` counts what profile,
    selection or confidence left out, by reason. `excerpts` are by target name; one is there for
    every target that has a finding, or a problem although it was read. `diagrams` are drawn by
    the formats that can draw. `images` are summaries of the images that were scanned, `comparison`
    is there where two were named.
    """

    targets: tuple[Target, ...] = ()
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()
    checklist: tuple[ChecklistRow, ...] = ()
    hidden: Mapping[str, int] = {}
    excerpts: Mapping[str, Excerpt] = {}
    diagrams: tuple[Diagram, ...] = ()
    images: tuple[ImageSummary, ...] = ()
    comparison: Comparison | None = None

    @property
    def active(self) -> tuple[Finding, ...]:
        """The findings that are not suppressed."""
        return tuple(finding for finding in self.findings if finding.suppressed is None)

    def exit_code(self, fail_on: Severity) -> int:
        """The contract: 2 where anything was left unexamined or undecided, 1 for findings, else 0.

        An undecided (unknown) finding at or over `fail_on` is no pass, so it makes the run 2.
        """
        over = {f.verdict for f in self.active if f.severity.at_least(fail_on)}
        if self.problems or Verdict.UNKNOWN in over:
            return 2
        return 1 if Verdict.FAIL in over else 0

    def checklist_code(self) -> int:
        """The same contract for the checklist: 2 for anything unexamined or unknown, 1 for a fail.

        The threshold has no say: an item passes or it does not.
        """
        verdicts = {row.verdict for row in self.checklist}
        if self.problems or Verdict.UNKNOWN.value in verdicts:
            return 2
        return 1 if Verdict.FAIL.value in verdicts else 0
