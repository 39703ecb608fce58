"""As what the processes of a container run, read from the kernel where it is on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from seawall.jobs.proving.model import Posture, Process
from seawall.surfaces.engine.laboratory import Laboratory

CAPABILITIES = (
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
)
"""By their bit in the kernel's masks."""

DEFAULT_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
"""What Docker gives root of a container."""

_LISTENING = "0A"
_FIRST_EPHEMERAL = 32768
_STATUS = re.compile(r"^(\w+):\s*(.*)$", re.MULTILINE)


def is_here(inspected: Mapping[str, Any]) -> bool:
    """Whether a running container's processes are to be seen in our own /proc."""
    pid, identifier = inspected["State"]["Pid"], inspected["Id"]
    return bool(pid) and identifier in _read(f"/proc/{pid}/cgroup")


def posture_of(laboratory: Laboratory, inspected: Mapping[str, Any]) -> Posture:
    """The posture of a running container."""
    container = inspected["Id"]
    host = inspected["HostConfig"]
    if not is_here(inspected):
        return _told(laboratory.top(container, "pid,uid,gid,comm"), host)
    pid = inspected["State"]["Pid"]
    pids = [int(row[0]) for row in laboratory.top(container, "pid") if row[0].isdecimal()]
    processes = tuple(_seen(each) for each in _of_main(pids, pid))
    return Posture(tuple(filter(None, processes)), _has_read_only_root(pid), is_seen=True)


def _of_main(pids: Iterable[int], main: int) -> list[int]:
    """The main process and what came of it: not what somebody runs in the container."""
    parents = {pid: _status(pid).get("PPid", "") for pid in pids}
    outside = parents.get(main, "")
    strangers = {pid for pid, parent in parents.items() if parent == outside and pid != main}
    while True:
        more = {pid for pid, p in parents.items() if p.isdecimal() and int(p) in strangers}
        if more <= strangers:
            return [pid for pid in parents if pid not in strangers]
        strangers |= more


def _seen(pid: int) -> Process | None:
    status = _status(pid)
    if not status.get("Uid") or status.get("State", "").startswith("Z"):
        return None
    return Process(
        _inside(pid, "uid", int(status["Uid"].split()[1])),
        _inside(pid, "gid", int(status["Gid"].split()[1])),
        status.get("Name", ""),
        _capabilities(status.get("CapEff", "0")),
        _capabilities(status.get("CapBnd", "0")),
        status.get("NoNewPrivs") == "1",
    )


def _status(pid: int) -> dict[str, str]:
    return dict(_STATUS.findall(_read(f"/proc/{pid}/status")))


def _inside(pid: int, kind: str, number: int) -> int:
    """What a number of the host's is in the container's own user namespace."""
    for line in _read(f"/proc/{pid}/{kind}_map").splitlines():
        inner, outer, count = map(int, line.split())
        if outer <= number < outer + count:
            return inner + number - outer
    return number


def _capabilities(mask: str) -> frozenset[str]:
    bits = int(mask, 16)
    return frozenset(name for bit, name in enumerate(CAPABILITIES) if bits >> bit & 1)


def _has_read_only_root(pid: int) -> bool:
    for line in _read(f"/proc/{pid}/mounts").splitlines():
        fields = line.split()
        if len(fields) > 3 and fields[1] == "/":
            return "ro" in fields[3].split(",")
    return False


def _told(rows: Iterable[list[str]], host: Mapping[str, Any]) -> Posture:
    """What `ps` and the configuration say: what root could do, no more is known of the others."""
    added = {name.upper().removeprefix("CAP_") for name in host.get("CapAdd") or ()}
    dropped = {name.upper().removeprefix("CAP_") for name in host.get("CapDrop") or ()}
    given = frozenset(CAPABILITIES) if "ALL" in added else DEFAULT_CAPABILITIES | added
    given = frozenset(added - {"ALL"}) if "ALL" in dropped else given - dropped
    options = host.get("SecurityOpt") or ()
    bars = any(option.partition("=")[0] == "no-new-privileges" for option in options)
    processes = tuple(
        Process(int(uid), int(gid), name, given if uid == "0" else frozenset(), given, bars)
        for _, uid, gid, name in (row[:4] for row in rows if len(row) >= 4)
        if uid.isdecimal() and gid.isdecimal()
    )
    return Posture(processes, bool(host.get("ReadonlyRootfs")))


def ports_of(laboratory: Laboratory, inspected: Mapping[str, Any]) -> frozenset[int] | None:
    """The TCP ports that a running container listens on for others; None where it can't be told."""
    if is_here(inspected):
        pid = inspected["State"]["Pid"]
        tables = [_read(f"/proc/{pid}/net/{name}") for name in ("tcp", "tcp6")]
    else:
        command = ["cat", "/proc/net/tcp", "/proc/net/tcp6"]
        tables = [laboratory.ask(inspected["Id"], command)]
    if not any(tables):
        return None
    return frozenset(port for table in tables for port in listening(table))


def listening(table: str) -> Iterable[int]:
    """The ports below the ephemeral ones in a table of the kernel's, on no loopback address."""
    for line in table.splitlines():
        fields = line.split()
        if len(fields) < 4 or fields[3] != _LISTENING:
            continue
        address, _, port = fields[1].partition(":")
        number = int(port, 16)
        if number < _FIRST_EPHEMERAL and not _is_loopback(address):
            yield number


def _is_loopback(address: str) -> bool:
    """IPv4 has its bytes turned round; `::1` is the only one of IPv6."""
    return (len(address) == 8 and address.endswith("7F")) or address == "0" * 24 + "01000000"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def other_user(posture: Posture) -> str:
    """`uid:gid` of a service's processes that are not root; empty where all are."""
    others = [(process.uid, process.gid) for process in posture.processes if process.uid != 0]
    if not others:
        return ""
    uid, gid = max(others, key=others.count)
    return f"{uid}:{gid}"
