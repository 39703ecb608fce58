"""What the engine would be asked for a command line, as we read it: Config and HostConfig.

What a workload holds comes from the workload; of the other flags (host name, DNS, block I/O, …)
the values as they were split off the line.
"""

from __future__ import annotations

import copy
import posixpath
import shlex
from typing import Any

from seawall.core.source import Source
from seawall.surfaces.cell import Cell
from seawall.surfaces.dockerfile.durations import milliseconds
from seawall.surfaces.run_line.builder import Built, build
from seawall.surfaces.run_line.command_line import CommandLine
from seawall.surfaces.run_line.reader import command_lines
from seawall.surfaces.run_line.sizes import cpus, size, truth, whole
from seawall.surfaces.workload import Mount, Workload

Body = dict[str, Any]


def read(arguments: str, directory: str) -> tuple[CommandLine, Built]:
    """A `docker create` line as we read it."""
    (line,) = command_lines(Source("line", f"docker create {arguments}\n"))
    return line, build(line, directory)


def words(arguments: str) -> list[str]:
    """The same as the client gets it."""
    return shlex.split(arguments)


class Translation:
    """One line; `config` and `host` begin as those of a container without any flag."""

    def __init__(
        self, base: Body, host: Body, line: CommandLine, workload: Workload, socket: str
    ) -> None:
        self.socket = socket
        self.config = copy.deepcopy(base)
        self.host = copy.deepcopy(host)
        self.line = line
        self.workload = workload
        self.given: dict[str, list[str]] = {}
        for option in line.options:
            text = "true" if option.value is None else option.value.text
            self.given.setdefault(option.flag.name, []).append(text)
        self._access()
        self._host_settings()
        self._limits()
        self._mounts()
        self._ports()
        self._process()
        self._rest()

    def _access(self) -> None:
        workload, host = self.workload, self.host
        _set(self.config, "User", workload.user)
        _set(host, "Privileged", workload.privileged)
        _set(host, "ReadonlyRootfs", workload.read_only)
        _set_list(host, "GroupAdd", workload.groups)
        added = {_(cell) for cell in workload.capabilities_added}
        dropped = {_(cell) for cell in workload.capabilities_dropped}
        host["CapAdd"], host["CapDrop"] = added, dropped - added
        options = [_(cell) for cell in workload.security_options]
        if "systempaths=unconfined" in options:
            options.remove("systempaths=unconfined")
            host["MaskedPaths"], host["ReadonlyPaths"] = [], []
        host["SecurityOpt"] = options
        devices = [device for device in workload.devices if device.permissions]
        host["Devices"] = [
            {
                "PathOnHost": device.host,
                "PathInContainer": device.container,
                "CgroupPermissions": device.permissions,
            }
            for device in devices
        ]
        _set_list(host, "DeviceCgroupRules", workload.device_cgroup_rules)
        requests = [_gpus(_(cell)) for cell in workload.gpus]
        named = [device.host for device in workload.devices if not device.permissions]
        if named:
            requests.append(_request("cdi", 0, named, None, None))
        host["DeviceRequests"] = requests

    def _host_settings(self) -> None:
        workload, host = self.workload, self.host
        names = workload.namespaces
        _set(host, "PidMode", names.pid)
        _set(host, "IpcMode", names.ipc)
        _set(host, "UTSMode", names.uts)
        _set(host, "UsernsMode", names.user)
        _set(host, "CgroupnsMode", names.cgroup)
        if names.network is not None:
            host["NetworkMode"] = names.network.value
        elif workload.networks:
            host["NetworkMode"] = workload.networks[0].name
        _set(host, "Runtime", workload.runtime)
        _set(host, "AutoRemove", workload.auto_remove)
        _set(host, "PublishAllPorts", workload.publish_all)
        if workload.init is not None:
            host["Init"] = workload.init.value
        _set_list(host, "ExtraHosts", workload.extra_hosts)
        host["VolumesFrom"] = [_(cell) for cell in workload.volumes_from]
        host["Links"] = list(workload.links)
        host["Sysctls"] = {each.name: each.value.value for each in workload.sysctls}
        if workload.logging is not None:
            logging = workload.logging
            if logging.driver is not None:
                host["LogConfig"]["Type"] = logging.driver.value
            host["LogConfig"]["Config"] = {k: c.value for k, c in logging.options.items()}
        if workload.restart is not None:
            name, _colon, count = (workload.restart.value or "").partition(":")
            host["RestartPolicy"] = {"Name": name, "MaximumRetryCount": int(count or 0)}

    def _limits(self) -> None:
        limits, host = self.workload.limits, self.host
        _set(host, "Memory", limits.memory)
        _set(host, "MemorySwap", limits.memory_swap)
        _set(host, "CpuShares", limits.cpu_shares)
        _set(host, "PidsLimit", limits.pids)
        _set(host, "OomKillDisable", limits.oom_kill_disable)
        _set(host, "OomScoreAdj", limits.oom_score_adj)
        _set(host, "ShmSize", limits.shm_size)
        if limits.cpus is not None and "cpus" in self.given:
            host["NanoCpus"] = round((limits.cpus.value or 0) * 10**9)
        named = {limit.name: limit for limit in limits.ulimits}
        host["Ulimits"] = [
            {"Name": limit.name, "Hard": limit.hard, "Soft": limit.soft} for limit in named.values()
        ]

    def _mounts(self) -> None:
        places = {
            option.value.start
            for option in self.line.options
            if option.flag.name == "mount" and option.value is not None
        }
        binds, long = [], []
        for mount in self.workload.mounts:
            if mount.via == "api_socket":
                long.append({"Type": "bind", "Source": self.socket, "Target": mount.target})
            elif mount.start in places:
                long.append(_long_mount(mount))
            elif mount.type == "tmpfs":
                text = ",".join(mount.options)
                self.host["Tmpfs"] = {**(self.host.get("Tmpfs") or {}), mount.target: text}
            elif mount.source:
                modes = (("ro",) if mount.read_only else ()) + mount.options
                binds.append(f"{mount.source}:{mount.target}:{','.join(modes)}".rstrip(":"))
            else:
                self.config["Volumes"] = {**(self.config["Volumes"] or {}), mount.target: {}}
        self.host["Binds"], self.host["Mounts"] = binds, long

    def _ports(self) -> None:
        bindings: dict[str, list[dict[str, str]]] = {}
        for port in self.workload.ports:
            for index in range(port.container_last - port.container_first + 1):
                text = ""
                if port.host_first is not None and port.host_last is not None:
                    is_choice = port.container_first == port.container_last
                    text = str(port.host_first + index)
                    if is_choice and port.host_last > port.host_first:
                        text = f"{port.host_first}-{port.host_last}"
                key = f"{port.container_first + index}/{port.protocol}"
                bindings.setdefault(key, []).append({"HostIp": port.host_ip, "HostPort": text})
        self.host["PortBindings"] = bindings
        exposed: Body = {key: {} for key in (*bindings, *_exposed(self.workload))}
        if exposed:
            self.config["ExposedPorts"] = exposed

    def _process(self) -> None:
        workload, config = self.workload, self.config
        environment = {v.name: v.value.value for v in workload.environment}
        config["Env"] = _environment(config["Env"]) | {
            name: value for name, value in environment.items() if value is not None
        }
        labels = {v.name: v.value.value for v in workload.labels}
        config["Labels"] = (config["Labels"] or {}) | labels
        if workload.entrypoint is not None:
            config["Entrypoint"] = [_(cell) for cell in workload.entrypoint] or [""]
            config["Cmd"] = None
        if workload.command is not None:
            config["Cmd"] = [_(cell) for cell in workload.command]
        config["Healthcheck"] = self._health()

    def _health(self) -> Body:
        health = self.workload.health
        if health is None:
            return {}
        if health.is_disabled:
            return {"Test": ["NONE"]}
        found: Body = {}
        if health.test:
            found["Test"] = [_(cell) for cell in health.test]
        cells = {
            "Interval": health.interval,
            "Timeout": health.timeout,
            "StartPeriod": health.start_period,
        }
        for name, cell in cells.items():
            if cell is not None:
                found[name] = _nanoseconds(cell.value or "0")
        if "health-start-interval" in self.given:
            found["StartInterval"] = _nanoseconds(self.given["health-start-interval"][-1])
        if health.retries is not None:
            found["Retries"] = health.retries.value
        return {name: value for name, value in found.items() if value}

    def _rest(self) -> None:
        for name, values in self.given.items():
            if name in _CONFIG:
                self.config[_CONFIG[name][0]] = _CONFIG[name][1](values[-1])
            elif name in _HOST:
                self.host[_HOST[name][0]] = _HOST[name][1](values[-1])
            elif name in _HOST_LISTS:
                key, convert = _HOST_LISTS[name]
                self.host[key] = [convert(value) for value in values]
            elif name in _HOST_MAPS:
                self.host[_HOST_MAPS[name]] = dict(v.partition("=")[::2] for v in values)
        streams = self.given.get("attach", [])
        if truth(self.given.get("interactive", ["false"])[-1]):
            self.config.update(OpenStdin=True, StdinOnce=True)
            streams = streams and ["stdin", *streams]
            self.config["AttachStdin"] = True
        for name in ("stdin", "stdout", "stderr") if streams else ():
            self.config[f"Attach{name.capitalize()}"] = name in streams


