"""What is not started for a proof: whatever could reach the host, or what is not here."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.facts.capabilities import CAPABILITIES, Reach
from seawall.facts.host_paths import holds_engine_socket, is_engine_socket
from seawall.jobs.proving.scenes import Part, Scene
from seawall.surfaces.repository.tree import is_within
from seawall.surfaces.workload import Mount, SecretUse, Workload

_CLOCK = frozenset({"/etc/localtime", "/etc/timezone"})
"""Files of the host that services read for the time zone, and that tell nothing else."""

_OWN = ("", "private", "none", "shareable", "bridge", "default")


def refusal(part: Part, scene: Scene) -> str:
    """Why a part is not started; empty where it may be."""
    if part.missing:
        return part.missing
    if part.workload is None:
        return ""
    return next(_reasons(part.workload, scene), "")


def _reasons(workload: Workload, scene: Scene) -> Iterator[str]:
    yield from _reach(workload)
    for mount in workload.mounts:
        if reason := _mount_refusal(mount, scene):
            yield reason
    for use in workload.secrets:
        if reason := _secret_refusal(use, scene):
            yield reason


def _reach(workload: Workload) -> Iterator[str]:
    """What gives a service the host."""
    if workload.privileged is not None and workload.privileged.value is not False:
        yield "it is privileged"
    if workload.devices or workload.device_cgroup_rules or workload.gpus:
        yield "it is given devices of the host"
    if workload.runtime is not None or workload.further.get("runtime"):
        yield "it names a runtime of its own"
    names = workload.namespaces
    for what in ("pid", "ipc", "uts", "user", "cgroup"):
        cell = getattr(names, what)
        if cell is not None and cell.value not in _OWN:
            yield f"it shares the {what} namespace: {cell.written or cell.value}"
    network = (names.network.value or "?") if names.network else ""
    if network not in _OWN and not network.startswith("service:"):
        yield f"it uses the network of another: {network}"
    yield from _rights(workload)


def _rights(workload: Workload) -> Iterator[str]:
    for cell in workload.capabilities_added:
        known = CAPABILITIES.get(cell.value or "ALL")
        if known is None or known.reach is Reach.HOST:
            yield f"its capability {cell.value or cell.written} reaches the host"
    for cell in workload.security_options:
        key, _, value = (cell.value or "").partition("=")
        if key == "seccomp" and value != "unconfined":
            yield "its seccomp profile is a file of the host"


def _mount_refusal(mount: Mount, scene: Scene) -> str:
    if mount.type != "bind":
        is_ours = mount.type in ("volume", "tmpfs")
        return "" if is_ours else f"it mounts a {mount.type} at {mount.target}"
    if is_engine_socket(mount.source) or mount.via == "api_socket":
        return f"it is given the engine's socket: {mount.source}"
    is_known = mount.source in scene.texts or (mount.read_only and mount.source in _CLOCK)
    if not is_known and not is_within(mount.source, scene.root):
        return f"it is given a path of the host outside of the project: {mount.source}"
    is_above = holds_engine_socket(mount.source)
    return f"it is given the engine's socket, in {mount.source}" if is_above else ""


def _secret_refusal(use: SecretUse, scene: Scene) -> str:
    if use.is_external:
        return f"the {use.kind} {use.name} is kept outside of the project"
    if use.environment and use.environment not in scene.environment:
        return f"the {use.kind} {use.name} is in the variable {use.environment}, which is not set"
    if use.file is None and not use.environment and use.content is None:
        return f"nothing says what the {use.kind} {use.name} is"
    return ""
