"""Scanning: from the names of images to a report on what is in them and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct, field, structs

from seawall import __version__
from seawall.advisories.model import Match, Vulnerabilities
from seawall.core.baseline import Baseline, read_baseline
from seawall.core.errors import InputError
from seawall.core.globs import absolute
from seawall.core.identity import identify
from seawall.core.ignores import Ignores
from seawall.core.inventory import Comparison
from seawall.core.model import Finding, Hit, Notice, Problem, Suppression, Target
from seawall.core.report import Excerpt, Report
from seawall.core.rule import Rule
from seawall.core.selection import (
    SELECTION,
    attestation_notices,
    hidden_notices,
    waiver_notices,
)
from seawall.jobs.advice import advise
from seawall.jobs.bases import Neighbours
from seawall.jobs.checklist import checklist
from seawall.jobs.comparison import compare
from seawall.jobs.examine import Taken, bug
from seawall.jobs.governance import Governance, Ruling, Terms, catalog
from seawall.jobs.inspection import Inspection, inspect, parts_of
from seawall.jobs.judge import Crash, judge
from seawall.jobs.known import Found, Known, Matched, know
from seawall.jobs.newer import Footing, Grounds
from seawall.jobs.outcome import Outcome
from seawall.jobs.policing import police
from seawall.jobs.scan_log import ScanRecord, keep, record
from seawall.jobs.second_opinion import second_opinion
from seawall.jobs.shown_by_image import shown_by_image
from seawall.jobs.summarize import summarize
from seawall.rules import checks_on
from seawall.surfaces.image import parse_reference
from seawall.surfaces.image.facts import Package
from seawall.surfaces.image.model import Held, Image
from seawall.surfaces.repository.gitignore import repository_root
from seawall.surfaces.sbom.reader import DOCUMENTS

IMAGE = "image"
"""What `Target.kind` says of this surface."""
_MOST_TROUBLES = 20
_PAIR = 2
"""Images that are compared, where just so many are named."""


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


class Subject(Struct, frozen=True):
    """What is to be scanned; `name` is what reports call it, where that is not the target itself.

    `note` is something that the user should know of it.
    """

    target: str
    name: str = ""
    note: str = ""


class Scanned(Struct, frozen=True):
    """An image with the flaws of its packages, for inventories (`sbom`).

    `excused` are the flaws that a VEX document answers, with what it says.
    """

    image: Image
    found: Found = ()
    excused: tuple[tuple[Held[Package], Match, str], ...] = ()
    footing: Footing | None = None
    advisories: str = ""


class Scan(Struct, frozen=True):
    """What a scan comes to: the report, and the images that it is on."""

    report: Report
    images: tuple[Scanned, ...] = ()


class _Run(Struct, frozen=True):
    """What holds for every image of a run."""

    options: ScanOptions
    ruling: Ruling
    known: Known
    grounds: Grounds
    progress: Callable[[str], None] | None


def scan(
    targets: Sequence[str | Subject],
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
    run = _run(options, ruling, progress)
    done = [_scan_one(target, run) for target in targets]
    outcomes = [outcome for outcome, _ in done]
    images = tuple(scanned for _, scanned in done if scanned is not None)
    report = _report(outcomes, images, options)
    if len(images) == len(targets) == _PAIR and all(isinstance(each, str) for each in targets):
        report = structs.replace(report, comparison=_compared(images, report))
    if baseline.name:
        report = structs.replace(report, findings=baseline.mark(report.findings))
    said = (*report.notices, *_acceptances(outcomes, ruling, options.today))
    report = structs.replace(report, notices=said)
    if images and not options.terms.select:
        rows = checklist(report, outcomes, [ruling.policy], options.today, options.standard)
        report = structs.replace(report, checklist=rows)
    for scanned in images:
        keep(_record(scanned, report, run))
    return Scan(report, images)


def _acceptances(outcomes: Sequence[Outcome], ruling: Ruling, today: date) -> tuple[Notice, ...]:
    """What is to be said of the policy's waivers and attestations: those that expired."""
    findings = [finding for o in outcomes for finding in (*o.findings, *o.left_out)]
    waivers = waiver_notices(findings, ruling.policy, catalog(), (), today)
    return (*waivers, *attestation_notices(ruling.policy, today))


def _compared(images: Sequence[Scanned], report: Report) -> Comparison:
    """The two images that were named."""
    before, after = (scanned.image for scanned in images)
    own = ([f for f in report.findings if f.target == name] for name in (before.name, after.name))
    return compare(before, after, *own)


def _record(scanned: Scanned, report: Report, run: _Run) -> ScanRecord:
    """What is kept of the scan of one image."""
    name = scanned.image.name
    own = Report(
        findings=tuple(finding for finding in report.findings if finding.target == name),
        problems=tuple(problem for problem in report.problems if problem.target == name),
    )
    return structs.replace(
        record(scanned.image, own.findings),
        advisories=scanned.advisories,
        parts=parts_of(scanned.image, run.options.inspection),
        exit_code=own.exit_code(run.ruling.policy.fail_on),
        version=__version__,
    )


