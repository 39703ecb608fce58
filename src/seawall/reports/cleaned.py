"""A report made safe to show: foreign text cleaned of control characters, secrets struck out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import structs

from seawall.core.clean import clean, clean_line
from seawall.core.diagram import Box, Diagram, Line, Route, Step
from seawall.core.inventory import Comparison, FlawChange, ImageSummary, PackageChange
from seawall.core.model import (
    ChecklistRow,
    Edit,
    Evidence,
    Finding,
    Fix,
    Flaw,
    InLayer,
    Location,
    Notice,
    Problem,
    Suppression,
    Target,
)
from seawall.core.report import Excerpt, Report
from seawall.reports.masking import MASK, telling_values

_Clean = Callable[[str], str]

_LONGEST = 4000
"""Characters of one string that are shown: a message may quote a line of megabytes."""


def cleaned(report: Report) -> Report:
    """The same report, of which every string may go to a terminal, a log or a file.

    Fixes whose text would not survive the cleaning, or holds a secret, keep no edits. Excerpts
    keep their text as it is: `masking` and `frame` clean what they cut out of it.
    """
    text, name = _Memory(_text).__getitem__, _Memory(clean_line).__getitem__
    by_target = {key: _striking(excerpt, text) for key, excerpt in report.excerpts.items()}
    return Report(
        targets=tuple(Target(name(t.name), text(t.kind)) for t in report.targets),
        findings=tuple(
            _finding(f, name, text, by_target.get(f.target, text)) for f in report.findings
        ),
        problems=tuple(_problem(p, by_target.get(p.target, text)) for p in report.problems),
        notices=tuple(_notice(n, by_target.get(n.target, text)) for n in report.notices),
        checklist=tuple(_row(row, text, by_target.values()) for row in report.checklist),
        hidden={text(reason): count for reason, count in report.hidden.items()},
        excerpts=_excerpts(report.excerpts),
        diagrams=tuple(_diagram(d, by_target.get(d.target, text)) for d in report.diagrams),
        images=tuple(_image(i, name, by_target.get(i.name, text)) for i in report.images),
        comparison=_comparison(report.comparison, name) if report.comparison else None,
    )


def _comparison(comparison: Comparison, name: _Clean) -> Comparison:
    def packages(changes: Iterable[PackageChange]) -> tuple[PackageChange, ...]:
        return tuple(
            PackageChange(*map(name, (c.ecosystem, c.name, c.before, c.after))) for c in changes
        )

    def flaws(changes: Iterable[FlawChange]) -> tuple[FlawChange, ...]:
        return tuple(FlawChange(*map(name, structs.astuple(c))) for c in changes)

    return structs.replace(
        comparison,
        before=name(comparison.before),
        after=name(comparison.after),
        added=packages(comparison.added),
        removed=packages(comparison.removed),
        changed=packages(comparison.changed),
        gone=flaws(comparison.gone),
        new=flaws(comparison.new),
    )


def _image(image: ImageSummary, name: _Clean, strike: _Clean) -> ImageSummary:
    return structs.replace(
        image,
        name=name(image.name),
        digest=name(image.digest),
        kind=name(image.kind),
        platform=name(image.platform),
        distribution=name(image.distribution),
        support=name(image.support),
        packages={name(kind): number for kind, number in image.packages.items()},
        layers=tuple(
            structs.replace(layer, instruction=name(strike(layer.instruction)))
            for layer in image.layers
        ),
        advice=tuple(
            structs.replace(
                advice,
                title=name(strike(advice.title)),
                lines=tuple(name(strike(line)) for line in advice.lines),
                ids=tuple(map(name, advice.ids)),
            )
            for advice in image.advice
        ),
    )


class _Memory(dict[str, str]):
    """Rules say the same of thousands of places: each text is cleaned once."""

    def __init__(self, clean_one: _Clean) -> None:
        self._clean = clean_one

    def __missing__(self, value: str) -> str:
        known = self[value] = self._clean(value)
        return known


def _text(value: str) -> str:
    return clean(_shortened(value))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _striking(excerpt: Excerpt, text: _Clean) -> _Clean:
    values = telling_values(excerpt) if excerpt.secrets else []
    if not values:
        return text

    def strike(value: str) -> str:
        for secret in values:
            value = value.replace(secret, MASK)
        return text(value)

    return strike


def _excerpts(excerpts: Mapping[str, Excerpt]) -> dict[str, Excerpt]:
    """By cleaned name; two names that look alike once cleaned lose their excerpts."""
    names = [clean_line(name) for name in excerpts]
    alike = (
        {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()
    )
    pairs = zip(names, excerpts.values(), strict=True)
    return {name: excerpt for name, excerpt in pairs if name not in alike}


def _finding(finding: Finding, name: _Clean, text: _Clean, strike: _Clean) -> Finding:
    """`strike` is for what may quote the target; the rule's own words only need `text`."""
    place = finding.location
    return Finding(
        text(finding.rule),
        text(finding.practice),
        text(finding.title),
        finding.severity,
        finding.confidence,
        finding.verdict,
        name(finding.target),
        Location(name(place.path), place.span, name(strike(place.symbol))),
        strike(finding.message),
        strike(finding.label),
        text(finding.why),
        strike(finding.remedy),
        tuple([Evidence(strike(link.what), link.line) for link in finding.evidence]),
        _fix(finding.fix, strike) if finding.fix else None,
        tuple([text(standard) for standard in finding.standards]),
        text(finding.fingerprint),
        _suppression(finding.suppressed, strike) if finding.suppressed else None,
        _layer(finding.layer, name, strike) if finding.layer else None,
        _flaw(finding.flaw, text) if finding.flaw else None,
    )


