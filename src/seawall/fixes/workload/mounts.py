"""Mounts of the host's files: read-only, and kept apart from the host's own."""

from __future__ import annotations

import re
from collections.abc import Callable

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.model import Context, Example, Fixer, Make, RunLine, Service
from seawall.fixes.workload.confinement import both
from seawall.fixes.workload.writers import option_of, rewritten, spot_of, workload_of

Subject = Service | RunLine
Edits = tuple[Edit, ...]
_SHARED = frozenset({"shared", "rshared", "slave", "rslave"})
_EXPANSION = re.compile(r"\$\{[^}]*\}|\$\w+")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def _options(text: str, change: Callable[[list[str]], list[str]]) -> str:
    """`source:target[:options]` with other options; empty where it can't be told apart."""
    hidden = _EXPANSION.sub(lambda found: "\0" * len(found[0]), text)
    parts = hidden.split(":")
    if _DRIVE.match(text) or len(parts) not in {2, 3} or not all(parts):
        return ""
    size = len(parts[0]) + 1 + len(parts[1])
    options = change([each for each in text[size + 1 :].split(",") if each])
    return text[:size] + (":" + ",".join(options) if options else "")


def _read_only(options: list[str]) -> list[str]:
    return [*(each for each in options if each.lower() not in {"rw", "ro"}), "ro"]


def _apart(options: list[str]) -> list[str]:
    return [each for each in options if each.lower() not in _SHARED]


def _changed(
    subject: Subject, hit: Hit, change: Callable[[list[str]], list[str]], *further: str
) -> Edits:
    """The mount that a finding stands at with other options; `further` for one as `--mount`."""
    if isinstance(subject, RunLine):
        found = option_of(subject, hit)
        value = found[1].value if found is not None else None
        if found is None or value is None or not value.is_known:
            return ()
        if found[1].flag.name == "mount":
            return rewritten(subject, hit, ",".join((value.text, *further))) if further else ()
        text = value.text
    else:
        workload = workload_of(subject, hit)
        spot = None if workload is None else spot_of(hit, workload)
        text = (spot.text or "") if spot is not None else ""
    new = _options(text, change) if text else ""
    return rewritten(subject, hit, new) if new and new != text else ()


def _of_mapping(subject: Subject, hit: Hit) -> Edits:
    """`read_only: true` for a mount in long form."""
    workload = None if isinstance(subject, RunLine) else workload_of(subject, hit)
    spot = None if workload is None else spot_of(hit, workload)
    block = None if spot is None else spot.block()
    return () if block is None else block.put({"read_only": True})


def _closing(safety: Safety) -> dict[type, Make]:
    def make(subject: Subject, hit: Hit, _: Context) -> Fix | None:
        edits = _changed(subject, hit, _read_only, "readonly") or _of_mapping(subject, hit)
        if not edits:
            return None
        proposal = hit.remedy if safety is Safety.GUIDED else ""
        return Fix(safety, "Mount it read-only", edits, proposal=proposal)

    return both(make)


def _unshared(subject: Subject, hit: Hit, _: Context) -> Fix | None:
    edits = _changed(subject, hit, _apart)
    if not edits and not isinstance(subject, RunLine):
        workload = workload_of(subject, hit)
        spot = None if workload is None else spot_of(hit, workload)
        block = None if spot is None else spot.block()
        inner = None if block is None else block.block("bind")
        edits = () if inner is None else inner.remove("propagation")
    return Fix(Safety.UNSAFE, "Keep its mounts apart from the host's", edits) if edits else None


def _volume(text: str) -> str:
    return f"services:\n  web:\n    image: acme/web:1.2.3\n    volumes:\n      - {text}\n"


FIXERS = (
    Fixer(
        id="close-settings",
        title="Settings that can only be read",
        rules=("writable-settings",),
        safety=Safety.UNSAFE,
        writes="`:ro`, or `read_only: true` in the long form, on the mount of a settings file.",
        breaks="Programs that write their settings back fail, and so do entrypoints that fill in a "
        "mounted template: `Read-only file system`.",
        on=_closing(Safety.UNSAFE),
        examples=(
            Example(_volume("./a.conf:/etc/a.conf"), _volume("./a.conf:/etc/a.conf:ro")),
            Example(_volume("./a.conf:/etc/a.conf:rw,z"), _volume("./a.conf:/etc/a.conf:z,ro")),
            Example(
                _volume("{type: bind, source: ./a.conf, target: /etc/a.conf}"),
                _volume("{type: bind, source: ./a.conf, target: /etc/a.conf, read_only: true}"),
            ),
            Example(
                "docker run -v /srv/a.conf:/etc/a.conf acme/web:1.2.3",
                "docker run -v /srv/a.conf:/etc/a.conf:ro acme/web:1.2.3",
            ),
            Example(
                "docker run --mount type=bind,src=/srv/a.conf,dst=/etc/a.conf acme/web:1.2.3",
                "docker run --mount type=bind,src=/srv/a.conf,dst=/etc/a.conf,readonly "
                "acme/web:1.2.3",
            ),
        ),
    ),
    Fixer(
        id="close-host-path",
        title="A system path of the host that can only be read",
        rules=("host-path-writable",),
        safety=Safety.GUIDED,
        writes="`:ro` on the mount. It is the least: who knows the program mounts only what it "
        "reads, and keeps its data in a volume.",
        breaks="Whatever the program wrote to the host there.",
        on=_closing(Safety.GUIDED),
        examples=(
            Example(_volume("/lib/modules:/lib/modules"), _volume("/lib/modules:/lib/modules:ro")),
        ),
    ),
    Fixer(
        id="part-mounts",
        title="Mounts that stay in the container",
        rules=("shared-propagation",),
        safety=Safety.UNSAFE,
        writes="The propagation is taken out: `rprivate`, Docker's own, holds then.",
        breaks="What is mounted on the host later no longer appears in the container, nor what it "
        "mounts on the host: backup programs and storage drivers may rely on it.",
        on=both(_unshared),
        examples=(
            Example(_volume("/data:/data:rshared"), _volume("/data:/data")),
            Example(_volume("/data:/data:ro,rslave"), _volume("/data:/data:ro")),
            Example(
                "docker run -v /mnt:/mnt:rslave acme/web:1.2.3",
                "docker run -v /mnt:/mnt acme/web:1.2.3",
            ),
        ),
    ),
)
