"""The root-user and latest-tag verdicts of Seawall and its peers against an independent oracle.

    python benchmarks/accuracy.py DIR [--peers hadolint,checkov,trivy]

The oracle (`oracle/`) reads each file with the Go parser, follows stages, ARG and ENV itself and
knows the users of base images from its own table. Every disagreement of Seawall is printed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import peers
from measure import dockerfiles
from oracle import truth
from oracle.evaluation import INVALID, MOVES, OPEN, PINNED, Reference
from peers import Found

ROOT_RULES = {
    "seawall": {"root-user"},
    "hadolint": {"DL3002"},
    "checkov": {"CKV_DOCKER_3", "CKV_DOCKER_8"},
    "trivy": {"DS002", "DS-0002"},
}
LATEST_RULES = {
    "seawall": {"latest-tag"},
    "hadolint": {"DL3006", "DL3007"},
    "checkov": {"CKV_DOCKER_7"},
    "trivy": {"DS001", "DS-0001"},
}
_ROWS = (truth.ROOT, truth.PRESUMED, truth.WINDOWS, truth.NON_ROOT, truth.UNKNOWN)


@dataclass(frozen=True)
class Corpus:
    """The files and what is true of them, by the name of the file."""

    directory: Path
    files: list[Path]
    truths: dict[str, truth.Truth]

    def path(self, name: str) -> Path:
        """Where a file is."""
        return next(file for file in self.files if file.name == name)


def main() -> None:
    """Judge the oracle's questions with every tool and print tables and disagreements."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--peers", default="hadolint,checkov")
    options = parser.parse_args()
    files = dockerfiles(options.directory)
    corpus = Corpus(options.directory, files, {file.name: truth.of(file) for file in files})
    with tempfile.TemporaryDirectory() as scratch:
        found = gather(corpus, Path(scratch), options.peers.split(","))
    print(f"{len(files)} Dockerfiles\n")
    root_table(corpus, found)
    root_disagreements(corpus, found["seawall"])
    latest_table(corpus, found)
    latest_disagreements(corpus, found["seawall"])


def gather(corpus: Corpus, scratch: Path, names: Iterable[str]) -> dict[str, list[Found]]:
    """What each tool reports; a peer that is not installed is said and left out."""
    tree = scratch / "tree"
    peers.lay_out(corpus.files, tree)
    runs: dict[str, Callable[[str], Iterable[Found]]] = {
        "hadolint": lambda where: peers.hadolint_findings(where, corpus.files),
        "checkov": lambda where: peers.checkov_findings(where, tree),
        "trivy": lambda where: peers.trivy_findings(where, tree),
    }
    found = {"seawall": list(peers.seawall_findings(corpus.directory, scratch))}
    for name in filter(None, names):
        where = peers.program(name)
        if where is None:
            print(f"{name} is not installed")
        else:
            found[name] = list(runs[name](where))
    return found


def root_table(corpus: Corpus, found: dict[str, list[Found]]) -> None:
    """How many files of each truth each tool calls root."""
    totals = Counter(known.user for known in corpus.truths.values())
    accused = {tool: _accused(tool, hits) for tool, hits in found.items()}
    print("Root user, files that are called root:\n")
    print("| truth | files |", " | ".join(found), "|")
    print("|---|---|" + "---|" * len(found))
    for row in _ROWS:
        counts = [sum(corpus.truths[name].user == row for name in accused[tool]) for tool in found]
        print(f"| {row} | {totals[row]} |", " | ".join(map(str, counts)), "|")
    own = [hit for hit in found["seawall"] if hit.rule == "root-user"]
    by = Counter((corpus.truths[hit.file].user, hit.verdict, hit.confidence) for hit in own)
    print("\nSeawall's verdicts: " + _listed(by), "\n")


def _accused(tool: str, hits: list[Found]) -> set[str]:
    return {hit.file for hit in hits if hit.rule in ROOT_RULES[tool] and hit.verdict == "fail"}


def _listed(counts: Counter[tuple[str, str, str]]) -> str:
    return "; ".join(
        f"{row}: {verdict} with {confidence} confidence {count}"
        for (row, verdict, confidence), count in sorted(counts.items())
    )


