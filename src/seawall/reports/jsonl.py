"""One JSON object for each line: the run, each finding, each problem, the summary."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.json import SCHEMA, finding_rows, summary_row, tool_row


def render(report: Report, options: RenderOptions) -> str:
    """Lines whose `type` says what they are; the other fields are those of the `json` format."""
    return msgspec.json.Encoder().encode_lines(_lines(report, options)).decode()


def _lines(report: Report, options: RenderOptions) -> list[dict[str, object]]:
    return [
        {"type": "run", "schema": SCHEMA, "tool": tool_row(options)},
        *(_line("target", target) for target in report.targets),
        *(_line("finding", row) for row in finding_rows(report)),
        *(_line("checklist", row) for row in report.checklist),
        *(_line("problem", problem) for problem in report.problems),
        *(_line("notice", notice) for notice in report.notices),
        *(_line("image", image) for image in report.images),
        *([_line("comparison", report.comparison)] if report.comparison else []),
        _line("summary", summary_row(report, options)),
    ]


def _line(kind: str, row: Struct) -> dict[str, object]:
    return {"type": kind, **msgspec.to_builtins(row)}
