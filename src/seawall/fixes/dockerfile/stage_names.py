"""Stages whose name or base is not what it seems."""

from __future__ import annotations

import re

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.model import Context, Example, Fixer
from seawall.surfaces.dockerfile import Dockerfile, ImageUse, Instruction, Word


def _named(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    """Another name for the second stage, and for what means it after it."""
    source = hit.at
    if not isinstance(source, Instruction) or len(source.arguments) < 3:
        return None
    word = source.arguments[2]
    taken = {stage.name for stage in dockerfile.stages}
    free = (f"{word.text}-{number}" for number in range(2, len(taken) + 4))
    name = next(each for each in free if each.lower() not in taken)
    start = dockerfile.source.line_starts[source.line - 1]
    line = dockerfile.source.text[start : word.start] + name
    title = f"Call the second stage `{name}`"
    edits = (Edit(word.start, word.end, name),)
    is_meant = _is_meant_later(dockerfile, word, source)
    note = f"# and where `{word.text}` means this stage: FROM, COPY --from, --mount=from, --target"
    return Fix(
        Safety.GUIDED,
        title,
        () if is_meant else edits,
        proposal=f"{line.strip()}\n{note}",
    )


def _is_meant_later(dockerfile: Dockerfile, word: Word, source: Instruction) -> bool:
    """Whether the name, or one that a variable may hold, is used after the stage."""
    later = dockerfile.source.text[source.end :]
    return (
        re.search(rf"(?i)(?:from[= ]\s*){re.escape(word.text)}\b|from[= ]\s*\S*\$", later)
        is not None
    )


OWN_NAME = Fixer(
    id="own-stage-name",
    title="Give a stage a name of its own",
    rules=("duplicate-stage",),
    safety=Safety.GUIDED,
    writes=(
        "A proposal: the second stage under another name. It is edited where nothing after it "
        "uses the name; else which stage is meant is yours to say."
    ),
    breaks="`docker build --target` with the old name builds the first stage instead.",
    on={Dockerfile: _named},
    examples=(
        Example(
            "FROM debian:12.5 AS a\nFROM debian:12.5 AS A\n",
            "FROM debian:12.5 AS a\nFROM debian:12.5 AS A-2\n",
        ),
    ),
    keeps=("FROM debian:12.5 AS a\nFROM debian:12.5 AS a\nFROM a\n",),
)


def _default(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    use = hit.at
    if not isinstance(use, ImageUse) or not use.value.missing:
        return None
    written = use.value.written.strip("\"'")
    is_whole = any(written in {f"${name}", "${" + name + "}"} for name in use.value.missing)
    value = "<image>:<version>" if is_whole else "<version>"
    lines = [f"ARG {name}={value}" for name in use.value.missing]
    proposal = "\n".join(("# before the first FROM", *lines))
    names = ", ".join(f"`{name}`" for name in use.value.missing)
    return Fix(Safety.GUIDED, f"Give {names} a default", proposal=proposal)


BASE_DEFAULT = Fixer(
    id="base-default",
    title="Say what a stage is built on",
    rules=("unset-base-argument",),
    safety=Safety.GUIDED,
    writes="A proposal: the ARG with a default, which names an image with its version.",
    breaks=(
        "Nothing is edited. A build that forgets `--build-arg` no longer fails, but takes the "
        "default."
    ),
    on={Dockerfile: _default},
    examples=(),
    keeps=("ARG BASE\nFROM ${BASE}\n", "ARG TAG\nFROM debian:$TAG\n"),
)

FIXERS = (OWN_NAME, BASE_DEFAULT)
