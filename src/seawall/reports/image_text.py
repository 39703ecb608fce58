"""Images for people at a terminal: what to do first, then the flaws, then everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from seawall.core.inventory import Advice, Comparison, ImageSummary
from seawall.core.model import Confidence, Finding, Problem, Severity, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.cells import wrap
from seawall.reports.citing import cited
from seawall.reports.columns import columns
from seawall.reports.comparing import compared, verdict_on
from seawall.reports.figures import clearing, facts_of, listed
from seawall.reports.flaw_rows import HEADS, FlawRow, flaw_rows, layer_of, of_image
from seawall.reports.notes import Notes
from seawall.reports.paint import Paint, style_of
from seawall.reports.summary import count, counted, severities, shown

_STEPS = 10
_ROWS = 20
_PLACES = 5
_REMEDIES = 2
_ALIKE = 3
"""Problems with one reason from which on they are told together."""
_NAMED = 4
_SHORT_DIGEST = 19
_SHELL = ("RUN ", "FROM ")
_INDENT = "  "
_WHOLE = frozenset({0, 1, 5, 6})
"""Columns of flaws that are never broken: the id is to be searched for and copied."""


class ImageText:
    """The parts of a report on images, for one terminal."""

    def __init__(self, report: Report, options: RenderOptions, room: int, paint: Paint) -> None:
        self._report = report
        self._is_whole = options.verbose > 0
        self._room = room
        self._paint = paint
        self._told: set[str] = set()

    def images(self) -> Iterator[list[str]]:
        """The blocks of each image, then those of findings on anything else."""
        findings = shown(self._report)
        for image in self._report.images:
            own = of_image(image, findings)
            yield self._head(image, own)
            yield self._steps(image.advice)
            yield self._flaws(flaw_rows(own))
            yield from self._others([each for each in own if each.flaw is None])
        if self._report.comparison is not None:
            yield self._compared(self._report.comparison)

    def problems(self) -> Iterator[list[str]]:
        """What could not be examined: by target, and what is alike together."""
        targets: dict[str, list[Problem]] = {}
        for problem in self._report.problems:
            targets.setdefault(problem.target, []).append(problem)
        for target, problems in targets.items():
            whole = " whole" if target in self._report.excerpts else ""
            head = wrap(f"could not be examined{whole}: {target}", self._room, "", _INDENT)
            lines = [self._paint(line, "problem") for line in head]
            for reason, hint in _alike(problems):
                lines += self._item("- ", reason)
                lines += self._item("  = try: ", hint) if hint else []
            yield lines

    def _compared(self, comparison: Comparison) -> list[str]:
        head = wrap(f"{comparison.before} → {comparison.after}", self._room, "== ", "   ")
        lines = [self._paint(line, "strong") for line in head]
        lines += self._item("", verdict_on(self._report))
        for part in compared(comparison):
            lines += self._item("", part.title)
            most = len(part.changes) if self._is_whole else _ROWS
            for change in part.changes[:most]:
                lead = f"  {change.sign} "
                word = f"{change.level} " if change.level else ""
                lines += self._item(lead, f"{word}{change.text}")
            if len(part.changes) > most:
                lines += self._item("    ", f"and {len(part.changes) - most} more; -v shows them")
        return lines

    def _item(self, lead: str, text: str) -> list[str]:
        rest = " " * (len(_INDENT) + len(lead))
        return wrap(text, self._room, _INDENT + lead, rest)

    def _title(self, text: str) -> list[str]:
        return [self._paint(line, "strong") for line in wrap(text, self._room, "", _INDENT)]

    def _head(self, image: ImageSummary, findings: Sequence[Finding]) -> list[str]:
        name = image.name
        if image.digest and image.digest not in name:
            name += f" ({image.digest[:_SHORT_DIGEST]})"
        lines = [self._paint(line, "strong") for line in wrap(name, self._room, "== ", "   ")]
        for text in filter(None, _facts(image)):
            lines += wrap(text, self._room, _INDENT, _INDENT * 2)
        found = severities(count(findings))
        number = f"{counted(len(findings), 'finding')}: {found}" if found else self._none(image)
        return lines + self._item("", number)

    def _none(self, image: ImageSummary) -> str:
        amiss = any(problem.target == image.name for problem in self._report.problems)
        return "no findings in what could be examined" if amiss else "no findings"

    def _steps(self, advice: Sequence[Advice]) -> list[str]:
        """What to do, the most pressing first; what can only be waited for has no number."""
        if not advice:
            return []
        steps = [each for each in advice if each.kind != "wait"]
        most = len(steps) if self._is_whole else _STEPS
        lines = self._title("What to do")
        wide = len(str(min(len(steps), most)))
        for number, each in enumerate(steps[:most], 1):
            lines += self._step(f"{number:>{wide}}. ", each)
        if len(steps) > most:
            lines += self._item("", f"… and {len(steps) - most} more steps; -v tells them all")
        for each in advice:
            if each.kind == "wait":
                lines += self._step(f"{'-':>{wide}}  ", each)
        return lines

    def _step(self, lead: str, advice: Advice) -> list[str]:
        lines = self._item(lead, advice.title)
        rest = " " * len(lead)
        clears = clearing(advice)
        if clears:
            lines += self._item(rest, clears)
        for line in advice.lines:
            lines += self._copied(line, _INDENT + rest + _INDENT)
        return lines

    def _copied(self, line: str, margin: str) -> list[str]:
        """A line to copy: a long instruction goes on behind backslashes, others stay whole."""
        if len(margin) + len(line) <= self._room or not line.startswith(_SHELL):
            return [margin + line]
        pieces = wrap(line, self._room - 2, margin, margin + _INDENT * 2)
        return [f"{piece} \\" for piece in pieces[:-1]] + pieces[-1:]

    def _flaws(self, rows: Sequence[FlawRow]) -> list[str]:
        if not rows:
            return []
        most = len(rows) if self._is_whole else _ROWS
        first = rows[:most]
        more = f"; the {most} most pressing, -v shows all" if len(rows) > most else ""
        lines = self._title(f"Flaws of packages: {len(rows)}{more}")
        told = columns(
            HEADS,
            [row.cells for row in first],
            self._room - len(_INDENT),
            self._paint,
            [row.level for row in first],
            whole=_WHOLE,
        )
        lines += [_INDENT + line for line in told]
        if any(row.probability == "KEV" for row in first):
            lines += self._item("", "KEV: attackers are known to use it (CISA's catalogue).")
        return lines

    def _others(self, findings: Sequence[Finding]) -> Iterator[list[str]]:
        """One block for each fault, with every place that it has."""
        groups: dict[tuple[Severity, Verdict, str], list[Finding]] = {}
        for finding in findings:
            key = (finding.severity, finding.verdict, finding.rule)
            groups.setdefault(key, []).append(finding)
        for group in sorted(groups.values(), key=_rank):
            yield self._block(group)

    def _block(self, group: Sequence[Finding]) -> list[str]:
        first = group[0]
        word = style_of(first)
        many = f" ({len(group)})" if len(group) > 1 else ""
        head = f"{word}[{first.rule}]: {first.title}{many}"
        start, *others = wrap(head, self._room, "", _INDENT * 2)
        rule, bracket, tail = start.partition("]")
        lines = [self._paint(rule + bracket, word) + self._paint(tail, "strong"), *others]
        most = len(group) if self._is_whole else _PLACES
        for finding in group[:most]:
            lines += self._item("- ", _place(finding))
        if len(group) > most:
            lines += self._item("- ", f"and {len(group) - most} more; -v shows them")
        return lines + self._notes(first, group)

    def _notes(self, first: Finding, group: Sequence[Finding]) -> list[str]:
        notes = Notes(self._room, 2, self._paint)
        lines: list[str] = []
        if len(group) == 1 or self._is_whole:
            links = dict.fromkeys(link.what for each in group for link in each.evidence)
            lines += notes.several("from", map(_on_one_line, links))
        if first.verdict is not Verdict.UNKNOWN and first.confidence is not Confidence.HIGH:
            lines += notes.note("note", f"{first.confidence.value} confidence")
        lines += notes.note("why", self._once(first.why))
        remedies = list(dict.fromkeys(each.remedy for each in group))
        most = len(remedies) if self._is_whole else _REMEDIES
        for remedy in remedies[:most]:
            lines += notes.note("settle" if first.verdict is Verdict.UNKNOWN else "fix", remedy)
        sources = self._once(cited(first.standards))
        explain = f"seawall explain {first.rule}"
        return lines + notes.note("see", f"{sources};\n{explain}" if sources else explain)

    def _once(self, text: str) -> str:
        """The text where it is new to the reader, who has it further up otherwise."""
        if text in self._told and not self._is_whole:
            return ""
        self._told.add(text)
        return text


def _facts(image: ImageSummary) -> Iterator[str]:
    pairs = {name: text for name, text in facts_of(image) if text}
    yield ", ".join(filter(None, (pairs.pop("platform", ""), pairs.pop("distribution", ""))))
    yield from (f"{name} {text}" for name, text in pairs.items())


def _alike(problems: Iterable[Problem]) -> Iterator[tuple[str, str]]:
    """Reasons with their hints; those that only differ in the file are told once, with the files.

    The part of a reason before its first colon is the file's name, where it has one.
    """
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.reason.partition(": ")[2], problem.hint), []).append(problem)
    for (reason, hint), group in groups.items():
        if len(group) < _ALIKE or not reason:
            yield from ((_on_one_line(each.reason), each.hint) for each in group)
            continue
        names = tuple(each.reason.partition(": ")[0] for each in group[:_NAMED])
        yield f"{reason} ({len(group)} times): {listed(names, len(group))}", hint


def _place(finding: Finding) -> str:
    """The fault at one place, behind the layer that brought it."""
    layer = layer_of(finding)
    where = {"": "", "base": "base image: "}.get(layer, f"layer {layer}: ")
    return f"{where}{_on_one_line(finding.message or finding.title)}"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _rank(group: Sequence[Finding]) -> tuple[int, bool]:
    return group[0].severity.rank, group[0].verdict is Verdict.UNKNOWN
