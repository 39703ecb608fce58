"""From what a run showed to what a service needs: what fixes are planned by the next time."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator

from msgspec import structs

from seawall.core.rule import Practice
from seawall.fixes.model import Observed
from seawall.jobs.proving.image_files import Entry
from seawall.jobs.proving.logs import Denial, capabilities_for, read_denials
from seawall.jobs.proving.observing import Observation
from seawall.jobs.proving.posture import other_user
from seawall.rules.practices import (
    BOUNDED_LOGGING,
    DROPPED_CAPABILITIES,
    LIMITED_CPU,
    LIMITED_FILES,
    LIMITED_MEMORY,
    LIMITED_PIDS,
    NO_NEW_PRIVILEGES,
    READ_ONLY_ROOTFS,
)
from seawall.surfaces.workload import Workload

Deepest = Callable[[str], tuple[Entry, str]]
"""The last entry of a path that an image has, and the rest (see `ImageFiles.deepest`)."""

_DELETED = 2

_SYSTEM = frozenset(
    {
        "/",
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/home",
        "/lib",
        "/lib32",
        "/lib64",
        "/libx32",
        "/media",
        "/mnt",
        "/opt",
        "/proc",
        "/root",
        "/sbin",
        "/srv",
        "/sys",
        "/usr",
        "/var",
        "/var/lib",
        "/var/cache",
        "/var/log",
        "/var/spool",
    }
)
"""Directories that no fix mounts anything over or gives away: what is below some of them may be."""

_PROGRAMS = ("/bin/", "/boot/", "/dev/", "/etc/", "/lib", "/proc/", "/sbin/", "/sys/", "/usr/")
"""Below these is what runs and how it is set up: to write there is a person's decision."""

_WRITABLE = ("/dev/shm", "/usr/local/var/")  # noqa: S108 -- paths in a container
_CHANGES_USER = ("SETGID", "SETUID")


def observed_at_first(
    seen: Observation, mounted: Collection[str], deepest: Deepest, tools: Iterable[str] = ()
) -> Observed:
    """What a run without any fix shows: who it runs as, and the directories that it writes to."""
    scratch, kept = _split(_written(seen.changes, mounted), deepest)
    return Observed(
        scratch=scratch, kept=kept, user=other_user(seen.posture), tools=tuple(sorted(tools))
    )


def given_by(workload: Workload | None) -> Observed:
    """What a service's specification gives it already, as if it had been observed."""
    if workload is None:
        return Observed()
    tmpfs = (mount.target for mount in workload.mounts if mount.type == "tmpfs")
    volumes = (m.target for m in workload.mounts if m.type == "volume" and not m.source)
    added = (cell.value for cell in workload.capabilities_added if cell.value)
    return Observed(
        scratch=tuple(sorted(tmpfs)),
        kept=tuple(sorted(volumes)),
        capabilities=tuple(sorted(added)),
    )


_CONTROLS: tuple[tuple[Practice, str, Callable[[Workload], object]], ...] = (
    (LIMITED_FILES, "rlimit", lambda w: len(w.limits.ulimits)),
    (LIMITED_MEMORY, "memory", lambda w: bool(w.limits.memory or w.limits.memory_swap)),
    (LIMITED_CPU, "cpu", lambda w: bool(w.limits.cpus)),
    (LIMITED_PIDS, "resource temporarily unavailable", lambda w: bool(w.limits.pids)),
    (NO_NEW_PRIVILEGES, "sudo", lambda w: len(w.security_options)),
    (READ_ONLY_ROOTFS, "read-only file system", lambda w: bool(w.read_only)),
    (DROPPED_CAPABILITIES, "not permitted", lambda w: len(w.capabilities_dropped)),
    (BOUNDED_LOGGING, "logging", lambda w: bool(w.logging)),
)
"""Controls by their practice: a word that tells of each, and what of a service holds it."""


def controls_of(before: Workload | None, after: Workload | None, said: str) -> tuple[str, ...]:
    """The practices whose controls a service has got, those first of which is told."""
    if before is None or after is None:
        return ()
    said = said.lower()
    found = [
        (word not in said, practice.id)
        for practice, word, has in _CONTROLS
        if has(after) != has(before)
    ]
    return tuple(name for _, name in sorted(found, key=lambda each: each[0]))


def _written(changes: Iterable[tuple[str, int]], mounted: Collection[str]) -> list[str]:
    """The files of a container's own layer that were made or changed, but for what is mounted."""
    paths = {path for path, kind in changes if kind != _DELETED}
    parents = {posixpath.dirname(path) for path in paths}
    return [p for p in sorted(paths) if p not in parents and not _is_below_any(p, mounted)]


