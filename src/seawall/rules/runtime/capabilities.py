"""Capabilities that a container is given, and what each allows an intruder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from seawall.core.model import Hit, Profile, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.facts.capabilities import CAPABILITIES, Reach
from seawall.rules.examples import service_with
from seawall.rules.naming import symbol, the, without, write
from seawall.rules.practices import DROPPED_CAPABILITIES
from seawall.surfaces.cell import Cell
from seawall.surfaces.workload import Workload

_HOST, _STRONG, _LESSER, _DEFAULT = Reach
_HARMLESS = frozenset({"NET_BIND_SERVICE"})


def _reach(name: str, workload: Workload) -> Reach | None:
    """How far a capability takes here; None for a name that Linux does not have."""
    known = CAPABILITIES.get(name)
    if name == "SYS_PTRACE" and _is_host(workload.namespaces.pid):
        return _HOST  # it can attach to the host's own processes
    return known.reach if known else None


def _is_host(cell: Cell[str] | None) -> bool:
    return cell is not None and cell.value == "host"


def _granted(workload: Workload) -> tuple[Cell[str], ...]:
    """The capabilities that are added to some effect: ALL makes the others idle."""
    added = workload.capabilities_added
    if not added or (workload.privileged is not None and workload.privileged.value):
        return ()
    return tuple(cell for cell in added if cell.value == "ALL") or added


def _of_reach(reach: Reach) -> Callable[[Workload, Settings], Iterator[Hit]]:
    def check(workload: Workload, _: Settings) -> Iterator[Hit]:
        for cell in _granted(workload):
            if cell.value is not None and _reach(cell.value, workload) is reach:
                yield _hit(workload, cell, cell.value)

    return check


def _hit(workload: Workload, cell: Cell[str], name: str) -> Hit:
    known, rest = CAPABILITIES[name], without(workload.capabilities_added, name)
    instead = f" {known.instead}." if known.instead else ""
    return Hit(
        cell,
        f"{the(workload)} is given {name}: with it an intruder can {known.allows}",
        symbol(workload, f"cap_add {name}"),
        label=name,
        remedy=write(
            workload,
            f"Take {name} out of `cap_add`"
            + (", which then goes too." if rest == "[]" else f": `cap_add: {rest}`."),
            f"Leave out `--cap-add={name}`.",
        )
        + instead,
    )


_on_host = _of_reach(_HOST)


def _host_capability(workload: Workload, settings: Settings) -> Iterator[Hit]:
    yield from _on_host(workload, settings)
    for cell in _granted(workload):
        if not cell.is_known:
            yield Hit(
                cell,
                f"which capability {the(workload)} is given depends on `{cell.written}`",
                symbol(workload, f"cap_add {cell.written}"),
                remedy="Write the capability's name itself, so that its reader can judge it.",
                verdict=Verdict.UNKNOWN,
            )


def _kept_capability(workload: Workload, _: Settings) -> Iterator[Hit]:
    """Capabilities of Docker's own set that are added back after all were dropped."""
    if not any(cell.value == "ALL" for cell in workload.capabilities_dropped):
        return
    for cell in _granted(workload):
        name = cell.value or ""
        if _reach(name, workload) is _DEFAULT and name not in _HARMLESS:
            yield _hit(workload, cell, name)


_CITATIONS = (cis("5.4"), owasp("D04"), nist("4.4.3"), cwe(250))
_NEEDED = (
    "Take the capability out and see what fails: most images that ask for it work without, or "
    "with a narrower one."
)


