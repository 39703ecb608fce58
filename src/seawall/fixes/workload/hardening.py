"""What a container lacks, written: least rights, bounds on resources, bounds on its logs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.compose.block import service_block
from seawall.fixes.model import Context, Example, Fixer, Make, RunLine, Service
from seawall.fixes.run_line.command import command_of
from seawall.fixes.workload.knowledge import Known, known_of
from seawall.fixes.workload.steps import Form, Step, lacking, limits, logs, rights
from seawall.fixes.workload.writers import flag_steps, form_of, put_steps, workload_of
from seawall.rules.practices import READ_ONLY_ROOTFS
from seawall.rules.runtime.controls import Control
from seawall.surfaces.workload import Workload

_RULE = "unhardened-service"
Steps = Callable[[Known, tuple[Control, ...], Form], Iterable[Step]]
Judge = Callable[[Workload], Safety]


def _makers(steps: Steps, lead: str, safety: Judge) -> dict[type, Make]:
    """The same steps for a Compose service and for a run line."""

    def in_service(subject: Service, hit: Hit, context: Context) -> Fix | None:
        workload = workload_of(subject, hit)
        block = None if workload is None else service_block(workload)
        if workload is None or block is None:
            return None
        known, missing = known_of(workload, context), lacking(workload)
        if known.is_windows:
            return None
        found = list(steps(known, missing, form_of(workload, block)))
        if block.has("develop"):  # `watch` copies files into the running container
            found = [step for step in found if step.practice is not READ_ONLY_ROOTFS]
        if known.observed is not None and known.observed.without:
            found = [step for step in found if step.practice.id not in known.observed.without]
        able, edits = put_steps(hit, workload, block, found)
        return _fix(known, missing, able, edits, lead, safety)

    def in_line(subject: RunLine, hit: Hit, context: Context) -> Fix | None:
        command, workload = command_of(subject), subject.workload
        if command is None:
            return None
        known, missing = known_of(workload, context), lacking(workload)
        able, edits = flag_steps(command, steps(known, missing, Form()))
        return _fix(known, missing, able, edits, lead, safety)

    return {Service: in_service, RunLine: in_line}


def _fix(
    known: Known,
    missing: tuple[Control, ...],
    able: tuple[Step, ...],
    edits: tuple[Edit, ...],
    lead: str,
    safety: Judge,
) -> Fix | None:
    if not edits:
        return None
    names = [step.name for step in able]
    told = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    doubt = "" if all(step.is_known for step in able) else f"; {known.about}"
    done = {step.practice.id for step in able}
    return Fix(
        safety(known.workload),
        f"{lead} {told}{doubt}",
        edits,
        is_partial=any(control.practice.id not in done for control in missing),
    )


def _unsafe(_: Workload) -> Safety:
    return Safety.UNSAFE


def _by_driver(workload: Workload) -> Safety:
    """Safe where the driver is written; else the engine's own settings may name another one."""
    driver = workload.logging.driver if workload.logging is not None else None
    return Safety.UNSAFE if driver is None else Safety.SAFE


def _logs(known: Known, missing: tuple[Control, ...], _: Form) -> Iterable[Step]:
    logging = known.workload.logging
    if logging is not None and "max-size" in logging.options:
        return ()
    return logs(missing, has_driver=logging is not None and logging.driver is not None)


def _rights(known: Known, missing: tuple[Control, ...], _: Form) -> Iterable[Step]:
    return rights(known, missing)


_GUARDED = "services:\n  cache:\n    image: memcached:1.6.39\n"

BOUND_LOGS = Fixer(
    id="bound-logs",
    title="Bounds on log files",
    rules=(_RULE,),
    safety=Safety.UNSAFE,
    writes=(
        "`max-size: 10m` and `max-file: 3` for the driver `json-file`, which then keeps the last "
        "30 MB. Where the file names that driver itself, nothing else can change: the fix is "
        "safe. Where it names none, the driver is written too, and the fix is unsafe: the "
        "engine's own settings (`daemon.json`) may send logs elsewhere."
    ),
    breaks=(
        "Older lines are gone for good: who reads them from the files of the host must collect "
        "them in time. A default driver of the engine no longer holds for this container."
    ),
    on=_makers(_logs, "Bound", _by_driver),
    examples=(
        Example(
            "services:\n  web:\n    image: nginx:1.28.0\n    logging:\n      driver: json-file\n",
            "services:\n  web:\n    image: nginx:1.28.0\n    logging:\n      driver: json-file\n"
            '      options:\n        max-size: 10m\n        max-file: "3"\n',
        ),
        Example(
            "docker run --name web --log-driver json-file nginx:1.28.0",
            "docker run --log-opt=max-size=10m --log-opt=max-file=3 --name web "
            "--log-driver json-file nginx:1.28.0",
        ),
    ),
    keeps=(
        "services:\n  web:\n    image: nginx:1.28.0\n",
        "x-logging: &logging\n  driver: json-file\n"
        "services:\n  web:\n    image: nginx:1.28.0\n    logging: *logging\n"
        "  api:\n    image: nginx:1.28.0\n    logging: *logging\n",
    ),
)

