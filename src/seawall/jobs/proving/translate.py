"""A service as the body of the request that makes its container: no port is ever published."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from seawall.jobs.proving.model import ProofOptions
from seawall.surfaces.cell import Cell, T
from seawall.surfaces.compose.cells import bytes_of
from seawall.surfaces.dockerfile.durations import milliseconds
from seawall.surfaces.workload import Health, Mount, Workload

Body = dict[str, Any]

_POLL = 500_000_000
"""Nanoseconds between two runs of a health check: what a service says of itself is waited for."""

_NEVER = 1_000_000
"""Retries: how long is waited is the proof's to say."""


class Names(Struct, frozen=True):
    """How the things of one run are called; `prefix` is that of networks, `run` of volumes."""

    prefix: str
    run: str

    def network(self, key: str) -> str:
        """A network of the project."""
        return f"{self.prefix}-{_plain(key)}"

    def volume(self, key: str) -> str:
        """A volume of the project: empty at the start of each run."""
        return f"{self.run}-{_plain(key)}"

    def container(self, service: str) -> str:
        """The container of a service."""
        return f"{self.run}-{_plain(service)}"

    def anonymous(self, service: str, target: str) -> str:
        """A volume that has no name in the project, by where it is mounted."""
        return f"{self.run}-{_plain(service)}{_plain(target.replace('/', '_'))}"


def _plain(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "_.-" else "-" for sign in text)


def body_of(
    workload: Workload,
    image: str,
    names: Names,
    options: ProofOptions,
    staged: Callable[[Mount], str] = lambda mount: mount.source,
    image_volumes: Iterable[str] = (),
) -> Body:
    """What the engine is asked for a service; `staged` gives the host's path for a bind."""
    body = _process(workload)
    body["Image"] = image
    body["HostConfig"] = {
        **_rights(workload),
        **_bounds(workload, options),
        **_mounts(workload, names, staged, image_volumes),
        "RestartPolicy": {"Name": "no"},
        # Whatever the service logs to: what it says is read by the engine.
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "16m"}},
    }
    _join(body, workload, names)
    return body


def image_body(image: str, options: ProofOptions, name: str, volumes: Mapping[str, str]) -> Body:
    """What the engine is asked for an image that is started as it is."""
    mounts = [{"Type": "volume", "Source": v, "Target": t} for t, v in volumes.items()]
    return {
        "Image": image,
        "Healthcheck": {"Interval": _POLL, "Retries": _NEVER},
        "HostConfig": {
            "Memory": options.memory,
            "PidsLimit": options.pids,
            "NetworkMode": name,
            "Mounts": mounts,
            "RestartPolicy": {"Name": "no"},
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "16m"}},
        },
    }


def _process(workload: Workload) -> Body:
    further = workload.further
    body: Body = {
        "Env": [
            f"{v.name}={v.value.value}" for v in workload.environment if v.value.value is not None
        ],
        "Tty": further.get("tty") == "true",
        "OpenStdin": further.get("stdin_open") == "true",
        "Healthcheck": _health(workload.health),
    }
    if workload.user is not None and workload.user.value:
        body["User"] = workload.user.value
    if workload.entrypoint is not None:
        body["Entrypoint"] = _values(workload.entrypoint) or [""]
    if workload.command is not None:
        body["Cmd"] = _values(workload.command)
    for key, name in _TEXTS.items():
        if further.get(key):
            body[name] = further[key]
    return body


_TEXTS = {
    "working_dir": "WorkingDir",
    "hostname": "Hostname",
    "domainname": "Domainname",
    "stop_signal": "StopSignal",
}


def _health(health: Health | None) -> Body:
    """The check itself as it is; it is asked more often, and its word is waited for."""
    if health is None:
        return {"Interval": _POLL, "Retries": _NEVER}
    if health.is_disabled:
        return {"Test": ["NONE"]}
    found: Body = {"Interval": _POLL, "Retries": _NEVER}
    if health.test:
        found["Test"] = _values(health.test)
    for name, cell in (("Timeout", health.timeout), ("StartPeriod", health.start_period)):
        if cell is not None and cell.value:
            found[name] = nanoseconds(cell.value)
    return found


def nanoseconds(text: str, default: int = 0) -> int:
    """A duration as the API takes it."""
    try:
        return round(milliseconds(text) * 1_000_000)
    except ValueError:
        return default


