"""A repository around its builds: contexts, tracked secrets, pipelines, sources that log."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.core.globs import absolute
from seawall.core.model import Finding, Problem
from seawall.core.report import Excerpt
from seawall.core.source import Source
from seawall.core.source import read as read_source
from seawall.jobs.discover import Input
from seawall.jobs.examine import Taken, bug
from seawall.jobs.governance import Ruling
from seawall.jobs.ignoring import yaml_ignores
from seawall.jobs.judge import judge
from seawall.jobs.outcome import Outcome, in_order
from seawall.jobs.policing import police
from seawall.jobs.units import REPOSITORY
from seawall.rules import checks_on
from seawall.rules.sources import may_log_secrets
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read as read_dockerfile
from seawall.surfaces.repository import Build, Repository
from seawall.surfaces.repository.pipelines import read_pipelines
from seawall.surfaces.repository.reader import read_repository
from seawall.surfaces.repository.sources import SourceFile, read_sources
from seawall.surfaces.repository.workflows import Pipelines

SURFACES = (Repository, Pipelines, SourceFile)
_GAP = "What was not read could not be judged: check that directory by itself."
_FAULT = "Mend the file: the service that runs it would refuse it too."


class Surroundings(Struct, frozen=True):
    """What is known of a repository before it is looked at.

    `known` are the facts of those of its `dockerfiles` that matter, by path; where None they are
    read. `builds` are the contexts that Compose files give Dockerfiles, all paths absolute.
    """

    directory: Input
    dockerfiles: tuple[Input, ...]
    known: dict[str, Dockerfile] | None
    builds: tuple[tuple[str, str], ...] = ()


def examine_repository(
    around: Surroundings, ruling: Ruling, keep_hidden: bool, root: str
) -> tuple[Outcome, ...]:
    """Judge what lies around the Dockerfiles; an outcome for the directory and each file hit."""
    directory = around.directory
    name = directory.name
    try:
        builds = list(_builds(around))
        taken, problems = _judged(directory, builds, ruling, keep_hidden)
    except Exception as error:
        problem = bug(name, "examining the repository failed", error)
        return (Outcome(name, REPOSITORY, problems=(problem,)),)
    whole = Outcome(
        name,
        REPOSITORY,
        problems=problems,
        hidden=taken.hidden,
        shown=tuple(taken.shown),
        examined=tuple(taken.examined),
    )
    parts = (
        _outcome(source, taken, ruling, keep_hidden, root) for source in taken.sources.values()
    )
    return (whole, *parts)


def _judged(
    directory: Input, builds: Sequence[Build], ruling: Ruling, keep_hidden: bool
) -> tuple[Taken, tuple[Problem, ...]]:
    taken = Taken(Source(directory.name, ""), ruling, keep_hidden)
    repository = read_repository(Path(directory.name), builds)
    taken.take(judge(repository, checks_on(Repository), ruling.settings), repository)
    taken.examined.append((Repository.__name__, repository.root))
    taken.examined += _ignore_files(repository)
    pipelines = read_pipelines(Path(directory.name))
    taken.take(judge(pipelines, checks_on(Pipelines), ruling.settings), pipelines)
    taken.examined += ((Pipelines.__name__, each.source.path) for each in pipelines.workflows)

    def may_matter(text: str) -> bool:
        taken.examined.append((SourceFile.__name__, f"{repository.root} {len(taken.examined)}"))
        return may_log_secrets(text)

    for source in read_sources(repository, may_matter):
        taken.within(source.source).take(judge(source, checks_on(SourceFile), ruling.settings))
    problems = (
        *(Problem(directory.name, gap, _GAP) for gap in repository.gaps),
        *_failures(pipelines),
        *taken.problems,
    )
    return taken, problems


IGNORE_FILE = "IgnoreFile"
"""What the checklist calls a .dockerignore: without one, nothing shows that there is any."""


def _ignore_files(repository: Repository) -> Iterator[tuple[str, str]]:
    """The .dockerignore files of the repository's builds, if each of the builds has one."""
    paths = [each.ignore.path if each.ignore else None for each in repository.contexts]
    return ((IGNORE_FILE, path) for path in dict.fromkeys(paths) if path and None not in paths)


def _builds(around: Surroundings) -> Iterator[Build]:
    """The builds that take anything from their context, once for each context that is said."""
    contexts: dict[str, list[str]] = {}
    for path, context in dict.fromkeys(around.builds):
        contexts.setdefault(os.path.realpath(path), []).append(context)
    for each in around.dockerfiles:
        facts = _read(each) if around.known is None else around.known.get(each.path)
        if facts is not None:
            path = absolute(each.path)
            stated = contexts.get(os.path.realpath(path)) if contexts else None
            for context in stated or [""]:
                yield Build(facts, path, context)


def _read(dockerfile: Input) -> Dockerfile | None:
    """The facts of a Dockerfile that copies; what can't be read is said elsewhere."""
    try:
        source = read_source(dockerfile.path, dockerfile.name)
    except InputError:
        return None
    if "copy" not in source.lowered and "add" not in source.lowered:
        return None
    facts = read_dockerfile(source)
    return facts if any(facts.of("COPY", "ADD")) else None


def _failures(pipelines: Pipelines) -> Iterator[Problem]:
    for workflow in pipelines.workflows:
        for message, line in workflow.failures:
            yield Problem(workflow.source.path, message, _FAULT, line or None)


def _outcome(source: Source, taken: Taken, ruling: Ruling, keep_hidden: bool, root: str) -> Outcome:
    findings = sorted(_of(taken.findings, source), key=in_order)
    policed = police(source.path, yaml_ignores(source, ruling), findings, ruling, root, SURFACES)
    return Outcome(
        source.path,
        REPOSITORY,
        policed.findings,
        (),
        policed.notices,
        policed.hidden,
        policed.left_out if keep_hidden else (),
        Excerpt(source, taken.secrets_of(source.path)),
        is_target=False,
    )


def _of(findings: Iterable[Finding], source: Source) -> Iterator[Finding]:
    return (finding for finding in findings if finding.location.path == source.path)
