"""What Seawall finds in an image, held against what Trivy and Syft find and what was planted.

    python benchmarks/contents.py DIRECTORY [--image fat]

DIRECTORY is what `python -m benchmarks.images.build` made. Prints the packages that a peer lists
and Seawall does not, and for each planted credential the finding that tells of it; then the
findings on credentials that nobody planted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import peers
from scanning import Session

Key = tuple[str, str, str]


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--image", default="fat")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        compare(asked.directory, asked.image, Path(scratch))


def compare(directory: Path, image: str, scratch: Path) -> None:
    """Packages of all three, then the credentials."""
    session = Session(directory, scratch, 1)
    archive = directory / f"{image}.tar"
    ours = _ours(session, archive, scratch)
    print(f"\nseawall: {len(ours)} packages: {dict(Counter(kind for kind, _, _ in ours))}")
    for name, found in (("trivy", _trivy(archive, scratch)), ("syft", _syft(archive, scratch))):
        if found:
            print(f"{name}: {len(found)}, of which Seawall lacks {len(found - ours)}:")
            for key in sorted(found - ours):
                print("   ", *key)
    if (directory / "truth.json").exists() and image == "fat":
        _credentials(session, archive, json.loads((directory / "truth.json").read_text()), scratch)


def _ours(session: Session, archive: Path, scratch: Path) -> set[Key]:
    out = scratch / "ours.json"
    command = peers.seawall("sbom", str(archive), "-o", f"cyclonedx:{out}")
    subprocess.run(command, env={**session.environment}, check=False)
    return _keys(_of_cyclonedx(json.loads(out.read_text())))


def _trivy(archive: Path, scratch: Path) -> set[Key]:
    where, out = peers.program("trivy"), scratch / "theirs.json"
    if where is None:
        return set()
    flags = ["--offline-scan", "--skip-db-update", "--skip-java-db-update", "--quiet"]
    flags += ["--cache-dir", str(scratch / "trivy"), "--format", "cyclonedx", "-o", str(out)]
    subprocess.run([where, "image", "--input", str(archive), *flags], check=True)
    return _keys(_of_cyclonedx(json.loads(out.read_text())))


def _syft(archive: Path, scratch: Path) -> set[Key]:
    where, out = peers.program("syft"), scratch / "syft.json"
    if where is None:
        return set()
    command = [where, "scan", f"docker-archive:{archive}", "--quiet", "-o", f"json={out}"]
    subprocess.run(command, check=True)
    artifacts = json.loads(out.read_text())["artifacts"]
    return _keys(each["purl"] for each in artifacts if each.get("purl"))


def _of_cyclonedx(document: dict[str, Any]) -> Iterator[str]:
    pending = list(document.get("components", []))
    while pending:
        component = pending.pop()
        pending += component.get("components", [])
        if "purl" in component:
            yield component["purl"]


def _keys(purls: Iterable[str]) -> set[Key]:
    return {_key(unquote(purl)) for purl in purls}


def _key(purl: str) -> Key:
    """Type, name and version, spelt as one: tools differ in epochs, `v` and the case of names."""
    whole = purl.partition("?")[0].partition("#")[0].removeprefix("pkg:")
    kind, _, rest = whole.partition("/")
    at = rest.rfind("@", 1)
    name, version = (rest, "") if at < 0 else (rest[:at], rest[at + 1 :])
    if kind in {"deb", "rpm", "apk"}:
        return kind, name.rpartition("/")[2], version.rpartition(":")[2]
    if kind == "pypi":
        name = name.lower().replace("_", "-").replace(".", "-")
    return kind, name.lower() if kind == "golang" else name, version.removeprefix("v")


def _credentials(
    session: Session, archive: Path, truth: list[dict[str, str]], scratch: Path
) -> None:
    out = scratch / "found.json"
    command = peers.seawall("scan", str(archive), "--only", "secrets", "-o", f"json:{out}")
    subprocess.run(command, env={**session.environment}, check=False)
    findings = [
        finding
        for finding in json.loads(out.read_text())["findings"]
        if finding["practice"] == "no-hardcoded-secrets"
    ]
    for finding in findings:
        layer = finding.get("layer") or {}
        fate = f"deleted by {layer['removed_by']}" if layer.get("removed_by") else ""
        print(f"  {finding['severity']} {finding['rule']}: {finding['message']} {fate}")
    print(f"{len(truth)} credentials are planted; {len(findings)} findings on credentials")


if __name__ == "__main__":
    main()
