"""What a container simply lacks: one finding for each, with the lines that add it all."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Evidence, Hit, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.rules.naming import symbol, the
from seawall.rules.practices import DROPPED_CAPABILITIES, LIMITED_MEMORY, NON_ROOT_USER
from seawall.rules.runtime.controls import (
    Control,
    control_verdicts,
    lines_of,
    listed,
    missing_controls,
)
from seawall.rules.runtime.user import has_unknown_user
from seawall.rules.stakes import neighbour, powerful_by_network, stakes
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Origin, Workload

__all__ = ["Control", "control_verdicts", "missing_controls"]


def _unhardened(workload: Workload, settings: Settings) -> Iterator[Hit]:
    yield from _judged(workload, stakes(workload))


def _unhardened_services(project: Project, settings: Settings) -> Iterator[Hit]:
    """As of one container, with what its neighbours in the project put at stake."""
    powerful = powerful_by_network(project)
    for workload in project.services:
        yield from _judged(workload, (*stakes(workload), *neighbour(workload, powerful)))


_LOCAL = "no other machine reaches it, and it has neither data nor a part of the host"


def _judged(workload: Workload, reasons: tuple[Evidence, ...]) -> Iterator[Hit]:
    controls = control_verdicts(workload)
    missing = tuple(c for c in controls if c.verdict is Verdict.FAIL and c.lacks)
    if not missing:
        return
    missing = (*_user(workload), *missing)
    yield Hit(
        workload.place,
        f"{the(workload)} lacks {listed(missing)}",
        symbol(workload, "hardening"),
        label=f"{len(missing)} controls are missing",
        remedy=_remedy(workload, missing),
        weaker="" if reasons else _LOCAL,
        evidence=(*reasons, *_written(workload, missing)),
    )


def _user(workload: Workload) -> Iterator[Control]:
    """A user, where nobody knows what the image's is: advice, for it may well have one."""
    if has_unknown_user(workload):
        yield Control(
            NON_ROOT_USER,
            Verdict.UNKNOWN,
            "nothing tells which user the image has",
            workload.place,
            "a user of its own",
            ('user: "10001:10001"  # unless the image has one',),
            flags=("--user 10001:10001",),
        )


def _written(workload: Workload, missing: tuple[Control, ...]) -> Iterator[Evidence]:
    """What is written and yet is no control: `mem_limit: 0`, some capabilities dropped."""
    for control in missing:
        if control.at is not workload.place:
            yield Evidence(control.evidence, workload.place.source.line_of(control.at.start))


def _remedy(workload: Workload, missing: tuple[Control, ...]) -> str:
    if workload.origin is Origin.RUN:
        flags = " ".join(flag for control in missing for flag in control.flags)
        return f"Add, with values that fit the program: `{flags}`."
    uses_deploy = workload.is_swarm or "deploy:" in workload.place.source.text
    lines = "".join(f"\n    {line}" for line in lines_of(missing, uses_deploy))
    return f"Add to the service, with values that fit it:{lines}"


UNHARDENED_SERVICE = Rule(
    id="unhardened-service",
    title="Container with more rights and resources than it needs",
    practice=DROPPED_CAPABILITIES,
    risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
    on={Workload: _unhardened, Project: _unhardened_services},
    bad=(
        "services:\n  web:\n    image: nginx:1.28.0\n    ports: ['80:80']\n",
        "services:\n  web:\n    image: nginx:1.28.0\n    read_only: true\n    tmpfs: [/tmp]\n"
        "    cap_drop: [ALL]\n    security_opt: [no-new-privileges:true]\n    mem_limit: 0\n"
        "    memswap_limit: 512m\n    cpus: 1\n    pids_limit: 100\n    ulimits: {nofile: 1024}\n"
        "    logging: {driver: local}\n",
        "docker run --read-only nginx:1.28.0",
    ),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    read_only: true\n    tmpfs: [/tmp]\n"
        "    cap_drop: [ALL]\n    security_opt: [no-new-privileges:true]\n    mem_limit: 512m\n"
        "    memswap_limit: 512m\n    cpus: 1\n    pids_limit: 100\n    ulimits: {nofile: 1024}\n"
        "    logging: {driver: local}\n",
        "docker run --read-only --cap-drop=ALL --security-opt no-new-privileges -m 512m"
        " --memory-swap 512m --cpus 1 --pids-limit 100 --ulimit nofile=1024 --log-opt max-size=10m"
        " nginx:1.28.0",
    ),
    aliases=(
        "compose-lint:CL-0003",
        "compose-lint:CL-0006",
        "compose-lint:CL-0007",
        "compose-lint:CL-0026",
        "kics:Container Capabilities Unrestricted",
        "kics:Memory Not Limited",
        "kics:Cpus Not Limited",
        "kics:Pids Limit Not Set",
        "kics:Security Opt Not Set",
    ),
    why=(
        "What stops an attacker who has taken over the program is what the container lacks: with "
        "a writable filesystem, root's capabilities and no limits he installs his tools, raises "
        "his rights, and takes the host's memory, processes and disk from every other container."
    ),
    remedy="Take away what the program does not need, and bound what it may use.",
    citations=(
        *(cis(section) for section in ("5.4", "5.11", "5.12", "5.13", "5.19", "5.26", "5.29")),
        cis("2.14"),
        owasp("D04"),
        owasp("D07"),
        nist("4.4.3"),
        cwe(250),
        cwe(770),
    ),
)


