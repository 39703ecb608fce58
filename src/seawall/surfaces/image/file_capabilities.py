"""The capabilities of a program, as the file system keeps them.

The layout is `struct vfs_cap_data` of linux/capability.h, whose numbers the names follow.
"""

from __future__ import annotations

import struct

_NAMES = (
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
)
_EFFECTIVE = 0x1
_PAIRS = {1: 1, 2: 2, 3: 2}
_OWNED = 3


def capabilities(data: bytes) -> str:
    """The value of `security.capability` in words, as getcap writes them: `cap_net_raw=ep`.

    Those with the same flags stand together, groups are joined by a space. Empty where there are
    none, or the value is of no version that the kernel knows.
    """
    if len(data) < struct.calcsize("<I"):
        return ""
    (head,) = struct.unpack_from("<I", data)
    version = head >> 24
    pairs = _PAIRS.get(version)
    size = 4 + 8 * pairs + (4 if version == _OWNED else 0) if pairs else 0
    if not size or len(data) != size:
        return ""
    permitted, inheritable = _masks(data, pairs or 0)
    owner = struct.unpack_from("<I", data, size - 4)[0] if version == _OWNED else 0
    text = _words(permitted, inheritable, bool(head & _EFFECTIVE))
    return f"{text} [rootid={owner}]" if owner and text else text


def _masks(data: bytes, pairs: int) -> tuple[int, int]:
    permitted = inheritable = 0
    for number in range(pairs):
        low, high = struct.unpack_from("<II", data, 4 + 8 * number)
        permitted |= low << 32 * number
        inheritable |= high << 32 * number
    return permitted, inheritable


def _words(permitted: int, inheritable: int, effective: bool) -> str:
    groups: dict[str, list[str]] = {}
    for number in range((permitted | inheritable).bit_length()):
        is_permitted, is_inherited = permitted >> number & 1, inheritable >> number & 1
        if is_permitted or is_inherited:
            flags = "e" * effective + "i" * is_inherited + "p" * is_permitted
            name = _NAMES[number] if number < len(_NAMES) else str(number)
            groups.setdefault(flags, []).append(f"cap_{name}")
    return " ".join(f"{','.join(names)}={flags}" for flags, names in groups.items())
