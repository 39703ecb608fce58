"""Workflows of GitHub Actions and GitLab CI, read to steps with places."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from layouts import lay_out, pipelines_of

from seawall.core.source import Source
from seawall.surfaces.repository.github import read_workflow
from seawall.surfaces.repository.gitlab import read_gitlab
from seawall.surfaces.repository.pipelines import read_pipelines
from seawall.surfaces.repository.workflows import Step, System, Workflow

GITHUB = """\
on: [push, pull_request]
env: {A: top, B: top}
jobs:
  build:
    needs: lint
    if: github.ref == 'x'
    env: {B: job}
    continue-on-error: true
    steps:
      - name: Build
        uses: Docker/Build-Push-Action@v6
        with: {push: true}
        env: {C: step}
      - run: |
          docker build --build-arg T=${{ secrets.TOKEN }} .
          # a comment
            docker push x
      - run: docker pull y
        continue-on-error: ${{ matrix.soft }}
      - run: "docker pull \\"z\\""
      - run: >
          docker tag
          a b
      - run: print("x")
        shell: python
  lint:
    uses: acme/flows/.github/workflows/lint.yml@v1
  local:
    uses: ./.github/workflows/x.yml
  odd: 3
"""


def written(step: Step, name: str) -> list[str]:
    places = [step.place_of(command) for command in step.commands if command.name == name]
    return [place.source.text[place.start : place.end] for place in places]


def test_a_workflow_is_read_to_its_steps() -> None:
    flow = read_workflow(Source("ci.yml", GITHUB))
    build, lint, _ = flow.jobs
    assert flow.failures == ()
    assert flow.triggers == ("push", "pull_request")
    assert [cell.value for cell in flow.unseen] == ["acme/flows/.github/workflows/lint.yml@v1"]
    assert (build.needs, build.condition) == (("lint",), "github.ref == 'x'")
    assert build.tolerated is not None
    assert lint.uses is not None
    first, _, third, *_ = build.steps
    assert (first.action, first.ref, first.name) == ("docker/build-push-action", "v6", "Build")
    assert first.inputs["push"].value == "true"
    assert third.tolerated is None
    assert third.action == third.ref == ""


def test_a_variable_is_the_nearest_one() -> None:
    flow = read_workflow(Source("ci.yml", GITHUB))
    job = flow.jobs[0]
    found = [flow.variable(job, job.steps[0], name) for name in "ABCD"]
    assert [cell.value if cell else None for cell in found] == ["top", "job", "step", None]


def test_commands_have_their_places_in_the_file() -> None:
    _, block, plain, quoted, folded, python = read_workflow(Source("ci.yml", GITHUB)).jobs[0].steps
    assert written(block, "docker") == [
        "docker build --build-arg T=${{ secrets.TOKEN }} .",
        "docker push x",
    ]
    assert [block.written(word) for word in block.commands[0].words][3] == "T=${{ secrets.TOKEN }}"
    assert written(plain, "docker") == ["docker pull y"]
    assert written(quoted, "docker")[0].startswith('"docker pull')
    assert written(folded, "docker")[0].startswith(">")
    assert python.commands == ()


@pytest.mark.parametrize(
    "text", ["", "[]", "jobs: 3", "jobs: {a: {steps: x}}", "a: [", "\t", "&a *a"]
)
def test_no_workflow_is_no_jobs_and_no_traceback(text: str) -> None:
    for flow in (read_workflow(Source("x", text)), read_gitlab(Source("x", text), lambda _: None)):
        assert [step for job in flow.jobs for step in job.steps] == []


GITLAB = """\
include:
  - local: /ci/base.yml
  - local: ci/absent.yml
  - template: Jobs/Container-Scanning.gitlab-ci.yml
  - 'ci/*.yml'
  - project: acme/ci
    file: x.yml
variables: {A: 1}
default:
  before_script: [docker login]
.soft:
  allow_failure: true
  variables: {B: 2}
