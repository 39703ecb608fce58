"""Rules on workloads, asked from text: Compose YAML or run lines, as the product reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from layouts import lay_out

from seawall.core.model import Hit, Verdict
from seawall.core.rule import Rule, Settings, example_language
from seawall.core.source import Source
from seawall.jobs.certificates import with_certificates
from seawall.jobs.judge import Crash, judge
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_project
from seawall.surfaces.run_line.reader import read_run_lines
from seawall.surfaces.workload import Workload

SETTINGS = Settings(today=date(2026, 11, 24))


def project(text: str, *overrides: str, **beside: str) -> Project:
    """The project that a Compose file and overrides of it make; HOME is `/home/me`.

    `beside` are other files: `env` for `.env`, and any other name for `<name>.yaml`.
    """
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        for name, other in beside.items():
            file = directory / (".env" if name == "env" else f"{name}.yaml")
            file.write_text(other, encoding="utf-8")
        files = []
        for number, each in enumerate((text, *overrides)):
            files.append(directory / f"compose{number}.yaml")
            files[-1].write_text(each, encoding="utf-8")
        return read_project(files, environment={"HOME": "/home/me"})


def laid_out(text: str) -> Project:
    """The project of a layout's compose.yaml, with the certificates that lie beside it."""
    with TemporaryDirectory() as folder:
        lay_out(text, Path(folder))
        whole = read_project([Path(folder, "compose.yaml")], environment={})
        return with_certificates(whole)


def run_lines(text: str) -> tuple[Workload, ...]:
    """The workloads that the run lines of a shell text start."""
    return read_run_lines(Source("run.sh", text)).workloads


def surfaces(rule: Rule, text: str, *overrides: str, **beside: str) -> Iterator[object]:
    """What a rule is asked of: the project where it knows projects, else each workload."""
    if example_language(text) == "console":
        yield from run_lines(text)
        return
    is_layout = example_language(text) == "files"
    whole = laid_out(text) if is_layout else project(text, *overrides, **beside)
    if Project in rule.on:
        yield whole
    else:
        yield from whole.services


def hits(rule: Rule, text: str, *overrides: str, **beside: str) -> list[Hit]:
    """What a rule finds in a text, passes left out."""
    found = []
    for surface in surfaces(rule, text, *overrides, **beside):
        check = rule.on[type(surface)]
        for outcome in judge(surface, [(rule, check)], SETTINGS):
            assert not isinstance(outcome, Crash), outcome.reason
            if outcome[1].verdict is not Verdict.PASS:
                found.append(outcome[1])
    return found
