"""What `check` says of fixes: marks in the text, edits in SARIF, and `--fix`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from planned import TODAY, mending, replace

from seawall.cli.main import main
from seawall.core.model import Edit, FileChange, Fix, Hit, Safety
from seawall.jobs.check import CheckOptions, check
from seawall.jobs.governance import Terms
from seawall.reports import RenderOptions, render

ADDS = "FROM debian:12.11\nADD a /a\nADD b /b\nUSER 1000\n"
copies = replace("ADD", "COPY")
bold = replace("ADD", "COPY", Safety.UNSAFE)


def shown(form: str, path: Path, *select: str) -> str:
    terms = Terms(isolated=True, select=select)
    report = check([str(path)], CheckOptions(terms=terms, today=TODAY, jobs=1, mends=True))
    return render(form, report, RenderOptions(width=100, fix_command="seawall fix x"))


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_text(ADDS)
    return path


def test_the_text_marks_what_is_fixed_safely_and_counts_it(dockerfile: Path) -> None:
    with mending(add_for_copy=copies):
        text = shown("text", dockerfile, "add-for-copy")
    assert "  = auto: `seawall fix` mends all\n" in text
    assert text.endswith("2 of these can be fixed: seawall fix x\n")


def test_the_text_marks_what_only_some_places_have(dockerfile: Path) -> None:
    def make(text: str, hit: Hit) -> Fix | None:
        is_first = text[hit.at.start :].startswith("ADD a")
        return copies(text, hit) if is_first else bold(text, hit)

    with mending(add_for_copy=make):
        text = shown("text", dockerfile, "add-for-copy")
    assert "  = auto: `seawall fix` mends 1 of 2\n" in text
    assert text.endswith("1 of these can be fixed: seawall fix x; 1 more with --unsafe\n")


def test_the_text_says_that_an_unsafe_fix_has_to_be_asked_for(dockerfile: Path) -> None:
    with mending(add_for_copy=bold):
        text = shown("text", dockerfile, "add-for-copy")
    assert "`seawall fix --unsafe` mends all; it may change what is built or run" in text
    assert text.endswith("2 of these can be fixed: seawall fix x --unsafe\n")


def test_what_has_only_a_proposal_is_not_called_fixable(dockerfile: Path) -> None:
    with mending(add_for_copy=replace("ADD", "COPY", Safety.GUIDED)):
        text = shown("text", dockerfile, "add-for-copy")
    assert "auto:" not in text
    assert "can be fixed" not in text


def results(path: Path, *select: str) -> Any:
    return json.loads(shown("sarif", path, *select))["runs"][0]["results"]


def test_sarif_has_the_edits(dockerfile: Path) -> None:
    with mending(add_for_copy=bold):
        first, _ = results(dockerfile, "add-for-copy")
    (fix,) = first["fixes"]
    assert fix["description"]["text"] == "write 'COPY' (may change what is built or run)"
    (change,) = fix["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 4},
            "insertedContent": {"text": "COPY"},
        }
    ]


def test_sarif_gives_edits_of_another_file_with_that_files_name(tmp_path: Path) -> None:
    first, second = tmp_path / "compose.yaml", tmp_path / "compose.override.yaml"
    first.write_text("services:\n  web:\n    image: nginx:1.29.3\n    privileged: true\n")
    second.write_text("services:\n  web:\n    privileged: true\n    init: true\n")
    edits = tuple(Edit(0, 0, "#\n", str(path)) for path in (first, second))
    with mending(privileged=lambda _text, _hit: Fix(Safety.UNSAFE, "both", edits)):
        (result,) = results(tmp_path, "privileged")
    uris = [c["artifactLocation"]["uri"] for c in result["fixes"][0]["artifactChanges"]]
    assert [uri.rpartition("/")[2] for uri in uris] == ["compose.yaml", "compose.override.yaml"]


@pytest.mark.parametrize(
    "fix",
    [
        Fix(Safety.SAFE, "x", (Edit(0, 0, "#\n", "elsewhere"),)),
        Fix(Safety.SAFE, "x", (Edit(0, 0, "#\n"),), (FileChange("create", "y", "z"),)),
        Fix(Safety.GUIDED, "x", (Edit(0, 0, "#\n"),)),
        Fix(Safety.SAFE, "x", (Edit(0, 0, "\x1b[1m"),)),
    ],
    ids=["file-not-in-the-report", "new-file", "guided", "control-character"],
)
def test_sarif_gives_no_part_of_a_fix_and_no_proposal(dockerfile: Path, fix: Fix) -> None:
    with mending(add_for_copy=lambda _text, _hit: fix):
        assert not any("fixes" in result for result in results(dockerfile, "add-for-copy"))


UPDATE = "FROM debian:12.11\nRUN apt-get update\nRUN apt-get install -y curl\nUSER 1000\n"
ONLY = ("--isolated", "--select", "update-alone")


def test_check_fix_writes_what_is_safe_and_reports_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "Dockerfile"
    path.write_text(UPDATE)
    assert main(["check", *ONLY, "--fail-on", "low"]) == 1
    assert "can be fixed: seawall fix ." in capsys.readouterr().out
    assert main(["check", *ONLY, "--fail-on", "low", "--fix"]) == 0
    assert "1 safe fix written to Dockerfile" in capsys.readouterr().err
    assert "RUN apt-get update && " in path.read_text()


def test_check_fix_that_can_not_write_exits_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(UPDATE)
    (tmp_path / "Dockerfile").chmod(0o444)
    assert main(["check", *ONLY, "--fix"]) == 2
    assert "read-only" in capsys.readouterr().err


def test_check_fix_has_to_have_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fix", "-"]) == 2
    assert main(["check", "--fix", "--run", "docker run x"]) == 2
    assert "--fix writes files" in capsys.readouterr().err
