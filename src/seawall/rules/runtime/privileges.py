"""What lifts a container's own bounds: privileged mode, and confinement that is switched off."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Hit, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.rules.examples import service_with
from seawall.rules.naming import symbol, the, without, write
from seawall.rules.practices import NO_NEW_PRIVILEGES
from seawall.surfaces.cell import Cell
from seawall.surfaces.workload import Hook, Workload

_SPLIT = Expression(r"[:=]")
_FALSE = frozenset({"0", "f", "false"})
_ROOT = Expression(r"(?:root|0+)(?::.*)?\Z")


def is_privileged(workload: Workload) -> bool:
    """Whether it certainly runs privileged: other grants then add nothing."""
    return workload.privileged is not None and workload.privileged.value is True


def _privileged(workload: Workload, _: Settings) -> Iterator[Hit]:
    cell = workload.privileged
    if cell is None or (cell.is_known and not cell.value):
        return
    if not cell.is_known:
        yield Hit(
            cell,
            f"whether {the(workload)} runs privileged depends on `{cell.written}`",
            symbol(workload, "privileged"),
            remedy=write(workload, "Write `privileged: false`.", "Leave out `--privileged`."),
            verdict=Verdict.UNKNOWN,
        )
        return
    yield Hit(
        cell,
        f"{the(workload)} runs privileged: every capability, every device of the host, and no "
        "seccomp or security module",
        symbol(workload, "privileged"),
        label="root on the host",
        remedy=write(
            workload,
            "Take out `privileged: true` and name what the program needs, a device say: "
            '`devices: ["/dev/ttyUSB0"]`, or one capability: `cap_add: [NET_ADMIN]`.',
            "Leave out `--privileged` and name what the program needs: `--device=/dev/ttyUSB0`, "
            "or `--cap-add=NET_ADMIN`.",
        ),
    )


def _options(workload: Workload) -> Iterator[tuple[Cell[str], str, str]]:
    """The security options: each with its name and its value in lower case."""
    for cell in workload.security_options:
        if cell.value is not None:
            name, *value = _SPLIT.split(cell.value.strip(), 1)
            yield cell, name.lower(), value[0].strip().lower() if value else ""


def _dropping(workload: Workload, cell: Cell[str], instead: str = "") -> str:
    """The remedy that takes one option out of the list."""
    rest = without(workload.security_options, cell.value or "")
    compose = f"Take `{cell.written}` out of `security_opt`"
    if instead:
        compose += f" and write `{instead}` in its place"
    elif rest != "[]":
        compose += f": `security_opt: {rest}`"
    flag = f"Write `--security-opt {instead}`" if instead else "Leave out this `--security-opt`"
    return write(workload, compose, flag) + "."


def _option_hit(
    workload: Workload, cell: Cell[str], name: str, message: str, instead: str = ""
) -> Hit:
    return Hit(
        cell,
        f"{the(workload)} {message}",
        symbol(workload, f"security_opt {name}"),
        label=cell.written,
        remedy=_dropping(workload, cell, instead),
    )


def _new_privileges(workload: Workload, _: Settings) -> Iterator[Hit]:
    found = [option for option in _options(workload) if option[1] == "no-new-privileges"]
    if found and found[-1][2] in _FALSE:  # the last one counts
        cell = found[-1][0]
        message = "lets its processes gain privileges: one setuid program makes an intruder root"
        yield _option_hit(workload, cell, "no-new-privileges", message, "no-new-privileges:true")


def _seccomp(workload: Workload, _: Settings) -> Iterator[Hit]:
    if is_privileged(workload):
        return
    for cell, name, value in _options(workload):
        if name == "seccomp" and value == "unconfined":
            message = (
                "runs without seccomp: system calls that Docker denies every container, among "
                "them those of most kernel exploits, are open to it"
            )
            yield _option_hit(workload, cell, name, message)


def _security_module(workload: Workload, _: Settings) -> Iterator[Hit]:
    if is_privileged(workload):
        return
    for cell, name, value in _options(workload):
        if name == "apparmor" and value == "unconfined":
            message = "runs without AppArmor, which keeps it from mounting and from writing /proc"
            yield _option_hit(workload, cell, name, message)
        elif name == "label" and value == "disable":
            message = "runs without SELinux, which keeps it from every file that is not its own"
            yield _option_hit(workload, cell, name, message)
        elif name == "label" and _SPLIT.sub(":", value) == "type:spc_t":
            message = "runs as `spc_t`, the SELinux type that may do anything on the host"
            yield _option_hit(workload, cell, name, message)


def _unmasked_paths(workload: Workload, _: Settings) -> Iterator[Hit]:
    if is_privileged(workload):
        return
    for cell, name, value in _options(workload):
        if (name, value) == ("systempaths", "unconfined") or (name == "unmask" and value):
            message = (
                "sees and writes all of /proc and /sys: one line in "
                "/proc/sys/kernel/core_pattern runs a program as root on the host"
            )
            yield _option_hit(workload, cell, name, message)


def _writable_cgroups(workload: Workload, _: Settings) -> Iterator[Hit]:
    for cell, name, value in _options(workload):
        if name == "writable-cgroups" and value not in _FALSE and not is_privileged(workload):
            message = "may write its control groups, and so raise the limits that are set for it"
            yield _option_hit(workload, cell, name, message)


def _hooks(workload: Workload, _: Settings) -> Iterator[Hit]:
    if is_privileged(workload):
        return
    for hook in workload.hooks:
        if hook.privileged is not None and hook.privileged.value:
            message = f"runs its `{hook.when}` hook privileged, with the host's devices at hand"
            yield _hook_hit(workload, hook, hook.privileged, "privileged", message)
        elif hook.user is not None and _rises(workload, hook):
            message = f"runs its `{hook.when}` hook as root, whatever user the service has"
            yield _hook_hit(workload, hook, hook.user, "user", message)


def _rises(workload: Workload, hook: Hook) -> bool:
    """Whether the hook runs as root in a container that is not known to run as root itself."""
    own, its = workload.user, hook.user
    if own is not None and _ROOT.match(own.value or ""):
        return False
    return its is not None and _ROOT.match(its.value or "") is not None


def _hook_hit(
    workload: Workload, hook: Hook, at: Cell[str] | Cell[bool], key: str, told: str
) -> Hit:
    return Hit(
        at,
        f"{the(workload)} {told}",
        symbol(workload, f"{hook.when} {key}"),
        remedy=f"Take `{key}: {at.written}` out of the hook; do in the image's build what needs "
        "root, or in a service of its own that ends.",
        weaker="" if key == "privileged" else "root in the container only, for one command",
    )


_CITATIONS = (owasp("D04"), nist("4.4.3"), cwe(250))
_OFF = (owasp("D04"), nist("4.4.3"), cwe(693))


def _option(*values: str) -> str:
    return service_with("security_opt:", *(f"  - {value}" for value in values))


RULES = (
    Rule(
        id="privileged",
        title="Privileged container",
        practice=NO_NEW_PRIVILEGES,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _privileged},
        bad=(
            service_with("privileged: true"),
            service_with('privileged: "true"'),
            service_with("privileged: yes"),
            service_with("privileged: ${P:-true}"),
            service_with("privileged: ${P}"),
            "x-base: &base\n  privileged: true\n" + service_with("<<: *base"),
            "services:\n  base:\n    image: a:1.0.0\n    privileged: true\n"
            "  web:\n    extends: base\n",
            "docker run --privileged nginx:1.27.5",
            "docker run -it --privileged=true nginx:1.27.5",
        ),
        good=(
            service_with("privileged: false"),
            service_with("privileged: ${P:-false}"),
            "x-base:\n  privileged: true\n" + service_with("restart: always"),
            "docker run --privileged=false nginx:1.27.5",
            "docker run nginx:1.27.5 --privileged",
        ),
        aliases=(
            "compose-lint:CL-0002",
            "kics:Privileged Containers Enabled",
            "semgrep:privileged-service",
            "cis:5.5",
        ),
        why=(
            "A privileged container is the host's root with another filesystem: it mounts the "
            "host's disk, or loads a module, in one command and without any exploit."
        ),
        citations=(cis("5.5"), *_CITATIONS),
    ),
    Rule(
        id="no-new-privileges-off",
        title="no-new-privileges switched off",
        practice=NO_NEW_PRIVILEGES,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={Workload: _new_privileges},
        bad=(
            _option("no-new-privileges:false"),
            _option("no-new-privileges=false"),
            "docker run --security-opt no-new-privileges=false nginx:1.27.5",
        ),
        good=(
            _option("no-new-privileges:true"),
            _option("no-new-privileges=true"),
            _option("no-new-privileges"),
            _option("no-new-privileges:true", "seccomp:./profile.json"),
            "docker run --security-opt no-new-privileges nginx:1.27.5",
        ),
        aliases=(
            "compose-lint:CL-0003",
            "kics:No New Privileges Not Set",
            "semgrep:no-new-privileges",
            "cis:5.26",
        ),
        why=(
            "The engine may set it for every container; here it is switched off, so one setuid "
            "program is enough to turn an ordinary user's process into root's."
        ),
        citations=(cis("5.26"), *_CITATIONS),
    ),
    Rule(
        id="seccomp-off",
        title="seccomp switched off",
        practice=NO_NEW_PRIVILEGES,
        risk=Risk(Needs.FAULT, Gains.CONTROL),
        on={Workload: _seccomp},
        bad=(
            _option("seccomp:unconfined"),
            _option("seccomp=unconfined"),
            "docker run --security-opt seccomp=unconfined nginx:1.27.5",
        ),
        good=(
            _option("seccomp:./profile.json"),
            _option("no-new-privileges:true"),
            "docker run --security-opt seccomp=profile.json nginx:1.27.5",
        ),
        aliases=(
            "compose-lint:CL-0009",
            "kics:Default Seccomp Profile Disabled",
            "semgrep:seccomp-confinement-disabled",
            "cis:5.22",
        ),
        why=(
            "Docker's profile denies system calls that containers never need and that kernel "
            "exploits are made of. Without it one fault of the kernel is enough to leave."
        ),
        remedy="Take `seccomp:unconfined` out; write a profile where one system call is missing.",
        citations=(cis("5.22"), *_OFF),
    ),
    Rule(
        id="security-module-off",
        title="AppArmor or SELinux switched off",
        practice=NO_NEW_PRIVILEGES,
        risk=Risk(Needs.FAULT, Gains.CONTROL),
        on={Workload: _security_module},
        bad=(
            _option("apparmor:unconfined"),
            _option("label:disable"),
            _option("label=type:spc_t"),
            "docker run --security-opt label=disable nginx:1.27.5",
            "docker run --security-opt=apparmor=unconfined nginx:1.27.5",
        ),
        good=(
            _option("apparmor:docker-default"),
            _option("label:type:container_t"),
            "docker run --security-opt label=level:s0:c100,c200 nginx:1.27.5",
        ),
        aliases=(
            "compose-lint:CL-0009",
            "semgrep:selinux-separation-disabled",
            "cis:5.2",
            "cis:5.3",
        ),
        why=(
            "The security module is the wall behind the wall: it holds when a capability, a mount "
            "or a fault of the engine has opened the first."
        ),
        citations=(cis("5.2"), cis("5.3"), *_OFF),
    ),
    Rule(
        id="unmasked-paths",
        title="The kernel's files in /proc and /sys laid open",
        practice=NO_NEW_PRIVILEGES,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _unmasked_paths},
        bad=(
            _option("systempaths=unconfined"),
            _option("systempaths:unconfined"),
            "docker run --security-opt systempaths=unconfined nginx:1.27.5",
        ),
        good=(_option("no-new-privileges:true"), "docker run nginx:1.27.5"),
        why=(
            "Docker hides and write-protects files through which root in the container steers the "
            "kernel of the host. Laid open, they are a way out without any exploit."
        ),
        citations=(*_OFF, cwe(732)),
    ),
    Rule(
        id="writable-cgroups",
        title="Control groups writable from within",
        practice=NO_NEW_PRIVILEGES,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={Workload: _writable_cgroups},
        bad=(
            _option("writable-cgroups=true"),
            "docker run --security-opt writable-cgroups=true nginx:1.27.5",
        ),
        good=(_option("writable-cgroups=false"), "docker run nginx:1.27.5"),
        why=(
            "What bounds a container's memory, processes and devices is written in its control "
            "groups; who may write them is not bounded."
        ),
        citations=(*_OFF, cwe(770)),
    ),
    Rule(
        id="privileged-hook",
        title="A lifecycle hook with more rights than its container",
        practice=NO_NEW_PRIVILEGES,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _hooks},
        bad=(
            service_with("post_start:", "  - command: ./prepare.sh", "    privileged: true"),
            service_with('user: "1000"', "pre_stop:", "  - command: ./leave.sh", "    user: root"),
        ),
        good=(
            service_with('user: "1000"', "post_start:", "  - command: ./prepare.sh"),
            service_with('user: "0"', "post_start:", "  - command: ./prepare.sh", "    user: root"),
            "docker run nginx:1.27.5",
        ),
        aliases=("cis:5.23", "cis:5.24"),
        why=(
            "The hook runs inside the container, with files that an intruder there may have "
            "changed: at the next start or stop they are run with the hook's rights."
        ),
        citations=(cis("5.23"), cis("5.24"), *_CITATIONS),
    ),
)