def _(cell: Cell[str]) -> str:
    assert cell.value is not None
    return cell.value


def _set(body: Body, key: str, cell: Cell[Any] | None) -> None:
    if cell is not None:
        body[key] = cell.value


def _set_list(body: Body, key: str, cells: tuple[Cell[str], ...]) -> None:
    body[key] = [cell.value for cell in cells]


def _exposed(workload: Workload) -> list[str]:
    found = []
    for cell in workload.exposed:
        ports, _slash, protocol = _(cell).partition("/")
        first, _dash, last = ports.partition("-")
        found += [f"{n}/{protocol or 'tcp'}" for n in range(int(first), int(last or first) + 1)]
    return found


def _environment(entries: list[str] | None) -> dict[str, str]:
    """A name alone is one that the client's environment does not set."""
    return dict(entry.partition("=")[::2] for entry in entries or [] if "=" in entry)


def _long_mount(mount: Mount) -> Body:
    """As the API has it, without empty values."""
    flags = {word.partition("=")[0]: word.partition("=")[2] for word in mount.options}
    found: Body = {"Type": mount.type, "Source": mount.source, "Target": mount.target}
    found["ReadOnly"] = mount.read_only
    if mount.propagation:
        found["BindOptions"] = {"Propagation": mount.propagation}
    if "nocopy" in flags:
        found["VolumeOptions"] = {"NoCopy": True}
    if "image-subpath" in flags:
        found["ImageOptions"] = {"Subpath": flags["image-subpath"]}
    if "bind-recursive" in flags and flags["bind-recursive"] == "disabled":
        found["BindOptions"] = {**found.get("BindOptions", {}), "NonRecursive": True}
    if mount.size or "tmpfs-mode" in flags:
        tmpfs = {"SizeBytes": mount.size or 0, "Mode": int(flags.get("tmpfs-mode", "0"), 8)}
        found["TmpfsOptions"] = {name: value for name, value in tmpfs.items() if value}
    return {name: value for name, value in found.items() if value}


