"""What each command's exit code says, cause by cause."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

GOOD = """\
FROM debian:12.11-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
HEALTHCHECK --interval=30s --timeout=3s CMD ["true"]
USER 10001:10001
ENTRYPOINT ["/app"]
"""
WHOLE = "FROM scratch\nCOPY app /\n" + GOOD.partition("\n")[2]
SERVICE = """\
services:
  api:
    build: .
    read_only: true
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    mem_limit: 256m
    memswap_limit: 256m
    cpus: 1
    pids_limit: 100
    ulimits: {nofile: 1024}
    logging: {driver: local}
"""
ATTESTED = """\
[[attestations]]
practice = "{}"
who = "ops"
reason = "it is so"
until = 2999-12-31
"""
BAD = "FROM debian:12.11-slim\nRUN curl http://example.com/x | sh\nUSER root\n"
UPDATE = "FROM debian:12.11-slim\nRUN apt-get update\nRUN apt-get install -y curl\nUSER 1000\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with one file for each cause."""
    (tmp_path / "good.Dockerfile").write_text(GOOD)
    (tmp_path / "bad.Dockerfile").write_text(BAD)
    (tmp_path / "update.Dockerfile").write_text(UPDATE)
    (tmp_path / "mended.Dockerfile").write_text("FROM debian:12.11-slim\nUSER 1000\n")
    (tmp_path / "broken.txt").write_text("FROM a b c\n")
    (tmp_path / "unknown.txt").write_text("FROM debian:12\nFRUM x\n")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "Dockerfile").write_text(WHOLE)
    (tmp_path / "whole" / "compose.yaml").write_text(SERVICE)
    (tmp_path / "whole" / ".dockerignore").write_text(".git\n")
    practices = ("no-known-vulnerabilities", "monitored", "updated", "response-plan", "backed-up")
    attested = "".join(map(ATTESTED.format, practices))
    (tmp_path / "attested.toml").write_text(attested)
    (tmp_path / "expired.toml").write_text(attested.replace("2999", "2019", 1))
    (tmp_path / "broken.toml").write_text("profile = \n")
    (tmp_path / "typo.toml").write_text('profil = "strict"\n')
    return tmp_path


def seawall(
    *arguments: str, cwd: Path, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "seawall", *arguments],
        check=False,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert "Traceback" not in done.stderr
    return done


CASES: list[tuple[int, str]] = [
    (0, ""),
    (0, "--help"),
    (0, "-h"),
    (0, "version"),
    (0, "--version"),
    (2, "chek ."),
    (2, "--bogus"),
    (2, "good.Dockerfile"),
    # check
    (0, "check --help"),
    (0, "check good.Dockerfile"),
    (1, "check bad.Dockerfile"),
    (1, "check good.Dockerfile bad.Dockerfile"),
    (1, "check ."),
    (1, "check"),
    (0, "check --fail-on critical good.Dockerfile"),
    (2, "check --fail-on bogus good.Dockerfile"),
    (2, "check --fial-on high good.Dockerfile"),
    (2, "check broken.txt"),
    (2, "check unknown.txt"),
    (2, "check empty.txt"),
    (2, "check missing.txt"),
    (2, "check bad.Dockerfile missing.txt"),
    (2, "check nothing"),
    (2, "check -o bogus good.Dockerfile"),
    (2, "check -o json: good.Dockerfile"),
    (2, "check -o json -o text good.Dockerfile"),
    (2, "check -o json:no/such/place good.Dockerfile"),
    (0, "check -o json:out.json -o text good.Dockerfile"),
    (2, "check --select bogus-rule good.Dockerfile"),
    (2, "check --ignore bogus-rule good.Dockerfile"),
    (0, "check --select root-user good.Dockerfile"),
    (0, "check --select DL3002 good.Dockerfile"),
    (2, "check --profile bogus good.Dockerfile"),
    (2, "check --config missing.toml good.Dockerfile"),
    (2, "check --config broken.toml good.Dockerfile"),
    (2, "check --config typo.toml good.Dockerfile"),
    (2, "check --build-arg =x good.Dockerfile"),
    (2, "check --target nowhere good.Dockerfile"),
    (2, "check --baseline missing.json good.Dockerfile"),
    (2, "check --jobs -1 good.Dockerfile"),
    (0, "check --fix good.Dockerfile"),
    (2, "check --fix -"),
    # fix
    (0, "fix --help"),
    (0, "fix good.Dockerfile"),
    (0, "fix bad.Dockerfile"),
    (0, "fix mended.Dockerfile --check"),
    (1, "fix --check update.Dockerfile"),
    (1, "fix --check -o json update.Dockerfile"),
    (0, "fix --write update.Dockerfile"),
    (2, "fix missing.txt"),
    (2, "fix broken.txt"),
    (2, "fix --check update.Dockerfile missing.txt"),
    (2, "fix nothing"),
    (2, "fix -o bogus good.Dockerfile"),
    (2, "fix -o json:no/such/place good.Dockerfile"),
    (2, "fix --take bogus-rule good.Dockerfile"),
    (2, "fix --select bogus-rule good.Dockerfile"),
    (2, "fix --config typo.toml good.Dockerfile"),
    (2, "fix --baseline missing.json good.Dockerfile"),
    (2, "fix --prove-timeout 0 good.Dockerfile"),
    (2, "fix --run hello"),
    # checklist
    (0, "checklist --help"),
    (2, "checklist good.Dockerfile"),
    (2, "checklist bad.Dockerfile"),
    (2, "checklist missing.txt"),
    (2, "checklist nothing"),
    (2, "checklist --standard iso good.Dockerfile"),
    (2, "checklist --standard cis good.Dockerfile"),
    (2, "checklist -o bogus good.Dockerfile"),
    (2, "checklist --config typo.toml good.Dockerfile"),
    (0, "checklist --config attested.toml whole"),
    (1, "checklist --config expired.toml whole"),
    (2, "checklist --config attested.toml whole missing.txt"),
    # init
    (0, "init --help"),
    (0, "init"),
    (0, "init --dry-run nothing"),
    (0, "init --write nothing"),
    (0, "init --ci none whole"),
    (2, "init --write --dry-run"),
    (2, "init missing"),
    (2, "init good.Dockerfile"),
    (2, "init --ci jenkins"),
    (2, "init --seawall here"),
    (2, "init --force good.Dockerfile"),
    # explain
    (0, "explain root-user"),
    (0, "explain DL3002"),
    (0, "explain hadolint:DL3002"),
    (0, "explain AVD-DS-0002"),
    (0, "explain CKV_DOCKER_3"),
    (0, "explain -o json root-user"),
    (0, "explain --all"),
    (0, "explain --all -o json"),
    (0, "explain"),
    (2, "explain --all root-user"),
    (2, "explain rot-user"),
    (2, "explain -o yaml root-user"),
    # the others
    (0, "baseline ."),
    (0, "baseline --output base.json bad.Dockerfile"),
    (2, "baseline broken.txt"),
    (2, "baseline --output no/such/place bad.Dockerfile"),
    (0, "config show"),
    (2, "config show --config typo.toml"),
    (2, "config bogus"),
    (0, "completion bash"),
    (0, "completion zsh"),
    (0, "completion fish"),
    (2, "completion tcsh"),
]


