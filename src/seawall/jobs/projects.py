"""One Compose project from its files to the findings in each of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import structs

from seawall.core.model import Finding, Hit, Problem
from seawall.core.report import Excerpt
from seawall.core.rule import Rule
from seawall.core.source import Source
from seawall.jobs.builds import dockerfile_path, with_dockerfiles
from seawall.jobs.certificates import with_certificates
from seawall.jobs.examine import Taken, bug
from seawall.jobs.governance import Ruling
from seawall.jobs.ignoring import yaml_ignores
from seawall.jobs.judge import Crash, judge
from seawall.jobs.outcome import Outcome, Settled, in_order
from seawall.jobs.policing import police
from seawall.jobs.showing import shown_by
from seawall.jobs.units import COMPOSE, Reading
from seawall.rules import checks_on, checks_within
from seawall.rules.network.tls import readable_keys
from seawall.rules.runtime.user import sets_user
from seawall.surfaces.compose.model import Fault, Project
from seawall.surfaces.compose.reader import read_project
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.workload import Workload

SURFACES = (Workload, Project)
_REFUSED = "Compose refuses this; what could be read of the project was judged."
_UNREAD = "Check where the Dockerfile is; until then nothing is known of this image."
_GAP = "Give the file or the variable; what depends on it could not be judged."


def examine_project(
    names: Sequence[str],
    ruling: Ruling,
    reading: Reading,
    keep_hidden: bool,
    root: str,
    draws: bool = False,
) -> tuple[Outcome, ...]:
    """Read a project, judge its services and what they share; an outcome for each of its files.

    Where it `draws`, the first file's outcome has a diagram of the project.
    """
    files = [Path(name) for name in names]
    env_files = [Path(name) for name in reading.env_files]
    try:
        project = read_project(files, None, reading.environment, env_files)
        project = with_certificates(with_dockerfiles(project))
    except Exception as error:
        return (Outcome(names[0], COMPOSE, problems=(bug(names[0], "reading it failed", error),)),)
    if not project.sources:
        return (Outcome(names[0], COMPOSE, problems=_problems(project, names[0], names[0])),)
    taken = _judged(project, ruling, keep_hidden)
    first, *others = (_outcome(project, each, taken, ruling, root) for each in project.sources)
    return (_drawn(first, project) if draws else first, *others)


def _drawn(outcome: Outcome, project: Project) -> Outcome:
    """The outcome with a diagram of the project; that it failed is a problem, and loses no more."""
    from seawall.jobs.charting import diagram_of  # noqa: PLC0415 -- only some formats draw

    try:
        return structs.replace(outcome, diagram=diagram_of(project))
    except Exception as error:
        problem = bug(outcome.name, "drawing it failed", error)
        return structs.replace(outcome, problems=(*outcome.problems, problem))


def _judged(project: Project, ruling: Ruling, keep_hidden: bool) -> Taken:
    taken = Taken(project.sources[0], ruling, keep_hidden)
    for service in project.services:
        taken.shown += shown_by(service)
        taken.examined.append((Workload.__name__, f"{project.sources[0].path} {service.name}"))
        subject = subject_of(project, service) if ruling.mending else None
        taken.take(judge(service, checks_within(Project, Workload), ruling.settings), subject)
        taken.take(_in_inline(service, ruling))
    taken.examined.append((Project.__name__, project.sources[0].path))
    subject = subject_of(project) if ruling.mending else None
    taken.take(judge(project, checks_on(Project), ruling.settings), subject)
    return taken


def subject_of(project: Project, service: Workload | None = None) -> object:
    """What fixers are given of a finding on a project or a service of it."""
    from seawall.fixes.model import Service  # noqa: PLC0415 -- only who mends pays for it

    return Service(project, service)


def _in_inline(service: Workload, ruling: Ruling) -> Iterator[tuple[Rule, Hit] | Crash]:
    """What the rules say of a Dockerfile that the Compose file itself holds, at its text."""
    build = service.build
    if build is None or build.inline is None or build.dockerfile is None:
        return
    facts, inline = build.dockerfile, build.inline
    for outcome in judge(facts, checks_on(Dockerfile), ruling.settings, facts.source.lowered):
        if isinstance(outcome, Crash):
            yield outcome
            continue
        rule, hit = outcome
        yield (
            rule,
            structs.replace(
                hit,
                at=inline,
                message=f"line {facts.source.line_of(hit.at.start)}: {hit.message}",
                symbol=f"service {service.name}/dockerfile_inline/{hit.symbol}",
                label="in this Dockerfile",
                secrets=(inline,) if hit.secrets else (),
                fix=None,
            ),
        )


def _outcome(project: Project, source: Source, taken: Taken, ruling: Ruling, root: str) -> Outcome:
    """What stands in one of the project's files; what belongs to none is the first one's."""
    is_first = source is project.sources[0]
    findings = sorted(_findings_in(taken, source, project), key=in_order)
    policed = police(source.path, yaml_ignores(source, ruling), findings, ruling, root, SURFACES)
    hidden = dict(policed.hidden)
    for key, number in taken.hidden.items() if is_first else ():
        hidden[key] = hidden.get(key, 0) + number
    own = taken.problems if is_first else ()
    return Outcome(
        source.path,
        COMPOSE,
        policed.findings,
        (*_problems(project, source.path, project.sources[0].path), *own),
        policed.notices,
        hidden,
        policed.left_out,
        Excerpt(source, taken.secrets_of(source.path)),
        tuple(_settled(project)) if is_first else (),
        builds=tuple(_contexts(project)) if is_first else (),
        shown=tuple(taken.shown) if is_first else (),
        examined=tuple(taken.examined) if is_first else (),
    )


def _findings_in(taken: Taken, source: Source, project: Project) -> list[Finding]:
    """Those of this file, and for the first file those of a file that is none of the project's."""
    known = {each.path for each in project.sources}
    is_first = source is project.sources[0]
    return [
        finding
        for finding in taken.findings
        if finding.location.path == source.path or (is_first and finding.location.path not in known)
    ]