def _request(
    driver: str, count: int, ids: list[str] | None, capabilities: Any, options: Any
) -> Body:
    return {
        "Driver": driver,
        "Count": count,
        "DeviceIDs": ids,
        "Capabilities": capabilities,
        "Options": options,
    }


def _gpus(text: str) -> Body:
    if text == "all":
        return _request("", -1, None, [["gpu"]], {})
    if text.isdigit():
        return _request("", int(text), None, [["gpu"]], {})
    key, _equal, value = text.partition("=")
    assert key == "device"
    return _request("", 0, [value], [["gpu"]], {})


def _nanoseconds(text: str) -> int:
    return round(milliseconds(text) * 10**6)


def _rate(text: str) -> Body:
    path, _colon, rate = text.rpartition(":")
    return {"Path": path, "Rate": size(rate)}


def _weight(text: str) -> Body:
    path, _colon, weight = text.rpartition(":")
    return {"Path": path, "Weight": int(weight)}


_CONFIG: dict[str, tuple[str, Any]] = {
    "hostname": ("Hostname", str),
    "domainname": ("Domainname", str),
    "tty": ("Tty", truth),
    "workdir": ("WorkingDir", str),
    "stop-signal": ("StopSignal", str),
    "stop-timeout": ("StopTimeout", int),
}
_HOST: dict[str, tuple[str, Any]] = {
    "blkio-weight": ("BlkioWeight", int),
    "cgroup-parent": ("CgroupParent", str),
    "cidfile": ("ContainerIDFile", str),
    "cpu-period": ("CpuPeriod", whole),
    "cpu-quota": ("CpuQuota", whole),
    "cpu-rt-period": ("CpuRealtimePeriod", whole),
    "cpu-rt-runtime": ("CpuRealtimeRuntime", whole),
    "cpus": ("NanoCpus", lambda text: round(cpus(text) * 10**9)),
    "cpuset-cpus": ("CpusetCpus", str),
    "cpuset-mems": ("CpusetMems", str),
    "isolation": ("Isolation", str),
    "memory-reservation": ("MemoryReservation", size),
    "memory-swappiness": ("MemorySwappiness", whole),
    "volume-driver": ("VolumeDriver", str),
}
_HOST_LISTS: dict[str, tuple[str, Any]] = {
    "blkio-weight-device": ("BlkioWeightDevice", _weight),
    "device-read-bps": ("BlkioDeviceReadBps", _rate),
    "device-read-iops": ("BlkioDeviceReadIOps", _rate),
    "device-write-bps": ("BlkioDeviceWriteBps", _rate),
    "device-write-iops": ("BlkioDeviceWriteIOps", _rate),
    "dns": ("Dns", str),
    "dns-option": ("DnsOptions", str),
    "dns-search": ("DnsSearch", str),
}
_HOST_MAPS = {"annotation": "Annotations", "storage-opt": "StorageOpt"}


