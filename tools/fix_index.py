"""Writes src/seawall/fixes/index.py from the fixers; `--check` fails where it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from seawall.fixes import index

INDEX = Path(__file__).parent.parent / "src" / "seawall" / "fixes" / "index.py"

_LONGEST = 101
"""A line of code with its end."""


def main(arguments: list[str]) -> int:
    """Write the index, or with `--check` say whether it would change; the exit code."""
    text = "".join(_lines())
    if arguments == ["--check"]:
        is_stale = INDEX.read_text(encoding="utf-8") != text
        if is_stale:
            print(f"{INDEX}: stale; run `python tools/fix_index.py`")
        return int(is_stale)
    INDEX.write_text(text, encoding="utf-8")
    return 0


def _lines() -> Iterator[str]:
    yield '"""Which modules have fixers of which rule. Written by `tools/fix_index.py`."""\n\n'
    yield "from __future__ import annotations\n\nfrom collections.abc import Mapping\n\n"
    yield "MODULES_OF: Mapping[str, Mapping[str, tuple[str, ...]]] = {\n"
    for kind, rules in index().items():
        yield f'    "{kind}": {{\n'
        yield from (_row(rule, modules) for rule, modules in rules.items())
        yield "    },\n"
    yield '}\n"""By the name of the type that the subject has, then by rule."""\n'


def _row(rule: str, modules: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}"' for name in modules)
    row = f'        "{rule}": ({names}{"," if len(modules) == 1 else ""}),\n'
    if len(row) <= _LONGEST:
        return row
    lines = "".join(f'            "{name}",\n' for name in modules)
    return f'        "{rule}": (\n{lines}        ),\n'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
