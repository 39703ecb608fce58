"""Confinement and swap that are switched off, written back; rights that are left out."""

from __future__ import annotations

from collections.abc import Callable

from seawall.core.model import Edit, Fix, Hit, Safety, Verdict
from seawall.fixes.model import Context, Example, Fixer, Make, RunLine, Service
from seawall.fixes.run_line.command import command_of
from seawall.fixes.workload.bounds import as_written
from seawall.fixes.workload.knowledge import Known, known_of
from seawall.fixes.workload.steps import Step, capabilities, merged
from seawall.fixes.workload.writers import (
    combined,
    flag_steps,
    put,
    rewritten,
    source_of,
    taken_out,
    workload_of,
)
from seawall.surfaces.workload import Origin, Workload

Subject = Service | RunLine
Edits = tuple[Edit, ...]


def both(make: Callable[[Subject, Hit, Context], Fix | None]) -> dict[type, Make]:
    """One maker for Compose services and run lines, for findings that are certain."""

    def certain(subject: Subject, hit: Hit, context: Context) -> Fix | None:
        return make(subject, hit, context) if hit.verdict is Verdict.FAIL else None

    return {Service: certain, RunLine: certain}


def taking_out(title: str, safety: Safety = Safety.UNSAFE) -> dict[type, Make]:
    """Makers that take away what the finding stands at; a guided one says the same in words."""

    def make(subject: Subject, hit: Hit, _: Context) -> Fix | None:
        edits = taken_out(subject, hit)
        if not edits:
            return None
        proposal = hit.remedy if safety is Safety.GUIDED else ""
        return Fix(safety, title, edits, proposal=proposal)

    return both(make)


def _new_privileges(subject: Subject, hit: Hit, _: Context) -> Fix | None:
    workload = workload_of(subject, hit)
    is_flag = workload is not None and workload.origin is Origin.RUN
    edits = rewritten(subject, hit, "no-new-privileges" if is_flag else "no-new-privileges:true")
    return Fix(Safety.UNSAFE, "Set no-new-privileges", edits) if edits else None


def _swap(subject: Subject, hit: Hit, _: Context) -> Fix | None:
    """As much as the memory's own limit: no swap at all; taken out where there is none."""
    workload = workload_of(subject, hit)
    if workload is None:
        return None
    memory = workload.limits.memory
    if memory is None:
        edits = taken_out(subject, hit)
        return Fix(Safety.UNSAFE, "Take out the unlimited swap", edits) if edits else None
    if not memory.is_known or not memory.written:
        return None
    edits = rewritten(subject, hit, as_written(memory))
    return Fix(Safety.UNSAFE, "Give no more swap than memory", edits) if edits else None


def _spared(subject: Subject, hit: Hit, _: Context) -> Fix | None:
    """`oom_kill_disable` acts only at the moment of the fault (and never with cgroup v2)."""
    edits = taken_out(subject, hit)
    if not edits:
        return None
    is_disabled = hit.symbol.endswith("/oom_kill_disable")
    title = "Let the kernel end it when memory runs out"
    return Fix(Safety.SAFE if is_disabled else Safety.UNSAFE, title, edits)


def _privileged(subject: Subject, hit: Hit, context: Context) -> Fix | None:
    """Out, with the capabilities that are known; what a privileged container does is a person's
    to say where nothing is known."""
    workload = workload_of(subject, hit)
    if workload is None or workload.privileged is None or not workload.privileged.is_known:
        return None
    known = known_of(workload, context)
    if known.needs.privileged and known.observed is None:
        return None
    step = capabilities(known)
    edits = _dropped(subject, hit, workload, step)
    if not edits:
        return None
    if step.is_known and known.observed is not None:
        return Fix(Safety.UNSAFE, "Take out `privileged`; keep the capabilities it used", edits)
    return Fix(
        Safety.GUIDED,
        "Take out `privileged` and name what the program needs",
        edits,
        proposal=_proposal(known, step),
    )


def _dropped(subject: Subject, hit: Hit, workload: Workload, step: Step) -> Edits:
    """`privileged` taken out, and capabilities named where none are dropped yet."""
    out = taken_out(subject, hit)
    if not out or any(cell.value == "ALL" for cell in workload.capabilities_dropped):
        return out
    if isinstance(subject, RunLine):
        command = command_of(subject)
        named = flag_steps(command, [step])[1] if command is not None else ()
    else:
        named = put(subject, hit, workload, merged([step]))
    return combined(source_of(hit, workload).text, out, named)


def _proposal(known: Known, step: Step) -> str:
    names = step.keys.get("cap_add", ())
    added = f"cap_add: [{', '.join(names)}]" if isinstance(names, list) else "no capability"
    return (
        "cap_drop: [ALL]\n"
        f"{added}  # and what the program fails without, NET_ADMIN or SYS_ADMIN say\n"
        "devices: [/dev/…]  # each device that it opens, by its own path\n"
        f"# run it: {known.about}"
    )


def _capability(subject: Subject, hit: Hit, context: Context) -> Fix | None:
    """A capability that the image is known to do without; a person says so of any other."""
    workload = workload_of(subject, hit)
    edits = taken_out(subject, hit)
    if workload is None or not edits:
        return None
    name = hit.label
    needed, is_known = known_of(workload, context).capabilities
    if is_known and name in needed:
        return None
    safety = Safety.UNSAFE if is_known and name != "ALL" else Safety.GUIDED
    proposal = "" if safety is Safety.UNSAFE else hit.remedy
    return Fix(safety, f"Take out {name}", edits, proposal=proposal)


