"""What others write can't end a run, hide another file's findings, or reach the terminal raw."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.core.model import Hit
from seawall.core.rule import Rule, Settings
from seawall.core.source import MAX_BYTES, Source
from seawall.jobs import examine as examining
from seawall.jobs.check import CheckOptions, check
from seawall.reports import FORMATS
from seawall.rules import all_rules, checks_on
from seawall.surfaces.dockerfile import Dockerfile, read

FAULTY = "FROM debian:latest\nRUN curl http://example.com/x | sh\n"
ESC = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202e\r\u200b::error::x"

UNREADABLE = ["unparsable", "empty", "comments", "missing", "directory/fifo", "huge", "binary"]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A directory of inputs of which each would like to end the run."""
    (tmp_path / "faulty").write_text(FAULTY)
    (tmp_path / "unparsable").write_text("FRUM debian\nRUN <<EOF\n" + "(" * 100 + "\n")
    (tmp_path / "empty").write_text("")
    (tmp_path / "comments").write_text("# nothing here\n")
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 40)
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "directory" / "fifo")
    (tmp_path / "nested").write_text(
        "FROM debian:12\nRUN " + "$(" * 5000 + "id" + ")" * 5000 + "\n"
        "ARG X=" + "${A:-" * 5000 + "}" * 5000 + "\n"
        "RUN " + "{ ( " * 3000 + "\n" + "ONBUILD " * 3000 + "RUN x\n"
    )
    (tmp_path / "many").write_text("FROM a AS b\n" + "FROM b AS b\n" * 3000)
    (tmp_path / "long").write_text("FROM debian:12\nRUN " + "a" * (MAX_BYTES - 200) + "\n")
    (tmp_path / "ansi").write_text(
        f"FROM {ESC}\nLABEL a='{ESC}'\nENV PASSWORD='hunter2-Zq81kXw{ESC}'\n"
        f"RUN curl http://{ESC} | sh\nUSER {ESC}\nEXPOSE {ESC}\n# seawall: ignore[{ESC}] -- {ESC}\n"
    )
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/na\xffme\x1b[31m\n::error::")).write_text(FAULTY)
    return tmp_path


def seawall(directory: Path, *arguments: str | bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "seawall", "check", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, check=False, timeout=120)


def all_of(directory: Path) -> list[bytes]:
    entries = os.listdir(os.fsencode(directory))  # noqa: PTH208 -- names as bytes
    names = sorted(name for name in entries if name != b"directory")
    return [*names, b"missing", b"directory/fifo"]


def test_each_problem_is_named_and_the_rest_is_reported(hostile: Path) -> None:
    done = seawall(hostile, "-o", "json", *all_of(hostile))
    assert done.returncode == 2, done.stderr
    assert b"Traceback" not in done.stderr + done.stdout
    report = json.loads(done.stdout)
    problems = {problem["target"]: problem["reason"] for problem in report["problems"]}
    assert set(UNREADABLE) <= set(problems)
    assert "a bug in Seawall" not in str(problems)
    assert {f["rule"] for f in report["findings"] if f["target"] == "faulty"} >= {"curl-pipe-shell"}


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_reaches_the_terminal_raw_in_any_format(hostile: Path, form: str) -> None:
    done = seawall(hostile, "-v", "-o", form, *all_of(hostile))
    assert done.returncode == 2, done.stderr
    shown = (done.stdout + done.stderr).decode()
    assert [c for c in "\x1b\x07\x9b\u202e\u200b\r" if c in shown] == []
    assert not [line for line in shown.splitlines() if line.startswith("::error::x")]


def test_a_huge_input_costs_no_memory(hostile: Path) -> None:
    # `ru_maxrss` would not do: it begins with what the process had that started this one.
    code = (
        "import sys; from seawall.cli.main import main; main(['check', 'huge'])\n"
        "peak = next(l for l in open('/proc/self/status') if l.startswith('VmHWM:'))\n"
        "print(peak.split()[1], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=hostile, capture_output=True, text=True, check=True
    )
    assert int(done.stderr.splitlines()[-1]) < 100 * 1024


def test_a_file_that_may_not_be_read_is_a_problem(
    hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refuse(path: str, flags: int, *rest: int) -> int:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, *rest)

    monkeypatch.chdir(hostile)
    Path("secret").touch()
    monkeypatch.setattr(os, "open", refuse)
    report = check(["secret", "faulty"], CheckOptions())
    assert [(p.target, p.reason) for p in report.problems] == [("secret", "permission denied")]
    assert {finding.target for finding in report.findings} == {"faulty"}


def test_a_file_that_vanishes_between_search_and_reading_is_a_problem(
    hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(hostile)
    (hostile / "directory" / "Dockerfile").symlink_to("gone")
    (hostile / "directory" / "fifo").unlink()
    report = check(["directory"], CheckOptions())
    assert [p.target for p in report.problems] == ["directory/Dockerfile"]


def _crash(facts: Dockerfile, settings: Settings) -> Iterator[Hit]:
    if facts.source.text:
        raise RecursionError(ESC)
    yield from ()


def _nonsense(facts: Dockerfile, settings: Settings) -> Iterator[Hit]:
    yield Hit(None, "x", "y")  # type: ignore[arg-type]


@pytest.mark.parametrize("faulty_check", [_crash, _nonsense])
def test_a_rule_that_crashes_loses_nothing_else(
    hostile: Path, monkeypatch: pytest.MonkeyPatch, faulty_check: object
) -> None:
    monkeypatch.chdir(hostile)
    sane = check(["faulty", "many"], CheckOptions())
    victim = _copy(all_rules()[0], faulty_check)
    monkeypatch.setattr(examining, "checks_on", lambda t: ((victim, victim.on[t]), *checks_on(t)))
    report = check(["faulty", "many"], CheckOptions())
    assert report.findings == sane.findings
    assert [p.target for p in report.problems] == ["faulty", "many"]
    assert all("a bug in Seawall: rule crashing" in p.reason for p in report.problems)
    assert all("report" in p.hint for p in report.problems)


def _copy(rule: Rule, faulty_check: object) -> Rule:
    return Rule(
        id="crashing",
        title="t",
        practice=rule.practice,
        risk=rule.risk,
        on={Dockerfile: faulty_check},  # type: ignore[dict-item]
        bad=(),
        good=(),
    )


def test_a_reader_that_crashes_is_a_problem_of_that_file_alone(
    hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(hostile)

    def crash(source: Source, arguments: dict[str, str], target: str) -> Dockerfile:
        if source.path == "many":
            raise KeyError("x")
        return read(source, arguments, target)

    monkeypatch.setattr(examining, "read_dockerfile", crash)
    report = check(["many", "faulty"], CheckOptions())
    assert ["a bug in Seawall" in p.reason for p in report.problems] == [True]
    assert {finding.target for finding in report.findings} == {"faulty"}