def _swap(workload: Workload, settings: Settings) -> Iterator[Hit]:
    cell = workload.limits.memory_swap
    if cell is not None and cell.value == -1:
        yield Hit(
            cell,
            f"{the(workload)} may take all of the host's swap, whatever its memory limit says",
            symbol(workload, "memswap_limit"),
            label="no limit",
            remedy="Set it to the memory limit: then the container has no swap at all.",
        )


def _spared(workload: Workload, settings: Settings) -> Iterator[Hit]:
    disabled, score = workload.limits.oom_kill_disable, workload.limits.oom_score_adj
    if disabled is not None and disabled.value:
        unbounded = workload.limits.memory is None
        yield Hit(
            disabled,
            f"when memory runs out, the kernel may not end {the(workload)}: "
            + ("it kills the host's other processes" if unbounded else "the container hangs"),
            symbol(workload, "oom_kill_disable"),
            label="never killed",
            weaker="" if unbounded else "its memory has a limit",
        )
    if score is not None and (score.value or 0) <= _PROTECTED:
        yield Hit(
            score,
            f"when memory runs out, the kernel ends almost everything else before {the(workload)}",
            symbol(workload, "oom_score_adj"),
            label="killed last",
        )


_PROTECTED = -500
"""Half way to the -1000 that means never (proc(5)): the engine's own process has -500."""

UNLIMITED_SWAP = Rule(
    id="unlimited-swap",
    title="Swap without a limit",
    practice=LIMITED_MEMORY,
    risk=Risk(Needs.FOOTHOLD, Gains.LESS),
    on={Workload: _swap},
    bad=(
        "services:\n  web:\n    image: nginx:1.28.0\n    mem_limit: 1g\n    memswap_limit: -1\n",
        "docker run -m 1g --memory-swap -1 nginx:1.28.0",
    ),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    mem_limit: 1g\n    memswap_limit: 1g\n",
        "services:\n  web:\n    image: nginx:1.28.0\n",
    ),
    why="Swapping slows down the whole host, so one container that leaks stops all the others.",
)

OUT_OF_MEMORY_EXEMPT = Rule(
    id="out-of-memory-exempt",
    title="Container that the kernel spares when memory runs out",
    practice=LIMITED_MEMORY,
    risk=Risk(Needs.FOOTHOLD, Gains.LESS),
    on={Workload: _spared},
    bad=(
        "services:\n  web:\n    image: nginx:1.28.0\n    oom_kill_disable: true\n",
        "services:\n  web:\n    image: nginx:1.28.0\n    oom_score_adj: -1000\n",
        "docker run --oom-kill-disable nginx:1.28.0",
    ),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    oom_score_adj: 500\n",
        "services:\n  web:\n    image: nginx:1.28.0\n    oom_kill_disable: false\n",
    ),
    why=(
        "A container that leaks is then the last to go: the kernel ends other containers, the "
        "engine or the login that somebody needs to stop it."
    ),
    remedy="Take it out and give the container a memory limit.",
)

RULES = (UNHARDENED_SERVICE, UNLIMITED_SWAP, OUT_OF_MEMORY_EXEMPT)
