"""The tools that Seawall is measured against: where they are, and the commands that run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEAWALL_ENVIRONMENT = {"PYTHONPATH": str(ROOT / "src")}
PROBLEM = "problem"
ENVIRONMENT = {"CHECKOV_RUN_SCA_PACKAGE_SCAN": "false", "LOG_LEVEL": "ERROR", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Found:
    """What a tool reports: its rule, the file as the corpus names it, and the line."""

    rule: str
    file: str
    line: int
    message: str = ""
    verdict: str = "fail"
    confidence: str = ""
    span: tuple[int, int, int, int] = (0, 0, 0, 0)


def program(name: str) -> str | None:
    """Where a peer's program is: `$NAME` says it, else beside this interpreter, else on PATH."""
    given = os.environ.get(name.upper())
    beside = Path(sys.executable).with_name(name)
    return given or (str(beside) if beside.exists() else shutil.which(name))


def seawall(*arguments: str) -> list[str]:
    """Seawall from this checkout, in one process."""
    return [sys.executable, "-m", "seawall", *arguments]


def check(path: Path, output: str) -> list[str]:
    """All default rules over a path, JSON to a file, no policy file, one process."""
    return seawall("check", str(path), "--isolated", "--jobs", "1", "-o", f"json:{output}")


def hadolint(where: str, files: Iterable[Path]) -> list[str]:
    """Every rule that is on by default, inline ignores off."""
    return [
        where,
        "--no-fail",
        "--disable-ignore-pragma",
        "--format=json",
        "--config=/dev/null",
        *map(str, files),
    ]


def checkov(where: str, tree: Path) -> list[str]:
    """Its Dockerfile framework alone; it takes files named Dockerfile."""
    flags = ["--framework", "dockerfile", "--compact", "--quiet", "--soft-fail", "-o", "json"]
    return [where, "-d", str(tree), "--skip-download", *flags]


def trivy(where: str, tree: Path) -> list[str]:
    """Its Dockerfile checks alone, from the bundle that it carries: no network."""
    flags = ["--skip-check-update", "--misconfig-scanners", "dockerfile", "--quiet"]
    return [where, "config", *flags, "--format", "json", str(tree)]


def lay_out(files: Iterable[Path], tree: Path) -> None:
    """Each file as tree/NAME/Dockerfile, for tools that go by the file's name."""
    for file in files:
        place = tree / file.name
        place.mkdir(parents=True)
        shutil.copyfile(file, place / "Dockerfile")


def seawall_findings(directory: Path, scratch: Path) -> Iterator[Found]:
    """What Seawall says, also where an ignore comment hides it."""
    report = scratch / "seawall.json"
    command = check(directory, str(report))
    environment = {**os.environ, **SEAWALL_ENVIRONMENT}
    subprocess.run(command, env=environment, check=False, capture_output=True)
    document = json.loads(report.read_text())
    for problem in document["problems"]:
        name = Path(problem["target"]).name
        yield Found(PROBLEM, name, problem.get("line") or 1, problem["reason"], "unknown")
    for finding in document["findings"]:
        place = finding["location"]
        span = (place["line"], place["column"], place["end_line"], place["end_column"])
        yield Found(
            finding["rule"],
            Path(place["path"]).name,
            place["line"],
            finding["message"],
            finding["verdict"],
            finding["confidence"],
            span,
        )


def hadolint_findings(where: str, files: list[Path]) -> Iterator[Found]:
    """What hadolint says; DL1000 stands for a file that it could not parse."""
    done = subprocess.run(hadolint(where, files), check=False, capture_output=True)
    for finding in json.loads(done.stdout):
        name = Path(finding["file"]).name
        yield Found(finding["code"], name, finding["line"], finding["message"])


def checkov_findings(where: str, tree: Path) -> Iterator[Found]:
    """What Checkov says, also where a comment skips it."""
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run(checkov(where, tree), env=environment, check=False, capture_output=True)
    results = json.loads(done.stdout)["results"]
    for finding in results["failed_checks"] + results.get("skipped_checks", []):
        name = Path(finding["file_path"]).parent.name
        yield Found(finding["check_id"], name, finding["file_line_range"][0])


def trivy_findings(where: str, tree: Path) -> Iterator[Found]:
    """What Trivy says."""
    done = subprocess.run(trivy(where, tree), check=False, capture_output=True)
    for result in json.loads(done.stdout).get("Results", []):
        for finding in result.get("Misconfigurations", []):
            line = finding.get("CauseMetadata", {}).get("StartLine", 0)
            yield Found(finding["ID"], Path(result["Target"]).parent.name, line)
