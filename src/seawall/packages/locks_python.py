"""Lock files of Poetry, uv, PDM, Pipenv and pip, and the standard one (PEP 751)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from seawall.core.expression import Expression
from seawall.packages.locked import (
    declared,
    json_value,
    leading_name,
    table,
    tables,
    toml_value,
    word,
)
from seawall.packages.naming import normalized
from seawall.surfaces.image.facts import Ecosystem, Package

_PINNED = Expression(
    r"^[ \t]*+([A-Za-z0-9][\w.-]*+)[ \t]*+(?:\[[^\]\n]*+\][ \t]*+)?===?[ \t]*+([^\s;,#\\*]++)"
    r"[ \t]*+(?:$|[;#\\]|--)",
    re.MULTILINE,
)
_LOCAL = frozenset({"virtual", "editable", "directory"})


def poetry_lock(text: str, path: str) -> Iterator[Package]:
    """`poetry.lock`; what only development needs is left out where the file says so."""
    for entry in tables(toml_value(text), "package"):
        groups = entry.get("groups")
        is_main = "main" in groups if isinstance(groups, list) else True
        if is_main and word(entry, "category") in {"", "main"}:
            needed = table(entry, "dependencies")
            yield from _pypi(
                entry, path, "poetry-lock", filter(None, map(_required, needed.items()))
            )


def _required(item: tuple[str, Any]) -> str:
    """The name of a dependency, unless it is there for an extra alone."""
    name, constraint = item
    return "" if isinstance(constraint, dict) and constraint.get("optional") is True else name


def uv_lock(text: str, path: str) -> Iterator[Package]:
    """`uv.lock`; the project itself and what stands beside it are left out."""
    for entry in tables(toml_value(text), "package"):
        if _LOCAL.isdisjoint(table(entry, "source")):
            needed = (word(one, "name") for one in tables(entry, "dependencies"))
            yield from _pypi(entry, path, "uv-lock", needed)


def pdm_lock(text: str, path: str) -> Iterator[Package]:
    """`pdm.lock`; what only groups for development need is left out."""
    for entry in tables(toml_value(text), "package"):
        groups = entry.get("groups")
        if isinstance(groups, list) and "default" not in groups:
            continue
        needed = entry.get("dependencies")
        names = map(leading_name, needed) if isinstance(needed, list) else ()
        yield from _pypi(entry, path, "pdm-lock", filter(None, names))


def pylock(text: str, path: str) -> Iterator[Package]:
    """`pylock.toml` (PEP 751)."""
    for entry in tables(toml_value(text), "packages"):
        if "directory" not in entry:
            needed = (word(one, "name") for one in tables(entry, "dependencies"))
            yield from _pypi(entry, path, "pylock", needed)


def pipfile_lock(text: str, path: str) -> Iterator[Package]:
    """`Pipfile.lock`: what the program needs, not what only its development does."""
    for name, entry in table(json_value(text), "default").items():
        pinned = {"name": name, "version": word(entry, "version").lstrip("=")}
        yield from _pypi(pinned, path, "pipfile-lock")


def requirements(text: str, path: str) -> Iterator[Package]:
    """`requirements.txt`: the lines that name one version."""
    for name, version in _PINNED.findall(text.replace("\r\n", "\n")):
        yield from _pypi({"name": name, "version": version}, path, "requirements")


def _pypi(
    entry: dict[str, Any], path: str, cataloguer: str, requires: Iterable[str] = ()
) -> Iterator[Package]:
    return declared(
        Ecosystem.PYPI,
        ("", word(entry, "name")),
        word(entry, "version"),
        path,
        cataloguer,
        requires=map(normalized, requires),
    )
