"""Scanning: from the names of images to a report on what is in them and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct, field, structs

from seawall.advisories.model import Vulnerabilities
from seawall.core.baseline import Baseline, read_baseline
from seawall.core.errors import InputError
from seawall.core.identity import identify
from seawall.core.ignores import Ignores
from seawall.core.model import Finding, Hit, Notice, Problem, Suppression, Target
from seawall.core.report import Excerpt, Report
from seawall.core.rule import Rule
from seawall.core.selection import hidden_notices
from seawall.jobs.advice import advise
from seawall.jobs.check import identity_root
from seawall.jobs.checklist import checklist
from seawall.jobs.examine import Taken, bug
from seawall.jobs.governance import Governance, Ruling, Terms, catalog
from seawall.jobs.inspection import Inspection, inspect
from seawall.jobs.judge import Crash, judge
from seawall.jobs.known import Found, Known, Matched, know
from seawall.jobs.outcome import Outcome
from seawall.jobs.policing import police
from seawall.jobs.summarize import summarize
from seawall.rules import checks_on
from seawall.surfaces.image import parse_reference
from seawall.surfaces.image.model import Image

IMAGE = "image"
"""What `Target.kind` says of this surface."""
_MOST_TROUBLES = 20


class ScanOptions(Struct, frozen=True):
    """What is asked of a scan.

    `store` is the path of the advisories, `max_age` the days after which they are too old to
    rest a verdict on. `vex` names documents whose statements count. `only_fixed` leaves out what
    nobody can mend yet.
    """

    terms: Terms = Terms()
    inspection: Inspection = Inspection()
    store: str = ""
    max_age: int = 7
    vex: tuple[str, ...] = ()
    only_fixed: bool = False
    baseline: str = ""
    standard: str = ""
    verbose: bool = False
    today: date = field(default_factory=date.today)


class Scanned(Struct, frozen=True):
    """An image with the flaws of its packages, for inventories (`sbom`)."""

    image: Image
    found: Found = ()


class Scan(Struct, frozen=True):
    """What a scan comes to: the report, and the images that it is on."""

    report: Report
    images: tuple[Scanned, ...] = ()


def scan(
    targets: Sequence[str],
    options: ScanOptions,
    governance: Governance | None = None,
    progress: Callable[[str], None] | None = None,
) -> Scan:
    """Look at each image and judge it.

    Raises:
        ConfigError: the policy, a VEX document or the baseline can't be understood.
        UsageError: the command line names a rule that there is not.
    """
    governance = governance or Governance(options.terms, options.today)
    governance.leading(())
    ruling = governance.of("x")
    baseline = read_baseline(Path(options.baseline)) if options.baseline else Baseline()
    known = know(options.store, options.vex, options.max_age, options.today)
    done = [_scan_one(target, options, ruling, known, progress) for target in targets]
    outcomes = [outcome for outcome, _ in done]
    images = tuple(scanned for _, scanned in done if scanned is not None)
    report = _report(outcomes, images, options)
    if baseline.name:
        report = structs.replace(report, findings=baseline.mark(report.findings))
    if not options.terms.select:
        rows = checklist(report, outcomes, [ruling.policy], options.today, options.standard)
        report = structs.replace(report, checklist=rows)
    return Scan(report, images)


def _scan_one(
    target: str,
    options: ScanOptions,
    ruling: Ruling,
    known: Known,
    progress: Callable[[str], None] | None,
) -> tuple[Outcome, Scanned | None]:
    try:
        image = inspect(target, options.inspection, progress)
        return _judged(image, options, ruling, known)
    except InputError as error:
        problem = Problem(target, error.message.removeprefix(f"{target}: "), error.hint)
    except Exception as error:
        problem = bug(target, "scanning it failed", error)
    return Outcome(target, IMAGE, problems=(problem,)), None


def _judged(
    image: Image, options: ScanOptions, ruling: Ruling, known: Known
) -> tuple[Outcome, Scanned]:
    keep_hidden = bool(options.baseline or ruling.policy.waivers)
    matched = known.match(image)
    taken = Taken(image.history, ruling, keep_hidden)
    taken.take(judge(image, checks_on(Image), ruling.settings))
    taken.take(_flaws(image, matched.found, ruling))
    findings = _wanted(sorted(taken.findings, key=urgency), options)
    policed = police(
        image.name, Ignores(), findings, ruling, identity_root(()), _SURFACES, _identity(image)
    )
    outcome = Outcome(
        image.name,
        IMAGE,
        (*policed.findings, *_excused(image, matched, ruling)),
        (*troubles(image), *matched.problems, *taken.problems),
        (*policed.notices, *_notices(image, matched)),
        Counter(taken.hidden) + Counter(policed.hidden),
        policed.left_out if keep_hidden else (),
        Excerpt(image.history, taken.secrets_of(image.history.path)),
        shown=tuple(taken.shown),
        examined=((Image.__name__, image.name),),
    )
    return outcome, Scanned(image, matched.found)


_SURFACES = (Image, Vulnerabilities)


def _flaws(image: Image, found: Found, ruling: Ruling) -> Iterator[tuple[Rule, Hit] | Crash]:
    return judge(Vulnerabilities(image, found), checks_on(Vulnerabilities), ruling.settings)


def _wanted(findings: Iterable[Finding], options: ScanOptions) -> list[Finding]:
    if not options.only_fixed:
        return list(findings)
    return [each for each in findings if each.flaw is None or each.flaw.fixed]


def _excused(image: Image, matched: Matched, ruling: Ruling) -> Iterator[Finding]:
    """The findings that a VEX document answers: shown as accepted, with its words."""
    reasons = {(match.vulnerability.id, id(held)): why for held, match, why in matched.excused}
    for held, match, _ in matched.excused:
        taken = Taken(image.history, ruling, False)
        taken.take(_flaws(image, ((held, match),), ruling))
        reason = reasons[match.vulnerability.id, id(held)]
        root, called = identity_root(()), _identity(image)
        for finding in identify(taken.findings, root, called):
            yield structs.replace(finding, suppressed=Suppression("vex", reason))


def _notices(image: Image, matched: Matched) -> Iterator[Notice]:
    yield from (Notice(image.name, note) for note in matched.notes)
    if matched.unimportant:
        count = f"{matched.unimportant} flaw{'s' * (matched.unimportant != 1)}"
        yield Notice(image.name, f"{count} left out that the distributor calls unimportant")


def urgency(finding: Finding) -> tuple[object, ...]:
    """The order of findings: exploited flaws, then severity, likelihood, and what can be mended."""
    flaw, layer = finding.flaw, finding.layer
    return (
        flaw is None or not flaw.exploited,
        finding.severity.rank,
        -flaw.epss if flaw is not None else 0.0,
        flaw is not None and not flaw.fixed,
        finding.rule,
        finding.location.span.line,
        flaw.id if flaw is not None else "",
        layer.path if layer is not None else "",
        finding.message,
    )


def _identity(image: Image) -> str:
    """What a finding's identity calls the image: its repository, whatever the tag."""
    for name in (*image.tags, image.name):
        reference = parse_reference(name)
        if reference is not None and (name in image.tags or image.kind in {"registry", "engine"}):
            return reference.repository
    return ""


