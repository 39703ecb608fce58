"""Lock files of npm, Yarn, pnpm and Bun.

What only development needs is left out where the file says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from seawall.core.expression import Expression
from seawall.packages import licenses
from seawall.packages.locked import (
    declared,
    json_value,
    table,
    word,
    yaml_value,
)
from seawall.packages.naming import scoped
from seawall.surfaces.image.facts import Ecosystem, Package

MAX_NESTING = 200
"""Levels of the first form of package-lock.json, which nests as node_modules did."""

_MODULES = "node_modules/"
_YARN_HEAD = Expression(r'^"?(@?[^@\s",]+)@([^\s",]*)')
_YARN_FIELD = Expression(r'^  (version|resolution):? "?([^"\n]*)"?$')
_YARN_NEED = Expression(r'^    "?(@?[^@\s":]+)"?:? ')
_RESOLVED = Expression(r"(@?[^@]+)@(\w+):(.*)")
_ALIAS = Expression(r"npm:(@?[^@]+)@")
_PNPM_OLD = Expression(r"/?((?:@[^/]+/)?[^/@]+)/([^/_(]+)(?:_[^/]*)?$")
_PNPM = Expression(r"/?((?:@[^/@()]+/)?[^/@()]+)@([^()@]+)(?:\(.*\))?$")
_TRAILING = Expression(r'"(?:[^"\\]|\\.)*+"?|,(?=\s*[}\]])')
_RELEASE = Expression(r"\d+\.\d+\.\d+")


def package_lock(text: str, path: str) -> Iterator[Package]:
    """`package-lock.json` and `npm-shrinkwrap.json`, of the versions 1 to 3."""
    document = json_value(text)
    packages = table(document, "packages")
    if packages:
        yield from _installed(packages, path)
    else:
        yield from _nested(document, path)


def _installed(packages: dict[str, Any], path: str) -> Iterator[Package]:
    """The second form: keys are the folders of packages, the empty one is the project's own."""
    for folder, entry in packages.items():
        if not isinstance(entry, dict) or _MODULES not in folder or _is_left_out(entry):
            continue
        name = word(entry, "name") or folder.rpartition(_MODULES)[2]
        stated = word(entry, "license")
        yield from declared(
            Ecosystem.NPM,
            scoped(name),
            word(entry, "version"),
            path,
            "package-lock",
            requires=table(entry, "dependencies"),
            licenses=(licenses.normalised(stated),) if stated else (),
        )


def _nested(document: dict[str, Any], path: str) -> Iterator[Package]:
    """The first form: each package holds those that only it needs in another version."""
    stack = [(document, 0)]
    while stack:
        parent, depth = stack.pop()
        for name, entry in table(parent, "dependencies").items():
            if not isinstance(entry, dict) or _is_left_out(entry):
                continue
            version = word(entry, "version")
            alias = _ALIAS.match(version)
            pair = (name, version) if alias is None else (alias[1], version[alias.end() :])
            if _RELEASE.match(pair[1]):
                yield from _npm(*pair, path, "package-lock", table(entry, "requires"))
            if depth < MAX_NESTING:
                stack.append((entry, depth + 1))


def _is_left_out(entry: dict[str, Any]) -> bool:
    return entry.get("dev") is True or entry.get("link") is True


def _npm(
    name: str, version: str, path: str, cataloguer: str, requires: Iterable[str] = ()
) -> Iterator[Package]:
    return declared(Ecosystem.NPM, scoped(name), version, path, cataloguer, requires=requires)


def yarn_lock(text: str, path: str) -> Iterator[Package]:
    """`yarn.lock`: blocks of lines, in the form of Yarn 1 or in YAML as later ones write it."""
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        yield from _yarn_block([line for line in block.split("\n") if line[:1] != "#"], path)


def _yarn_block(lines: list[str], path: str) -> Iterator[Package]:
    head = next((index for index, line in enumerate(lines) if line[:1] not in {"", " "}), -1)
    found = _YARN_HEAD.match(lines[head]) if head >= 0 else None
    if found is None:
        return
    alias = _ALIAS.match(found[2])
    name = alias[1] if alias is not None else found[1]
    fields: dict[str, str] = {}
    needed: list[str] = []
    is_needed = False
    for line in lines[head + 1 :]:
        if line[:3].strip():
            field = _YARN_FIELD.match(line)
            is_needed = line.startswith("  dependencies:")
            if field is not None:
                fields[field[1]] = field[2]
        elif is_needed and (need := _YARN_NEED.match(line)) is not None:
            needed.append(need[1])
    resolved = _RESOLVED.match(fields.get("resolution", ""))
    if resolved is not None:
        if resolved[2] in {"workspace", "link", "portal"}:
            return
        name = resolved[1]
    yield from _npm(name, fields.get("version", ""), path, "yarn-lock", needed)


def pnpm_lock(text: str, path: str) -> Iterator[Package]:
    """`pnpm-lock.yaml`, of the versions 5 to 9: keys name packages, with their peers behind."""
    document = yaml_value(text)
    needed = table(document, "snapshots")
    seen: set[tuple[str, str]] = set()
    for key, entry in {**table(document, "packages"), **needed}.items():
        found = _PNPM.match(key) or _PNPM_OLD.match(key)
        if found is None or not isinstance(entry, dict) or word(entry, "dev") == "true":
            continue
        pair = (word(entry, "name") or found[1], word(entry, "version") or found[2])
        if pair in seen or not _RELEASE.match(pair[1]):
            continue
        seen.add(pair)
        own = needed.get(key, entry)
        yield from _npm(*pair, path, "pnpm-lock", table(own, "dependencies"))


def bun_lock(text: str, path: str) -> Iterator[Package]:
    """`bun.lock`: JSON with commas behind last items; each package is a list that names it."""
    document = json_value(_TRAILING.sub(_without_comma, text))
    for entry in table(document, "packages").values():
        if not isinstance(entry, list) or not entry or not isinstance(entry[0], str):
            continue
        name, _, version = entry[0].rpartition("@")
        needed = next((one for one in entry[1:] if isinstance(one, dict)), {})
        if _RELEASE.match(version):
            yield from _npm(name, version, path, "bun-lock", table(needed, "dependencies"))


def _without_comma(found: re.Match[str]) -> str:
    return "" if found[0] == "," else found[0]
