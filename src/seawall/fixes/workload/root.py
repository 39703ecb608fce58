"""A read-only root filesystem, and the places that must stay writable with it."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from seawall.facts.needs import Directory
from seawall.fixes.workload.knowledge import Known, is_below
from seawall.surfaces.workload import Workload

_CHANGES = re.compile(
    r"\b(?:apt|apt-get|apk|yum|dnf|pip3?|npm|yarn|pnpm|bun|composer|bundle|gem|uv|poetry|pipenv)\s"
    r"|\b(?:go|cargo|mvn|gradle|dotnet)\s+(?:run|build|install|get|watch)\b|\bsed\s+-i|>\s*[/~$]"
)
_OPEN = frozenset({"/tmp", "/var/tmp"})  # noqa: S108 -- paths in the container


class Root(Struct, frozen=True):
    """What a read-only root needs beside it: tmpfs entries with their options, and volumes.

    `is_known` where the facts or an observation say that this is all.
    """

    tmpfs: tuple[str, ...]
    volumes: tuple[str, ...]
    is_known: bool


def read_only_root(known: Known) -> Root | None:
    """What to write; None where it is known to fail, or can't be written."""
    workload = known.workload
    if (known.needs.writes or _changes_itself(workload)) and known.observed is None:
        return None
    if _needs_writable_root(workload):
        return None
    is_known = known.scratch[1]
    entries = tmpfs_entries(known)
    tmpfs = tuple(each for each in entries if not known.is_mounted(each.partition(":")[0]))
    volumes = tuple(path for path in known.kept if not known.is_mounted(path))
    if workload.is_swarm and tmpfs:
        return None  # a swarm ignores `tmpfs`
    return Root(tmpfs, volumes, is_known)


def tmpfs_entries(known: Known) -> tuple[str, ...]:
    """A tmpfs for each directory that it writes to and that nothing else is mounted over."""
    mounts = [mount for mount in known.workload.mounts if mount.type != "tmpfs"]
    others = replace(known, workload=replace(known.workload, mounts=tuple(mounts)))
    return tuple(
        f"{each.path}:{','.join(_options(each, known))}"
        for each in known.scratch[0]
        if not others.is_mounted(each.path) and not _holds_content(known, each.path)
    )


def _changes_itself(workload: Workload) -> bool:
    """Whether its command installs, builds or writes into the container before it serves."""
    cells = [*(workload.entrypoint or ()), *(workload.command or ())]
    return _CHANGES.search(" ".join(cell.value or cell.written for cell in cells)) is not None


def _needs_writable_root(workload: Workload) -> bool:
    """Secrets that Compose writes into the container itself: it can't where root is read-only."""
    return any(
        use.environment or use.content is not None
        for use in workload.secrets
        if not use.is_external
    )


def _options(directory: Directory, known: Known) -> list[str]:
    """Never more than the image has: no programs, no setuid, a bound, and its user's own."""
    options = ["rw", "noexec", "nosuid", f"size={directory.size}"]
    starts_as_root = known.is_root is not False
    if directory.path in _OPEN:
        return options
    if directory.writer == "start" and starts_as_root:
        return [*options, *((f"mode={directory.mode}",) if directory.mode else ())]
    uid, _, gid = known.serving_user.partition(":")
    if not uid:
        return [*options, "mode=1777"]
    owner = [f"uid={uid}", *((f"gid={gid}",) if gid else ())]
    return [*options, f"mode={directory.mode or '0755'}", *owner]


def _holds_content(known: Known, path: str) -> bool:
    """Whether the project's own Dockerfile puts something there, which a tmpfs would hide."""
    build = known.workload.build
    dockerfile = build.dockerfile if build is not None else None
    if dockerfile is None:
        return False
    text = dockerfile.source.text
    return path in _OPEN and any(
        is_below(word.strip("\"'[],"), path) and word.strip("\"'[],") != path
        for line in text.splitlines()
        if line.lstrip()[:4].upper() in {"COPY", "ADD ", "WORK", "VOLU"}
        for word in line.split()
    )
