"""Looks for a pattern in what an instruction says, wherever in it that stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.telling import holds_any
from seawall.surfaces.dockerfile import Dockerfile, Instruction

_WRITERS = frozenset({"RUN", "COPY", "ADD", "ONBUILD"})


def matches_in(
    dockerfile: Dockerfile,
    pattern: Expression,
    words: tuple[str, ...],
    keywords: frozenset[str] = _WRITERS,
) -> Iterator[tuple[Instruction, re.Match[str]]]:
    """Each match within an instruction of these keywords (heredocs too), not in a comment.

    `words`, in lower case, are such that every match holds one of them: a file with none of them
    is passed over without the pattern's cost.
    """
    if not holds_any(dockerfile.source.lowered, words):
        return
    starts: list[int] = []
    for match in pattern.finditer(dockerfile.source.text):
        starts = starts or [instruction.start for instruction in dockerfile.instructions]
        index = bisect_right(starts, match.start()) - 1
        if index < 0:
            continue
        instruction = dockerfile.instructions[index]
        is_inside = match.end() <= instruction.end and instruction.keyword in keywords
        if is_inside and not _is_comment(dockerfile, match.start()):
            yield instruction, match


def _is_comment(dockerfile: Dockerfile, offset: int) -> bool:
    return any(comment.start <= offset < comment.end for comment in dockerfile.comments)
