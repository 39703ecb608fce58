"""For people at a terminal: each fault in its source, why it matters, and what to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seawall.core.model import Confidence, Finding, Notice, Problem, Safety, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.cells import wrap
from seawall.reports.citing import cited
from seawall.reports.concise import line_of
from seawall.reports.frame import Frame
from seawall.reports.inert import inert
from seawall.reports.masking import Sources
from seawall.reports.notes import Notes
from seawall.reports.paint import Paint, style_of
from seawall.reports.summary import (
    closing,
    count,
    fixable,
    images_of,
    is_mended,
    said,
    severities,
    shown,
)
from seawall.reports.verdicts import closing as ended
from seawall.reports.verdicts import digest, table

if TYPE_CHECKING:
    from seawall.reports.image_text import ImageText

_NARROWEST = 40
_FRAMES = 4
"""Lines that one rule marks in one file and that are shown; the others are named."""


def render(report: Report, options: RenderOptions) -> str:
    """Findings by file, worst first, then problems, notices and the closing summary."""
    writer = _Writer(report, options)
    parts = [*writer.results(), *writer.problems(), *writer.notices()]
    if not options.is_checklist:
        parts += writer.checklist()
    parts.append(writer.closing())
    return inert("\n\n".join("\n".join(part) for part in parts if part) + "\n")


class _Writer:
    """One rendering: remembers which reasons it has given, so that each is given once."""

    def __init__(self, report: Report, options: RenderOptions) -> None:
        self._report = report
        self._options = options
        self._width = max(options.width, _NARROWEST)
        self._paint = Paint(options.color)
        self._sources = Sources(report.excerpts)
        self._told: set[str] = set()
        self._images = images_of(report)

    def results(self) -> Iterator[list[str]]:
        """The findings, or the checklist where that was asked for."""
        if not self._options.is_checklist:
            yield from self._of_images() if self._shows_images() else self.findings()
        elif self._options.verbose < 0:
            yield digest(self._report.checklist, self._width, self._paint)
        else:
            yield from table(self._report.checklist, self._width, self._paint)

    def checklist(self) -> Iterator[list[str]]:
        """The checklist at the foot of findings; nothing where nothing was examined."""
        rows = self._report.checklist if self._report.targets else ()
        if self._options.verbose > 0:
            yield from table(rows, self._width, self._paint)
        elif self._options.verbose == 0:
            yield digest(rows, self._width, self._paint)

    def _shows_images(self) -> bool:
        return bool(self._report.images) and self._options.verbose >= 0

    def _of_images(self) -> Iterator[list[str]]:
        yield from self._image_text().images()
        if self._options.verbose > 0:
            yield [*self._suppressed()]

    def _image_text(self) -> ImageText:
        from seawall.reports.image_text import ImageText  # noqa: PLC0415 -- only where there are

        return ImageText(self._report, self._options, self._width, self._paint)

    def findings(self) -> Iterator[list[str]]:
        if self._options.verbose < 0:
            yield [self._line(finding) for finding in shown(self._report)]
            return
        files = _by_file(shown(self._report))
        for path, findings in files.items():
            if len(files) > 1:
                yield self._file(path, findings)
            for group in _groups(findings):
                yield self._block(group)
        if self._options.verbose > 0:
            yield [*self._suppressed()]

    def problems(self) -> Iterator[list[str]]:
        if self._shows_images():
            yield from self._image_text().problems()
            return
        for problem in self._report.problems:
            yield self._problem(problem)

    def notices(self) -> Iterator[list[str]]:
        yield [line for notice in self._report.notices for line in self._notice(notice)]

    def closing(self) -> list[str]:
        if self._options.is_checklist:
            first, *others = ended(self._report.checklist)
        else:
            first, *others = closing(self._report, self._options.fail_on)
            others += fixable(self._report, self._options.fix_command)
        lines = [self._paint(line, "strong") for line in wrap(first, self._width)]
        return lines + [line for other in others for line in wrap(other, self._width)]

    def _file(self, path: str, findings: list[Finding]) -> list[str]:
        text = f"{path}: {severities(count(findings))}"
        return [self._paint(line, "strong") for line in wrap(text, self._width, "== ", "   ")]

    def _block(self, group: list[Finding]) -> list[str]:
        marks = _marks(group, self._width // 2)
        framed = marks if self._options.verbose > 0 else marks[:_FRAMES]
        places = [place for mark in framed for place in mark]
        gutter = len(str(max(place.location.span.end_line for place in places)))
        frame = Frame(self._width, gutter, style_of(group[0]), self._paint)
        lines = self._header(group[0])
        for mark in framed:
            lines += self._place(mark, frame)
        notes = Notes(self._width, gutter, self._paint)
        return lines + self._notes(places, group[len(places) :], notes)

    def _header(self, finding: Finding) -> list[str]:
        word = style_of(finding)
        first, *others = wrap(f"{word}[{finding.rule}]: {finding.title}", self._width, "", "    ")
        head, bracket, tail = first.partition("]")
        painted = self._paint(head + bracket, word) + self._paint(tail, "strong")
        return [painted, *(self._paint(line, "strong") for line in others)]

    def _place(self, mark: list[Finding], frame: Frame) -> list[str]:
        first = mark[0]
        spans = [place.location.span for place in mark]
        columns = ", ".join(str(span.column) for span in spans)
        where = f"{first.location.path}:{spans[0].line}:{columns}"
        arrow = self._paint(" " * frame.gutter + "-->", "gutter") + " "
        margin = " " * (frame.gutter + 4)
        head, *others = wrap(where, self._width - len(margin))
        lines = [arrow + head, *(margin + line for line in others)]
        source = self._sources.of(first.target, spans[0])
        if source is not None:
            lines += frame.draw(source, spans, first.label or first.message)
        elif first.label:
            lines += wrap(first.label, self._width, f"{frame.margin()} ", f"{frame.margin()} ")
        return lines

    def _notes(self, framed: list[Finding], others: list[Finding], notes: Notes) -> list[str]:
        first = framed[0]
        lines = _more(others, notes)
        lines += notes.several("what", dict.fromkeys(_messages(framed, self._sources)))
        lines += notes.several("from", dict.fromkeys(_links(framed)))
        lines += self._doubts(first, notes)
        lines += notes.note("why", self._once(first.why, first.why))
        settles = first.verdict is Verdict.UNKNOWN
        for remedy in dict.fromkeys(place.remedy for place in [*framed, *others]):
            lines += notes.note("settle" if settles else "fix", remedy)
        lines += notes.note("auto", _automatic([*framed, *others]))
        return lines + self._see(first, notes)

    def _see(self, finding: Finding, notes: Notes) -> list[str]:
        """Where to read on; the command stays on one line, to be copied."""
        explain = f"seawall explain {finding.rule}"
        standards = self._once(finding.rule, cited(finding.standards))
        if not standards:
            return notes.note("see", explain)
        lines = notes.note("see", f"{standards}; {explain}")
        if explain in lines[-1]:
            return lines
        return notes.note("see", f"{standards};\n{explain}")

    def _once(self, key: str, text: str) -> str:
        """The text where its key is new to the reader, who has it further up otherwise."""
        if key in self._told and self._options.verbose < 1:
            return ""
        self._told.add(key)
        return text

    def _doubts(self, finding: Finding, notes: Notes) -> list[str]:
        if finding.verdict is Verdict.UNKNOWN:
            return notes.note("note", f"undecided; it would be {finding.severity.value}")
        if finding.confidence is Confidence.HIGH:
            return []
        return notes.note("note", f"{finding.confidence.value} confidence")

    def _problem(self, problem: Problem) -> list[str]:
        place = problem.target + (f":{problem.line}" if problem.line else "")
        whole = " whole" if problem.target in self._report.excerpts else ""
        head, *rest = wrap(f"could not be examined{whole}: {place}", self._width, "", "  ")
        lines = [self._paint(head, "problem"), *rest]
        lines += wrap(problem.reason, self._width, "  ", "  ")
        if problem.hint:
            lines += wrap(problem.hint, self._width, "  = try: ", "         ")
        return lines

    def _notice(self, notice: Notice) -> list[str]:
        return wrap(f"note: {said(notice)}", self._width, "", "      ")

    def _suppressed(self) -> Iterator[str]:
        for finding in self._report.findings:
            cause = finding.suppressed
            if cause is not None:
                reason = f": {cause.reason}" if cause.reason else ""
                until = f" until {cause.until}" if cause.until else ""
                text = f"suppressed ({cause.kind}{until}{reason}): {self._line(finding)}"
                yield from wrap(text, self._width, "", "    ")

    def _line(self, finding: Finding) -> str:
        return line_of(finding, images=self._images)


def _automatic(places: list[Finding]) -> str:
    """What mends these places without a person."""
    safe = sum(is_mended(place, Safety.SAFE) for place in places)
    unsafe = sum(is_mended(place, Safety.UNSAFE) for place in places)
    number = len(places)
    some = "it" if number == 1 else f"{safe or unsafe} of {number}"
    if safe:
        return f"`seawall fix` mends {'all' if safe == number > 1 else some}"
    if unsafe:
        every = "all" if unsafe == number > 1 else some
        return f"`seawall fix --unsafe` mends {every}; it may change what is built or run"
    return ""


def _marks(group: list[Finding], room: int) -> list[list[Finding]]:
    """What can be marked together: places with one label on one line, apart and in order."""
    marks: list[list[Finding]] = []
    for finding in group:
        if marks and _joins(marks[-1], finding, room):
            marks[-1].append(finding)
        else:
            marks.append([finding])
    return marks


def _joins(mark: list[Finding], finding: Finding, room: int) -> bool:
    last, span = mark[-1].location.span, finding.location.span
    return (
        bool(finding.label)
        and finding.label == mark[-1].label
        and last.line == last.end_line == span.line == span.end_line
        and last.end_column <= span.column
        and span.end_column - mark[0].location.span.column <= room
    )


def _by_file(findings: list[Finding]) -> dict[str, list[Finding]]:
    """In the report's order."""
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        files.setdefault(finding.location.path, []).append(finding)
    return files