scan:
  extends: [.base, .soft]
  needs: [build]
build:
  before_script: []
  script:
    - !reference [.base, script]
    - [docker build ., docker push x]
    - !reference [.absent, script]
manual:
  when: manual
  script: echo
"""
BASE = "include: /ci/base.yml\n.base:\n  script: [trivy image x]\nbuild:\n  script: [not me]\n"


def gitlab(text: str = GITLAB) -> Workflow:
    files = {"ci/base.yml": Source("ci/base.yml", BASE)}
    return read_gitlab(Source(".gitlab-ci.yml", text), files.get)


def lines(flow: Workflow, name: str) -> list[str]:
    job = next(job for job in flow.jobs if job.name == name)
    return [step.run.value or "" for step in job.steps if step.run]


def test_a_gitlab_pipeline_comes_together_from_its_files() -> None:
    flow = gitlab()
    assert flow.system is System.GITLAB
    assert {job.name for job in flow.jobs} == {"scan", "build", "manual"}
    assert lines(flow, "scan") == ["docker login", "trivy image x"]
    assert lines(flow, "build") == ["trivy image x", "docker build .", "docker push x"]
    assert lines(flow, "manual") == ["docker login", "echo"]
    assert [cell.value for cell in flow.unseen] == [
        "ci/absent.yml",
        "Jobs/Container-Scanning.gitlab-ci.yml",
        "ci/*.yml",
        "acme/ci x.yml",
    ]


def test_a_gitlab_job_says_by_what_it_may_fail() -> None:
    tolerated = {job.name: job.tolerated for job in gitlab().jobs}
    assert tolerated["build"] is None
    assert tolerated["scan"] is not None
    assert tolerated["manual"] is not None
    assert tolerated["manual"].value == "manual"


def test_a_line_from_another_file_keeps_its_place_there() -> None:
    scan = next(job for job in gitlab().jobs if job.name == "scan")
    place = scan.steps[1].place
    assert place.source.path == "ci/base.yml"
    assert place.source.text[place.start : place.end] == "trivy image x"


def test_jobs_that_extend_or_refer_to_each_other_for_ever_come_to_an_end() -> None:
    text = "a: {extends: [b, b, a], script: x}\nb: {extends: [a, a, b]}\n"
    assert lines(gitlab(text), "a") == ["x"]
    many = "".join(
        f".j{n}:\n  script:\n" + f"    - !reference [.j{n + 1}, script]\n" * 50 for n in range(11)
    )
    assert len(gitlab(many + "a: {script: [!reference [.j0, script]]}\n").jobs) == 1


def test_the_pipelines_of_a_repository_are_its_workflows_actions_and_gitlab_file(
    tmp_path: Path,
) -> None:
    text = (
        "=== .github/workflows/a.yml\njobs: {a: {steps: [{run: ls}]}}\n"
        "=== .github/workflows/notes.md\nno\n"
        "=== .github/actions/scan/action.yml\nname: Scan\nruns: {steps: [{run: trivy}]}\n"
        "=== .gitlab-ci.yml\ninclude: ci/x.yml\n=== ci/x.yml\nx: {script: ls}\n"
    )
    pipelines = pipelines_of(text, tmp_path)
    assert [job.name for flow in pipelines.workflows for job in flow.jobs] == ["a", "Scan", "x"]
    assert len(list(pipelines.steps())) == 3


def test_workflows_that_are_links_or_pipes_or_no_text_are_left_out(tmp_path: Path) -> None:
    lay_out("=== .github/workflows/a.yml\n\0\n", tmp_path)
    folder = tmp_path / ".github/workflows"
    (folder / "b.yml").symlink_to("/etc/passwd")
    os.mkfifo(folder / "c.yml")
    (folder / "d.yml").write_text("a: " + "x" * 1024 * 1024)
    assert read_pipelines(tmp_path).workflows == ()
    assert read_pipelines(Path("/nowhere/at/all")).workflows == ()