@pytest.mark.parametrize(("code", "line"), CASES, ids=[line or "(bare)" for _, line in CASES])
def test_an_exit_code_says_what_happened(project: Path, code: int, line: str) -> None:
    done = seawall(*line.split(), cwd=project)
    assert done.returncode == code, done.stderr
    if code == 0:
        assert done.stdout


def test_standard_input_is_checked_and_called_what_it_is(project: Path) -> None:
    done = seawall("check", "-", "--stdin-filename", "svc/Dockerfile", cwd=project, stdin=BAD)
    assert done.returncode == 1
    assert "svc/Dockerfile" in done.stdout
    assert seawall("check", "-", cwd=project, stdin=GOOD).returncode == 0
    assert seawall("check", "-", cwd=project).returncode == 2


def test_a_baseline_lets_old_findings_pass_and_new_ones_fail(project: Path) -> None:
    assert seawall("baseline", "bad.Dockerfile", cwd=project).returncode == 0
    old = seawall("check", "--baseline", ".seawall-baseline.json", "bad.Dockerfile", cwd=project)
    assert old.returncode == 0, old.stdout
    (project / "bad.Dockerfile").write_text("\n\n" + BAD.replace("http:", "https:"))
    assert seawall(
        "check", "--baseline", ".seawall-baseline.json", "bad.Dockerfile", cwd=project
    ).returncode in (0, 1)
    (project / "bad.Dockerfile").write_text(BAD + "ENV DB_PASSWORD=hunter2-Zq81kXw\n")
    new = seawall("check", "--baseline", ".seawall-baseline.json", "bad.Dockerfile", cwd=project)
    assert new.returncode == 1, new.stdout


def test_a_misspelt_word_is_answered_with_the_right_one(project: Path) -> None:
    for line, word in [
        ("chek .", "check"),
        ("check --fial-on high .", "--fail-on"),
        ("check -o jsn .", "json"),
        ("check --select rot-user .", "root-user"),
        ("explain rot-user", "root-user"),
        ("check --config typo.toml .", "profile"),
    ]:
        assert word in seawall(*line.split(), cwd=project).stderr


def test_errors_go_to_stderr_and_results_to_stdout(project: Path) -> None:
    done = seawall("check", "-o", "json", "missing.txt", "bad.Dockerfile", "-v", cwd=project)
    assert done.stdout.startswith("{")
    assert seawall("chek", cwd=project).stdout == ""


def test_a_full_disk_is_said_and_is_no_pass(project: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "seawall", "check", "good.Dockerfile"],
            check=False,
            cwd=project,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert "no space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_reader_that_leaves_is_no_drama(project: Path) -> None:
    pipeline = f"{sys.executable} -m seawall explain --all -o json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", pipeline], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.strip() in {"0", "2"}


def test_an_interrupt_ends_with_130_and_no_traceback(project: Path) -> None:
    for number in range(1500):
        (project / f"{number}.Dockerfile").write_text(BAD * 20)
    process = subprocess.Popen(
        [sys.executable, "-m", "seawall", "check", "--jobs", "2", "."],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said


def test_a_bug_is_called_one_and_shown_whole_only_to_who_asks(project: Path) -> None:
    code = (
        "import sys; import seawall.cli.group as g; from seawall.cli.main import main\n"
        "def crash(*a, **k): raise ZeroDivisionError('oh')\n"
        "g.seawall.main = crash\n"
        "sys.exit(main(['check']))"
    )
    for debug in ("", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=False,
            cwd=project,
            capture_output=True,
            text=True,
            env={**os.environ, "SEAWALL_DEBUG": debug},
        )
        assert done.returncode == 2
        assert "a bug in Seawall: ZeroDivisionError: oh" in done.stderr
        assert ("Traceback" in done.stderr) is bool(debug)
