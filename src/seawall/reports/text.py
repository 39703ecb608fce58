"""For people at a terminal: each fault in its source, why it matters, and what to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seawall.core.model import Confidence, Finding, Notice, Problem, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.cells import wrap
from seawall.reports.concise import line_of
from seawall.reports.frame import Frame
from seawall.reports.inert import inert
from seawall.reports.masking import Sources
from seawall.reports.paint import Paint, style_of
from seawall.reports.summary import closing, count, severities, shown

_NARROWEST = 40
_PLACES = 4
"""Places of one rule in one file that are framed; the others are named by their lines."""


def render(report: Report, options: RenderOptions) -> str:
    """Findings by file, worst first, then problems, notices and the closing summary."""
    writer = _Writer(report, options)
    parts = [*writer.findings(), *writer.problems(), *writer.notices(), writer.closing()]
    return inert("\n\n".join("\n".join(part) for part in parts if part) + "\n")


class _Writer:
    """One rendering: remembers which rules it has explained, so that each is explained once."""

    def __init__(self, report: Report, options: RenderOptions) -> None:
        self._report = report
        self._options = options
        self._width = max(options.width, _NARROWEST)
        self._paint = Paint(options.color)
        self._sources = Sources(report.excerpts)
        self._explained: set[str] = set()

    def findings(self) -> Iterator[list[str]]:
        if self._options.verbose < 0:
            yield [line_of(finding) for finding in shown(self._report)]
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
        for problem in self._report.problems:
            yield self._problem(problem)

    def notices(self) -> Iterator[list[str]]:
        yield [line for notice in self._report.notices for line in self._notice(notice)]

    def closing(self) -> list[str]:
        first, *others = closing(self._report, self._options.fail_on)
        lines = [self._paint(line, "strong") for line in wrap(first, self._width)]
        return lines + [line for other in others for line in wrap(other, self._width)]

    def _file(self, path: str, findings: list[Finding]) -> list[str]:
        text = f"{path}: {severities(count(findings))}"
        return [self._paint(line, "strong") for line in wrap(text, self._width, "== ", "   ")]

    def _block(self, group: list[Finding]) -> list[str]:
        first = group[0]
        shown_places = group if self._options.verbose > 0 else group[:_PLACES]
        gutter = len(str(max(place.location.span.end_line for place in shown_places)))
        frame = Frame(self._width, gutter, style_of(first), self._paint)
        lines = self._header(first)
        for place in shown_places:
            lines += self._place(place, frame)
        notes = _Notes(self._width, gutter, self._paint)
        return lines + self._notes(group, len(shown_places), notes)

    def _header(self, finding: Finding) -> list[str]:
        word = style_of(finding)
        first, *others = wrap(f"{word}[{finding.rule}]: {finding.title}", self._width, "", "    ")
        head, bracket, tail = first.partition("]")
        painted = self._paint(head + bracket, word) + self._paint(tail, "strong")
        return [painted, *(self._paint(line, "strong") for line in others)]

    def _place(self, finding: Finding, frame: Frame) -> list[str]:
        span = finding.location.span
        arrow = self._paint(f"{'':>{frame.gutter}}-->", "gutter")
        where = f"{finding.location.path}:{span.line}:{span.column}"
        room = self._width - frame.gutter - 4
        first, *others = wrap(where, room)
        lines = [f"{arrow} {first}", *(f"{'':>{frame.gutter + 4}}{line}" for line in others)]
        source = self._sources.of(finding.target, span)
        if source is not None:
            lines += frame.draw(source, span, finding.label or finding.message)
        elif finding.label:
            lines += wrap(finding.label, self._width, f"{frame.margin()} ", f"{frame.margin()} ")
        return lines

    def _notes(self, group: list[Finding], framed: int, notes: _Notes) -> list[str]:
        first = group[0]
        lines = _more(group[framed:], notes)
        for message in dict.fromkeys(_messages(group[:framed], self._sources)):
            lines += notes.note("what", message)
        for place in group[:framed]:
            lines += notes.chain(place)
        lines += self._doubts(first, notes)
        if first.rule not in self._explained or self._options.verbose > 0:
            lines += notes.note("why", first.why)
        settles = first.verdict is Verdict.UNKNOWN
        for remedy in dict.fromkeys(place.remedy for place in group):
            lines += notes.note("settle" if settles else "fix", remedy)
        lines += notes.note("see", self._references(first))
        self._explained.add(first.rule)
        return lines

    def _doubts(self, finding: Finding, notes: _Notes) -> list[str]:
        if finding.verdict is Verdict.UNKNOWN:
            return notes.note("note", f"undecided; it would be {finding.severity.value}")
        if finding.confidence is Confidence.HIGH:
            return []
        return notes.note("note", f"{finding.confidence.value} confidence")

    def _references(self, finding: Finding) -> str:
        explain = f"seawall explain {finding.rule}"
        if finding.rule in self._explained or not finding.standards:
            return explain
        return f"{', '.join(finding.standards)}; {explain}"

    def _problem(self, problem: Problem) -> list[str]:
        place = problem.target + (f":{problem.line}" if problem.line else "")
        head, *rest = wrap(f"could not be examined: {place}", self._width, "", "  ")
        lines = [self._paint(head, "problem"), *rest]
        lines += wrap(problem.reason, self._width, "  ", "  ")
        if problem.hint:
            lines += wrap(problem.hint, self._width, "  = try: ", "         ")
        return lines

    def _notice(self, notice: Notice) -> list[str]:
        place = notice.target + (f":{notice.line}" if notice.line else "")
        return wrap(f"note: {place}: {notice.message}", self._width, "", "      ")

    def _suppressed(self) -> Iterator[str]:
        for finding in self._report.findings:
            cause = finding.suppressed
            if cause is not None:
                reason = f": {cause.reason}" if cause.reason else ""
                until = f" until {cause.until}" if cause.until else ""
                text = f"suppressed ({cause.kind}{until}{reason}): {line_of(finding)}"
                yield from wrap(text, self._width, "", "    ")


class _Notes:
    """The lines under a frame: ` = why: …`, wrapped under their own first word."""

    def __init__(self, width: int, gutter: int, paint: Paint) -> None:
        self._width = width
        self._lead = f"{'':>{gutter}} {paint('=', 'gutter')} "
        self._indent = gutter + 3
        self._paint = paint

    def note(self, key: str, text: str) -> list[str]:
        """The lines of one note; none for an empty text."""
        if not text:
            return []
        rest = " " * (self._indent + len(key) + 2)
        first, *others = wrap(text, self._width, rest, rest)
        head = f"{self._lead}{self._paint(f'{key}:', 'strong')} "
        return [head + first[len(rest) :], *others]

    def chain(self, finding: Finding) -> list[str]:
        """The evidence of a finding, one line for each link."""
        links = [
            link.what + (f" (line {link.line})" if link.line else "") for link in finding.evidence
        ]
        return self.note("from", "\n".join(link.replace("\n", " ") for link in links))


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


def _more(places: Iterable[Finding], notes: _Notes) -> list[str]:
    lines = [str(place.location.span.line) for place in places]
    if not lines:
        return []
    word = "line" if len(lines) == 1 else "lines"
    return notes.note("also", f"{len(lines)} more, {word} {', '.join(lines)}")