def _service(*lines: str) -> str:
    return "services:\n  web:\n    image: nginx:1.28.0\n" + "".join(
        f"    {line}\n" for line in lines
    )


_UNCONFINED = (
    "A program that makes a system call, or opens a file, which the container's profile denies "
    "fails: debuggers, sandboxes of browsers and nested containers are the usual ones. Give these "
    "a profile of their own."
)

FIXERS = (
    Fixer(
        id="set-no-new-privileges",
        title="no-new-privileges, where it is switched off",
        rules=("no-new-privileges-off",),
        safety=Safety.UNSAFE,
        writes="`no-new-privileges:true` in place of `false`.",
        breaks="Setuid programs (`sudo`, `su`, `ping` in some images) no longer gain root.",
        on=both(_new_privileges),
        examples=(
            Example(
                _service("security_opt:", '  - "no-new-privileges:false"  # why'),
                _service("security_opt:", '  - "no-new-privileges:true"  # why'),
            ),
            Example(
                "docker run --security-opt no-new-privileges=false nginx:1.28.0",
                "docker run --security-opt no-new-privileges nginx:1.28.0",
            ),
        ),
    ),
    Fixer(
        id="restore-confinement",
        title="The engine's own seccomp, AppArmor, SELinux and masked paths",
        rules=("seccomp-off", "security-module-off", "unmasked-paths", "writable-cgroups"),
        safety=Safety.UNSAFE,
        writes="Nothing: the option that switches it off is taken out, and Docker's default holds.",
        breaks=_UNCONFINED,
        on=taking_out("Take out the option that switches confinement off"),
        examples=(
            Example(
                _service("security_opt:", "  - seccomp:unconfined", "  - label:type:svc_t"),
                _service("security_opt:", "  - label:type:svc_t"),
            ),
            Example(_service("security_opt: [apparmor=unconfined]"), _service()),
            Example(
                "docker run -d \\\n  --security-opt seccomp=unconfined \\\n  nginx:1.28.0\n",
                "docker run -d \\\n  nginx:1.28.0\n",
            ),
        ),
    ),
    Fixer(
        id="bound-swap",
        title="No swap beyond the memory limit",
        rules=("unlimited-swap",),
        safety=Safety.UNSAFE,
        writes="The memory limit as that of memory and swap together; the line goes where no "
        "memory limit is set.",
        breaks="A program that lives on swap is killed when it needs more than its memory.",
        on=both(_swap),
        examples=(
            Example(
                _service("mem_limit: 1g", "memswap_limit: -1"),
                _service("mem_limit: 1g", "memswap_limit: 1g"),
            ),
            Example(
                "docker run -m 1g --memory-swap -1 nginx:1.28.0",
                "docker run -m 1g --memory-swap 1g nginx:1.28.0",
            ),
        ),
    ),
    Fixer(
        id="share-out-of-memory",
        title="No exemption when memory runs out",
        rules=("out-of-memory-exempt",),
        safety=Safety.UNSAFE,
        writes="Nothing: `oom_kill_disable` is taken out, which is safe, since it acts only when "
        "the memory has run out, and with control groups of version 2 not even then; "
        "`oom_score_adj` is taken out as an unsafe fix.",
        breaks="When the machine's memory runs out, this container may be the one that is ended.",
        on=both(_spared),
        examples=(
            Example(_service("oom_kill_disable: true", "mem_limit: 1g"), _service("mem_limit: 1g")),
            Example(
                "docker run --oom-score-adj=-1000 --oom-kill-disable -it nginx:1.28.0",
                "docker run -it nginx:1.28.0",
            ),
        ),
    ),
    Fixer(
        id="drop-privileged",
        title="No privileged container",
        rules=("privileged",),
        safety=Safety.GUIDED,
        writes="`privileged` is taken out; `cap_drop: [ALL]` and `cap_add` come in its place, with "
        "the capabilities that the container was seen to use. Where it was not observed, the fix "
        "is guided: only who knows the program can name the devices that it needs. An image "
        "that is made to run an engine keeps it.",
        breaks="Whatever it did with the host: mounting, devices, kernel settings, nested "
        "containers. The log says `Operation not permitted`.",
        on=both(_privileged),
        examples=(
            Example(
                _service("privileged: true", "user: '101'"),
                _service("user: '101'", "cap_drop:", "  - ALL"),
            ),
            Example(
                "docker run --privileged --name web nginx:1.28.0",
                "docker run --cap-drop=ALL --cap-add=CHOWN --cap-add=SETGID --cap-add=SETUID"
                " --name web nginx:1.28.0",
            ),
        ),
        keeps=(_service("privileged: true").replace("nginx:1.28.0", "docker:28.1-dind"),),
    ),
    Fixer(
        id="drop-capability",
        title="No capability beyond what the program needs",
        rules=("host-capability", "strong-capability", "lesser-capability"),
        safety=Safety.GUIDED,
        writes="The capability is taken out: as an unsafe fix where the image is known, or was "
        "seen, to do without; else as a guided one.",
        breaks="What needed it fails with `Operation not permitted`, at the start or at the first "
        "use.",
        on=both(_capability),
        examples=(
            Example(
                _service("cap_add:", "  - SYS_ADMIN", "  - CHOWN"),
                _service("cap_add:", "  - CHOWN"),
            ),
            Example(
                "docker run --cap-add NET_ADMIN --cap-add=SYS_TIME acme/app:1.2.3",
                "docker run acme/app:1.2.3",
            ),
        ),
    ),
)
