"""A shell that stays the first process of a service: an init before it."""

from __future__ import annotations

from seawall.core.model import Fix, Hit, Safety
from seawall.fixes.model import Context, Example, Fixer, RunLine, Service
from seawall.fixes.run_line.command import command_of
from seawall.fixes.workload.confinement import both
from seawall.fixes.workload.steps import Step
from seawall.fixes.workload.writers import flag_steps, put, workload_of
from seawall.rules.practices import CIS_DOCKER

_INIT = Step(CIS_DOCKER, "an init", {"init": True}, ("--init",))


def _initialised(subject: Service | RunLine, hit: Hit, _: Context) -> Fix | None:
    if isinstance(subject, RunLine):
        command = command_of(subject)
        edits = flag_steps(command, [_INIT])[1] if command is not None else ()
    else:
        workload = workload_of(subject, hit)
        edits = put(subject, hit, workload, _INIT.keys) if workload is not None else ()
    title = "Start an init as the first process, which passes signals on"
    return Fix(Safety.UNSAFE, title, edits) if edits else None


INIT = Fixer(
    id="init-process",
    title="Put an init before a shell",
    rules=("shell-without-init",),
    safety=Safety.UNSAFE,
    writes="`init: true` in the service, `--init` on the run line: Docker's own tini is process 1.",
    breaks=(
        "The container stops at once: the init passes the signal to the shell, which ends, and "
        "what the shell has started is killed with it. That program still gets no chance to end "
        "by itself; beginning the last command with `exec` gives it one. An image that brings an "
        "init of its own (s6, `tini` without `-s`) complains that it is not process 1."
    ),
    on=both(_initialised),
    examples=(
        Example(
            "services:\n  web:\n    image: acme/web:1.2.3\n    command: sh -c 'migrate && serve'\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    command: sh -c 'migrate && serve'\n"
            "    init: true\n",
        ),
        Example(
            "docker run acme/web:1.2.3 sh -c 'migrate && serve'\n",
            "docker run --init acme/web:1.2.3 sh -c 'migrate && serve'\n",
        ),
    ),
)

FIXERS = (INIT,)