def differences(expected: Body, actual: Body, context: str) -> list[str]:
    """Fields that are not the same; nothing, null, zero and empty are one."""
    found = []
    for key in sorted(expected.keys() | actual.keys()):
        ours, theirs = _plain(key, expected.get(key)), _plain(key, actual.get(key))
        if ours != theirs:
            found.append(f"{context}.{key}: ours {ours!r}, theirs {theirs!r}")
    return found


def _plain(key: str, value: Any) -> Any:
    """A value where order and spelling mean nothing are taken out."""
    if key in {"CapAdd", "CapDrop"}:
        return {text.upper().removeprefix("CAP_") for text in value or ()} or None
    if key == "Env" and isinstance(value, list):
        value = _environment(value)
    if key == "Binds":
        return sorted(map(_bind, value or ())) or None
    if key == "RestartPolicy":
        value = {**value, "Name": value["Name"] or "no"}
    if key == "Mounts":
        return [_without_empty(mount) for mount in value or ()] or None
    if key == "SecurityOpt":
        return [
            text.replace(":", "=", 1) if "=" not in text else text for text in value or ()
        ] or None
    if key == "Ulimits":
        return sorted(map(str, (dict(sorted(limit.items())) for limit in value or ()))) or None
    return value or None


def _bind(text: str) -> str:
    """Paths cleaned, without `rw`, which is the default; modes sorted."""
    source, target, *modes = text.split(":")
    if source.startswith("/"):
        source = posixpath.normpath(source)
    target = posixpath.normpath(target)
    words = sorted({word for mode in modes for word in mode.split(",")} - {"rw"})
    return f"{source}:{target}:{','.join(words)}"


def _without_empty(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    plain = {key: _without_empty(inner) for key, inner in value.items()}
    return {key: inner for key, inner in plain.items() if inner}
