"""The images: two side by side, then each with what to do, its layers and its flaws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from seawall.core.inventory import Advice, Comparison, ImageSummary
from seawall.core.report import Report
from seawall.reports.comparing import Part, compared, verdict_on
from seawall.reports.figures import clearing, facts_of
from seawall.reports.flaw_rows import FlawRow, flaw_rows, of_image
from seawall.reports.html.findings import Ids, anchor
from seawall.reports.html.layers import layers
from seawall.reports.html.markup import badge, details, prose, slug, table, unit
from seawall.reports.summary import count, counted, severities, shown

_STEPS_OPEN = 12
_HEADS = ("Severity", "Flaw", "Package", "Installed", "Fixed in", "EPSS", "Layer")
_ORDERS = (("urgency", "urgency"), ("package", "package"), ("flaw", "flaw"), ("layer", "layer"))
_MOST_ROWS = 5000
_MOST_CHANGES = 500


def images(report: Report) -> str:
    """The body of the section; empty where no image was scanned."""
    ids = Ids()
    comparison, verdict = report.comparison, verdict_on(report)
    parts = [_compared(comparison, verdict)] if comparison is not None else []
    parts += [_image(image, report, number, ids) for number, image in enumerate(report.images)]
    return "".join(parts)


def _image(image: ImageSummary, report: Report, number: int, ids: Ids) -> str:
    own = of_image(image, shown(report))
    rows = flaw_rows(own)
    facts = [(name.capitalize(), escape(text)) for name, text in facts_of(image)]
    facts.append(("Digest", f"<code>{escape(image.digest)}</code>" if image.digest else ""))
    found = severities(count(own))
    told = f"{counted(len(own), 'finding')}{f': {found}' if found else ''}"
    return (
        f'<h3 id="image-{number}"><code>{escape(image.name)}</code></h3><p>{told}.</p>'
        f"{details(facts, 'told')}{_steps(image.advice)}"
        f"<h4>Layers</h4>{layers(image, number)}{_flaws(image, rows, number, ids)}"
    )


def _steps(advice: Sequence[Advice]) -> str:
    """What to do; beyond the first steps folded away."""
    steps = [each for each in advice if each.kind != "wait"]
    waits = [each for each in advice if each.kind == "wait"]
    if not advice:
        return ""
    first = "".join(map(_step, steps[:_STEPS_OPEN]))
    rest = "".join(map(_step, steps[_STEPS_OPEN:]))
    more = len(steps) - _STEPS_OPEN
    folded = (
        f'<details><summary>{counted(more, "more step")}</summary><ol class="todo" '
        f'start="{_STEPS_OPEN + 1}">{rest}</ol></details>'
        if rest
        else ""
    )
    listed = f'<ol class="todo">{first}</ol>' if first else ""
    waiting = "".join(f"<p>{prose(each.title)}: {escape(clearing(each))}</p>" for each in waits)
    return f"<h4>What to do</h4>{listed}{folded}{waiting}"


def _step(advice: Advice) -> str:
    lines = "".join(
        f'<pre class="write" tabindex="0">{escape(line)}</pre>' for line in advice.lines
    )
    clears = f'<p class="sub">{escape(clearing(advice))}</p>' if advice.clears else ""
    return f"<li><strong>{prose(advice.title)}</strong>{clears}{lines}</li>"


def _flaws(image: ImageSummary, rows: Sequence[FlawRow], number: int, ids: Ids) -> str:
    """A table that is sorted by choosing one of the buttons before it: each row knows its place
    in every order, and the style sheet does the rest."""
    if not rows:
        return ""
    first = rows[:_MOST_ROWS]
    body = table(
        f"Flaws of packages in {image.name}",
        _HEADS,
        _rows(first, ids),
        "list flaws",
    )
    more = len(rows) - len(first)
    rest = f"<p>{more} more are in the other formats.</p>" if more else ""
    return (
        f'<h4>Flaws of packages <span class="sub">({len(rows)})</span></h4>'
        f'<div class="sorted">{"".join(_buttons(number))}{body}</div>{rest}'
        '<p class="sub">KEV: attackers are known to use it (CISA&#x27;s catalogue). EPSS: how '
        "likely somebody is to try it within 30 days.</p>"
    )


def _buttons(number: int) -> Iterator[str]:
    yield '<span class="sub">Sort by</span>'
    for kind, name in _ORDERS:
        checked = " checked" if kind == "urgency" else ""
        yield (
            f'<input type="radio" name="sort-{number}" id="sort-{number}-{kind}" '
            f'class="by-{kind}"{checked}><label for="sort-{number}-{kind}">{name}</label>'
        )


def _rows(rows: Sequence[FlawRow], ids: Ids) -> Iterator[str]:
    by_package = _places(rows, [(row.package, row.flaw.id) for row in rows])
    by_flaw = _places(rows, [(row.flaw.id, row.package) for row in rows])
    by_layer = _places(rows, [_layer(row) for row in rows])
    orders = zip(by_package, by_flaw, by_layer, strict=True)
    for place, (row, (package, flaw, layer)) in enumerate(zip(rows, orders, strict=True)):
        style = f"--u:{place};--p:{package};--f:{flaw};--l:{layer}"
        yield f'<tr{ids.attribute(anchor(row.finding))} style="{style}">{_cells(row)}</tr>'


def _places(rows: Sequence[FlawRow], keys: Sequence[tuple[object, ...]]) -> list[int]:
    """The place of each row in the order of its key."""
    order = sorted(range(len(rows)), key=lambda index: (keys[index], index))
    places = [0] * len(rows)
    for place, index in enumerate(order):
        places[index] = place
    return places


def _layer(row: FlawRow) -> tuple[object, ...]:
    layer = row.finding.layer
    return (layer.index if layer is not None else -1,)


def _cells(row: FlawRow) -> str:
    title = f'<br><span class="sub">{escape(row.flaw.title)}</span>' if row.flaw.title else ""
    level = f'<th scope="row">{badge(row.level)}</th>'
    cells = (
        f"<code>{escape(row.flaw.id)}</code>{title}",
        f'<span title="{escape(row.flaw.package)}">{escape(row.package)}</span>',
        unit("installed ") + escape(row.flaw.installed),
        unit("fix: ") + escape(row.fixed),
        _probability(row),
        unit("layer ") + escape(row.layer),
    )
    return level + "".join(f"<td>{cell}</td>" for cell in cells)


def _probability(row: FlawRow) -> str:
    if row.flaw.exploited:
        return f"<strong>{row.probability}</strong>"
    return unit("EPSS ") + escape(row.probability) if row.probability else ""


def _compared(comparison: Comparison, verdict: str) -> str:
    before, after = escape(comparison.before), escape(comparison.after)
    parts = "".join(map(_part, compared(comparison)))
    return (
        f'<h3 id="{slug("comparison")}"><code>{before}</code> → <code>{after}</code></h3>'
        f"<p><strong>{prose(verdict)}</strong></p>{parts}"
    )


def _part(part: Part) -> str:
    if not part.changes:
        return f"<p>{escape(_capital(part.title))}</p>"
    items = "".join(
        f"<li><b>{change.sign}</b> {badge(change.level) if change.level else ''} "
        f"{escape(change.text)}</li>"
        for change in part.changes[:_MOST_CHANGES]
    )
    more = len(part.changes) - _MOST_CHANGES
    rest = f"<li>and {more} more</li>" if more > 0 else ""
    return (
        f"<details><summary>{escape(_capital(part.title))}</summary>"
        f'<ul class="changes">{items}{rest}</ul></details>'
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