def _rights(workload: Workload) -> Body:
    host: Body = {
        "CapAdd": _values(workload.capabilities_added),
        "CapDrop": _values(workload.capabilities_dropped),
        "SecurityOpt": _values(workload.security_options),
        "GroupAdd": _values(workload.groups),
        "ReadonlyRootfs": _value(workload.read_only) is True,
        "Sysctls": {each.name: each.value.value or "" for each in workload.sysctls},
        "ExtraHosts": _values(workload.extra_hosts),
    }
    if workload.init is not None:
        host["Init"] = workload.init.value is True
    ipc = _value(workload.namespaces.ipc)
    if ipc in ("private", "none", "shareable"):
        host["IpcMode"] = ipc
    return host


def _bounds(workload: Workload, options: ProofOptions) -> Body:
    """Its own bounds, and the proof's where it sets none or larger ones."""
    limits = workload.limits
    memory, pids = _value(limits.memory) or 0, _value(limits.pids) or 0
    host: Body = {
        "Memory": min(memory, options.memory) if memory > 0 else options.memory,
        "PidsLimit": min(pids, options.pids) if pids > 0 else options.pids,
        "Ulimits": [
            {"Name": limit.name, "Soft": limit.soft, "Hard": limit.hard} for limit in limits.ulimits
        ],
    }
    cpus = _value(limits.cpus)
    if cpus and cpus > 0:
        host["NanoCpus"] = round(cpus * 10**9)
    size = bytes_of(workload.further.get("shm_size", ""))
    if size:
        host["ShmSize"] = size
    return host


def _mounts(
    workload: Workload, names: Names, staged: Callable[[Mount], str], image_volumes: Iterable[str]
) -> Body:
    tmpfs: dict[str, str] = {}
    mounts: dict[str, Body] = {}
    for mount in workload.mounts:
        if mount.type == "tmpfs":
            tmpfs[mount.target] = _tmpfs(mount)
        else:
            mounts[mount.target] = _mount(mount, workload.name, names, staged)
    for target in image_volumes:
        path = posixpath.normpath(target)
        if path not in tmpfs and path not in mounts:
            mounts[path] = _volume(names.anonymous(workload.name, path), path)
    return {"Tmpfs": tmpfs, "Mounts": list(mounts.values())}


def _mount(mount: Mount, service: str, names: Names, staged: Callable[[Mount], str]) -> Body:
    if mount.type == "bind":
        return {
            "Type": "bind",
            "Source": staged(mount),
            "Target": mount.target,
            "ReadOnly": mount.read_only,
        }
    name = names.volume(mount.source) if mount.source else names.anonymous(service, mount.target)
    body = _volume(name, mount.target)
    body["ReadOnly"] = mount.read_only
    if "nocopy" in mount.options:
        body["VolumeOptions"] = {"NoCopy": True}
    return body


def _volume(name: str, target: str) -> Body:
    return {"Type": "volume", "Source": name, "Target": target}


def volumes_in(body: Body) -> list[str]:
    """The names of the volumes that a body mounts."""
    mounts = body["HostConfig"].get("Mounts", ())
    return [mount["Source"] for mount in mounts if mount["Type"] == "volume"]


def _tmpfs(mount: Mount) -> str:
    has_size = any(option.startswith("size=") for option in mount.options)
    size = [f"size={mount.size}"] if mount.size and not has_size else []
    return ",".join([*mount.options, *size])


def _join(body: Body, workload: Workload, names: Names) -> None:
    """Give it its first network; the others are joined once it is made."""
    mode = _value(workload.namespaces.network) or ""
    if mode == "none":
        body["HostConfig"]["NetworkMode"] = "none"
    elif mode.startswith("service:"):
        other = names.container(mode.partition(":")[2])
        body["HostConfig"]["NetworkMode"] = f"container:{other}"
    else:
        networks = networks_of(workload, names)
        first, aliases = networks[0]
        body["HostConfig"]["NetworkMode"] = first
        body["NetworkingConfig"] = {"EndpointsConfig": {first: {"Aliases": list(aliases)}}}


def networks_of(workload: Workload, names: Names) -> list[tuple[str, tuple[str, ...]]]:
    """The networks that a service joins, and what it is called there; at least one."""
    own = tuple(filter(None, (workload.name, workload.further.get("container_name", ""))))
    uses = [(use.name, (*own, *use.aliases)) for use in workload.networks] or [("default", own)]
    return [(names.network(key), aliases) for key, aliases in uses]


def _value(cell: Cell[T] | None) -> T | None:
    return None if cell is None else cell.value


def _values(cells: Iterable[Cell[str]]) -> list[str]:
    return [cell.value for cell in cells if cell.value is not None]
