"""What we promise to those who read plans of fixes by machine."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from msgspec import structs
from planned import mending, planned, replace

from seawall.core.model import FileChange, Fix, Hit, Problem, Safety
from seawall.jobs.fixing import Plan
from seawall.jobs.proving.model import (
    Answer,
    Outcome,
    Posture,
    Process,
    ProofReport,
    SubjectProof,
    TakenBack,
)
from seawall.reports import RenderOptions
from seawall.reports.fixes.json import Document, render

SCHEMA = json.loads((files("seawall.reports") / "schema/fix-1.schema.json").read_text())
PROMISED = {
    "": "files fixes left_out modes notices problems proof proposals schema summary tool withheld",
    "file": "edits is_exact is_new mode path text",
    "edit": "column end end_column end_line fixes line start text",
    "fix": "fixer has_edits line path proposal rule safety symbol title",
    "leftOut": "fix why",
    "subject": "after answers before name notes outcome path repairs taken_back unproven why",
    "summary": "exit_code files left_out problems proposals safe taken unsafe withheld written",
}
"""The fields of version 1: none is ever removed or renamed without a version 2."""


@pytest.fixture
def full(tmp_path: Path) -> Plan:
    """A plan with something in every part."""
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12.11\nADD a /a\nVOLUME /etc\nRUN curl -k https://a.b\n")
    (tmp_path / "key").write_text("k")
    changes = (FileChange("create", "n", "x\n"), FileChange("chmod", "key", mode=0o600))

    def copy(text: str, hit: Hit) -> Fix | None:
        fix = replace("ADD", "COPY")(text, hit)
        return Fix(Safety.SAFE, "copy", fix.edits, changes) if fix else None

    with mending(
        add_for_copy=copy,
        system_volume=replace("VOLUME", "VOLUME "),
        unverified_server=replace(" -k", "", Safety.GUIDED, proposal="curl"),
        root_user=replace("VOLUME", "USER 1\nVOLUME", Safety.UNSAFE),
    ):
        made = planned(path)
    return structs.replace(made, problems=(Problem("x", "unread"),))


def proof() -> ProofReport:
    """A proof with something in every part."""
    back = TakenBack(("r", "p", "s"), "title", "why", ("line",))
    posture = Posture((Process(0, 0, "x", frozenset({"CHOWN"})),))
    subject = SubjectProof(
        "web",
        "compose.yaml",
        Outcome.REPAIRED,
        "why",
        ("tmpfs",),
        (back,),
        (back,),
        (Answer("health", True, "ok"),),
        ("note",),
        posture,
    )
    return ProofReport((subject,), 3, 1, 1.5, ("left",))


def strict(schema: Any) -> Any:
    """The schema without its tolerance: a field that it does not name is an error."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: strict(value) for key, value in schema.items()}
    return inner | {"additionalProperties": False} if "required" in schema else inner


def test_a_plan_is_what_the_schema_says_and_nothing_else(full: Plan) -> None:
    validator = jsonschema.Draft202012Validator(strict(SCHEMA))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(render(full, RenderOptions(version="1"), 1, ("x",), proof()))
    validator.validate(document)
    empty = [key for key, value in document.items() if value == [] and key != "notices"]
    assert not empty, "the example leaves these out"
    validator.validate(json.loads(render(Plan(), RenderOptions(), 0)))


def test_the_schema_lets_later_plans_add_fields(full: Plan) -> None:
    later = json.loads(render(full, RenderOptions(), 0))
    later["new"] = later["files"][0]["new"] = later["summary"]["new"] = 1
    jsonschema.Draft202012Validator(SCHEMA).validate(later)


@pytest.mark.parametrize("where", PROMISED)
def test_every_promised_field_is_required(where: str) -> None:
    part = SCHEMA["$defs"][where] if where else SCHEMA
    assert set(part["required"]) >= set(PROMISED[where].split())


def test_the_schema_names_what_the_rows_have() -> None:
    rows = msgspec.json.schema(Document)["$defs"]
    told = {**SCHEMA["$defs"], "document": SCHEMA}
    for name, row in rows.items():
        part = told[name[0].lower() + name[1:].removesuffix("Row")]
        assert part.get("enum") == row.get("enum")
        assert list(part.get("properties", ())) == list(row.get("properties", ()))
