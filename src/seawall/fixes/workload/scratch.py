"""Scratch space that is bounded, runs nothing and is there; logs that are kept."""

from __future__ import annotations

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.compose.block import Value
from seawall.fixes.model import Context, Example, Fixer, RunLine, Service
from seawall.fixes.run_line.command import command_of
from seawall.fixes.workload.confinement import both
from seawall.fixes.workload.knowledge import Known, known_of
from seawall.fixes.workload.root import read_only_root
from seawall.fixes.workload.writers import option_of, put, rewritten, spot_of, workload_of

Subject = Service | RunLine
_LOOSE = frozenset({"exec", "suid", "dev"})
_SIZE = "64m"
_BYTES = 64 * 2**20
_LOGGING: dict[str, Value] = {
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
}


def _text(subject: Subject, hit: Hit) -> str:
    """The entry that a finding stands at, `/tmp:exec`; empty where it is written otherwise."""
    if isinstance(subject, RunLine):
        found = option_of(subject, hit)
        value = found[1].value if found is not None and found[1].flag.name == "tmpfs" else None
        return value.text if value is not None and value.is_known else ""
    workload = workload_of(subject, hit)
    spot = None if workload is None else spot_of(hit, workload)
    text = (spot.text or "") if spot is not None else ""
    return "" if "$" in text else text


def _parts(subject: Subject, hit: Hit) -> tuple[str, str]:
    """Its directory and its options."""
    target, _, rest = _text(subject, hit).partition(":")
    return target, rest


def _entry(target: str, options: list[str]) -> str:
    return f"{target}:{','.join(options)}" if options else target


def _tight(subject: Subject, hit: Hit, _: Context) -> Fix | None:
    target, rest = _parts(subject, hit)
    options = [each for each in rest.split(",") if each and each.lower() not in _LOOSE]
    edits = rewritten(subject, hit, _entry(target, options)) if target and rest else ()
    return Fix(Safety.UNSAFE, "Mount it without exec, suid and dev", edits) if edits else None


def _bounded(subject: Subject, hit: Hit, context: Context) -> Fix | None:
    workload = workload_of(subject, hit)
    if workload is None:
        return None
    target, rest = _parts(subject, hit)
    size = _size(known_of(workload, context), target)
    if target:
        edits = rewritten(subject, hit, _entry(target, [*filter(None, [rest]), f"size={size}"]))
    else:
        edits = _bounded_mapping(subject, hit)
    return Fix(Safety.UNSAFE, f"Bound it at {size}", edits) if edits else None


def _size(known: Known, target: str) -> str:
    directories = known.scratch[0]
    return next((each.size for each in directories if each.path == target), _SIZE)


def _bounded_mapping(subject: Subject, hit: Hit) -> tuple[Edit, ...]:
    """A mount in long form, whose size is in bytes."""
    workload = workload_of(subject, hit)
    if isinstance(subject, RunLine) or workload is None:
        return ()
    spot = spot_of(hit, workload)
    block = None if spot is None else spot.block()
    return () if block is None else block.put({"tmpfs": {"size": _BYTES}})


def _space(subject: Subject, hit: Hit, context: Context) -> Fix | None:
    """What the image needs; `/tmp` where nothing is known; nothing where none is needed."""
    workload = workload_of(subject, hit)
    known = None if workload is None else known_of(workload, context)
    root = None if known is None else read_only_root(known)
    if workload is None or known is None or root is None or not root.tmpfs:
        return None
    if isinstance(subject, RunLine):
        command = command_of(subject)
        edits = command.inserted(f"--tmpfs={each}" for each in root.tmpfs) if command else ()
    else:
        edits = put(subject, hit, workload, {"tmpfs": list(root.tmpfs)})
    doubt = "" if root.is_known else f"; {known.about}"
    return Fix(Safety.UNSAFE, f"Add scratch space{doubt}", edits) if edits else None


