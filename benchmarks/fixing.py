"""What fixes do to real files, by parsers that are not Seawall's own.

    python benchmarks/fixing.py dockerfiles DIR [--unsafe] [--profile P]
    python benchmarks/fixing.py compose DIR [--unsafe]
    python benchmarks/fixing.py round-trip DIR

`dockerfiles` plans every file with the fixes that are asked for, and counts by BuildKit's own
parser (the PyPI package `dockerfile`) and by bash: files that it accepted before and refuses
after, instructions that changed where no fix names them, new errors of the shell, comments that
are gone, findings that are new, and files that a second plan would change again. `compose` does
the same of the values of YAML files. `round-trip` changes every scalar of every Compose file by an
edit, one at a time, and counts values that change beside it.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import dockerfile
import yaml
from msgspec import structs

from seawall.core.model import Profile, Region
from seawall.core.source import Source
from seawall.fixes.compose.block import spot_at
from seawall.jobs.check import CheckOptions, check
from seawall.jobs.fixing import ChangedFile, FixOptions, Plan, plan, write
from seawall.jobs.fixing.draft import draft_of
from seawall.jobs.fixing.tree import Leaf, leaves
from seawall.jobs.governance import Terms
from seawall.surfaces.dockerfile.reader import read


def main() -> None:
    """Print a Markdown table of what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", choices=("dockerfiles", "compose", "round-trip"))
    parser.add_argument("directory", type=Path)
    parser.add_argument("--unsafe", action="store_true")
    parser.add_argument("--profile", default="default", choices=[p.value for p in Profile])
    given = parser.parse_args()
    gc.set_threshold(500_000, 20, 20)  # as the command line has it
    if given.what == "round-trip":
        _table(_round_trip(given.directory))
        return
    terms = Terms(isolated=True, profile=Profile(given.profile))
    options = FixOptions(CheckOptions(terms=terms, jobs=1), unsafe=given.unsafe)
    with tempfile.TemporaryDirectory() as scratch:
        paths = _laid_out(given.directory, Path(scratch), given.what)
        _table(_measured(paths, options, given.what))


def _table(rows: Iterable[tuple[str, object]]) -> None:
    print("| | |\n|---|---|")
    for name, value in rows:
        print(f"| {name} | {value} |")


def _laid_out(directory: Path, scratch: Path, what: str) -> list[str]:
    """A copy of the files; Compose files each in a directory, so that none is laid over another."""
    paths = []
    for file in sorted(directory.iterdir()):
        if what == "dockerfiles" and file.suffix != ".tsv":
            target = scratch / file.name
        elif what == "compose" and file.suffix in (".yml", ".yaml"):
            target = scratch / file.stem / "compose.yaml"
        else:
            continue
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(file.read_bytes())
        paths.append(str(target))
    return paths


def _measured(paths: list[str], options: FixOptions, what: str) -> Iterator[tuple[str, object]]:
    began = time.process_time()
    made = plan(paths, options)
    yield "files", len(paths)
    yield "CPU s for the plan", f"{time.process_time() - began:.2f}"
    yield "files changed", len(made.changed)
    for safety, number in sorted(Counter(m.fix.safety.value for m in made.fixes).items()):
        yield f"{safety} fixes", number
    yield "fixes dropped, as they do not hold", len(made.left_out)
    yield "rounds, at most", max((m.round for m in made.fixes), default=0)
    if what == "dockerfiles":
        yield from _by_buildkit(made)
    else:
        yield from _by_yaml(made)
    yield from _after(paths, made, options)


def _by_buildkit(made: Plan) -> Iterator[tuple[str, object]]:
    def parsed(text: str) -> list[tuple[str, str, int, int]] | None:
        try:
            read = dockerfile.parse_string(text)
        except (dockerfile.GoParseError, ValueError):
            return None
        return [(c.cmd.upper(), c.original, c.start_line, c.end_line) for c in read]

    refused = altered = comments = heredocs = 0
    scripts: list[tuple[str, str]] = []
    for file in made.changed:
        if not file.name.endswith("ockerfile"):
            continue
        before, after = (parsed(_clean(text)) for text in (file.before, file.after))
        if before is None:
            continue
        if after is None:
            refused += 1
            print(f"refused: {file.name}", file=sys.stderr)
            continue
        altered += _altered(file, before, after)
        comments += _lost_comments(file)
        scripts += zip(_shell(file.before), _shell(file.after), strict=False)
        heredocs += file.before.count("<<") != file.after.count("<<") and "<<" in file.before
    yield "files that BuildKit's parser accepted and now refuses", refused
    yield "instructions changed that no fix names", altered
    yield "comments lost", comments
    yield "files whose here-documents are other ones", heredocs
    yield "RUNs that are new errors of `bash -n`", _broken(scripts)


