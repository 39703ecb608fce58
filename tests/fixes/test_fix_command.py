"""`seawall fix` as it is called: what it shows, writes, and exits with."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.cli.main import main
from seawall.jobs.proving.model import (
    Outcome,
    ProofOptions,
    ProofReport,
    Proven,
    Replan,
    SubjectProof,
    Subjects,
)

UPDATE = "FROM debian:12.11\nRUN apt-get update\nRUN apt-get install -y curl\nUSER 1000\n"
MERGED = "FROM debian:12.11\nRUN apt-get update && apt-get install -y curl\nUSER 1000\n"
ONLY = ("--isolated", "--select", "update-alone")


@pytest.fixture
def dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "Dockerfile"
    path.write_text(UPDATE)
    return path


@pytest.mark.usefixtures("dockerfile")
def test_a_diff_is_shown_and_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", *ONLY]) == 0
    shown = capsys.readouterr().out
    assert "[update-alone] " in shown
    assert "-RUN apt-get update\n" in shown
    assert shown.endswith("1 file would change: 1 safe fix\n")
    assert Path("Dockerfile").read_text() == UPDATE


def test_a_plan_is_written_and_then_there_is_nothing_to_do(
    dockerfile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix", *ONLY, "--check"]) == 1
    assert main(["fix", *ONLY, "--write", "--check"]) == 1
    assert dockerfile.read_text() == MERGED
    assert main(["fix", *ONLY, "--check"]) == 0
    assert capsys.readouterr().out.endswith("no files would change\n")


def test_what_can_not_be_written_is_said_and_exits_with_2(
    dockerfile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dockerfile.chmod(0o444)
    assert main(["fix", *ONLY, "--write"]) == 2
    assert "Dockerfile: is read-only" in capsys.readouterr().err


@pytest.mark.usefixtures("dockerfile")
def test_what_can_not_be_read_is_said_and_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", *ONLY, "none"]) == 2
    assert "none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--take", "no-such-rule"], "no such rule"),
        (["-o", "sarif"], "no format"),
        (["-o", "json", "-o", "text"], "one place"),
        (["--select", "nope"], "nope"),
    ],
)
@pytest.mark.usefixtures("dockerfile")
def test_what_is_asked_wrongly_exits_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix", "--isolated", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("dockerfile")
def test_json_and_a_patch_go_where_they_are_to(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["fix", *ONLY, "-o", "json", "-o", "patch:out.patch", "--check"]) == 1
    document = json.loads(capfdbinary.readouterr().out)
    assert document["schema"] == "seawall.fix/1"
    assert document["summary"]["exit_code"] == 1
    assert Path("out.patch").read_text().startswith("diff --git a/Dockerfile b/Dockerfile\n")


@pytest.mark.usefixtures("dockerfile")
def test_quiet_names_the_files_and_verbose_what_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["fix", *ONLY, "-q"]) == 0
    assert capsys.readouterr().out.startswith("Dockerfile: update-alone\n")
    Path("Dockerfile").write_text("FROM debian:12.11\nVOLUME /etc\nRUN apt-get install -y curl\n")
    assert main(["fix", "--isolated", "-v"]) == 0
    assert "With --unsafe:" in capsys.readouterr().out


def test_a_command_line_is_given_back_hardened_and_the_rest_is_said_beside(
    capfd: pytest.CaptureFixture[str],
) -> None:
    line = "docker run --security-opt seccomp=unconfined nginx:1.29.3"
    assert main(["fix", "--isolated", "--unsafe", "--run", line]) == 0
    shown = capfd.readouterr()
    assert shown.out.count("\n") == 1
    assert shown.out.startswith("docker run ")
    assert "seccomp=unconfined" not in shown.out
    assert "nginx:1.29.3" in shown.out
    assert "unsafe" in shown.err
    assert main(["fix", "--isolated", "--select", "latest-tag", "--run", line]) == 0
    assert capfd.readouterr().out == line + "\n"


def test_a_command_line_is_read_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    given = io.TextIOWrapper(io.BytesIO(b"docker run alpine:3.22.1 sleep 5\n"))
    monkeypatch.setattr(sys, "stdin", given)
    assert main(["fix", "--isolated", "--unsafe", "--run", "-"]) == 0
    assert capfd.readouterr().out.startswith("docker run --")


def test_a_dockerfile_on_standard_input_is_given_back_mended(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UPDATE.encode())))
    assert main(["fix", *ONLY, "-"]) == 0
    assert capfd.readouterr().out == MERGED


def test_colour_is_only_for_terminals(dockerfile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del dockerfile
    assert main(["fix", *ONLY]) == 0
    assert "\x1b[" not in capsys.readouterr().out
    assert main(["fix", *ONLY, "--color", "always"]) == 0
    assert "\x1b[31m-RUN" in capsys.readouterr().out


def test_what_a_baseline_holds_is_left_alone(
    dockerfile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline", "--isolated", "--output", "b.json", "."]) in (0, 1)
    assert main(["fix", *ONLY, "--baseline", "b.json", "--check"]) == 0
    assert dockerfile.read_text() == UPDATE
    capsys.readouterr()


@pytest.mark.usefixtures("dockerfile")
def test_a_lock_gives_the_digests(capsys: pytest.CaptureFixture[str]) -> None:
    digest = "sha256:" + "a" * 64
    Path("seawall.lock").write_text(
        f'version = 1\n[[image]]\nname = "debian:12.11"\ndigest = "{digest}"\n'
    )
    assert main(["fix", "--isolated", "--select", "unpinned-digest", "--unsafe", "--write"]) == 0
    assert digest in Path("Dockerfile").read_text()
    Path("seawall.lock").write_text("version = ")
    assert main(["fix", "--isolated"]) == 2
    assert "seawall.lock: is no lock" in capsys.readouterr().err


@pytest.mark.parametrize(("outcome", "code"), [(Outcome.TAKEN_BACK, 0), (Outcome.NOT_PROVABLE, 2)])
def test_the_plan_that_a_proof_leaves_is_shown_and_written(
    dockerfile: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    outcome: Outcome,
    code: int,
) -> None:
    asked: list[object] = []

    def prove(
        replan: Replan, subjects: Subjects, options: ProofOptions, progress: Callable[[str], None]
    ) -> Proven:
        progress("building")
        first = replan(frozenset(), {})
        asked.extend((subjects.dockerfiles, options.patience, options.command))
        report = ProofReport((SubjectProof("web", "Dockerfile", outcome),))
        return Proven(replan(frozenset({first.fixes[0].key}), {}), report)

    monkeypatch.setattr("seawall.jobs.proving.prove", prove)
    dockerfile.write_text(UPDATE.replace("USER", "ADD a /a\nUSER"))
    only = ("--isolated", "--select", "update-alone,add-for-copy", "--unsafe", "--write")
    how = ("--prove", "--prove-timeout", "7", "--prove-command", "true")
    assert main(["fix", *only, *how, "-o", "json", "-o", "text:said"]) == code
    document = json.loads(capfd.readouterr().out)
    assert document["proof"]["subjects"][0]["outcome"] == outcome.value
    assert "web (Dockerfile): " in Path("said").read_text()
    assert [fix["rule"] for fix in document["fixes"]] == ["add-for-copy"]
    assert dockerfile.read_text() == UPDATE.replace("USER", "COPY a /a\nUSER")
    assert asked == [(str(dockerfile),), 7.0, "true"]


def test_what_changes_nothing_is_not_proven(
    dockerfile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seawall.jobs.proving.prove", None)
    dockerfile.write_text(MERGED)
    assert main(["fix", *ONLY, "--prove"]) == 0
