"""What scanning images costs, beside Trivy, Syft and gitleaks.

    python benchmarks/scanning.py DIRECTORY [--runs N] [--images fat,debmin,alpine] [--peers]

DIRECTORY is what `python -m benchmarks.images.build` made. Peers are found as `speed.py` finds
them (TRIVY, SYFT, GITLEAKS); Trivy needs no network: it is given an empty Java database, without
which it ends at the first jar. Each scan starts with an empty cache, but for the rows that say so.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sqlite3
import tempfile
from pathlib import Path

import peers
from measure import median

_JAVA = (
    "CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);"
    "CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT,"
    " license TEXT);"
)


def main() -> None:
    """Measure each tool on each image and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--images", default="fat,debmin,alpine")
    parser.add_argument("--peers", action="store_true", help="Trivy, Syft and gitleaks too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        session = Session(asked.directory, Path(scratch), asked.runs)
        for image in asked.images.split(","):
            session.image(image, asked.peers)


class Session:
    """One measurement session."""

    def __init__(self, directory: Path, scratch: Path, runs: int) -> None:
        self.directory, self.scratch, self.runs = directory, scratch, runs
        self.cache = scratch / "cache"
        self.environment = {
            **peers.SEAWALL_ENVIRONMENT,
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(scratch / "compiled"),
            "SEAWALL_CACHE_DIR": str(self.cache),
        }
        self._lay_java_database()
        print("| image | command | CPU s | least-most | wall s | peak MB |")
        print("|---|---|---|---|---|---|")

    def image(self, name: str, with_peers: bool) -> None:
        """Every row on one image."""
        archive, layout = str(self.directory / f"{name}.tar"), str(self.directory / f"{name}-oci")
        out = f"json:{self.scratch / 'out.json'}"
        bom = f"cyclonedx:{self.scratch / 'bom.json'}"
        self._row(name, peers.seawall("sbom", archive, "--no-cache", "-o", bom))
        self._row(name, peers.seawall("scan", archive, "--no-cache", "-o", out))
        self._row(name, peers.seawall("sbom", layout, "--no-cache", "-o", bom))
        self._row(name, peers.seawall("scan", layout, "--no-cache", "-o", out))
        for target in (archive, layout):
            self._row(name, peers.seawall("scan", target, "-o", out), "again, ")
        if with_peers:
            self._peers(name, archive, layout)

    def _peers(self, name: str, archive: str, layout: str) -> None:
        if trivy := peers.program("trivy"):
            flags = ["--offline-scan", "--skip-db-update", "--skip-java-db-update", "--quiet"]
            flags += ["--cache-dir", str(self.scratch / "trivy"), "--timeout", "60m"]
            base = [trivy, "image", *flags, "--output", str(self.scratch / "trivy.json")]
            for target in (archive, layout):
                # Once: a second run would find its layers in Trivy's own cache.
                self._row(name, [*base, "--format", "cyclonedx", "--input", target], runs=1)
            secrets = [*base, "--format", "json", "--scanners", "secret", "--input", archive]
            self._row(name, secrets, runs=1)
        if syft := peers.program("syft"):
            for target in (f"docker-archive:{archive}", f"oci-dir:{layout}"):
                out = f"json={self.scratch / 'syft.json'}"
                self._row(name, [syft, "scan", target, "--quiet", "-o", out], runs=1)
        if gitleaks := peers.program("gitleaks"):
            flags = ["--max-archive-depth", "3", "--exit-code", "0", "--no-banner"]
            report = ["--report-path", str(self.scratch / "leaks.json")]
            self._row(name, [gitleaks, "dir", archive, *flags, *report], runs=1)

    def _row(self, image: str, command: list[str], note: str = "", runs: int = 0) -> None:
        if "--no-cache" not in command and not note:
            shutil.rmtree(self.scratch / "trivy" / "fanal", ignore_errors=True)
        cost, (least, most) = median(command, runs or self.runs, self.environment)
        shown = (
            shlex.join(command).replace(str(self.directory), "D").replace(str(self.scratch), "T")
        )
        print(
            f"| {image} | {note}`{shown}` | {cost.processor:.2f} | {least:.2f}-{most:.2f} | "
            f"{cost.wall:.2f} | {cost.memory:.0f} |",
            flush=True,
        )

    def _lay_java_database(self) -> None:
        place = self.scratch / "trivy" / "java-db"
        place.mkdir(parents=True)
        with sqlite3.connect(place / "trivy-java.db") as database:
            database.executescript(_JAVA)
        dates = dict.fromkeys(("UpdatedAt", "DownloadedAt"), "2026-01-01T00:00:00Z")
        metadata = {"Version": 1, "NextUpdate": "2040-01-01T00:00:00Z", **dates}
        (place / "metadata.json").write_text(json.dumps(metadata))


if __name__ == "__main__":
    main()