def _layer(layer: InLayer, name: _Clean, strike: _Clean) -> InLayer:
    return structs.replace(
        layer,
        diff_id=name(layer.diff_id),
        instruction=name(strike(layer.instruction)),
        path=name(layer.path),
        removed_by=name(strike(layer.removed_by)),
    )


def _flaw(flaw: Flaw, text: _Clean) -> Flaw:
    return Flaw(
        text(flaw.id),
        text(flaw.package),
        text(flaw.installed),
        text(flaw.ecosystem),
        tuple(map(text, flaw.names)),
        tuple(map(text, flaw.fixed)),
        text(flaw.status),
        tuple(map(text, flaw.aliases)),
        text(flaw.title),
        text(flaw.cvss),
        flaw.score,
        flaw.epss,
        flaw.epss_percentile,
        text(flaw.exploited),
        tuple(map(text, flaw.links)),
    )


def _fix(fix: Fix, text: _Clean) -> Fix:
    spoilt = any(text(edit.text) != edit.text for edit in fix.edits)
    edits = (
        ()
        if spoilt
        else tuple(
            Edit(each.start, each.end, each.text, clean_line(each.path)) if each.path else each
            for each in fix.edits
        )
    )
    return structs.replace(
        fix,
        title=text(fix.title),
        edits=edits,
        files=tuple(
            structs.replace(each, path=clean_line(each.path), text="") for each in fix.files
        ),
        proposal=text(fix.proposal),
    )


def _suppression(cause: Suppression, text: _Clean) -> Suppression:
    return Suppression(text(cause.kind), text(cause.reason), text(cause.until), cause.line)


def _problem(problem: Problem, text: _Clean) -> Problem:
    name = clean_line(problem.target)
    return Problem(name, text(problem.reason), text(problem.hint), problem.line)


def _notice(notice: Notice, text: _Clean) -> Notice:
    return Notice(clean_line(notice.target), text(notice.message), notice.line)


def _row(row: ChecklistRow, text: _Clean, strikes: Iterable[_Clean]) -> ChecklistRow:
    """Its evidence may quote any of the targets."""
    evidence = text(row.evidence)
    for strike in strikes:
        if strike is not text:
            evidence = strike(evidence)
    return ChecklistRow(
        text(row.item),
        text(row.level),
        text(row.verdict),
        evidence,
        tuple(map(text, row.practices)),
    )


def _diagram(diagram: Diagram, text: _Clean) -> Diagram:
    """Ids are cleaned like the rest, so that lines go on leading to their boxes."""

    def line_of(value: str) -> str:
        return clean_line(text(value))

    return Diagram(
        line_of(diagram.title),
        clean_line(diagram.target),
        tuple(
            Box(line_of(b.id), line_of(b.label), b.kind, line_of(b.detail), line_of(b.place))
            for b in diagram.boxes
        ),
        tuple(
            Line(
                line_of(line.source),
                line_of(line.target),
                line_of(line.what),
                line.is_attack,
                line.has_direction,
            )
            for line in diagram.lines
        ),
        tuple(_route(route, line_of) for route in diagram.routes),
    )


def _route(route: Route, text: _Clean) -> Route:
    return Route(
        text(route.title),
        text(route.target),
        route.severity,
        tuple(map(text, route.taken)),
        tuple(Step(text(step.what), text(step.place)) for step in route.steps),
        text(route.cut),
        route.is_enough,
    )
