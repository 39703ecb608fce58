"""From a source to the facts of a Dockerfile: parse, validate, evaluate."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.core.source import Source
from seawall.surfaces.dockerfile.model import Dockerfile
from seawall.surfaces.dockerfile.parser import parse
from seawall.surfaces.dockerfile.stages import evaluate
from seawall.surfaces.dockerfile.validation import validate


def read(
    source: Source, build_args: Mapping[str, str] | None = None, target: str = ""
) -> Dockerfile:
    """Read a Dockerfile; never raises on its content (see `Dockerfile.errors`).

    `build_args` are `--build-arg` values; `target` is a stage name or number as `--target` takes.
    """
    parsed = parse(source)
    evaluated = evaluate(parsed.instructions, parsed.directives, build_args or {}, target)
    errors = parsed.errors or validate(parsed.instructions) or evaluated.errors
    return Dockerfile(
        source=source,
        directives=parsed.directives,
        comments=parsed.comments,
        instructions=parsed.instructions,
        stages=evaluated.stages,
        target=evaluated.target,
        images=evaluated.images,
        warnings=parsed.warnings,
        errors=errors,
    )