BOUND_RESOURCES = Fixer(
    id="bound-resources",
    title="Bounds on memory, CPU, processes and files",
    rules=(_RULE,),
    safety=Safety.UNSAFE,
    writes=(
        "Guard rails, in the form that the file has its limits in: `mem_limit`, `cpus` and "
        "`pids_limit`, or `deploy.resources.limits`, never both. Memory is four times what the "
        "image takes at least, no less than 512 MiB, and 2 GiB where nothing is known of it; "
        "never under twice what the service's own settings name (`-Xmx4g`) or what it reserves. "
        "`memswap_limit` is the same, which leaves no swap. One CPU, since an engine refuses more "
        "than its machine has; 1,024 processes and threads; 65,536 open files. A limit that the "
        "file sets stays."
    ),
    breaks=(
        "A program that takes more is killed (memory), slowed down (CPU) or refused (processes, "
        "files): under load, or long after the start. Measure it at its peak and write what fits; "
        "give a database more than one CPU. A Java program takes a quarter of the limit as its "
        "heap where nothing sets one. A rootless engine may refuse 65,536 files."
    ),
    on=_makers(limits, "Bound", _unsafe),
    examples=(
        Example(
            _GUARDED,
            _GUARDED + "    mem_limit: 512m\n    memswap_limit: 512m\n    cpus: 1.0\n"
            "    pids_limit: 1024\n    ulimits:\n      nofile: 65536\n",
        ),
        Example(
            "services:\n  app:\n    image: acme/app:1.2.3\n    deploy:\n      resources:\n"
            "        limits:\n          memory: 3G\n",
            "services:\n  app:\n    image: acme/app:1.2.3\n    deploy:\n      resources:\n"
            '        limits:\n          memory: 3G\n          cpus: "1.0"\n          pids: 1024\n'
            "    memswap_limit: 3g\n    ulimits:\n      nofile: 65536\n",
        ),
        Example(
            "docker run -d \\\n  --name cache \\\n  --memory 0 \\\n  memcached:1.6.39\n",
            "docker run -d \\\n  --memory-swap=512m \\\n  --cpus=1.0 \\\n  --pids-limit=1024 \\\n"
            "  --ulimit=nofile=65536:65536 \\\n  --name cache \\\n  --memory 512m \\\n"
            "  memcached:1.6.39\n",
        ),
    ),
    keeps=("services:\n  app:\n    image: acme/app:1.2.3\n",),
)

LEAST_RIGHTS = Fixer(
    id="least-rights",
    title="Read-only root, dropped capabilities, no new privileges",
    rules=(_RULE,),
    safety=Safety.UNSAFE,
    writes=(
        "`read_only: true` with a tmpfs for each directory that the image is known or was seen to "
        "write to, bounded, `noexec` and owned by its user; an anonymous volume where such a "
        "directory holds content. `cap_drop: [ALL]`, with `cap_add` of what the entrypoint is "
        "known to use: nothing where it starts as an ordinary user. `no-new-privileges:true`. "
        "Where nothing is known of an image, `/tmp` is the only tmpfs and the seven capabilities "
        "that entrypoints use are kept: the title says so, and `seawall fix --prove` settles it. "
        "The root stays writable where the image is known to need that, where the command installs "
        "or writes something first, where a secret is no file, and where `develop` copies files in."
    ),
    breaks=(
        "A program that writes elsewhere fails, sometimes only at the first upload or backup: the "
        "log says `Read-only file system`. What was written into the container without a volume "
        "is lost at each start. `docker cp` into it fails. `sudo`, `su` and other setuid programs "
        "no longer work, nor does what needs a capability that is gone (`ping`, in some images)."
    ),
    on=_makers(_rights, "Write", _unsafe),
    examples=(
        Example(
            "services:\n  web:\n    image: nginx:1.28.0\n    ports: ['80:80']\n",
            "services:\n  web:\n    image: nginx:1.28.0\n    ports: ['80:80']\n"
            "    read_only: true\n"
            "    tmpfs: ['/run:rw,noexec,nosuid,size=16m', "
            "'/var/cache/nginx:rw,noexec,nosuid,size=256m']\n"
            "    cap_drop: [ALL]\n    cap_add: [CHOWN, SETGID, SETUID]\n"
            "    security_opt: ['no-new-privileges:true']\n",
        ),
        Example(
            "services:\n  db:\n    image: postgres:17.5\n    volumes:\n"
            "      - data:/var/lib/postgresql/data\nvolumes:\n  data:\n",
            "services:\n  db:\n    image: postgres:17.5\n    volumes:\n"
            "      - data:/var/lib/postgresql/data\n    read_only: true\n    tmpfs:\n"
            "      - /run/postgresql:rw,noexec,nosuid,size=16m,mode=0775,uid=999,gid=999\n"
            "    cap_drop:\n      - ALL\n    cap_add:\n      - CHOWN\n      - DAC_OVERRIDE\n"
            "      - FOWNER\n      - SETGID\n      - SETUID\n    security_opt:\n"
            "      - no-new-privileges:true\nvolumes:\n  data:\n",
        ),
        Example(
            "docker run -d memcached:1.6.39",
            "docker run --read-only --cap-drop=ALL --security-opt=no-new-privileges -d "
            "memcached:1.6.39",
        ),
    ),
    keeps=("services:\n  app:\n    image: acme/app:1.2.3\n",),
)

FIXERS = (BOUND_LOGS, BOUND_RESOURCES, LEAST_RIGHTS)
