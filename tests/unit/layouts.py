"""Examples that are small repositories: laid out as files, with git's index where it matters."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.dockerfile import read
from seawall.surfaces.repository import Build, Repository
from seawall.surfaces.repository.pipelines import read_pipelines
from seawall.surfaces.repository.reader import read_repository
from seawall.surfaces.repository.sources import SourceFile, read_sources
from seawall.surfaces.repository.workflows import Pipelines

_HEADER = re.compile(r"=== (\S+)(?: \(([^)\n]*)\))?\n")


class Laid(Struct, frozen=True):
    """One file of a layout."""

    path: str
    text: str
    is_tracked: bool
    mode: int


def parse_layout(text: str) -> list[Laid]:
    """The files of a text in which each stands after a line `=== path (tracked, 0600)`."""
    pieces = re.split(r"^(?==== )", text, flags=re.MULTILINE)[1:]
    return [_file(piece) for piece in pieces]


def _file(piece: str) -> Laid:
    header = _HEADER.match(piece)
    assert header, piece
    words = (header[2] or "").split(", ")
    modes = [word for word in words if word.isdigit()]
    mode = int(modes[0], 8) if modes else 0o644
    return Laid(header[1], piece[header.end() :], "tracked" in words, mode)


def lay_out(text: str, root: Path) -> list[Laid]:
    """Write the files of a layout, and make it a working tree of git if anything is tracked."""
    files = parse_layout(text)
    for file in files:
        path = root / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
        path.chmod(file.mode)
    tracked = [file.path for file in files if file.is_tracked]
    if tracked:
        git(root, "init", "-q")
        git(root, "add", "-f", "--", *tracked)
    return files


def git(root: Path, *arguments: str) -> str:
    """Run git in a directory, on nobody's configuration."""
    environment = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    command = ["/usr/bin/env", "git", *arguments]
    done = subprocess.run(
        command,
        cwd=root,
        check=True,
        capture_output=True,
        env={**environment, "PATH": "/usr/bin:/bin", "HOME": str(root)},
    )
    return done.stdout.decode()


def repository_of(text: str, root: Path) -> Repository:
    """The facts of a layout, in which every file whose name ends in `Dockerfile` is built."""
    files = lay_out(text, root)
    builds = [
        Build(read(Source(file.path, file.text)), str(root / file.path))
        for file in files
        if file.path.endswith("Dockerfile")
    ]
    return read_repository(root, builds)


def pipelines_of(text: str, root: Path) -> Pipelines:
    """The pipelines of a layout; all of them must be read."""
    lay_out(text, root)
    pipelines = read_pipelines(root)
    assert not any(workflow.failures for workflow in pipelines.workflows)
    return pipelines


def source_of(text: str, root: Path) -> SourceFile:
    """The one source of a layout."""
    lay_out(text, root)
    (source,) = read_sources(read_repository(root))
    return source