def _run(options: ScanOptions, ruling: Ruling, progress: Callable[[str], None] | None) -> _Run:
    known = know(options.store, options.vex, options.max_age, options.today)
    grounds = Grounds(
        options.inspection,
        known,
        Neighbours(),
        ruling.policy.images.bases,
        bool(options.terms.config_file),
        progress,
    )
    return _Run(options, ruling, known, grounds, progress)


def _scan_one(target: str | Subject, run: _Run) -> tuple[Outcome, Scanned | None]:
    subject = Subject(target) if isinstance(target, str) else target
    name = subject.name or subject.target
    notices = (Notice(name, subject.note),) if subject.note else ()
    try:
        image = inspect(subject.target, run.options.inspection, run.progress, subject.name)
        outcome, scanned = _judged(image, run)
    except InputError as error:
        problem = Problem(name, error.message.removeprefix(f"{subject.target}: "), error.hint)
    except Exception as error:
        problem = bug(name, "scanning it failed", error)
    else:
        return structs.replace(outcome, notices=(*notices, *outcome.notices)), scanned
    return Outcome(name, IMAGE, problems=(problem,), notices=notices), None


def _judged(image: Image, run: _Run) -> tuple[Outcome, Scanned]:
    options, ruling = run.options, run.ruling
    keep_hidden = bool(options.baseline or ruling.policy.waivers)
    matched = run.known.match(image)
    footing = run.grounds.footing(image, matched)
    image = footing.image
    taken = Taken(image.history, ruling, keep_hidden)
    taken.take(judge(image, checks_on(Image), ruling.settings))
    taken.take(_flaws(image, matched.found, ruling))
    findings = _wanted(sorted(taken.findings, key=urgency), options)
    unread = (*troubles(image), *taken.problems)
    policed = police(
        image.name, Ignores(), findings, ruling, identity_root(), _SURFACES, _identity(image)
    )
    outcome = Outcome(
        image.name,
        IMAGE,
        (*policed.findings, *_excused(image, matched, ruling)),
        (*unread, *matched.problems),
        (*policed.notices, *_notices(image, matched), *footing.notices),
        Counter(taken.hidden) + Counter(policed.hidden) + _unwanted(taken.findings, options),
        policed.left_out if keep_hidden else (),
        Excerpt(image.history, taken.secrets_of(image.history.path)),
        shown=(
            *taken.shown,
            *shown_by_image(image, parts_of(image, options.inspection), footing.base),
        ),
        examined=tuple((surface.__name__, image.name) for surface in _SURFACES),
        left_open=() if unread else (Vulnerabilities.__name__,),
    )
    return outcome, Scanned(image, matched.found, matched.excused, footing, matched.advisories)


_SURFACES = (Image, Vulnerabilities)


def _flaws(image: Image, found: Found, ruling: Ruling) -> Iterator[tuple[Rule, Hit] | Crash]:
    return judge(Vulnerabilities(image, found), checks_on(Vulnerabilities), ruling.settings)


def _wanted(findings: Iterable[Finding], options: ScanOptions) -> list[Finding]:
    if not options.only_fixed:
        return list(findings)
    return [each for each in findings if each.flaw is None or each.flaw.fixed]


def _unwanted(findings: Iterable[Finding], options: ScanOptions) -> Counter[tuple[str, str]]:
    """How many flaws are left out since nobody can mend them yet: they are no pass."""
    if not options.only_fixed:
        return Counter()
    return Counter((SELECTION, f.rule) for f in findings if f.flaw is not None and not f.flaw.fixed)


def _excused(image: Image, matched: Matched, ruling: Ruling) -> Iterator[Finding]:
    """The findings that a VEX document answers: shown as accepted, with its words."""
    reasons = {(match.vulnerability.id, id(held)): why for held, match, why in matched.excused}
    for held, match, _ in matched.excused:
        taken = Taken(image.history, ruling, False)
        taken.take(_flaws(image, ((held, match),), ruling))
        reason = reasons[match.vulnerability.id, id(held)]
        root, called = identity_root(), _identity(image)
        for finding in identify(taken.findings, root, called):
            yield structs.replace(finding, suppressed=Suppression("vex", reason))


def _notices(image: Image, matched: Matched) -> Iterator[Notice]:
    yield from (Notice(image.name, note) for note in matched.notes)
    if image.kind in DOCUMENTS:
        note = "it lists packages: secrets, files and other parts of the image were not examined"
        yield Notice(image.name, note)
    found = [match for _, match in matched.found] + [match for _, match, _ in matched.excused]
    opinion = second_opinion(image.kind, image.claimed, found)
    yield from (Notice(image.name, note) for note in opinion)
    if matched.unimportant:
        count = f"{matched.unimportant} flaw{'s' * (matched.unimportant != 1)}"
        yield Notice(image.name, f"{count} left out that the distributor calls unimportant")


def identity_root() -> str:
    """What findings' identities are relative to: the repository around the working directory."""
    here = absolute(".")
    return repository_root(here) or here


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
    # Behind a name there may stand which of several images of that name is meant.
    for name in (*image.tags, image.name.partition(" ")[0]):
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
                advise(by_name[each.image.name], each.footing),
                options.today,
            )
            for each in images
        ),
    )