def _groups(findings: list[Finding]) -> list[list[Finding]]:
    """One group for each fault that a file has, however often: worst first, then by place."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        key = (
            finding.severity,
            finding.verdict,
            finding.rule,
            finding.title,
            finding.confidence,
        )
        groups.setdefault(key, []).append(finding)
    return sorted(groups.values(), key=_order)


def _order(group: list[Finding]) -> tuple[int, bool, int]:
    first = group[0]
    line = first.location.span.line
    return first.severity.rank, first.verdict is Verdict.UNKNOWN, line


def _messages(places: list[Finding], sources: Sources) -> Iterator[str]:
    """What the carets do not say already."""
    for place in places:
        framed = sources.of(place.target, place.location.span) is not None
        if place.message not in {place.title, place.label} and (place.label or not framed):
            yield place.message


def _links(places: list[Finding]) -> Iterator[str]:
    """The evidence, a line for each link."""
    for place in places:
        for link in place.evidence:
            where = f" (line {link.line})" if link.line else ""
            yield " ".join(link.what.split()) + where


def _more(places: Iterable[Finding], notes: Notes) -> list[str]:
    lines = [str(place.location.span.line) for place in places]
    if not lines:
        return []
    word = "line" if len(lines) == 1 else "lines"
    return notes.note("also", f"{len(lines)} more, {word} {', '.join(lines)}")
