"""Compare the version orderings with the real tools: dpkg, apk, rpm, packaging, node-semver, …

    python benchmarks/oracle_versions.py [DIR] [--pairs N] [--seed S] [--only NAME] [--record DIR]

For each tool N pairs that it takes for versions are made of real versions and of mutations of
them, and each answer that differs is printed. DIR adds real versions: it is searched for OSV bulk
files (`osv/<ecosystem>/all.zip`) and Alpine's security database (`*/main.json`). The tools that
are missing are said; `tests/property/version_oracles.py` tells where each is looked for.

A difference "in a circle" is one where the tool contradicts itself: it says that a is higher than
b, but a third version at least as high as a and at most as high as b. No order has all of that.

`--record` writes hard pairs with the tool's answers, as `tests/unit/version_answers` has them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "property"))
sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from version_oracles import ORACLES, Oracle, Pair
from version_samples import Pairs

from seawall.versions import Scheme, compare, scheme_of

RECORDED = 240
Answer = tuple[str, str, int]


def main() -> int:
    """Run the comparison; 1 where there was a difference that is not the tool's own."""
    arguments = _arguments()
    real = _real_versions(arguments.directory)
    differences = 0
    print(f"{'tool':13}{'pairs':>7}{'refused':>9}{'equal':>7}{'differ':>8}{'in a circle':>13}")
    for oracle in ORACLES:
        if arguments.only and oracle.name not in arguments.only:
            continue
        if oracle.missing:
            print(f"{oracle.name:13}missing: {oracle.missing}")
            continue
        answers, refused = _ask(oracle, real[oracle.scheme], arguments.pairs, arguments.seed)
        wrong = [answer for answer in answers if _differs(oracle, answer)]
        circular = [answer for answer in wrong if oracle.contradicts_itself(*answer)]
        differences += len(wrong) - len(circular)
        equal = sum(sign == 0 for _, _, sign in answers)
        print(
            f"{oracle.name:13}{len(answers):7}{refused:9}{equal:7}{len(wrong):8}{len(circular):13}",
            flush=True,
        )
        for a, b, sign in wrong:
            if (a, b, sign) not in circular:
                print(f"    {a} {'<=>'[sign + 1]} {b}")
        if arguments.record:
            _record(arguments.record, oracle, answers)
    return 1 if differences else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?")
    parser.add_argument("--pairs", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append")
    parser.add_argument("--record", type=Path)
    return parser.parse_args()


def _ask(oracle: Oracle, real: set[str], number: int, seed: int) -> tuple[list[Answer], int]:
    """So many answers, and how many pairs more the tool refused."""
    source = Pairs(oracle.scheme, seed, sorted(real))
    answers: list[Answer] = []
    refused = 0
    while len(answers) < number:
        pairs: list[Pair] = source.take(min(2000, 2 * (number - len(answers))))
        for (a, b), sign in zip(pairs, oracle.answers(pairs), strict=True):
            if sign is None:
                refused += 1
            elif len(answers) < number:
                answers.append((a, b, sign))
    return answers, refused


def _differs(oracle: Oracle, answer: Answer) -> bool:
    a, b, sign = answer
    return compare(oracle.scheme, a, b) != sign


def _record(directory: Path, oracle: Oracle, answers: list[Answer]) -> None:
    """Write pairs, most of them such that a generic order gets them wrong."""
    agreed = sorted({answer for answer in answers if not _differs(oracle, answer)})
    short = [answer for answer in agreed if len(answer[0]) + len(answer[1]) < 50]
    hard = [(a, b, sign) for a, b, sign in short if compare(Scheme.GENERIC, a, b) != sign]
    easy = [answer for answer in short if answer not in set(hard)]
    chosen = _spread(hard, RECORDED * 3 // 4)
    chosen += _spread(easy, RECORDED - len(chosen))
    lines = [f"{a}\t{'<=>'[sign + 1]}\t{b}\n" for a, b, sign in sorted(chosen)]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{oracle.name}.tsv").write_text("".join(lines))


def _spread(answers: list[Answer], number: int) -> list[Answer]:
    step = max(1, len(answers) // max(1, number))
    return answers[::step][:number]


def _real_versions(directory: Path | None) -> dict[Scheme, set[str]]:
    found: dict[Scheme, set[str]] = defaultdict(set)
    if shutil.which("dpkg-query"):
        command = ["dpkg-query", "-W", "-f", "${Version}\n"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found[Scheme.DPKG].update(text.split())
    if directory is None:
        return found
    _read_directory(found, directory)
    for scheme, versions in found.items():
        prefix = "v" if scheme is Scheme.GO else ""
        words = {prefix + version for version in versions if version.isprintable()}
        found[scheme] = {word for word in words if " " not in word}
    return found


def _read_directory(found: dict[Scheme, set[str]], directory: Path) -> None:
    for path in _files(directory):
        if path.name == "all.zip":
            with ZipFile(path) as records:
                for name in records.namelist():
                    _add_record(found, json.loads(records.read(name)))
        elif path.name in ("main.json", "community.json"):
            for package in json.loads(path.read_text())["packages"] or ():
                found[Scheme.APK].update(package["pkg"]["secfixes"])
        elif path.suffix == ".versions" and path.stem in set(Scheme):
            found[Scheme(path.stem)].update(path.read_text().split())


def _files(directory: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(directory, followlinks=True):
        yield from (Path(folder) / name for name in names)


def _add_record(found: dict[Scheme, set[str]], record: dict) -> None:  # type: ignore[type-arg]
    for affected in record.get("affected") or ():
        scheme = scheme_of(affected.get("package", {}).get("ecosystem", ""))
        found[scheme].update(affected.get("versions") or ())
        for span in affected.get("ranges") or ():
            if span["type"] != "GIT":
                found[scheme].update(
                    value for event in span["events"] for value in event.values() if value != "0"
                )


if __name__ == "__main__":
    sys.exit(main())