def _clean(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _touched(file: ChangedFile, first: int, last: int) -> bool:
    """Whether a change stands in lines (from 1) of the old text."""
    for change in file.changes:
        start = file.before.count("\n", 0, change.start) + 1
        end = file.before.count("\n", 0, max(change.start, change.end - 1)) + 1
        if change.start == change.end and file.before[: change.start].endswith("\n"):
            if first < start <= last:
                return True
        elif start <= last and first <= end:
            return True
    return False


def _altered(
    file: ChangedFile,
    before: list[tuple[str, str, int, int]],
    after: list[tuple[str, str, int, int]],
) -> int:
    """Instructions outside of the changes that are not there any more, in their order."""
    rest = iter([(name, text) for name, text, _, _ in after])
    kept = [each for each in before if not _touched(file, each[2], each[3])]
    lost = 0
    for name, text, line, _ in kept:
        if (name, text) not in rest:
            lost += 1
            print(f"altered: {file.name}:{line}", file=sys.stderr)
    return lost


def _lost_comments(file: ChangedFile) -> int:
    def comments(text: str) -> Counter[str]:
        return Counter(s for line in text.splitlines() if (s := line.strip()).startswith("#"))

    lost = comments(file.before) - comments(file.after)
    for comment in lost:
        print(f"comment lost: {file.name}: {comment}", file=sys.stderr)
    return lost.total()


def _shell(text: str) -> list[str]:
    """The shell scripts of RUN, continued lines and comments as BuildKit joins them."""
    facts = read(Source("Dockerfile", text))
    return [i.text for i in facts.instructions if i.keyword == "RUN" and not i.is_json]


def _broken(pairs: list[tuple[str, str]]) -> int:
    changed = [(old, new) for old, new in pairs if old != new]
    return sum(_is_shell(old) and not _is_shell(new) for old, new in changed)


def _is_shell(script: str) -> bool:
    data = script.encode("utf-8", "surrogateescape")
    done = subprocess.run(["bash", "-n"], input=data, capture_output=True, check=False)
    return done.returncode == 0


def _by_yaml(made: Plan) -> Iterator[tuple[str, object]]:
    refused = altered = comments = 0
    for file in made.changed:
        try:
            before = Counter(_values(file.before, file))
        except yaml.YAMLError:
            continue
        try:
            after = Counter(_values(file.after, None))
        except yaml.YAMLError:
            refused += 1
            continue
        altered += (before - after).total()
        comments += _lost_comments(file)
    yield "files that PyYAML accepted and now refuses", refused
    yield "values changed that no fix names", altered
    yield "comments lost", comments


def _values(text: str, file: ChangedFile | None) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values with the keys to them; of the old text only those that no change names."""
    for leaf in leaves(_clean(text)):
        if leaf.start == leaf.end:
            continue
        if file is not None and any(
            change.start <= leaf.end and leaf.start <= change.end for change in file.changes
        ):
            continue
        yield leaf.path, leaf.value


def _after(paths: list[str], made: Plan, options: FixOptions) -> Iterator[tuple[str, object]]:
    """What a check and a second plan say once all is written."""
    before = _found(paths, options)
    written = write(made)
    yield "files that could not be written", len(written.problems)
    after = _found(paths, options)
    again = plan(paths, options)
    new = after - before
    rules = Counter[str]()
    gone = before - after
    for (rule, path, _), number in gone.items():
        rules[f"{rule} {path}"] += number
    unexpected = 0
    for (rule, path, symbol), number in new.items():
        rules[f"{rule} {path}"] -= number
        if rules[f"{rule} {path}"] < 0:
            unexpected += 1
            print(f"new: {rule} {path} {symbol}", file=sys.stderr)
    yield "findings before", before.total()
    yield "findings after", after.total()
    yield "new findings", unexpected
    yield "files that a second plan changes", len(again.changed)


def _found(paths: list[str], options: FixOptions) -> Counter[tuple[str, str, str]]:
    report = check(paths, structs.replace(options.check, mends=False))
    return Counter((f.rule, f.location.path, f.location.symbol) for f in report.active)


def _round_trip(directory: Path) -> Iterator[tuple[str, object]]:
    counts = Counter[str]()
    for path in sorted(directory.iterdir()):
        if path.suffix not in (".yml", ".yaml"):
            continue
        source = Source(path.name, path.read_bytes().decode("utf-8", "surrogateescape"))
        try:
            old = list(leaves(source.text))
        except yaml.YAMLError:
            continue
        counts["files"] += 1
        for number, leaf in enumerate(old):
            if not _is_value(leaf):
                continue
            answer = _changed_alone(source, old, number)
            counts[answer] += 1
            if answer == "wrong":
                print(f"wrong: {path.name}:{source.line_of(leaf.start)}", file=sys.stderr)
    yield "Compose files", counts["files"]
    yield "values changed by an edit, one at a time", counts["right"] + counts["wrong"]
    yield "values that are shared or can't be edited surely: left alone", counts["left"]
    yield "edits after which any other byte or value is another one", counts["wrong"]


def _is_value(leaf: Leaf) -> bool:
    return leaf.kind[0] != "alias" and not leaf.kind[-1] and leaf.start < leaf.end


def _changed_alone(source: Source, old: list[Leaf], number: int) -> str:
    leaf = old[number]
    spot = spot_at(source, Region(leaf.start, leaf.end))
    new = "seawall: #1" if number % 2 else "seawall"
    edits = spot.set(new) if spot is not None else ()
    if not edits:
        return "left"
    text = draft_of(source.text).edited((edit, 0) for edit in edits).text
    if any(edit.start < leaf.start or edit.end > leaf.end for edit in edits):
        return "wrong"
    try:
        now = list(leaves(text))
    except yaml.YAMLError:
        return "wrong"
    same = len(now) == len(old) and all(
        (one.path, one.value) == (other.path, new if place == number else other.value)
        for place, (one, other) in enumerate(zip(now, old, strict=True))
    )
    return "right" if same else "wrong"


if __name__ == "__main__":
    main()
