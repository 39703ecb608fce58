"""Parts of the host that a container shares: namespaces, groups, kernel settings, its engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Hit, Profile, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.rules.examples import service_with
from seawall.rules.naming import symbol, the, without, write
from seawall.rules.practices import ISOLATED_FROM_HOST, TLS_IN_TRANSIT
from seawall.surfaces.cell import Cell
from seawall.surfaces.workload import Variable, Workload

_HOST_GROUPS = {
    "0": "root of the host owns much by it",
    "root": "root of the host owns much by it",
    "docker": "with the engine's socket, it is root on the host",
    "podman": "with the engine's socket, it is root on the host",
    "disk": "with a disk's device, it reads every file of the host",
    "kmem": "with the memory's device, it reads the kernel's memory",
    "shadow": "with /etc mounted, it reads the passwords' hashes",
    "sudo": "on the host it becomes root",
    "wheel": "on the host it becomes root",
    "lxd": "with the engine's socket, it is root on the host",
}

_TRUE = frozenset({"1", "2"})
_NETWORK_SYSCTL = Expression(
    r"net\.ipv[46]\.conf\.[^.]+\.(route_localnet|accept_source_route|accept_redirects)\Z"
)
_SYSCTL_MEANS = {
    "route_localnet": "packets from outside reach what listens on 127.0.0.1 in it",
    "accept_source_route": "a sender chooses the path of the answers",
    "accept_redirects": "a neighbour changes its routes",
}
_IPC_SYSCTLS = Expression(r"kernel\.(?:msg|sem|shm)")


def _namespace(
    field: str, key: str, flag: str, meaning: str
) -> Callable[[Workload, Settings], Iterator[Hit]]:
    """A check for one namespace; `key` is Compose's and `flag` the command line's name of it."""

    def check(workload: Workload, _: Settings) -> Iterator[Hit]:
        cell: Cell[str] | None = getattr(workload.namespaces, field)
        if cell is None or (cell.is_known and cell.value != "host"):
            return
        known = cell.value == "host"
        yield Hit(
            cell,
            f"{the(workload)} {meaning}"
            if known
            else f"whether {the(workload)} {meaning} depends on `{cell.written}`",
            symbol(workload, key),
            label="the host's" if known else "",
            remedy=write(
                workload,
                f"Take out `{key}: {cell.written}`.",
                f"Leave out `--{flag}={cell.written}`.",
            ),
            verdict=Verdict.FAIL if known else Verdict.UNKNOWN,
        )

    return check


_uts = _namespace("uts", "uts", "uts", "shares the host's UTS namespace: its name and domain")
_user = _namespace(
    "user",
    "userns_mode",
    "userns",
    "is taken out of the engine's user remapping: root in it is root on the host",
)
_cgroup = _namespace(
    "cgroup", "cgroup", "cgroupns", "sees the control groups of all the host's processes"
)


def _lesser_namespaces(workload: Workload, settings: Settings) -> Iterator[Hit]:
    yield from _uts(workload, settings)
    yield from _user(workload, settings)
    yield from _cgroup(workload, settings)


def _shared_namespace(workload: Workload, settings: Settings) -> Iterator[Hit]:
    spaces = workload.namespaces
    named = (("pid", spaces.pid), ("ipc", spaces.ipc), ("network_mode", spaces.network))
    for key, cell in named:
        kind, _, other = (cell.value or "").partition(":") if cell is not None else ("", "", "")
        if cell is not None and kind in {"container", "service"} and other:
            yield Hit(
                cell,
                f"{the(workload)} shares the {_SHARED[key]} of {kind} `{other}`: who takes over "
                "one has the other",
                symbol(workload, key),
                remedy=f"Keep `{key}: {cell.written}` only if the two are one program; judge both "
                "by the rights of the stronger.",
            )


_SHARED = {"pid": "processes", "ipc": "shared memory", "network_mode": "network"}


def _groups(workload: Workload, _: Settings) -> Iterator[Hit]:
    for cell in workload.groups:
        name = (cell.value or "").strip().lower()
        name = name.lstrip("0") or "0" if name.isdecimal() else name
        if name in _HOST_GROUPS:
            rest = without(workload.groups, cell.value or "")
            yield Hit(
                cell,
                f"{the(workload)} runs in the group `{cell.value}`: {_HOST_GROUPS[name]}",
                symbol(workload, f"group_add {name}"),
                remedy=write(
                    workload,
                    f"Take it out: `group_add: {rest}`; give files that must be shared a group of "
                    "their own.",
                    f"Leave out `--group-add={cell.value}`; give files that must be shared a group "
                    "of their own.",
                ),
            )


def _sysctls(workload: Workload, _: Settings) -> Iterator[Hit]:
    for variable in workload.sysctls:
        told = _sysctl_means(variable)
        if told:
            yield Hit(
                variable,
                f"{the(workload)} sets `{variable.name}={variable.value.written}`: {told}",
                symbol(workload, f"sysctls {variable.name}"),
                remedy=write(
                    workload,
                    f"Take `{variable.name}` out of `sysctls`.",
                    f"Leave out `--sysctl {variable.name}=…`.",
                ),
            )


def _sysctl_means(variable: Variable) -> str:
    name = variable.name.strip().lower().replace("/", ".")
    match = _NETWORK_SYSCTL.match(name)
    if match is not None:
        is_on = str(variable.value.value).strip() in _TRUE
        return _SYSCTL_MEANS[match[1]] if is_on else ""
    if name.startswith("kernel.") and not _IPC_SYSCTLS.match(name):
        return "it is the whole host's, which is why Docker refuses it unless it is privileged"
    return ""


_TLS_NAMES = frozenset(
    {"DOCKER_TLS_VERIFY", "DOCKER_TLS", "DOCKER_CERT_PATH", "DOCKER_TLS_CERTDIR"}
)
_ENGINE = Expression(r"(?:tcp|http)://([^/:]+|\[[^\]]*\])(?::\d+)?/?\Z", re.IGNORECASE)
_LOCAL = Expression(r"(?:localhost|127\.[\d.]+|\[::1\])\Z")


def _plain_engine(workload: Workload, _: Settings) -> Iterator[Hit]:
    variables = {variable.name: variable for variable in workload.environment}
    address = variables.get("DOCKER_HOST")
    if address is None or any(
        (variables[n].value.value or "") for n in _TLS_NAMES & variables.keys()
    ):
        return
    match = _ENGINE.match((address.value.value or "").strip())
    # A proxy that filters calls is what replaces the socket: it speaks plain TCP by nature.
    if match is None or "proxy" in match[1].lower() or _LOCAL.match(match[1]):
        return
    yield Hit(
        address,
        f"{the(workload)} talks to a Docker engine at `{match[1]}` over plain TCP: whoever is on "
        "that network gives the engine orders too",
        symbol(workload, "environment DOCKER_HOST"),
        label="no TLS",
        remedy=write(
            workload,
            "Let the engine ask for certificates, and set `DOCKER_HOST: tcp://…:2376`, "
            '`DOCKER_TLS_VERIFY: "1"` and `DOCKER_CERT_PATH: /certs/client` (mounted read-only).',
            "Let the engine ask for certificates, and set `-e DOCKER_HOST=tcp://…:2376 "
            "-e DOCKER_TLS_VERIFY=1 -e DOCKER_CERT_PATH=/certs/client` (mounted read-only).",
        ),
    )


_COMMON = (owasp("D04"), nist("4.4.3"), cwe(653))


RULES = (
    Rule(
        id="host-pid",
        title="The host's processes in a container",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={
            Workload: _namespace(
                "pid", "pid", "pid", "sees and can end every process of the host (pid namespace)"
            )
        },
        bad=(
            service_with("pid: host"),
            service_with("pid: ${PID_MODE}"),
            "docker run --pid=host nginx:1.27.5",
        ),
        good=(
            service_with("ipc: host"),
            service_with("pid: ${PID_MODE:-service:app}") + "  app:\n    image: nginx:1.27.5\n",
            "docker run --pid container:app nginx:1.27.5",
        ),
        aliases=("compose-lint:CL-0010", "kics:Host Namespace is Shared", "cis:5.16"),
        why=(
            "Root in the container can then stop any process of the host, read its command line, "
            "and, with one capability more, its memory and its files."
        ),
        remedy="Take out `pid: host`; a debugger can join one container: `pid: service:app`.",
        citations=(cis("5.16"), *_COMMON),
    ),
    Rule(
        id="host-ipc",
        title="The host's shared memory in a container",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={
            Workload: _namespace(
                "ipc", "ipc", "ipc", "reads and writes the shared memory of the host's programs"
            )
        },
        bad=(service_with("ipc: host"), "docker run --ipc host nginx:1.27.5"),
        good=(
            service_with("ipc: shareable"),
            service_with("shm_size: 1gb"),
            "docker run --ipc=private nginx:1.27.5",
        ),
        aliases=("compose-lint:CL-0010", "kics:Shared Host IPC Namespace", "cis:5.17"),
        why=(
            "Databases, browsers and GPU libraries keep data in shared memory; in the host's IPC "
            "namespace an intruder reads and changes it."
        ),
        remedy="Take out `ipc: host`; where memory was too small, set `shm_size: 1gb`.",
        citations=(cis("5.17"), *_COMMON),
    ),
    Rule(
        id="host-namespace",
        title="The host's name, users or control groups in a container",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        on={Workload: _lesser_namespaces},
        bad=(
            service_with("uts: host"),
            service_with("userns_mode: host"),
            service_with("cgroup: host"),
            "docker run --uts=host nginx:1.27.5",
            "docker run --userns=host --cgroupns=host nginx:1.27.5",
        ),
        good=(
            service_with("cgroup: private"),
            service_with("hostname: host"),
            "docker run --cgroupns=private nginx:1.27.5",
        ),
        confidence=Confidence.MEDIUM,
        aliases=(
            "kics:Shared Host User Namespace",
            "kics:Cgroup Not Default",
            "cis:5.21",
            "cis:5.25",
            "cis:5.31",
        ),
        why=(
            "Each is small by itself: the host's name to change, where SYS_ADMIN is added; user "
            "remapping undone, where the engine remaps; all control groups to read."
        ),
        remedy="Take the line out: Docker's default is a namespace of the container's own.",
        citations=(cis("5.21"), cis("5.25"), cis("5.31"), *_COMMON),
    ),
    Rule(
        id="shared-namespace",
        title="A namespace shared with another container",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        on={Workload: _shared_namespace},
        bad=(
            service_with("network_mode: service:vpn") + "  vpn:\n    image: nginx:1.27.5\n",
            "docker run --pid=container:app nginx:1.27.5",
        ),
        good=(service_with("network_mode: bridge"), "docker run --network app nginx:1.27.5"),
        profile=Profile.AUDIT,
        why="What two containers keep apart, a namespace that both are in does not.",
        citations=_COMMON,
    ),
    Rule(
        id="host-group",
        title="A powerful group of the host",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={Workload: _groups},
        bad=(
            service_with("group_add: [root]"),
            service_with('group_add: ["0", video]'),
            "docker run --group-add docker nginx:1.27.5",
        ),
        good=(
            service_with('group_add: ["1000", video]'),
            "docker run --group-add=dialout nginx:1.27.5",
        ),
        why=(
            "Groups are numbers that host and container share: on what is mounted from the host, "
            "the container has the group's rights."
        ),
        citations=(owasp("D01"), nist("4.4.3"), cwe(266)),
    ),
    Rule(
        id="unsafe-sysctl",
        title="A kernel setting that opens the network or the host",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        on={Workload: _sysctls},
        bad=(
            service_with("sysctls: [net.ipv4.conf.all.route_localnet=1]"),
            service_with("sysctls:", "  kernel.core_pattern: '|/bin/sh'"),
            "docker run --sysctl net.ipv4.conf.all.accept_source_route=1 nginx:1.27.5",
        ),
        good=(
            service_with("sysctls: [net.core.somaxconn=1024, net.ipv4.conf.all.src_valid_mark=1]"),
            service_with(
                "sysctls:", "  net.ipv4.conf.all.route_localnet: 0", "  kernel.shmmax: 1024"
            ),
            "docker run --sysctl net.ipv4.ip_unprivileged_port_start=0 nginx:1.27.5",
        ),
        why=(
            "Such a setting opens what the kernel keeps closed by default, or is one of the whole "
            "host, which every container then lives with."
        ),
        citations=(owasp("D04"), nist("4.4.3"), cwe(1188)),
    ),
    Rule(
        id="plain-docker-host",
        title="A Docker engine spoken to without TLS",
        practice=TLS_IN_TRANSIT,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _plain_engine},
        bad=(
            service_with("environment: [DOCKER_HOST=tcp://docker:2375]"),
            service_with("environment:", "  DOCKER_HOST: tcp://10.0.0.5:2375"),
            "docker run -e DOCKER_HOST=tcp://10.0.0.5:2375 docker:28.1.1",
        ),
        good=(
            service_with(
                "environment:",
                "  DOCKER_HOST: tcp://docker:2376",
                "  DOCKER_TLS_VERIFY: '1'",
            ),
            service_with("environment: [DOCKER_HOST=tcp://socket-proxy:2375]"),
            service_with("environment: [DOCKER_HOST=unix:///var/run/docker.sock]"),
            "docker run -e DOCKER_HOST=ssh://host docker:28.1.1",
        ),
        confidence=Confidence.MEDIUM,
        aliases=("cis:2.8",),
        citations=(cis("2.8"), owasp("D03"), cwe(306), cwe(319)),
    ),
)
