"""Which lines the ignore comments of a file hold for, in each kind of file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from seawall.core.ignore_comments import TELLING
from seawall.core.ignores import Ignores, Layout, read_ignores
from seawall.core.source import Source
from seawall.core.telling import holds_any
from seawall.jobs.governance import Ruling, catalog
from seawall.surfaces.dockerfile import Dockerfile

_MARKS = ("seawall:", "trivy:", "checkov:")
_YAML_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")


def dockerfile_ignores(facts: Dockerfile, ruling: Ruling) -> Ignores:
    """Those of a Dockerfile: each holds for the instruction that it is in or stands above."""
    if not ruling.heeds_ignores or not holds_any(facts.source.text, TELLING):
        return Ignores()
    comments = _dockerfile_comments(facts)
    lines = [(each.line, each.end_line) for each in facts.instructions]
    stages = [
        (stage.source.line, (stage.instructions or (stage.source,))[-1].end_line)
        for stage in facts.stages
    ]
    return _read(facts.source.path, ruling)(comments, Layout(lines, stages))


def _dockerfile_comments(facts: Dockerfile) -> list[tuple[str, int]]:
    """The comments and the `# check=` directive, each with its line."""
    comments = [(comment.text, comment.line) for comment in facts.comments]
    for directive in facts.directives:
        if directive.name == "check":
            line = facts.source.line_of(directive.start)
            comments.append((f"# check={directive.value}", line))
    return comments


def yaml_ignores(source: Source, ruling: Ruling) -> Ignores:
    """Those of a YAML file: each holds for the block of its own line, or of the line below it."""
    if not ruling.heeds_ignores or not any(mark in source.text for mark in _MARKS):
        return Ignores()
    read = _read(source.path, ruling)
    lines = source.text.splitlines()
    found = [read([comment], Layout([block], [])) for comment, block in _yaml_comments(lines)]
    return Ignores(
        tuple(ignore for each in found for ignore in each.holding),
        tuple(notice for each in found for notice in each.notices),
    )


def _yaml_comments(lines: Sequence[str]) -> Iterator[tuple[tuple[str, int], tuple[int, int]]]:
    """Each comment with its line, and the lines of the block that it is about."""
    for index, line in enumerate(lines):
        match = _YAML_COMMENT.search(line) if "#" in line else None
        if match is not None:
            is_alone = not line[: match.start()].strip()
            start = _next_content(lines, index + 1) if is_alone else index
            yield (match.group(), index + 1), (start + 1, _block_end(lines, start) + 1)


def _next_content(lines: Sequence[str], index: int) -> int:
    while index < len(lines) - 1 and lines[index].lstrip()[:1] in {"", "#"}:
        index += 1
    return min(index, len(lines) - 1)


def _block_end(lines: Sequence[str], start: int) -> int:
    """The last line that is indented deeper than the one at `start`."""
    indent = _indent(lines[start])
    end = start
    for index in range(start + 1, len(lines)):
        if lines[index].strip() and _indent(lines[index]) <= indent:
            break
        end = index if lines[index].strip() else end
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _read(name: str, ruling: Ruling) -> Callable[[list[tuple[str, int]], Layout], Ignores]:
    def read(comments: list[tuple[str, int]], layout: Layout) -> Ignores:
        terms, today = ruling.policy.ignores, ruling.settings.today
        return read_ignores(name, comments, layout, catalog(), terms, today)

    return read