def _logged(subject: Subject, hit: Hit, _: Context) -> Fix | None:
    if isinstance(subject, RunLine):
        found = option_of(subject, hit)
        if found is None or found[0].line.program != "docker":
            return None
        options = found[0].inserted(["--log-opt=max-size=10m", "--log-opt=max-file=3"])
        driver = found[0].replaced(found[1], "json-file")
        edits = (*options, *driver) if options and driver else ()
    else:
        workload = workload_of(subject, hit)
        edits = () if workload is None else put(subject, hit, workload, _LOGGING)
    return Fix(Safety.UNSAFE, "Keep the last 30 MB of its logs", edits) if edits else None


def _service(*lines: str) -> str:
    return "services:\n  web:\n    image: acme/web:1.2.3\n" + "".join(
        f"    {line}\n" for line in lines
    )


FIXERS = (
    Fixer(
        id="tighten-tmpfs",
        title="Scratch space that runs nothing",
        rules=("loose-tmpfs",),
        safety=Safety.UNSAFE,
        writes="`exec`, `suid` and `dev` are taken out of the options: Docker mounts a tmpfs "
        "`noexec,nosuid,nodev` then.",
        breaks="Programs that unpack libraries or scripts there and run them (JNA of Java, some "
        "installers) fail with `Permission denied`.",
        on=both(_tight),
        examples=(
            Example(_service("tmpfs: ['/tmp:exec,size=1g']"), _service("tmpfs: ['/tmp:size=1g']")),
            Example(
                "docker run --tmpfs /tmp:suid acme/web:1.2.3",
                "docker run --tmpfs /tmp acme/web:1.2.3",
            ),
        ),
    ),
    Fixer(
        id="bound-tmpfs",
        title="Scratch space with a size",
        rules=("unbounded-tmpfs",),
        safety=Safety.UNSAFE,
        writes="`size=64m`, or what the image is known to take.",
        breaks="What grows beyond it fails with `No space left on device`: large uploads, sorts.",
        on=both(_bounded),
        examples=(
            Example(
                _service("tmpfs:", "  - /tmp", "  - /run:mode=0755"),
                _service("tmpfs:", "  - /tmp:size=64m", "  - /run:mode=0755,size=64m"),
            ),
            Example(
                _service("volumes:", "  - type: tmpfs", "    target: /tmp"),
                _service(
                    "volumes:",
                    "  - type: tmpfs",
                    "    target: /tmp",
                    "    tmpfs:",
                    "      size: 67108864",
                ),
            ),
            Example(
                "docker run --tmpfs /tmp acme/web:1.2.3",
                "docker run --tmpfs /tmp:size=64m acme/web:1.2.3",
            ),
        ),
    ),
    Fixer(
        id="add-scratch",
        title="Scratch space for a read-only container",
        rules=("no-scratch-space",),
        safety=Safety.UNSAFE,
        writes="A tmpfs for each directory that the image is known to write to; `/tmp` where "
        "nothing is known; nothing where the image is known to need none.",
        breaks="Files of the image in that directory are hidden. It is memory: what lies there "
        "counts against the container's limit, and is gone after a restart.",
        on=both(_space),
        examples=(
            Example(
                _service("read_only: true"),
                _service("read_only: true", "tmpfs:", "  - /tmp:rw,noexec,nosuid,size=64m"),
            ),
            Example(
                "docker run --read-only acme/web:1.2.3",
                "docker run --tmpfs=/tmp:rw,noexec,nosuid,size=64m --read-only acme/web:1.2.3",
            ),
        ),
        keeps=("services:\n  cache:\n    image: memcached:1.6.39\n    read_only: true\n",),
    ),
    Fixer(
        id="keep-logs",
        title="Logs that are kept",
        rules=("logging-disabled",),
        safety=Safety.UNSAFE,
        writes="The driver `json-file` with three files of ten megabytes in place of `none`.",
        breaks="The host's disk holds up to 30 MB of logs for the container, with what the "
        "program writes into them.",
        on=both(_logged),
        examples=(
            Example(
                _service("logging:", "  driver: none"),
                _service(
                    "logging:",
                    "  driver: json-file",
                    "  options:",
                    "    max-size: 10m",
                    '    max-file: "3"',
                ),
            ),
            Example(
                "docker run --log-driver none acme/web:1.2.3",
                "docker run --log-opt=max-size=10m --log-opt=max-file=3 "
                "--log-driver json-file acme/web:1.2.3",
            ),
        ),
    ),
)
