"""Compare the Dockerfile parser with BuildKit's own (the PyPI package `dockerfile`).

    python benchmarks/oracle_dockerfile.py DIR [--mutations N] [--seed S]

Every file of DIR, then N mutations of them, are parsed by both; each difference is printed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "property"))

from dockerfile_oracle import Mutator, Tally


def main() -> int:
    """Run the comparison; 1 where there was a difference."""
    arguments = _arguments()
    paths = sorted(path for path in arguments.directory.iterdir() if path.is_file())
    texts = {path.name: _read(path) for path in paths}
    files, mutated = Tally(), Tally()
    for name, text in texts.items():
        _show(name, files.add(text))
    mutator = Mutator(list(texts.values()), arguments.seed)
    for number in range(arguments.mutations):
        text = mutator.next()
        found = mutated.add(text)
        _show(f"mutation {number}", found)
        if found and arguments.save:
            (arguments.save / f"mutation{number}").write_bytes(text.encode())
    print(f"files:     {files}")
    print(f"mutations: {mutated}")
    return 1 if files.differences or mutated.differences else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--mutations", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, help="directory for the mutations that differ")
    return parser.parse_args()


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _show(name: str, found: str) -> None:
    if found:
        print(f"{name}: {found}")


if __name__ == "__main__":
    sys.exit(main())
