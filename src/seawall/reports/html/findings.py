"""The findings: by severity, then by file, each with its source, evidence and remedy."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from seawall.core.model import Confidence, Evidence, Finding, InLayer, Safety, Severity, Verdict
from seawall.core.report import Report
from seawall.reports.citing import cited
from seawall.reports.html.excerpt import excerpt
from seawall.reports.html.markup import badge, details, level_of, paragraphs, prose, slug
from seawall.reports.masking import Sources
from seawall.reports.summary import counted, images_of, shown

_LONG = 1500
"""Characters of an article that need not stay on one page of paper."""
_LEVELS = (*(severity.value for severity in Severity), "unknown")
_HEADINGS = {"unknown": "Undecided"}


def anchor(finding: Finding) -> str:
    """The id of the article of a finding; many of an image stand at one place."""
    place = finding.location
    if finding.layer is not None:
        return f"f-{slug(finding.fingerprint)}"
    return slug(f"f-{finding.rule}-{place.path}-{place.span.line}-{place.span.column}")


class Ids:
    """The ids of a page, each given to the first that asks for it."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def attribute(self, name: str) -> str:
        """The attribute; empty where another has the id."""
        if name in self._given:
            return ""
        self._given.add(name)
        return f' id="{name}"'


def told(report: Report) -> list[Finding]:
    """What people act on, but for the flaws that the tables of images have."""
    pictured = {image.name for image in report.images}
    return [each for each in shown(report) if each.flaw is None or each.target not in pictured]


def findings(report: Report) -> str:
    """All that people act on; empty where there is nothing."""
    teller = _Teller(report)
    levels: dict[str, dict[str, list[Finding]]] = {level: {} for level in _LEVELS}
    for finding in told(report):
        files = levels[level_of(finding)]
        files.setdefault(finding.location.path, []).append(finding)
    return "".join(teller.level(level, files) for level, files in levels.items() if files)


class _Teller:
    """Tells each rule's why and standards once, where the rule comes first."""

    def __init__(self, report: Report) -> None:
        self._sources = Sources(report.excerpts)
        self._first: dict[str, str] = {}
        self._ids = Ids()
        self._images = images_of(report)

    def level(self, level: str, files: dict[str, list[Finding]]) -> str:
        """One severity with its files."""
        number = sum(map(len, files.values()))
        title = _HEADINGS.get(level, level.capitalize())
        parts = [f'<h3 id="level-{level}">{title} <span class="sub">({number})</span></h3>']
        for path, own in files.items():
            many = f' <span class="sub">{counted(len(own), "finding")}</span>'
            parts.append(f"<h4><code>{escape(path)}</code>{many}</h4>")
            parts += map(self._article, sorted(own, key=_order))
        return "".join(parts)

    def _article(self, finding: Finding) -> str:
        level = level_of(finding)
        body = "".join(self._parts(finding))
        long = " long" if len(body) > _LONG else ""
        name = self._ids.attribute(anchor(finding))
        return f'<article class="finding {level}{long}"{name}>{body}</article>'

    def _parts(self, finding: Finding) -> Iterator[str]:
        place = finding.location
        yield (
            f'<div class="title">{badge(level_of(finding))}<h5>{prose(finding.title)}</h5></div>'
        )
        is_image = finding.target in self._images
        at = place.path if is_image else f"{place.path}:{place.span.line}:{place.span.column}"
        where = (
            f"<code>{escape(at)}</code>",
            escape(place.symbol),
            _layer(finding.layer) if finding.layer else "",
            f"<code>{escape(finding.rule)}</code>",
        )
        yield f'<p class="where">{"".join(f"<span>{part}</span>" for part in where if part)}</p>'
        yield f"<p>{prose(finding.message)}</p>"
        source = self._sources.of(finding.target, place.span)
        if source is not None:
            yield excerpt(source, place.span, finding.label)
        yield details(self._told(finding), "told")

    def _told(self, finding: Finding) -> Iterator[tuple[str, str]]:
        settles = finding.verdict is Verdict.UNKNOWN
        yield "Evidence", _evidence(finding)
        yield ("To settle" if settles else "Remedy"), paragraphs(finding.remedy)
        if finding.fix is not None:
            yield "Fix", f"{prose(finding.fix.title)} <span class='sub'>({_safety(finding)})</span>"
        if finding.confidence is not Confidence.HIGH:
            yield "Confidence", escape(finding.confidence.value)
        first = self._first.setdefault(finding.rule, anchor(finding))
        if first != anchor(finding):
            yield "Why", f'<a href="#{first}">as told at the first of these</a>'
            return
        yield "Why", prose(finding.why)
        yield "Standards", escape(cited(finding.standards))


def _layer(layer: InLayer) -> str:
    whose = " of the base image" if layer.is_base else ""
    return f"layer {layer.index + 1}{whose}"


def _safety(finding: Finding) -> str:
    guided = finding.fix is None or finding.fix.safety is Safety.GUIDED
    return "by hand" if guided else f"{finding.fix.safety.value} edit" if finding.fix else ""


def _evidence(finding: Finding) -> str:
    links = "".join(map(_link, finding.evidence))
    return f"<ul>{links}</ul>" if links else ""


def _link(link: Evidence) -> str:
    line = f' <span class="sub">(line {link.line})</span>' if link.line else ""
    return f"<li>{prose(link.what)}{line}</li>"


def _order(finding: Finding) -> tuple[int, int]:
    span = finding.location.span
    return span.line, span.column
