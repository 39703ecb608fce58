"""The controls that every container should have, each with its verdict and how to add it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.core.model import Located, Verdict
from seawall.core.rule import Practice
from seawall.facts.bases import base_image
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
from seawall.surfaces.cell import Cell
from seawall.surfaces.image import parse_reference
from seawall.surfaces.workload import Workload

ENGINE_FILES = 1_048_576
"""The limit of open files that many engines start with: to write it down again bounds nothing."""

_LIMIT = "a limit on "
_LIMITLESS = frozenset({"", "-1", "0"})
_FILES = frozenset({"json-file"})


class Control(Struct, frozen=True):
    """What a container does about one practice: the verdict, and the evidence in words.

    `at` is the place that says so, the service's own where nothing does. `lacks` completes
    "the service lacks …"; it is empty where the control is there, can't be told, or is switched
    off by something that has a rule of its own. `keys` are the lines to add to a Compose service,
    `limits` those below `deploy.resources.limits`, `flags` those of a run line.
    """

    practice: Practice
    verdict: Verdict
    evidence: str
    at: Located
    lacks: str = ""
    keys: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


def control_verdicts(workload: Workload) -> tuple[Control, ...]:
    """The verdict on each control that a spec can show, in the order of the source document.

    One for each of read-only-rootfs, dropped-capabilities, no-new-privileges, limited-memory,
    limited-cpu, limited-pids, limited-files and bounded-logging. Where a part of the spec could
    not be read, what is missing counts as unknown.
    """
    known: tuple[Control, ...] | None = workload.derived.get("controls")
    if known is None:
        known = workload.derived["controls"] = _all_controls(workload)
    return known


def _all_controls(workload: Workload) -> tuple[Control, ...]:
    controls = (
        _read_only(workload),
        _capabilities(workload),
        _privileges(workload),
        _memory(workload),
        _processors(workload),
        _processes(workload),
        _files(workload),
        _logs(workload),
    )
    gaps = [gap for gap in workload.gaps if "env" not in gap.lower()]
    return tuple(_unsure(control, gaps[0]) for control in controls) if gaps else controls


def missing_controls(workload: Workload) -> tuple[Control, ...]:
    """Those controls that are certainly not there, for whichever reason."""
    return tuple(c for c in control_verdicts(workload) if c.verdict is Verdict.FAIL)


def _unsure(control: Control, gap: str) -> Control:
    if control.verdict is not Verdict.FAIL or not control.lacks:
        return control
    return Control(control.practice, Verdict.UNKNOWN, f"can't be told: {gap}", control.at)


def _held(practice: Practice, evidence: str, at: Located) -> Control:
    return Control(practice, Verdict.PASS, evidence, at)


def _untold(practice: Practice, cell: Cell[str] | Cell[int] | Cell[float] | Cell[bool]) -> Control:
    return Control(practice, Verdict.UNKNOWN, f"`{cell.written}` can't be told here", cell)


def _read_only(workload: Workload) -> Control:
    cell = workload.read_only
    if cell is not None and not cell.is_known:
        return _untold(READ_ONLY_ROOTFS, cell)
    if cell is not None and cell.value:
        return _held(READ_ONLY_ROOTFS, "the root filesystem is read-only", cell)
    has_scratch = any(mount.type == "tmpfs" for mount in workload.mounts)
    scratch = "/tmp:rw,noexec,nosuid,size=64m"
    return Control(
        READ_ONLY_ROOTFS,
        Verdict.FAIL,
        "the root filesystem is writable",
        cell or workload.place,
        "a read-only root filesystem",
        ("read_only: true",) if has_scratch else ("read_only: true", f"tmpfs: [{scratch}]"),
        flags=("--read-only",) if has_scratch else ("--read-only", f"--tmpfs {scratch}"),
    )


def _capabilities(workload: Workload) -> Control:
    """Dropping is of no use to a privileged container, and undone by adding all: other rules
    say so of these."""
    practice = DROPPED_CAPABILITIES
    everything = [cell for cell in workload.capabilities_added if cell.value == "ALL"]
    if workload.privileged is not None and workload.privileged.value:
        return Control(practice, Verdict.FAIL, "privileged: it has all", workload.privileged)
    if everything:
        return Control(practice, Verdict.FAIL, "all capabilities are added", everything[0])
    for cell in workload.capabilities_dropped:
        if cell.value == "ALL":
            return _held(practice, "all capabilities are dropped", cell)
        if not cell.is_known:
            return _untold(practice, cell)
    dropped, kept = workload.capabilities_dropped, _to_keep(workload)
    return Control(
        practice,
        Verdict.FAIL,
        "only some capabilities are dropped" if dropped else "Docker's default capabilities",
        dropped[0] if dropped else workload.place,
        "dropped capabilities",
        ("cap_drop: [ALL]", *(f"cap_add: [{', '.join(kept)}]" for _ in kept[:1])),
        flags=("--cap-drop=ALL", *(f"--cap-add={name}" for name in kept)),
    )


_ENTRYPOINTS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")
"""What the entry points of official images use that start as root and then change their user."""


def _to_keep(workload: Workload) -> tuple[str, ...]:
    """The capabilities without which a well-known image would not start any more."""
    image = parse_reference((workload.image and workload.image.value) or "")
    known = base_image(image.name, image.tag) if image else None
    needs = known is not None and known.drops_to and workload.user is None
    return _ENTRYPOINTS if needs and not workload.capabilities_added else ()


def _privileges(workload: Workload) -> Control:
    """In a swarm `security_opt` has no effect, so nothing in the file can set it."""
    practice = NO_NEW_PRIVILEGES
    if workload.is_swarm:
        return Control(practice, Verdict.UNKNOWN, "a swarm ignores security_opt", workload.place)
    false: Located | None = None
    for cell in workload.security_options:
        name, _, value = (cell.value or "").partition("=")
        if not cell.is_known:
            return _untold(practice, cell)
        if name == "no-new-privileges":
            if value.lower() in {"", "true", "1"}:
                return _held(practice, "no-new-privileges is set", cell)
            false = cell
    option = "no-new-privileges:true"
    beside = "  # with the entries that are there" if workload.security_options else ""
    return Control(
        practice,
        Verdict.FAIL,
        "no-new-privileges is switched off" if false else "no-new-privileges is not set",
        false or workload.place,
        "no-new-privileges",
        (f"security_opt: [{option}]{beside}",),
        flags=(f"--security-opt {option}",),
    )


def _memory(workload: Workload) -> Control:
    """Without a limit of its own, swap is as large again as the memory; a swarm knows none."""
    limits, practice = workload.limits, LIMITED_MEMORY
    memory, swap = limits.memory, limits.memory_swap
    for cell in (memory, swap):
        if cell is not None and not cell.is_known:
            return _untold(practice, cell)
    if memory is None or (memory.value or 0) <= 0:
        return Control(
            practice,
            Verdict.FAIL,
            "memory has no limit",
            memory or workload.place,
            f"{_LIMIT}memory and swap",
            ("mem_limit: 512m", "memswap_limit: 512m"),
            ("memory: 512M",),
            ("--memory=512m", "--memory-swap=512m"),
        )
    if workload.is_swarm or (swap is not None and (swap.value or 0) > 0):
        return _held(practice, "memory is bounded", memory)
    size = memory.written or str(memory.value)
    if swap is not None and swap.value == -1:
        return Control(practice, Verdict.FAIL, "swap is unlimited", swap)
    return Control(
        practice,
        Verdict.FAIL,
        "swap may take as much again as the memory limit",
        memory,
        f"{_LIMIT}swap",
        (f"memswap_limit: {size.lower()}",),
        flags=(f"--memory-swap={size.lower()}",),
    )


def _processors(workload: Workload) -> Control:
    cell, practice = workload.limits.cpus, LIMITED_CPU
    if cell is not None and not cell.is_known:
        return _untold(practice, cell)
    if cell is not None and (cell.value or 0) > 0:
        return _held(practice, f"at most {cell.value:g} CPUs", cell)
    return Control(
        practice,
        Verdict.FAIL,
        "CPU time has no limit" + (", only shares" if workload.limits.cpu_shares else ""),
        cell or workload.place,
        f"{_LIMIT}CPU time",
        ("cpus: 1.0",),
        ('cpus: "1.0"',),
        ("--cpus=1.0",),
    )


def _processes(workload: Workload) -> Control:
    cell, practice = workload.limits.pids, LIMITED_PIDS
    if cell is not None and not cell.is_known:
        return _untold(practice, cell)
    if cell is not None and (cell.value or 0) > 0:
        return _held(practice, f"at most {cell.value} processes", cell)
    return Control(
        practice,
        Verdict.FAIL,
        "the number of processes has no limit",
        cell or workload.place,
        f"{_LIMIT}processes",
        ("pids_limit: 200",),
        ("pids: 200",),
        ("--pids-limit=200",),
    )


def _files(workload: Workload) -> Control:
    practice, at = LIMITED_FILES, workload.place
    for ulimit in workload.limits.ulimits:
        if ulimit.name == "nofile":
            at = ulimit.place
            if 0 < ulimit.hard < ENGINE_FILES:
                return _held(practice, f"at most {ulimit.hard} open files", at)
    return Control(
        practice,
        Verdict.FAIL,
        "the number of open files has only the engine's limit",
        at,
        f"{_LIMIT}open files",
        ("ulimits: {nofile: 4096}",),
        flags=("--ulimit nofile=4096:4096",),
    )


def _logs(workload: Workload) -> Control:
    """`max-size` alone bounds json-file: it keeps one file then. `local` is bounded by itself."""
    logging, practice = workload.logging, BOUNDED_LOGGING
    driver = logging.driver if logging is not None else None
    name = (driver.value or "json-file") if driver is not None else "json-file"
    at = driver or (logging.place if logging is not None else workload.place)
    if driver is not None and not driver.is_known:
        return _untold(practice, driver)
    if name == "none":
        return Control(practice, Verdict.FAIL, "logs are thrown away", at)
    if name not in _FILES:
        return _held(practice, f"logs go to the driver {name}", at)
    size = logging.options.get("max-size") if logging is not None else None
    if size is not None and not size.is_known:
        return _untold(practice, size)
    if size is not None and size.value not in _LIMITLESS:
        return _held(practice, f"logs are bounded by max-size {size.value}", size)
    return Control(
        practice,
        Verdict.FAIL,
        "log files grow without bound unless the engine's own settings bound them",
        size or at,
        f"{_LIMIT}log files",
        ('logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}',),
        flags=("--log-opt max-size=10m", "--log-opt max-file=3"),
    )


def listed(controls: tuple[Control, ...]) -> str:
    """What is lacking, as a sentence goes on with it; everything without a limit at the end."""
    plain = [c.lacks for c in controls if not c.lacks.startswith(_LIMIT)]
    limits = [c.lacks.removeprefix(_LIMIT) for c in controls if c.lacks.startswith(_LIMIT)]
    if limits:
        plain.append(f"{'limits' if len(limits) > 1 else 'a limit'} on {_and(limits)}")
    return _and(plain)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def lines_of(controls: tuple[Control, ...], uses_deploy: bool) -> Iterator[str]:
    """The lines to add to a Compose service, each limit where the file has its limits."""
    below = [line for control in controls for line in control.limits] if uses_deploy else []
    for control in controls:
        if not below or not control.limits:
            yield from control.keys
        elif control.practice is LIMITED_MEMORY:
            yield control.keys[-1]
    if below:
        yield "deploy: {resources: {limits: {" + ", ".join(below) + "}}}"