def root_disagreements(corpus: Corpus, hits: list[Found]) -> None:
    """Each file where Seawall's verdict is not the oracle's."""
    own = {hit.file: hit for hit in hits if hit.rule == "root-user"}
    for name, known in sorted(corpus.truths.items()):
        hit = own.get(name)
        verdict = hit.verdict if hit else "pass"
        line = hit.line if hit else 1
        expected = {truth.ROOT: "fail", truth.PRESUMED: "fail", truth.NON_ROOT: "pass"}
        if verdict == expected.get(known.user, verdict) and known.user in expected:
            continue
        says = f"{verdict}: {hit.message}" if hit else "nothing"
        print(f"root {name}:{line}: truth {known.user} ({known.reason}); Seawall {says}")
    print()


@dataclass(frozen=True)
class Judged:
    """One reference and what the oracle says of it."""

    file: str
    reference: Reference
    status: str


def references(corpus: Corpus) -> list[Judged]:
    """Every reference of the corpus to an image from outside."""
    return [
        Judged(name, reference, status)
        for name, known in sorted(corpus.truths.items())
        for reference, status in known.references
    ]


def match(corpus: Corpus, hits: Iterable[Found]) -> tuple[dict[Judged, Found], list[Found]]:
    """Which reference each finding is about, and the findings that are about none."""
    by_file: defaultdict[str, list[Judged]] = defaultdict(list)
    for judged in references(corpus):
        by_file[judged.file].append(judged)
    matched, stray = {}, []
    for hit in hits:
        near = [
            judged
            for judged in by_file[hit.file]
            if judged.reference.line <= hit.line <= judged.reference.end_line
        ]
        if len(near) > 1 and hit.span[0]:
            text = _written(corpus.path(hit.file), hit)
            near = [judged for judged in near if judged.reference.written.strip("\"'") in text]
        matched.update(dict.fromkeys(near, hit))
        if not near:
            stray.append(hit)
    return matched, stray


def _written(path: Path, hit: Found) -> str:
    line, column, end_line, end_column = hit.span
    lines = path.read_text(errors="replace").split("\n")[line - 1 : end_line]
    lines[-1] = lines[-1][: end_column - 1]
    return "\n".join(lines)[column - 1 :]


def latest_table(corpus: Corpus, found: dict[str, list[Found]]) -> None:
    """How many moving references each tool finds, and how many others it accuses."""
    everything = references(corpus)
    print("Latest tag, by reference:\n")
    print("| truth | references |", " | ".join(found), "|")
    print("|---|---|" + "---|" * len(found))
    accused = {
        tool: match(
            corpus, [h for h in hits if h.rule in LATEST_RULES[tool] and h.verdict == "fail"]
        )
        for tool, hits in found.items()
    }
    outside = {"COPY", "MOUNT"}
    for title, vias, status in (
        ("FROM, moves", {"FROM"}, MOVES),
        ("COPY --from and mounts, moves", outside, MOVES),
        ("FROM, pinned by tag or digest", {"FROM"}, PINNED),
        ("COPY --from and mounts, pinned", outside, PINNED),
        ("open: hangs on build arguments, or a named context", {"FROM", *outside}, OPEN),
        ("BuildKit refuses it", {"FROM", *outside}, INVALID),
    ):
        rows = [j for j in everything if j.reference.via in vias and j.status == status]
        counts = [sum(judged in accused[tool][0] for judged in rows) for tool in found]
        print(f"| {title} | {len(rows)} |", " | ".join(map(str, counts)), "|")
    strays = [len(accused[tool][1]) for tool in found]
    print("| no image from outside | |", " | ".join(map(str, strays)), "|\n")


def latest_disagreements(corpus: Corpus, hits: list[Found]) -> None:
    """Each reference where Seawall's verdict is not the oracle's.

    Of a file with a reference that BuildKit refuses, a problem must be reported.
    """
    matched, stray = match(corpus, [hit for hit in hits if hit.rule == "latest-tag"])
    refused = {hit.file: hit for hit in hits if hit.rule == peers.PROBLEM}
    for judged in references(corpus):
        hit = refused.get(judged.file) if judged.status == INVALID else matched.get(judged)
        verdict = hit.verdict if hit else "pass"
        expected = {MOVES: "fail", PINNED: "pass"}.get(judged.status, "unknown")
        if verdict != expected:
            place = f"{judged.file}:{hit.line if hit else judged.reference.line}"
            written = f"{judged.reference.via} {judged.reference.written}"
            says = f"{verdict}: {hit.message}" if hit else "nothing"
            print(f"latest {place}: {written} {judged.status}; Seawall {says}")
    for hit in stray:
        print(f"latest {hit.file}:{hit.line}: no image from outside; {hit.verdict}: {hit.message}")


if __name__ == "__main__":
    main()
