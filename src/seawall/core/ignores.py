"""Ignore comments, ours and other tools': what they silence, and which of them are no use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta

from msgspec import Struct, structs

from seawall.core.catalog import Catalog
from seawall.core.ignore_comments import OWN, Scope, Written, read_comment
from seawall.core.model import Finding, Notice, Suppression
from seawall.core.policy import IgnoreTerms

LineRange = tuple[int, int]
"""First and last line, from 1, both inclusive."""

_EVERYWHERE: LineRange = (1, 1 << 40)
_NOWHERE: LineRange = (0, 0)


class Layout(Struct, frozen=True):
    """What the comments of a file stand among, in order: its instructions and its stages."""

    instructions: Sequence[LineRange]
    stages: Sequence[LineRange]


class Ignore(Struct, frozen=True):
    """One ignore comment that holds: what it names, and the lines that it holds for.

    `rules` are the names as written, each with the ids of the rules that it means.
    """

    written: Written
    rules: tuple[tuple[str, tuple[str, ...]], ...]
    lines: LineRange

    def covers(self, line: int) -> bool:
        """Whether a finding at a line is meant."""
        return self.lines[0] <= line <= self.lines[1]


class Ignores(Struct, frozen=True):
    """A file's ignore comments that hold, and what is to be said of those that do not."""

    holding: tuple[Ignore, ...] = ()
    notices: tuple[Notice, ...] = ()


def read_ignores(
    target: str,
    comments: Iterable[tuple[str, int]],
    layout: Layout,
    catalog: Catalog,
    terms: IgnoreTerms,
    today: date,
) -> Ignores:
    """Read the ignore comments of a file.

    `comments` are each one's text from `#` on and its line; a `# check=` directive counts as one.
    A comment above an instruction, or within a continued one, holds for that instruction. One
    that is expired, or lacks what the policy demands, does not hold, and a notice says so.
    """
    reader = _Reader(target, layout, catalog, terms, today)
    for text, line in comments:
        for written in read_comment(text, line):
            reader.add(written)
    return Ignores(tuple(reader.holding), tuple(reader.notices))


class _Reader:
    """Sorts a file's ignore comments into those that hold and notices on the others."""

    def __init__(
        self, target: str, layout: Layout, catalog: Catalog, terms: IgnoreTerms, today: date
    ) -> None:
        self.holding: list[Ignore] = []
        self.notices: list[Notice] = []
        self._target = target
        self._layout = layout
        self._catalog = catalog
        self._terms = terms
        self._today = today
        self._tools = {OWN, *(tool.value for tool in terms.compat)}

    def add(self, written: Written) -> None:
        """Take one comment."""
        if written.tool not in self._tools:
            return
        if problem := written.problem:
            self._notice(written, problem)
            return
        rules = tuple(self._resolved(written))
        if not rules:
            return
        if problem := self._why_not(written):
            self._notice(written, problem)
            return
        self.holding.append(Ignore(written, rules, lines_of(written, self._layout)))

    def _resolved(self, written: Written) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The names that mean rules of ours; of our own syntax an unknown one is said."""
        for name in written.names:
            own = written.tool == OWN
            ids = self._catalog.named(name) if own else self._catalog.of_tool(written.tool, name)
            if ids:
                yield name, ids
            elif own:
                suggestion = self._catalog.suggestion(name)
                self._notice(written, f"there is no rule `{name}` to ignore. {suggestion}".rstrip())

    def _why_not(self, written: Written) -> str:
        """Why a comment does not hold; empty where it does."""
        if written.until is not None and written.until < self._today:
            return f"this ignore expired on {written.until}: it no longer holds"
        if self._terms.require_reason and not written.reason:
            return f"this ignore gives no reason, and the policy requires one: {_HOW}"
        longest = self._terms.max_days
        if longest is None:
            return ""
        if written.until is None:
            return f"this ignore has no end, and the policy allows {longest} days: {_HOW}"
        if written.until > self._today + timedelta(days=longest):
            return f"this ignore lasts longer than the {longest} days that the policy allows"
        return ""

    def _notice(self, written: Written, message: str) -> None:
        self.notices.append(Notice(self._target, message, written.line))


_HOW = "write `# seawall: ignore[rule] until=YYYY-MM-DD -- reason`"


def lines_of(written: Written, layout: Layout) -> LineRange:
    """The lines that a comment holds for; none where no instruction follows it."""
    if written.scope is Scope.FILE:
        return _EVERYWHERE
    instruction = next((each for each in layout.instructions if written.line <= each[1]), None)
    if written.scope is Scope.INSTRUCTION:
        return (min(written.line, instruction[0]), instruction[1]) if instruction else _NOWHERE
    # A comment above a FROM speaks of the stage that it opens, not of the one before.
    line = instruction[0] if instruction else written.line
    stage = next((each for each in reversed(layout.stages) if each[0] <= line), None)
    return stage or _NOWHERE


def suppress(
    target: str,
    findings: Iterable[Finding],
    ignores: Ignores,
    judged: Collection[str],
    strict: bool = False,
) -> tuple[tuple[Finding, ...], tuple[Notice, ...]]:
    """Mark the findings of a file that its comments silence, and say which comments did nothing.

    `judged` are the ids of the rules whose findings are given: an ignore of another rule may
    well be of use in another run. Another tool's unused comment is said only under `strict`.
    """
    if not ignores.holding:
        return tuple(findings), ignores.notices
    used: set[tuple[int, str]] = set()
    marked = tuple(_marked(finding, ignores.holding, used) for finding in findings)
    return marked, (*ignores.notices, *_unused(target, ignores.holding, used, judged, strict))


def _marked(finding: Finding, ignores: Sequence[Ignore], used: set[tuple[int, str]]) -> Finding:
    suppression = finding.suppressed
    for number, ignore in enumerate(ignores):
        if not ignore.covers(finding.location.span.line):
            continue
        for name, ids in ignore.rules:
            if finding.rule in ids:
                used.add((number, name))
                suppression = suppression or _suppression(ignore.written)
    if suppression is finding.suppressed:
        return finding
    return structs.replace(finding, suppressed=suppression)


def _suppression(written: Written) -> Suppression:
    until = written.until.isoformat() if written.until else ""
    return Suppression("inline", written.reason, until, written.line)


def _unused(
    target: str,
    ignores: Sequence[Ignore],
    used: set[tuple[int, str]],
    judged: Collection[str],
    strict: bool,
) -> Iterator[Notice]:
    for number, ignore in enumerate(ignores):
        if ignore.written.tool != OWN and not strict:
            continue
        for name, ids in ignore.rules:
            if (number, name) not in used and all(rule in judged for rule in ids):
                message = f"this ignore of `{name}` matches no finding: take it out"
                yield Notice(target, message, ignore.written.line)
