"""Random findings of Seawall with their source lines, to be read and judged by a person.

    python benchmarks/findings.py DIR [--rule RULE …] [--severity medium] [--sample N] [--seed S]

Without --rule it draws from all default rules. The same seed gives the same findings as long as
the corpus and the rules are the same. Source lines are shown as they stand, secrets too: this
is for reading what is public anyway.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import peers

_SEVERITIES = ("critical", "high", "medium", "low")


def main() -> None:
    """Run the check, draw findings and print each with its context."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rule", action="append", default=[], help="a rule's id; repeatable")
    parser.add_argument("--severity", choices=_SEVERITIES, default="low")
    parser.add_argument("--sample", type=int, default=30, help="0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--context", type=int, default=2, help="lines before and after")
    options = parser.parse_args()
    found = [
        finding
        for finding in check(options.directory)
        if not options.rule or finding["rule"] in options.rule
        if _SEVERITIES.index(finding["severity"]) <= _SEVERITIES.index(options.severity)
    ]
    drawn = draw(found, options.sample, options.seed)
    for number, finding in enumerate(drawn, 1):
        show(number, finding, options.context)
    print(f"{len(drawn)} of {len(found)} findings")


def check(directory: Path) -> list[dict[str, Any]]:
    """All findings over a directory as the JSON report has them."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = peers.check(directory, str(report))
        environment = {**os.environ, **peers.SEAWALL_ENVIRONMENT}
        subprocess.run(command, env=environment, check=False, capture_output=True)
        findings: list[dict[str, Any]] = json.loads(report.read_text())["findings"]
    return findings


def draw(found: list[dict[str, Any]], sample: int, seed: int) -> list[dict[str, Any]]:
    """A random sample in report order; all of them for 0."""
    if not sample or sample >= len(found):
        return found
    chosen = random.Random(seed).sample(range(len(found)), sample)  # noqa: S311 -- no secret
    return [found[index] for index in sorted(chosen)]


def show(number: int, finding: dict[str, Any], context: int) -> None:
    """One finding: what is said, and the lines that it is said of."""
    place = finding["location"]
    path = Path(place["path"])
    verdict = "" if finding["verdict"] == "fail" else f" {finding['verdict']}"
    print(f"[{number}] {finding['rule']} {finding['severity']}/{finding['confidence']}{verdict}")
    print(f"    {path.name}:{place['line']}:{place['column']}  {finding['message']}")
    lines = path.read_text(errors="replace").split("\n")
    last = min(place["end_line"], place["line"] + 6) + context
    for row in range(max(1, place["line"] - context), min(last, len(lines)) + 1):
        mark = ">" if place["line"] <= row <= place["end_line"] else " "
        print(f"  {mark} {row:4} {lines[row - 1][:160]}".encode("unicode_escape").decode())
    print()


if __name__ == "__main__":
    main()
