"""A plan for people: the diff with what each piece of it mends, and what is left to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from seawall.core.clean import clean, clean_line
from seawall.core.model import Finding, Fix, Safety
from seawall.jobs.fixing import ChangedFile, Open, Plan
from seawall.reports import RenderOptions
from seawall.reports.cells import wrap
from seawall.reports.fixes.hunks import Hunk, hunks
from seawall.reports.fixes.striking import Striking
from seawall.reports.paint import Paint

_SIGNS = {"+": "added", "-": "removed", " ": ""}
_MOST = 40
"""Lines of one proposal that are shown."""


def render(
    plan: Plan,
    options: RenderOptions,
    written: Sequence[str] | None = None,
    proof: Sequence[str] = (),
) -> str:
    """The plan; `written` are the names of the files that it was written to, None for none yet.

    `proof` is what is to be said of the proof, line by line.
    """
    writer = _Writer(plan, options)
    parts = [*writer.files()] if options.verbose >= 0 else [[*writer.names()]]
    if options.verbose >= 0:
        parts += (writer.left_out(), writer.withheld(), writer.proposals())
    parts.append([clean_line(line) for line in proof])
    parts.append([*writer.closing(written)])
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


class _Writer:
    """One rendering."""

    def __init__(self, plan: Plan, options: RenderOptions) -> None:
        self._plan = plan
        self._options = options
        self._width = options.width
        self._paint = Paint(options.color)
        self._striking = Striking(plan.excerpts)

    def files(self) -> Iterator[list[str]]:
        """Each file's diff."""
        for file in self._plan.changed:
            if file.is_private:
                yield [*self._private(file)]
            elif file.is_text:
                yield [*self._said(n for n, _ in enumerate(self._plan.fixes))]
            else:
                yield [*self._diff(file)]
        modes = [c for c in self._plan.files if c.deed == "chmod"]
        yield [f"{clean_line(c.path)}: mode {c.mode:04o}" for c in modes]

    def names(self) -> Iterator[str]:
        """A line for each file, with the rules that are mended in it."""
        for file in self._plan.changed:
            numbers = dict.fromkeys(n for change in file.changes for n in change.fixes)
            rules = dict.fromkeys(self._plan.fixes[n].finding.rule for n in numbers)
            yield f"{clean_line(file.name)}: {', '.join(rules)}"

    def _diff(self, file: ChangedFile) -> Iterator[str]:
        name = clean_line(file.name)
        yield self._paint(f"--- {'/dev/null' if file.is_new else name}", "strong")
        yield self._paint(f"+++ {name}", "strong")
        for hunk in hunks(file):
            yield from self._said(hunk.fixes)
            yield self._paint(hunk.head, "gutter")
            yield from self._lines(hunk, file)

    def _said(self, numbers: Iterable[int]) -> Iterator[str]:
        for number in numbers:
            made = self._plan.fixes[number]
            yield from self._titled(made.finding, made.fix, "")

    def _titled(self, finding: Finding, fix: Fix, place: str, end: str = "") -> Iterator[str]:
        safety = "" if fix.safety is Safety.SAFE else f", {fix.safety.value}"
        text = self._struck(finding, f"{place}[{finding.rule}{safety}] {fix.title}{end}")
        first, *others = wrap(text, self._width, "", "    ")
        head, bracket, tail = first.partition("]")
        style = "good" if fix.safety is Safety.SAFE else "medium"
        yield self._paint(head + bracket, style) + tail
        yield from others

    def _struck(self, finding: Finding, text: str) -> str:
        return clean_line(self._striking.strike(finding.location.path, text))

    def _lines(self, hunk: Hunk, file: ChangedFile) -> Iterator[str]:
        for line in hunk.lines:
            text = self._striking.line(file, line).removesuffix("\n").removesuffix("\r")
            yield self._paint(f"{line.sign}{clean(text)}", _SIGNS[line.sign])
            if not line.text.endswith("\n"):
                yield "\\ No newline at end of file"

    def _private(self, file: ChangedFile) -> Iterator[str]:
        numbers = dict.fromkeys(n for change in file.changes for n in change.fixes)
        yield from self._said(numbers)
        what = "a new file" if file.is_new else "lines of a file"
        yield f"{what} for its owner's eyes only, not shown: {clean_line(file.name)}"

    def left_out(self) -> list[str]:
        """What was tried and does not hold."""
        rows = [
            line
            for each in self._plan.left_out
            for line in self._titled(
                each.finding, each.fix, _place(each.finding), f" (left out: {each.why})"
            )
        ]
        return [self._paint("Left out:", "strong"), *rows] if rows else []

    def withheld(self) -> list[str]:
        """The unsafe fixes that were not asked for, where more is asked for."""
        if self._options.verbose < 1:
            return []
        rows = [
            line
            for each in self._plan.withheld
            for line in self._titled(each.finding, each.fix, _place(each.finding))
        ]
        return [self._paint("With --unsafe:", "strong"), *rows] if rows else []

    def proposals(self) -> list[str]:
        """What is left to a person, with what to write."""
        rows = [line for each in self._plan.proposals for line in self._proposal(each)]
        return [self._paint("Left to you:", "strong"), *rows] if rows else []

    def _proposal(self, each: Open) -> Iterator[str]:
        yield from self._titled(each.finding, each.fix, _place(each.finding))
        struck = self._striking.strike(each.finding.location.path, each.fix.proposal)
        lines = clean(struck).splitlines()
        yield from (f"    {line}".rstrip() for line in lines[:_MOST])
        if len(lines) > _MOST:
            yield f"    … {len(lines) - _MOST} more lines: -o json has them"

    def closing(self, written: Sequence[str] | None) -> Iterator[str]:
        """What it comes to, in a sentence."""
        for line in wrap(summary(self._plan, written), self._width):
            yield self._paint(line, "strong")


def _place(finding: Finding) -> str:
    return f"{clean_line(finding.location.path)}:{finding.location.span.line} "


def summary(plan: Plan, written: Sequence[str] | None = None) -> str:
    """The closing line: what would change (or has), and what was left out."""
    parts = [_fixes(plan, safety) for safety in Safety if plan.count(safety)]
    if plan.withheld:
        verb = "one" if len(plan.withheld) == 1 else "ones"
        parts.append(f"{len(plan.withheld)} unsafe {verb} left out (--unsafe)")
    if plan.left_out:
        parts.append(f"{len(plan.left_out)} dropped, as they do not hold")
    if plan.proposals:
        noun = "proposal" if len(plan.proposals) == 1 else "proposals"
        parts.append(f"{len(plan.proposals)} {noun}{_takeable(plan.proposals)}")
    return f"{_changed(plan, written)}{': ' if parts else ''}{', '.join(parts)}"


def _takeable(proposals: Sequence[Open]) -> str:
    return " (--take RULE)" if any(each.fix.edits or each.fix.files for each in proposals) else ""


def _fixes(plan: Plan, safety: Safety) -> str:
    number = plan.count(safety)
    word = "taken" if safety is Safety.GUIDED else safety.value
    return f"{number} {word} {'fix' if number == 1 else 'fixes'}"


def _changed(plan: Plan, written: Sequence[str] | None) -> str:
    is_file = not any(file.is_text for file in plan.changed)
    number = len(plan.paths) if written is None else len(written)
    noun = ("file" if is_file else "text") + ("" if number == 1 else "s")
    return f"{number or 'no'} {noun} {'would change' if written is None else 'changed'}"
