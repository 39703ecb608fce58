"""From what a run showed to what a service needs: what fixes are planned by the next time."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from msgspec import structs

from seawall.core.expression import Expression
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
_PASSING = Expression(
    r"^/(?:tmp|run|dev/shm|var/(?:tmp|run|cache|lock))(?:/|$)"
    r"|(?:^|[/._-])(?:cache|caches|tmp|temp|run|locks?|pids?|sockets?|sessions?)(?:[/._-]|$)"
)
"""Directories for what a service can do without: a tmpfs will do for them. All else is kept."""

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


_CONTROLS: tuple[tuple[Practice, Callable[[Workload], object]], ...] = (
    (READ_ONLY_ROOTFS, lambda w: bool(w.read_only)),
    (DROPPED_CAPABILITIES, lambda w: len(w.capabilities_dropped)),
    (NO_NEW_PRIVILEGES, lambda w: len(w.security_options)),
    (LIMITED_MEMORY, lambda w: bool(w.limits.memory or w.limits.memory_swap)),
    (LIMITED_PIDS, lambda w: bool(w.limits.pids)),
    (LIMITED_FILES, lambda w: len(w.limits.ulimits)),
    (LIMITED_CPU, lambda w: bool(w.limits.cpus)),
    (BOUNDED_LOGGING, lambda w: bool(w.logging)),
)
"""Controls by their practice, the likelier culprits first, and what of a service holds each."""

_REFUSED: tuple[tuple[Expression, Practice], ...] = (
    (Expression(r"setting rlimits?\b", re.IGNORECASE), LIMITED_FILES),
    (Expression(r"range of CPUs is from|NanoCPUs", re.IGNORECASE), LIMITED_CPU),
    (Expression(r"minimum memory limit|more memory than it may", re.IGNORECASE), LIMITED_MEMORY),
    (Expression(r"log-opt|logging driver", re.IGNORECASE), BOUNDED_LOGGING),
)
"""What says that a control is more than the engine or the service can bear."""


def controls_of(before: Workload | None, after: Workload | None) -> tuple[str, ...]:
    """The practices whose controls a service has got."""
    if before is None or after is None:
        return ()
    return tuple(practice.id for practice, has in _CONTROLS if has(after) != has(before))


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
    found = [each for each in read_denials(after.everything_said) if each.line not in known]
    found += read_denials(after.failure)
    is_root = not after.claims.get("non-root") or after.posture.roots > 0
    written = {path for path, _ in before.changes}
    read_only = [_file(d, written) for d in found if d.kind == "read-only" and d.path]
    denied = [_file(d, written) for d in found if d.kind == "access" and d.path and not is_root]
    scratch, kept = _split((p for p in read_only if not _is_mounted(p, mounted)), deepest)
    return Observed(
        scratch=scratch,
        kept=kept,
        owned=_owned(denied, deepest),
        capabilities=tuple(sorted({*_capabilities(found, is_root), *_lost_users(before, after)})),
        without=tuple(_refused(f"{after.failure}\n{after.reason}")),
    )


def _file(denial: Denial, written: Collection[str]) -> str:
    """The path that a line names; with more below it where it is a directory to be made."""
    top = f"{denial.path.rstrip('/')}/"
    is_directory = "mkdir" in denial.line or any(path.startswith(top) for path in written)
    return f"{top}." if is_directory else denial.path


def _refused(said: str) -> Iterator[str]:
    return (practice.id for pattern, practice in _REFUSED if pattern.search(said))


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
    """The directories that paths would be written to: for a tmpfs, and for a volume."""
    scratch: dict[str, None] = {}
    kept: dict[str, None] = {}
    for path in paths:
        directory = directory_for(path, deepest)
        if directory:
            (scratch if is_passing(directory) else kept)[directory] = None
    return tuple(_tops(scratch)), tuple(_tops(kept))


def _tops(paths: Iterable[str]) -> list[str]:
    """Without those that lie below others."""
    ordered = sorted(paths)
    return [p for p in ordered if not any(p.startswith(f"{top}/") for top in ordered)]


def directory_for(path: str, deepest: Deepest) -> str:
    """The directory to make writable for a path; empty for none.

    It is the deepest one that the image has if nothing is in it, else the first one below it that
    the service would make. One with content is only taken where state belongs: a volume over a
    program would keep its old version when the image is a new one.
    """
    has, rest = deepest(path)
    steps = rest.split("/")[:-1]
    if has.is_directory and has.is_empty and not _is_system(has.path):
        return has.path
    made = has.path
    for step in steps:
        made = posixpath.join(made, step)
        if not _is_system(made):
            return made
    directory = has.path if has.is_directory else posixpath.dirname(has.path)
    is_state = directory.startswith("/var/") and not _is_system(directory)
    return directory if is_state else ""


def is_passing(directory: str) -> bool:
    """Whether what lies in a directory may be gone after a restart."""
    return _PASSING.search(directory) is not None


def _is_system(directory: str) -> bool:
    if directory.startswith(_WRITABLE):
        return False
    return directory in _SYSTEM or f"{directory}/".startswith(_PROGRAMS)


def _owned(paths: Iterable[str], deepest: Deepest) -> tuple[str, ...]:
    """The directories that its user must own to write to paths: no more than these."""
    found: dict[str, None] = {}
    for path in paths:
        has, rest = deepest(path)
        steps = rest.split("/")[:-1]
        directory = has.path if has.is_directory else posixpath.dirname(has.path)
        if steps and not has.is_empty:
            directory = posixpath.join(directory, steps[0])
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
    if known.user and known.user != before.user:
        yield f"the user {known.user}"
