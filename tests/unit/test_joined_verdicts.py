"""One judgement over Dockerfiles, the projects that build them, and the repository around both."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.core.report import Report
from seawall.jobs.check import CheckOptions, check

ROOT = "FROM python:3.13.5-slim\nCOPY . /x\n"
BUILT = "services:\n  s:\n    build: {context: .., dockerfile: svc/Dockerfile}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def lay(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run() -> Report:
    return check(["."], CheckOptions())


def root_users(report: Report) -> list[str]:
    return [
        f.suppressed.reason if f.suppressed else ""
        for f in report.findings
        if f.rule == "root-user"
    ]


def test_a_root_dockerfile_is_answered_by_the_service_that_sets_a_user(project: Path) -> None:
    lay(project, {"svc/Dockerfile": ROOT, "a/compose.yaml": BUILT + '    user: "1000"\n'})
    assert root_users(run()) == ["service s sets `user: 1000`: that is what its processes run as"]


def test_one_project_that_sets_no_user_leaves_the_finding_standing(project: Path) -> None:
    files = {"svc/Dockerfile": ROOT, "a/compose.yaml": BUILT + '    user: "1000"\n'}
    lay(project, {**files, "b/compose.yaml": BUILT})
    assert root_users(run()) == [""]


def test_a_dockerfile_that_is_not_there_is_no_pass(project: Path) -> None:
    lay(project, {"compose.yaml": "services:\n  s:\n    build: ./gone\n"})
    report = run()
    assert ["service s" in problem.reason for problem in report.problems] == [True]
    assert report.problems[0].line == 3


def test_a_dockerfile_within_a_compose_file_is_judged_at_its_text(project: Path) -> None:
    text = "services:\n  s:\n    build:\n      dockerfile_inline: |\n        FROM nginx:latest\n"
    lay(project, {"compose.yaml": text})
    found = {f.rule: f for f in run().findings}
    assert found["latest-tag"].location.path == "compose.yaml"
    assert found["latest-tag"].message.startswith("line 1: ")


def test_the_context_that_a_compose_file_gives_is_the_one_that_is_sent(project: Path) -> None:
    secret = "DB_PASSWORD=v7Qm2xLp9" + "Rt4\n"
    lay(project, {"svc/Dockerfile": ROOT, "a/compose.yaml": BUILT, ".env": secret})
    assert "secret-in-context" in {f.rule for f in run().findings}
