"""What a store of advisories costs: to build, and to match an image's packages with.

    python benchmarks/advisories.py DIR [--packages N] [--runs N]

DIR has the layout of a mirror (`osv/<ECOSYSTEM>/all.zip`, `alpine-secdb/v3.N/main.json`, …). Half
of the packages are ones that the advisories speak of, each at a version that fixed one of its
flaws, the middle one; the other half are not. Matching includes opening the store, but not the
imports; each run is a fresh process, so that no cache of an earlier one helps.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import median

_BUILD = """
import sys
from pathlib import Path
from seawall.advisories.update import update
update(Path(sys.argv[1]), sys.argv[2])
"""
_MATCH = """
import gc, json, sys, time
from pathlib import Path
from seawall.advisories.match import match
from seawall.advisories.store import open_store
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package
import sqlite3
from seawall.versions import dpkg, pep440, semver  # imports are not what is measured
gc.set_threshold(500_000, 20, 20)  # as the program does
kinds = {"PyPI": Ecosystem.PYPI, "Go": Ecosystem.GOLANG, "npm": Ecosystem.NPM}
given = json.load(open(sys.argv[2]))
packages = [
    Package(kinds.get(kind, Ecosystem.DEB), name, version, "x") for kind, name, version in given
]
distribution = Distribution("etc/os-release", "debian", "11")
started, cpu = time.perf_counter(), time.process_time()
with open_store(Path(sys.argv[1])) as store:
    report = match(packages, distribution, store)
print(json.dumps([
    len(packages), len(report.matches), time.process_time() - cpu, time.perf_counter() - started
]))
"""
_CHOOSE = """
SELECT p.name, a.until FROM package p JOIN ecosystem e ON e.id = p.ecosystem
JOIN affected a ON a.package = p.id WHERE e.name = ? AND a.bound = 1 ORDER BY p.name, a.record
"""


def main() -> None:
    """Measure both and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--packages", type=int, default=1200)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store, packages = Path(scratch) / "store.sqlite", Path(scratch) / "packages.json"
        first = [sys.executable, "-c", _BUILD, str(store), str(options.directory)]
        subprocess.run(first, check=True)
        packages.write_text(json.dumps(_packages(store, options.packages)))
        print("| what | processor | wall | memory or size |\n|---|--:|--:|--:|")
        fresh = "import pathlib, sys; pathlib.Path(sys.argv[1]).unlink(missing_ok=True)\n" + _BUILD
        command = [sys.executable, "-c", fresh, str(store), str(options.directory)]
        cost, _ = median(command, options.runs)
        size = store.stat().st_size / 1e6
        print(f"| build | {cost.processor:.2f} s | {cost.wall:.2f} s | {cost.memory:.0f} MB |")
        print(f"| store |  |  | {size:.1f} MB |")
        runs = sorted(_match(store, packages) for _ in range(options.runs))
        processor, wall, number, matches = runs[len(runs) // 2]
        print(f"| match {number} packages: {matches} matches | {processor * 1000:.0f} ms |", end="")
        print(f" {wall * 1000:.0f} ms |  |")


def _packages(store: Path, number: int) -> list[tuple[str, str, str]]:
    """Half known to the store, in equal parts of each ecosystem, and half not."""
    import sqlite3  # noqa: PLC0415 -- the costs are measured in processes of their own

    connection = sqlite3.connect(store)
    kinds = [("PyPI",), ("Go",), ("Debian:11",)]
    share = number // 2 // len(kinds)
    known = []
    for kind in kinds:
        fixes: dict[str, list[str]] = {}
        for package, fixed in connection.execute(_CHOOSE, kind):
            fixes.setdefault(package, []).append(fixed)
        step = max(1, len(fixes) // share)
        chosen = list(fixes.items())[::step][:share]
        known.extend((kind[0], package, found[len(found) // 2]) for package, found in chosen)
    others = [(kinds[n % 3][0], f"nobody-knows-{n}", "1.0") for n in range(number - len(known))]
    return known + others


def _match(store: Path, packages: Path) -> tuple[float, float, int, int]:
    command = [sys.executable, "-c", _MATCH, str(store), str(packages)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    number, matches, processor, wall = json.loads(done.stdout)
    return processor, wall, number, matches


if __name__ == "__main__":
    main()
