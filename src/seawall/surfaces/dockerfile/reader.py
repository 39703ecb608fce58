"""From a source to the facts of a Dockerfile: parse, validate, evaluate."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.core.source import Source
from seawall.surfaces.dockerfile.model import Dockerfile


def read(
    source: Source, build_args: Mapping[str, str] | None = None, target: str = ""
) -> Dockerfile:
    """Read a Dockerfile; never raises on its content (see `Dockerfile.errors`).

    `build_args` are `--build-arg` values; `target` is a stage name or number as `--target` takes.
    """
    # Loaded for a Dockerfile only: scanning an image knows the rules on them, and reads none.
    from seawall.surfaces.dockerfile.parser import parse  # noqa: PLC0415 -- see above
    from seawall.surfaces.dockerfile.stages import evaluate  # noqa: PLC0415 -- see above
    from seawall.surfaces.dockerfile.validation import validate  # noqa: PLC0415 -- see above

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
