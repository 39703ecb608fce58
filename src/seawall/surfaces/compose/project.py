"""Which files make a Compose project, and whether a text is a Compose file at all.

The order is that of Docker Compose itself (`compose.yaml`, `compose.yml`, `docker-compose.yml`,
`docker-compose.yaml`; beside it the first of `compose.override.yml`, `compose.override.yaml`,
`docker-compose.override.yml`, `docker-compose.override.yaml`). Another file of the same directory
(`docker-compose.prod.yml`) is laid over that base, without the override, as its user would with
`-f base -f prod`, where one of its services needs the base (it has neither image nor build nor
extends, and the base knows its name); else it is a project of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from seawall.core.errors import InputError
from seawall.core.source import read
from seawall.surfaces.compose.yaml_tree import Document, Mapping, Scalar, parse

BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)

_SERVICES = re.compile(
    r"""^(?:"services"|'services'|services)[ \t]*:[ \t]*"""
    r"""(?:[{&]|(?:\#[^\n]*)?\r?\n(?:[ \t]*(?:\#[^\n]*)?\r?\n)*+"""
    r"""[ \t]+(?:["']?[\w.$-]+["']?[ \t]*:|<<))""",
    re.MULTILINE,
)
_INCLUDE = re.compile(r"^include[ \t]*:[ \t]*(?:\n[ \t]*-|\[)", re.MULTILINE)
_FIRST_VERSION = re.compile(
    r"^[\w.-]+:[ \t]*\n(?:[ \t]+[^\n]*\n|[ \t]*\n)??[ \t]+(?:image|build):", re.MULTILINE
)
_OTHER_TOOLS = re.compile(
    r"^(?:apiVersion|kind|jobs|stages|on|pipelines|steps|default|workflow|Resources)[ \t]*:"
    r"|^[ \t]+(?:script|stage|runs-on):",
    re.MULTILINE,
)


def looks_like_compose(text: str) -> bool:
    """Whether a YAML text is a Compose file, by its shape (Compose v1 too)."""
    if "services" in text and _SERVICES.search(text) is not None:
        return re.search(r"^apiVersion[ \t]*:", text, re.MULTILINE) is None
    if "include" in text and _INCLUDE.search(text) and _OTHER_TOOLS.search(text) is None:
        return True
    has_service = "image:" in text or "build:" in text
    return (
        has_service
        and _FIRST_VERSION.search(text) is not None
        and _OTHER_TOOLS.search(text) is None
    )


def find_projects(paths: Iterable[Path]) -> list[tuple[Path, ...]]:
    """Group Compose files into projects, each in the order in which its files are merged.

    Reads only the files that are neither a base nor an override; a file that can't be read is a
    project of its own, whose reading will say why.
    """
    directories: dict[Path, dict[str, Path]] = {}
    for path in paths:
        directories.setdefault(path.parent, {})[path.name] = path
    projects: list[tuple[Path, ...]] = []
    for files in directories.values():
        projects.extend(_projects_of(files))
    return projects


def _projects_of(files: dict[str, Path]) -> list[tuple[Path, ...]]:
    """The projects of one directory."""
    base = next((files[name] for name in BASES if name in files), None)
    override = next((files[name] for name in OVERRIDES if name in files), None)
    main = tuple(path for path in (base, override) if path is not None)
    others = [path for path in files.values() if path not in main]
    projects = [main] if main else []
    known = _services(base) if base is not None and others else {}
    for path in others:
        is_overlay = base is not None and _needs(path, known)
        projects.append((base, path) if is_overlay and base is not None else (path,))
    return projects


def _needs(path: Path, known: dict[str, bool]) -> bool:
    """Whether a file has a service that is nothing without the base's of the same name."""
    services = _services(path)
    return any(not is_complete and name in known for name, is_complete in services.items())


def _services(path: Path) -> dict[str, bool]:
    """The services of a file, and whether each says what it runs."""
    try:
        source = read(path)
    except InputError:
        return {}
    parsed = parse(Document(source, ""), _leave)
    found: dict[str, bool] = {}
    for document in parsed.documents:
        services = document.get("services") if type(document) is Mapping else None
        entries = services.entries if type(services) is Mapping else {}
        for name, (_, value) in entries.items():
            keys = value.entries.keys() if type(value) is Mapping else set()
            found[name] = not {"image", "build", "extends", "provider"}.isdisjoint(keys)
    return found


def _leave(scalar: Scalar) -> None:
    """Variables have no part in which services there are."""