def _problems(project: Project, path: str, first: str) -> tuple[Problem, ...]:
    """Faults and gaps in a file; those of files that are not the project's go to the first."""
    known = {source.path for source in project.sources}

    def is_here(fault: Fault) -> bool:
        return fault.path == path or (path == first and fault.path not in known)

    unread = (
        Problem(path, _unread(service), _UNREAD, service.build.place.line)
        for service in project.services
        if service.build is not None and service.build.missing
        if service.build.place.source.path == path
    )
    return (
        *unread,
        *(Problem(path, f.message, _REFUSED, f.line or None) for f in project.faults if is_here(f)),
        *(Problem(path, f.message, _GAP, f.line or None) for f in project.gaps if is_here(f)),
    )


def _unread(service: Workload) -> str:
    missing = service.build.missing if service.build else ""
    return f"the Dockerfile that service {service.name} builds was not examined: {missing}"


def _settled(project: Project) -> list[Settled]:
    """What of other files the project answers: users of Dockerfiles, modes of mounted keys."""
    told = (
        Settled("key-file-readable", os.path.realpath(each.path), "told where a service gets it")
        for each in readable_keys(project)
    )
    return [*_users_set(project), *told]


def _users_set(project: Project) -> list[Settled]:
    """The Dockerfiles that only services build which set a user of their own."""
    builders: dict[str, list[Workload]] = {}
    for service in project.services:
        if service.build is not None:
            path, _ = dockerfile_path(service.build, project.directory)
            if path:
                builders.setdefault(os.path.realpath(path), []).append(service)
    return [
        Settled("root-user", path, _how(services) if all(map(sets_user, services)) else "")
        for path, services in builders.items()
    ]


def _contexts(project: Project) -> Iterator[tuple[str, str]]:
    """The Dockerfile and the context of each build whose files are on this machine."""
    for service in project.services:
        build = service.build
        path = dockerfile_path(build, project.directory)[0] if build else ""
        if build and path and build.context is not None and build.context.value:
            yield path, os.path.join(project.directory, build.context.value)


def _how(services: Sequence[Workload]) -> str:
    said = (
        f"service {service.name} sets `user: {service.user.written}`"
        for service in services
        if service.user is not None
    )
    return f"{', '.join(said)}: that is what its processes run as"
