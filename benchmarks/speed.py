"""Seawall's processor time, memory and start-up against its peers, over a directory of Dockerfiles.

    python benchmarks/speed.py DIR [--runs N] [--trivy]

A peer is found beside the interpreter, on PATH, or where HADOLINT, CHECKOV and TRIVY say. One
that is not there is said and skipped. Every figure stands above the command that made it.
Seawall runs from compiled modules, as pip leaves them when it installs a program.
"""

from __future__ import annotations

import argparse
import importlib.util
import shlex
import sys
import tempfile
from pathlib import Path

import peers
from measure import Cost, dockerfiles, median, run

_PARSE = """
import sys, dockerfile
for path in open(sys.argv[1]).read().splitlines():
    try:
        dockerfile.parse_file(path)
    except dockerfile.GoParseError:
        pass
"""


def main() -> None:
    """Measure each tool after the other and print a Markdown table of each kind."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--trivy", action="store_true", help="Trivy too: minutes, run once")
    options = parser.parse_args()
    files = dockerfiles(options.directory)
    with tempfile.TemporaryDirectory() as scratch:
        Speed(options.directory, files, Path(scratch), options.runs).all(options.trivy)


class Speed:
    """One measurement session."""

    def __init__(self, directory: Path, files: list[Path], scratch: Path, runs: int) -> None:
        self.directory, self.files, self.scratch, self.runs = directory, files, scratch, runs
        self.small = self.scratch / "one" / "Dockerfile"
        self.small.parent.mkdir()
        self.small.write_text(
            "FROM python:3.13-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
            "RUN pip install -r requirements.txt\nCOPY . .\nEXPOSE 8000\n"
            'CMD ["python", "app.py"]\n'
        )
        self.tree = scratch / "tree"
        peers.lay_out(files, self.tree)
        self.environment = {
            **peers.SEAWALL_ENVIRONMENT,
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(scratch / "compiled"),
        }
        run(peers.check(self.small.parent, str(scratch / "out.json")), self.environment)
        run(peers.seawall("version"), self.environment)

    def all(self, with_trivy: bool) -> None:
        """Every table."""
        print(f"{len(self.files)} Dockerfiles\n")
        self._corpus(with_trivy)
        self._start_up(with_trivy)
        self._version()

    def _corpus(self, with_trivy: bool) -> None:
        print("| tool | CPU s | least-most | files per CPU s | peak MB | wall s | exit |")
        print("|---|---|---|---|---|---|---|")
        command = peers.check(self.directory, str(self.scratch / "out.json"))
        self._row("seawall check", command, self.environment)
        if where := self._find("hadolint"):
            self._row("hadolint", peers.hadolint(where, self.files))
        if where := self._find("checkov"):
            self._row("checkov", peers.checkov(where, self.tree), peers.ENVIRONMENT)
        if importlib.util.find_spec("dockerfile"):
            listing = self.scratch / "files"
            listing.write_text("\n".join(map(str, self.files)))
            self._row("Go parser (parse only)", [sys.executable, "-c", _PARSE, str(listing)])
        if with_trivy and (where := self._find("trivy")):
            self._row("trivy config", peers.trivy(where, self.tree), runs=1)
        print()

    def _start_up(self, with_trivy: bool) -> None:
        print("One file of seven lines:\n")
        print("| tool | CPU ms | least-most | peak MB | wall ms |\n|---|---|---|---|---|")
        one = self.small.parent
        out = str(self.scratch / "out.json")
        runs = max(self.runs, 7)
        self._short("seawall check", peers.check(one, out), runs, self.environment)
        if where := peers.program("hadolint"):
            self._short("hadolint", peers.hadolint(where, [self.small]), runs)
        if where := peers.program("checkov"):
            self._short("checkov", peers.checkov(where, one), 3, peers.ENVIRONMENT)
        if with_trivy and (where := peers.program("trivy")):
            self._short("trivy config", peers.trivy(where, one), 3)
        print()

    def _version(self) -> None:
        print("The cost of doing nothing:\n")
        print("| command | CPU ms | least-most | peak MB | wall ms |\n|---|---|---|---|---|")
        bare = self._short("python -c pass", [sys.executable, "-c", "pass"], 15)
        own = self._short("seawall version", peers.seawall("version"), 15, self.environment)
        print(f"\nseawall version is {own.processor / bare.processor:.1f} × python -c pass")

    def _find(self, name: str) -> str | None:
        where = peers.program(name)
        if where is None:
            print(f"| {name} | not installed | | | | | |")
        return where

    def _row(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str] | None = None,
        runs: int = 0,
    ) -> None:
        cost, (least, most) = median(command, runs or self.runs, environment)
        rate = len(self.files) / cost.processor
        print(
            f"| {name} | {cost.processor:.2f} | {least:.2f}-{most:.2f} | {rate:,.0f} "
            f"| {cost.memory:.0f} | {cost.wall:.1f} | {cost.exit_code} |",
            flush=True,
        )
        self._say(command)

    def _short(
        self,
        name: str,
        command: list[str],
        runs: int,
        environment: dict[str, str] | None = None,
    ) -> Cost:
        cost, (least, most) = median(command, runs, environment)
        print(
            f"| {name} | {cost.processor * 1000:.0f} | {least * 1000:.0f}-{most * 1000:.0f} "
            f"| {cost.memory:.0f} | {cost.wall * 1000:.0f} |",
            flush=True,
        )
        self._say(command)
        return cost

    def _say(self, command: list[str]) -> None:
        """The command on standard error, with long lists of files cut."""
        shown = command if len(command) < 20 else [*command[:8], f"… {len(command) - 8} more"]
        print("   $", shlex.join(shown).replace("\n", " ")[:300], file=sys.stderr)


if __name__ == "__main__":
    main()