RULES = (
    Rule(
        id="host-capability",
        title="A capability that reaches the host",
        practice=DROPPED_CAPABILITIES,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Workload: _host_capability},
        bad=(
            service_with("cap_add: [SYS_ADMIN]"),
            service_with("cap_add:", "  - CAP_SYS_MODULE"),
            service_with("cap_drop: [ALL]", "cap_add: [all]"),
            service_with("cap_add: [SYS_PTRACE]", "pid: host"),
            service_with('cap_add: ["${EXTRA_CAPABILITY}"]'),
            "docker run --cap-add sys_admin nginx:1.27.5",
            "docker run --cap-add=DAC_READ_SEARCH nginx:1.27.5",
        ),
        good=(
            service_with("cap_drop: [ALL]", "cap_add: [NET_BIND_SERVICE]"),
            service_with("cap_drop: [SYS_ADMIN]"),
            service_with("cap_add: [SYS_PTRACE]"),
            "docker run --cap-drop=ALL --cap-add=CHOWN nginx:1.27.5",
            "docker run nginx:1.27.5 --cap-add=SYS_ADMIN",
        ),
        aliases=(
            "compose-lint:CL-0024",
            "kics:Container Capabilities Unrestricted",
            "cis:5.4",
        ),
        why=(
            "These capabilities are root on the host under another name: a container that has one "
            "is a way out, with no fault of the kernel needed."
        ),
        remedy=_NEEDED,
        citations=_CITATIONS,
    ),
    Rule(
        id="strong-capability",
        title="A capability over what containers share",
        practice=DROPPED_CAPABILITIES,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={Workload: _of_reach(_STRONG)},
        bad=(
            service_with("cap_add: [NET_ADMIN]"),
            service_with("cap_add:", "  - SYS_PTRACE", "  - SYS_TIME"),
            "docker run --cap-add NET_ADMIN nginx:1.27.5",
        ),
        good=(
            service_with("cap_add: [NET_BIND_SERVICE, CHOWN]"),
            service_with("cap_add: [SYS_PTRACE]", "pid: host"),
            service_with("cap_add: [NET_ADMIN]", "privileged: true"),
            "docker run --cap-drop NET_ADMIN nginx:1.27.5",
        ),
        aliases=(
            "compose-lint:CL-0011",
            "compose-lint:CL-0028",
            "compose-lint:CL-0029",
            "compose-lint:CL-0030",
            "kics:Container Capabilities Unrestricted",
            "cis:5.4",
        ),
        why=(
            "The capability works on the kernel, the clock or the network that the host and its "
            "containers share, so what happens in this one does not stay in it."
        ),
        remedy=_NEEDED,
        citations=_CITATIONS,
    ),
    Rule(
        id="lesser-capability",
        title="A capability beyond Docker's own set",
        practice=DROPPED_CAPABILITIES,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        on={Workload: _of_reach(_LESSER)},
        bad=(
            service_with("cap_add: [SYS_NICE]"),
            "docker run --cap-add=IPC_LOCK vault:1.13.3",
        ),
        good=(
            service_with("cap_add: [SETUID, SETGID]"),
            service_with("cap_add: [ALL, SYS_NICE]"),
            "docker run --cap-add=SETUID nginx:1.27.5",
        ),
        aliases=(
            "compose-lint:CL-0027",
            "kics:Container Capabilities Unrestricted",
            "cis:5.4",
        ),
        why="More than Docker gives a container; each is bounded, and few programs need it.",
        remedy=_NEEDED,
        citations=_CITATIONS,
    ),
    Rule(
        id="kept-capability",
        title="A capability added back after all were dropped",
        practice=DROPPED_CAPABILITIES,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        on={Workload: _kept_capability},
        bad=(service_with("cap_drop: [ALL]", "cap_add: [CHOWN, NET_BIND_SERVICE]"),),
        good=(
            service_with("cap_drop: [ALL]", "cap_add: [NET_BIND_SERVICE]"),
            service_with("cap_add: [CHOWN]"),
        ),
        profile=Profile.AUDIT,
        why=(
            "Dropping all and adding back a few is right. An auditor wants to know of each one "
            "what it still allows."
        ),
        remedy="Keep what the program was seen to need, and try again without when it changes.",
        citations=_CITATIONS,
    ),
)
