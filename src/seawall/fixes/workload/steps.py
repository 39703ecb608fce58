"""The controls that a container lacks, each as what a Compose service and a run line get for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from seawall.core.rule import Practice
from seawall.fixes.compose.block import Plain, Value
from seawall.fixes.workload import bounds
from seawall.fixes.workload.knowledge import Known
from seawall.fixes.workload.root import read_only_root
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
from seawall.rules.runtime.controls import Control, missing_controls
from seawall.surfaces.workload import Workload

_NO_NEW_PRIVILEGES = "no-new-privileges:true"


class Step(Struct, frozen=True):
    """One control: `name` completes "write …"; `is_known` where it is known to work."""

    practice: Practice
    name: str
    keys: Mapping[str, Value]
    flags: tuple[str, ...]
    is_known: bool = True


class Form(Struct, frozen=True):
    """How a file writes limits: below `deploy.resources`, and what it reserves, in bytes."""

    uses_deploy: bool = False
    reserved: int = 0


def lacking(workload: Workload) -> tuple[Control, ...]:
    """The controls that the finding is about."""
    return tuple(control for control in missing_controls(workload) if control.lacks)


def rights(known: Known, missing: Iterable[Control]) -> Iterator[Step]:
    """A read-only root, no capabilities but those named, and no new privileges."""
    practices = [control.practice for control in missing]
    if READ_ONLY_ROOTFS in practices and (step := _root(known)) is not None:
        yield step
    if DROPPED_CAPABILITIES in practices:
        yield capabilities(known)
    if NO_NEW_PRIVILEGES in practices and not known.workload.is_swarm:
        options = known.workload.security_options
        if not any((cell.value or "").startswith("no-new-privileges") for cell in options):
            keys: dict[str, Value] = {"security_opt": [_NO_NEW_PRIVILEGES]}
            flags = ("--security-opt=no-new-privileges",)
            yield Step(NO_NEW_PRIVILEGES, "no-new-privileges", keys, flags)


def _root(known: Known) -> Step | None:
    root = read_only_root(known)
    if root is None:
        return None
    keys: dict[str, Value] = {"read_only": True}
    if root.tmpfs:
        keys["tmpfs"] = list(root.tmpfs)
    if root.volumes:
        keys["volumes"] = list(root.volumes)
    flags = (
        "--read-only",
        *(f"--tmpfs={entry}" for entry in root.tmpfs),
        *(f"--volume={path}" for path in root.volumes),
    )
    return Step(READ_ONLY_ROOTFS, "a read-only root filesystem", keys, flags, root.is_known)


def capabilities(known: Known) -> Step:
    """All dropped, and those added that are needed and not there already."""
    names, is_known = known.capabilities
    held = {cell.value for cell in known.workload.capabilities_added}
    wanted = [name for name in sorted(set(names)) if name not in held]
    keys: dict[str, Value] = {"cap_drop": ["ALL"]}
    if wanted:
        keys["cap_add"] = wanted
    flags = ("--cap-drop=ALL", *(f"--cap-add={name}" for name in wanted))
    return Step(DROPPED_CAPABILITIES, "dropped capabilities", keys, flags, is_known)


def limits(known: Known, missing: Iterable[Control], form: Form) -> Iterator[Step]:
    """Bounds on memory and swap, CPU, processes and open files, in the form of the file."""
    for control in missing:
        if control.practice is LIMITED_MEMORY:
            yield _memory(known, control, form)
        elif control.practice is LIMITED_CPU:
            plain: dict[str, Value] = {"cpus": Plain(bounds.CPUS)}
            keys = _deploy("cpus", bounds.CPUS) if form.uses_deploy else plain
            yield Step(control.practice, "CPU time", keys, (f"--cpus={bounds.CPUS}",))
        elif control.practice is LIMITED_PIDS:
            number = bounds.PROCESSES
            keys = _deploy("pids", number) if form.uses_deploy else {"pids_limit": number}
            yield Step(control.practice, "processes", keys, (f"--pids-limit={number}",))
        elif control.practice is LIMITED_FILES and not _has_file_limit(known.workload):
            keys = {"ulimits": {"nofile": bounds.FILES}}
            flags = (f"--ulimit=nofile={bounds.FILES}:{bounds.FILES}",)
            yield Step(control.practice, "open files", keys, flags)


def _has_file_limit(workload: Workload) -> bool:
    """A limit as high as the engine's own was chosen by somebody."""
    return any(ulimit.name == "nofile" for ulimit in workload.limits.ulimits)


def _memory(known: Known, control: Control, form: Form) -> Step:
    """Memory with as much for memory and swap together; or only the latter, for what is set."""
    given = known.workload.limits.memory
    if len(control.keys) == 1 and given is not None and given.written:
        size = bounds.as_written(given)
        keys: dict[str, Value] = {"memswap_limit": Plain(size)}
        return Step(control.practice, "swap", keys, (f"--memory-swap={size}",))
    mebibytes = bounds.mebibytes(known, form.reserved)
    size = bounds.written(mebibytes)
    swap: dict[str, Value] = {} if known.workload.is_swarm else {"memswap_limit": size}
    memory: dict[str, Value] = {"mem_limit": size}
    if form.uses_deploy:
        memory = _deploy("memory", bounds.written(mebibytes, upper=True))
    flags = (f"--memory={size}", f"--memory-swap={size}")
    return Step(control.practice, "memory and swap", {**memory, **swap}, flags)


def _deploy(key: str, value: Value) -> dict[str, Value]:
    return {"deploy": {"resources": {"limits": {key: value}}}}


def logs(missing: Iterable[Control], *, has_driver: bool) -> Iterator[Step]:
    """Three files of ten megabytes; the driver is written where nothing names one."""
    for control in missing:
        if control.practice is BOUNDED_LOGGING:
            options: dict[str, Value] = {"max-size": "10m", "max-file": "3"}
            driver: dict[str, Value] = {} if has_driver else {"driver": "json-file"}
            keys: dict[str, Value] = {"logging": {**driver, "options": options}}
            flags = ("--log-opt=max-size=10m", "--log-opt=max-file=3")
            lead = () if has_driver else ("--log-driver=json-file",)
            yield Step(control.practice, "log files", keys, (*lead, *flags))


def merged(steps: Iterable[Step]) -> dict[str, Value]:
    """What all steps write, as one mapping."""
    found: dict[str, Value] = {}
    for step in steps:
        _lay(found, step.keys)
    return found


def _lay(found: dict[str, Value], keys: Mapping[str, Value]) -> None:
    for key, value in keys.items():
        known = found.get(key)
        if isinstance(known, dict) and isinstance(value, Mapping):
            _lay(known, value)
        elif isinstance(value, Mapping):
            inner: dict[str, Value] = {}
            _lay(inner, value)
            found[key] = inner
        else:
            found[key] = value
