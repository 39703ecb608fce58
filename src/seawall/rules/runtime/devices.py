"""Devices of the host in a container, and mounts that pass between the two."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from seawall.core.expression import Expression
from seawall.core.model import Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.facts.host_paths import DISK
from seawall.rules.examples import service_with
from seawall.rules.naming import symbol, the, write
from seawall.rules.practices import ISOLATED_FROM_HOST
from seawall.rules.runtime.privileges import is_privileged
from seawall.surfaces.workload import Workload

_KERNEL_DEVICE = Expression(r"/dev/(?:kmsg|kvm|uinput|uhid|input(?:/.*)?|bus/usb|vfio(?:/.*)?)\Z")
_BLOCK_MAJORS = frozenset({"3", "8", "65", "179", "202", "253", "254", "259"})
_CGROUP_RULE = Expression(r"\s*([abc])\s+(\*|\d+):(\*|\d+)\s+([rwm]+)\s*\Z")


def _binds_shared(workload: Workload, _: Settings) -> Iterator[Hit]:
    for mount in workload.mounts:
        word = mount.propagation.lower()
        if mount.type != "bind" or word not in {"shared", "rshared", "slave", "rslave"}:
            continue
        shares = word.endswith("shared")
        yield Hit(
            mount,
            f"{the(workload)} mounts `{mount.source}` as `{word}`: "
            + ("what it mounts there appears on the host" if shares else _SLAVE),
            symbol(workload, f"volumes {mount.target} {word}"),
            label=word,
            remedy=f"Take `{word}` out of the mount; Docker's own `rprivate` keeps mounts apart.",
            weaker="" if shares else "mounts go from the host to the container only",
        )


_SLAVE = "what the host mounts under it later appears in the container"


def _devices(
    pattern: Expression, consequence: Callable[[str], str]
) -> Callable[[Workload, Settings], Iterator[Hit]]:
    def check(workload: Workload, _: Settings) -> Iterator[Hit]:
        if is_privileged(workload):
            return
        for device in workload.devices:
            if pattern.match(device.host.rstrip("/")):
                yield Hit(
                    device.place,
                    f"{the(workload)} gets the device `{device.host}`: {consequence(device.host)}",
                    symbol(workload, f"devices {device.host}"),
                    label=device.permissions,
                    remedy=write(
                        workload,
                        f"Take `{device.host}` out of `devices`, or give the one device that the "
                        f"program needs, read-only where that will do: `{device.host}:…:r`.",
                        f"Leave out `--device={device.host}`, or give the one device that the "
                        "program needs, read-only where that will do.",
                    ),
                )

    return check


def _disk_means(host: str) -> str:
    if re.match(r"/dev/(?:k?mem|port)\Z", host):
        return "the memory of the machine, the kernel's included"
    if host.rstrip("/") == "/dev":
        return "every device of the host, its disks among them"
    return "the host's files under every permission, to read and to change"


_KERNEL_MEANS = {
    "kmsg": "the kernel's log, with what a kernel exploit needs to know",
    "kvm": "the host's hypervisor, a wide piece of the kernel to attack",
    "vfio": "hardware by direct memory access",
    "usb": "every USB device of the host, disks and security keys too",
}


def _kernel_means(host: str) -> str:
    known = (text for word, text in _KERNEL_MEANS.items() if word in host)
    return next(known, "what is typed on the host, or typing in somebody's place")


def _cgroup_rules(workload: Workload, _: Settings) -> Iterator[Hit]:
    if is_privileged(workload):
        return
    for cell in workload.device_cgroup_rules:
        match = _CGROUP_RULE.match(cell.value or "")
        if match is None:
            continue
        kind, major, access = match[1], match[2], match[4]
        is_wide = kind == "a" or major == "*"
        if is_wide or (kind == "b" and major in _BLOCK_MAJORS):
            what = "every device of the host" if is_wide else "the host's disks"
            yield Hit(
                cell,
                f"{the(workload)} may make and open device files for {what} (`{match[0].strip()}`)",
                symbol(workload, f"device_cgroup_rules {cell.written}"),
                label=access,
                remedy=write(
                    workload,
                    'Name the one device: `devices: ["/dev/ttyUSB0"]`, or its class: '
                    "`device_cgroup_rules: ['c 188:* rw']`.",
                    "Name the one device: `--device=/dev/ttyUSB0`, or its class: "
                    "`--device-cgroup-rule='c 188:* rw'`.",
                ),
            )


_COMMON = (owasp("D04"), nist("4.4.3"), cwe(653))


RULES = (
    Rule(
        id="host-device",
        title="A disk or the memory of the host as a device",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _devices(DISK, _disk_means)},
        bad=(
            service_with("devices: [/dev/sda:/dev/sda]"),
            service_with('devices: ["/dev/mem:/dev/mem:r"]'),
            "docker run --device /dev/nvme0n1 nginx:1.27.5",
        ),
        good=(
            service_with("devices: [/dev/dri:/dev/dri, /dev/ttyUSB0, /dev/snd, /dev/net/tun]"),
            "docker run --device=/dev/video0 nginx:1.27.5",
        ),
        aliases=("compose-lint:CL-0016", "cis:5.18"),
        why="A raw disk or the memory has no permissions: every file and every secret lies in it.",
        citations=(cis("5.18"), *_COMMON),
    ),
    Rule(
        id="kernel-device",
        title="A device that widens the way into the kernel",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        on={Workload: _devices(_KERNEL_DEVICE, _kernel_means)},
        bad=(
            service_with("devices: [/dev/kmsg]"),
            service_with("devices:", "  - /dev/kvm"),
            "docker run --device=/dev/bus/usb nginx:1.27.5",
        ),
        good=(
            service_with("devices: [/dev/dri]"),
            "docker run --device=/dev/bus/usb/001/004 nginx:1.27.5",
        ),
        profile=Profile.STRICT,
        aliases=("compose-lint:CL-0016", "cis:5.18"),
        why=(
            "The device is a direct way to a part of the kernel or to hardware that other programs "
            "use; few services need it."
        ),
        citations=(cis("5.18"), *_COMMON),
    ),
    Rule(
        id="device-cgroup-wildcard",
        title="Leave to use any device of the host",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _cgroup_rules},
        bad=(
            service_with("device_cgroup_rules: ['a *:* rwm']"),
            service_with("device_cgroup_rules: ['b 8:* rwm']"),
            "docker run --device-cgroup-rule='a *:* rwm' nginx:1.27.5",
        ),
        good=(
            service_with("device_cgroup_rules: ['c 189:* rmw', 'c 188:0 rw']"),
            "docker run --device-cgroup-rule='c 13:* r' nginx:1.27.5",
        ),
        aliases=("compose-lint:CL-0016", "cis:5.18"),
        why=(
            "With Docker's own MKNOD capability, a process makes the file of a disk itself and "
            "opens it: the rule is all that stood in between."
        ),
        citations=(cis("5.18"), *_COMMON),
    ),
    Rule(
        id="shared-propagation",
        title="Mounts that pass between host and container",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={Workload: _binds_shared},
        bad=(
            service_with("volumes: ['/data:/data:rshared']"),
            service_with(
                "volumes:",
                "  - type: bind",
                "    source: /data",
                "    target: /data",
                "    bind: {propagation: shared}",
            ),
            "docker run -v /mnt:/mnt:rslave nginx:1.27.5",
        ),
        good=(
            service_with("volumes: ['/data:/data:rprivate']"),
            service_with("volumes: ['/data:/data:z']"),
            "docker run --mount type=bind,src=/d,dst=/d,bind-propagation=private nginx:1.27.5",
        ),
        aliases=(
            "compose-lint:CL-0017",
            "kics:Volume Mounted In Multiple Containers",
            "cis:5.20",
        ),
        why=(
            "With shared propagation, a mount that is made in the container is made on the host: "
            "over a directory that the host trusts, say."
        ),
        citations=(cis("5.20"), *_COMMON),
    ),
)
