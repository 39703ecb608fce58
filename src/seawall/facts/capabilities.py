"""Linux capabilities: how far each takes whoever has it, and what it allows him."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct


class Reach(Enum):
    """How far a capability takes whoever has it."""

    HOST = "the host, by itself"
    STRONG = "the kernel's shared parts or other containers, with one more step"
    LESSER = "a bounded right of root"
    DEFAULT = "what Docker gives each container"


class Capability(Struct, frozen=True):
    """`allows` completes "with it an intruder can …"; `instead` is a way to do without it."""

    reach: Reach
    allows: str
    instead: str = ""


_HOST, _STRONG, _LESSER, _DEFAULT = Reach

CAPABILITIES: Mapping[str, Capability] = {
    "ALL": Capability(_HOST, "do everything that root of the host can, loading modules included"),
    "SYS_ADMIN": Capability(
        _HOST, "mount the host's disks and filesystems and leave through a cgroup's release agent"
    ),
    "SYS_MODULE": Capability(
        _HOST,
        "load a module of his own into the host's kernel",
        "Load the module on the host, from /etc/modules-load.d",
    ),
    "SYS_RAWIO": Capability(
        _HOST, "write the machine's I/O ports and, with a device, its memory and disks"
    ),
    "DAC_READ_SEARCH": Capability(
        _HOST, "open any file of the host by its handle, /etc/shadow and private keys included"
    ),
    "SYS_PTRACE": Capability(
        _STRONG, "read and change the memory of every process that the container can see"
    ),
    "NET_ADMIN": Capability(
        _STRONG,
        "change interfaces, routes and firewall rules and listen in on his networks",
        "Set what it needs by `sysctls` where that is all; a VPN keeps the capability, in a "
        "service that does nothing else",
    ),
    "BPF": Capability(_STRONG, "load programs into the kernel that all containers share"),
    "PERFMON": Capability(_STRONG, "watch the kernel and processes of other containers at work"),
    "SYS_BOOT": Capability(_STRONG, "restart the machine or load another kernel"),
    "SYS_TIME": Capability(
        _STRONG,
        "set the host's clock, and with it expire or revive certificates and tokens",
        "Let the host keep the time: chrony serves it to others without this (`chronyd -x`)",
    ),
    "SYSLOG": Capability(
        _STRONG, "read the kernel's log and the addresses that an exploit of it needs"
    ),
    "MAC_ADMIN": Capability(_STRONG, "change the rules of the host's security module"),
    "MAC_OVERRIDE": Capability(_STRONG, "pass by the rules of the host's security module"),
    "CHECKPOINT_RESTORE": Capability(
        _STRONG, "follow the open files of other processes and choose process ids"
    ),
    "LINUX_IMMUTABLE": Capability(
        _STRONG, "take off the flags that keep logs append-only and files unchangeable"
    ),
    "AUDIT_CONTROL": Capability(_STRONG, "switch off the kernel's auditing and change its rules"),
    "AUDIT_READ": Capability(_LESSER, "read the kernel's audit log"),
    "IPC_LOCK": Capability(
        _LESSER,
        "lock memory that no other container can use then",
        "Raise the limit instead, `ulimits: {memlock: -1}`, or switch locking off in the program",
    ),
    "IPC_OWNER": Capability(_LESSER, "use the shared memory of every user in his IPC namespace"),
    "SYS_NICE": Capability(_LESSER, "take CPU time from other containers by real-time priority"),
    "SYS_RESOURCE": Capability(_LESSER, "pass by quotas, ulimits and reserved disk space"),
    "SYS_TTY_CONFIG": Capability(_LESSER, "hang up and configure terminals"),
    "SYS_PACCT": Capability(_LESSER, "switch process accounting on and off"),
    "NET_BROADCAST": Capability(_LESSER, "send to all hosts of a network and listen to multicast"),
    "WAKE_ALARM": Capability(_LESSER, "wake the machine"),
    "BLOCK_SUSPEND": Capability(_LESSER, "keep the machine from sleeping"),
    "LEASE": Capability(_LESSER, "hold leases on files, which delays who opens them"),
    "AUDIT_WRITE": Capability(_DEFAULT, "write false records into the audit log"),
    "CHOWN": Capability(_DEFAULT, "make any file of the container his own"),
    "DAC_OVERRIDE": Capability(_DEFAULT, "read and write any file whatever its mode"),
    "FOWNER": Capability(_DEFAULT, "change the mode of files that belong to others"),
    "FSETID": Capability(_DEFAULT, "keep setuid bits on files that he changes"),
    "KILL": Capability(_DEFAULT, "signal the processes of every user"),
    "MKNOD": Capability(_DEFAULT, "make device files"),
    "NET_BIND_SERVICE": Capability(_DEFAULT, "listen on ports under 1024"),
    "NET_RAW": Capability(
        _DEFAULT, "forge packets: spoof addresses and take over names on the container's network"
    ),
    "SETFCAP": Capability(_DEFAULT, "give capabilities to programs on disk"),
    "SETGID": Capability(_DEFAULT, "become any group"),
    "SETPCAP": Capability(_DEFAULT, "pass capabilities on to the processes that he starts"),
    "SETUID": Capability(_DEFAULT, "become any user, root included"),
    "SYS_CHROOT": Capability(_DEFAULT, "change the root directory and enter mount namespaces"),
}
"""By name without `CAP_`; what each allows is after capabilities(7) of the Linux manual."""