def _is_below_any(path: str, tops: Collection[str]) -> bool:
    """Whether a path is one of some, below one, or on the way to one."""
    return any(
        path == top or path.startswith(f"{top}/") or top.startswith(f"{path}/") for top in tops
    )


def learn(
    before: Observation, after: Observation, mounted: Collection[str], deepest: Deepest
) -> Observed:
    """What a run that failed, or was hindered, shows that the service needs."""
    known = set(before.everything_said.splitlines())
    found = [d for d in read_denials(after.everything_said) if d.line not in known]
    found += read_denials(after.failure)
    is_root = any(process.uid == 0 for process in after.posture.processes) or not after.claims.get(
        "non-root"
    )
    written = [d.path for d in found if d.kind == "read-only" and d.path]
    denied = [d.path for d in found if d.kind == "access" and d.path and not is_root]
    unmounted = [path for path in written + denied if not _is_mounted(path, mounted)]
    scratch, kept = _split(unmounted, deepest)
    owned = _owned(denied, deepest)
    return Observed(
        scratch=scratch,
        kept=kept,
        owned=owned,
        capabilities=tuple(sorted({*_capabilities(found, is_root), *_lost_users(before, after)})),
    )


def _is_mounted(path: str, mounted: Collection[str]) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in mounted)


def _capabilities(denials: Iterable[Denial], is_root: bool) -> Iterator[str]:
    for denial in denials:
        yield from capabilities_for(denial, is_root=is_root)


def _lost_users(before: Observation, after: Observation) -> tuple[str, ...]:
    """A service that no longer leaves root behind, and says nothing of it."""
    others = before.posture.users - {0}
    stays = after.healthy and after.posture.roots > 0 and not after.posture.users - {0}
    return _CHANGES_USER if others and stays else ()


def _split(paths: Iterable[str], deepest: Deepest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The directories that paths would be written to: empty ones, and those with content."""
    scratch: dict[str, None] = {}
    kept: dict[str, None] = {}
    for path in paths:
        directory, is_empty = directory_for(path, deepest)
        if directory:
            (scratch if is_empty else kept)[directory] = None
    return tuple(_tops(scratch)), tuple(_tops(kept))


def _tops(paths: Iterable[str]) -> list[str]:
    """Without those that lie below others."""
    ordered = sorted(paths)
    return [p for p in ordered if not any(p.startswith(f"{top}/") for top in ordered)]


def directory_for(path: str, deepest: Deepest) -> tuple[str, bool]:
    """The directory to make writable for a path, and whether it is empty; empty text for none.

    It is the deepest one that the image has; where that is a system directory, the first one
    below it that the image does not have and the service would make.
    """
    has, rest = deepest(path)
    if not has.is_directory:
        parent = posixpath.dirname(has.path)
        return ("", False) if _is_system(parent) else (parent, False)
    if not _is_system(has.path):
        return has.path, has.is_empty
    made = has.path
    for step in rest.split("/")[:-1]:
        made = posixpath.join(made, step)
        if not _is_system(made):
            return made, True
    return "", False


def _is_system(directory: str) -> bool:
    if directory.startswith(_WRITABLE):
        return False
    return directory in _SYSTEM or f"{directory}/".startswith(_PROGRAMS)


def _owned(paths: Iterable[str], deepest: Deepest) -> tuple[str, ...]:
    """The directories of the image that its user must own to write to paths."""
    found: dict[str, None] = {}
    for path in paths:
        has, _ = deepest(path)
        directory = has.path if has.is_directory else posixpath.dirname(has.path)
        if not _is_system(directory):
            found[directory] = None
    return tuple(sorted(found))


def widened(known: Observed, more: Observed) -> Observed:
    """Both together; what holds content is no scratch."""
    kept = _tops({*known.kept, *more.kept})
    scratch = _tops({*known.scratch, *more.scratch} - set(kept))
    return structs.replace(
        known,
        scratch=tuple(scratch),
        kept=tuple(kept),
        owned=tuple(sorted({*known.owned, *more.owned})),
        capabilities=tuple(sorted({*known.capabilities, *more.capabilities})),
        user=known.user or more.user,
        tools=known.tools or more.tools,
        without=tuple(sorted({*known.without, *more.without})),
    )


def described(known: Observed, before: Observed) -> Iterator[str]:
    """What was learned beyond what was known, in words."""
    for words, now, then in (
        ("a tmpfs for {}", known.scratch, before.scratch),
        ("a volume for {}", known.kept, before.kept),
        ("ownership of {}", known.owned, before.owned),
        ("the capability {}", known.capabilities, before.capabilities),
    ):
        yield from (words.format(each) for each in now if each not in then)