def troubles(image: Image) -> list[Problem]:
    """What could not be read in the image: the worst first, and not thousands of them."""
    found = sorted(image.troubles, key=lambda held: not held.fact.is_fatal)
    said = [
        Problem(
            image.name,
            f"{held.fact.path}: {held.fact.reason}" if held.fact.path else held.fact.reason,
        )
        for held in found[:_MOST_TROUBLES]
    ]
    if more := len(found) - len(said):
        said.append(Problem(image.name, f"{more} more files could not be read"))
    return [*said, *(Problem(image.name, reason) for reason in image.problems)]


def _report(
    outcomes: Sequence[Outcome],
    images: Sequence[Scanned],
    options: ScanOptions,
) -> Report:
    hidden = Counter[tuple[str, str]]()
    for outcome in outcomes:
        hidden.update(outcome.hidden)
    by_reason = Counter[str]()
    for (reason, _), number in hidden.items():
        by_reason[reason] += number
    notices: tuple[Notice, ...] = hidden_notices(hidden, catalog()) if options.verbose else ()
    by_name = {outcome.name: outcome.findings for outcome in outcomes}
    return Report(
        targets=tuple(Target(o.name, o.kind) for o in outcomes),
        findings=tuple(finding for outcome in outcomes for finding in outcome.findings),
        problems=tuple(each for outcome in outcomes for each in outcome.problems),
        notices=(*notices, *(each for outcome in outcomes for each in outcome.notices)),
        hidden=dict(by_reason),
        excerpts={o.name: o.excerpt for o in outcomes if o.excerpt is not None},
        images=tuple(
            summarize(
                each.image,
                by_name[each.image.name],
                advise(by_name[each.image.name]),
                options.today,
            )
            for each in images
        ),
    )
