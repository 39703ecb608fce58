"""One self-contained page for an auditor: no script, no outside resource, light, dark and paper."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from seawall.core.model import Notice, Problem, Severity, Verdict
from seawall.core.report import Report
from seawall.reports import RenderOptions
from seawall.reports.html.findings import findings, told
from seawall.reports.html.images import images
from seawall.reports.html.markup import details, level_of, prose, section
from seawall.reports.html.paths import paths
from seawall.reports.html.style import STYLE
from seawall.reports.html.tables import checklist, standards, suppressed
from seawall.reports.summary import closing, counted, tally

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""No script runs and nothing is fetched, whatever a scanned file has written into its texts."""
_RESULTS = {
    0: ("pass", "Pass", "Everything was examined, and nothing is at or over {}."),
    1: ("fail", "Fail", "Everything was examined; findings are at or over {}."),
    2: ("unknown", "Incomplete", "Not everything could be examined or decided: this is no pass."),
}
_MOST_TARGETS = 500


def render(report: Report, options: RenderOptions) -> str:
    """The page."""
    parts = _sections(report, options)
    links = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title, _ in parts)
    body = "\n".join(html for _, _, html in parts)
    title = f"Container security report: {_subject(report)}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Seawall {escape(options.version)}">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>Container security report</h1>
<p class="sub">{escape(_subject(report))}</p>
{_run(report, options)}
</header>
<nav aria-label="Contents"><ul>{links}</ul></nav>
<main id="main">
{body}
</main>
<footer><p>Made by Seawall {escape(options.version)}. <code>seawall explain RULE</code> tells more \
of each rule.</p></footer>
</body>
</html>
"""


def _sections(report: Report, options: RenderOptions) -> list[tuple[str, str, str]]:
    """The sections that have a body: id, title, HTML."""
    number = len(told(report))
    bodies = (
        ("summary", "Summary", _summary(report, options)),
        ("problems", "Not examined", _problems(report.problems)),
        ("images", "Images" if len(report.images) > 1 else "Image", images(report)),
        ("checklist", "Checklist", checklist(report.checklist)),
        ("paths", "Attack paths", paths(report.diagrams)),
        ("findings", f"Findings ({number})" if number else "Findings", _findings(report)),
        ("standards", "Standards", standards(report)),
        ("suppressed", "Suppressed", suppressed(report)),
        ("notices", "Notices", _notices(report)),
        ("targets", "What was examined", _targets(report)),
    )
    return [(name, title, section(name, title, body)) for name, title, body in bodies if body]


def _subject(report: Report) -> str:
    names = [target.name for target in report.targets] or [p.target for p in report.problems]
    unique = list(dict.fromkeys(names))
    if len(unique) < 3:
        return " and ".join(unique) or "nothing"
    return f"{unique[0]} and {len(unique) - 1} others"


def _run(report: Report, options: RenderOptions) -> str:
    pairs = (
        ("Seawall", escape(options.version)),
        ("Profile", escape(options.profile)),
        ("Fails on", f"{options.fail_on.value} and worse"),
        ("Examined", str(len(dict.fromkeys(target.name for target in report.targets)))),
        ("Date", escape(options.date)),
    )
    return details(pairs, "meta")


def _summary(report: Report, options: RenderOptions) -> str:
    kind, word, words = _RESULTS[report.exit_code(options.fail_on)]
    result = (
        f'<p class="result {kind}"><strong>{word}</strong> '
        f"<span>{words.format(options.fail_on.value)}</span></p>"
    )
    lines = "".join(f"<p>{prose(line)}</p>" for line in closing(report, options.fail_on))
    return f'{result}<ul class="counts">{"".join(_counts(report, options))}</ul>{lines}'


def _counts(report: Report, options: RenderOptions) -> Iterator[str]:
    run = tally(report, options.fail_on)
    levels = {level_of(finding) for finding in told(report)}
    numbers = {severity.value: run.counts.by_severity[severity] for severity in Severity}
    numbers |= {"unknown": run.counts.unknown}
    for word, number in numbers.items():
        name = "undecided" if word == "unknown" else word
        zero = "" if number else " zero"
        text = f"<b>{number}</b> {name}"
        href = f"level-{word}" if word in levels or not report.images else "images"
        inner = f'<a href="#{href}">{text}</a>' if number else text
        yield f'<li class="{word}{zero}">{inner}</li>'


def _problems(problems: tuple[Problem, ...]) -> str:
    items = "".join(map(_problem, problems))
    return f'<ul class="plain">{items}</ul>' if items else ""


def _problem(problem: Problem) -> str:
    place = problem.target + (f":{problem.line}" if problem.line else "")
    hint = f'<br><span class="sub">{prose(problem.hint)}</span>' if problem.hint else ""
    return f"<li><code>{escape(place)}</code><br>{prose(problem.reason)}{hint}</li>"


def _findings(report: Report) -> str:
    if told(report):
        return findings(report)
    if any(finding.verdict is not Verdict.PASS for finding in report.active):
        return ""
    return "<p>There is nothing to report in what was read.</p>" if report.targets else ""


def _notices(report: Report) -> str:
    items = [*map(_notice, report.notices)]
    items += [
        f"<li>{counted(number, 'finding')} hidden by {escape(reason)}</li>"
        for reason, number in report.hidden.items()
        if number
    ]
    return f'<ul class="plain">{"".join(items)}</ul>' if items else ""


def _notice(notice: Notice) -> str:
    place = notice.target + (f":{notice.line}" if notice.line else "")
    at = f"<code>{escape(place)}</code> " if place else ""
    return f"<li>{at}{prose(notice.message)}</li>"


def _targets(report: Report) -> str:
    unique = list(dict.fromkeys((target.name, target.kind) for target in report.targets))
    items = "".join(
        f"<li><code>{escape(name)}</code> <span class='sub'>{escape(kind)}</span></li>"
        for name, kind in unique[:_MOST_TARGETS]
    )
    rest = len(unique) - _MOST_TARGETS
    more = f"<li>and {rest} more</li>" if rest > 0 else ""
    return f'<ul class="plain">{items}{more}</ul>' if items else ""
