"""From the images that a project names to a lock that says what each of them is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.core.model import Problem
from seawall.core.source import read as read_source
from seawall.jobs.discover import COMPOSE, DOCKERFILE, Input, discover
from seawall.jobs.lock import Locked
from seawall.rules.image.named import named_images, service_images
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read as read_dockerfile
from seawall.surfaces.image import Reference, parse_reference

_NOTHING = "Name the files themselves, or a directory with Dockerfiles or Compose files."


class Named(Struct, frozen=True):
    """A reference that is to be pinned, and the first place that names it."""

    reference: Reference
    place: str

    @property
    def key(self) -> str:
        """What the lock calls it: as people write it, with the tag that is meant."""
        reference = self.reference
        return reference.familiar if reference.tag else f"{reference.name}:latest"


class Change(Struct, frozen=True):
    """What asking brought for one reference: the digest before (empty for a new one) and now."""

    name: str
    before: str
    now: Locked
    place: str


class Pinned(Struct, frozen=True):
    """A lock as it is to be, what changes in it, and what could not be found out.

    `unused` are the references of the old lock that nothing names any more.
    """

    images: tuple[Locked, ...]
    changes: tuple[Change, ...]
    unused: tuple[str, ...]
    problems: tuple[Problem, ...]


Ask = Callable[[Reference], tuple[str, tuple[str, ...]]]
"""Asks a registry for a reference's digest and platforms; raises `InputError`."""


def images_named(
    paths: Sequence[str], environment: Mapping[str, str]
) -> tuple[tuple[Named, ...], tuple[Problem, ...]]:
    """The references without a digest that the Dockerfiles and Compose files in paths name."""
    found = discover(paths)
    problems = list(found.problems)
    named: dict[str, Named] = {}
    for each in _all(found.inputs, environment, problems):
        named.setdefault(each.key, each)
    if not found.inputs and not problems:
        reason = "no Dockerfile and no Compose file was found"
        problems.append(Problem(", ".join(paths), reason, _NOTHING))
    return tuple(named.values()), tuple(problems)


def _all(
    inputs: Iterable[Input], environment: Mapping[str, str], problems: list[Problem]
) -> Iterator[Named]:
    compose = [each for each in inputs if each.kind == COMPOSE]
    for each in inputs:
        if each.kind == DOCKERFILE:
            yield from _in_dockerfile(each, problems)
    if compose:
        yield from _in_projects(compose, environment)


def _in_dockerfile(found: Input, problems: list[Problem]) -> Iterator[Named]:
    try:
        facts = read_dockerfile(read_source(found.path, found.name))
    except InputError as error:
        problems.append(Problem(found.name, error.message, error.hint))
        return
    for named in named_images(facts):
        if not named.reference.digest and not named.may_be_local:
            yield Named(named.reference, f"{found.name}:{facts.source.line_of(named.at.start)}")
    yield from _frontend(facts)


def _frontend(facts: Dockerfile) -> Iterator[Named]:
    for use in facts.images:
        reference = parse_reference(use.value.known or "") if use.via == "SYNTAX" else None
        if reference is not None and not reference.digest:
            yield Named(reference, f"{facts.source.path}:{facts.source.line_of(use.start)}")


def _in_projects(inputs: Sequence[Input], environment: Mapping[str, str]) -> Iterator[Named]:
    from seawall.surfaces.compose.project import find_projects  # noqa: PLC0415 -- YAML on use
    from seawall.surfaces.compose.reader import read_project  # noqa: PLC0415 -- YAML on use

    for files in find_projects([Path(each.name) for each in inputs]):
        for service in read_project(files, None, environment).services:
            for named in service_images(service):
                if not named.reference.digest:
                    place = service.place
                    yield Named(named.reference, f"{place.source.path}:{place.line}")


def pin(
    named: Sequence[Named], held: Mapping[str, Locked], ask: Ask, today: date, *, update: bool
) -> Pinned:
    """Ask for what the lock does not hold; with `update`, for everything.

    What can't be found out is a problem, and what the lock held of it stays.
    """
    images: list[Locked] = []
    changes: list[Change] = []
    problems: list[Problem] = []
    for each in named:
        before = held.get(each.key)
        if before is not None and not update:
            images.append(before)
            continue
        try:
            digest, platforms = ask(_tagged(each.reference))
        except InputError as error:
            problems.append(Problem(each.place, error.message, error.hint))
            images += (before,) if before is not None else ()
            continue
        now = Locked(each.key, digest, platforms, today)
        if before is not None and before.digest == digest:
            images.append(before)
            continue
        images.append(now)
        changes.append(Change(each.key, before.digest if before else "", now, each.place))
    unused = tuple(held.keys() - {each.key for each in named})
    return Pinned(tuple(images), tuple(changes), unused, tuple(problems))


def _tagged(reference: Reference) -> Reference:
    return reference if reference.tag else replace(reference, tag="latest")


def ask_registry(insecure: tuple[str, ...] = ()) -> Ask:
    """A question to the registry that a reference names, with the user's own credentials."""
    from seawall.surfaces.image.manifest import Index, read_manifest  # noqa: PLC0415 -- on use
    from seawall.surfaces.registry.client import RegistryClient  # noqa: PLC0415 -- on use
    from seawall.surfaces.registry.options import RegistryOptions  # noqa: PLC0415 -- on use

    def ask(reference: Reference) -> tuple[str, tuple[str, ...]]:
        with RegistryClient(RegistryOptions(insecure=insecure)) as client:
            fetched = client.manifest(reference)
        if fetched.problems:
            raise InputError(f"{reference.familiar}: {fetched.problems[0]}")
        document = read_manifest(fetched.data, reference.familiar)
        if not isinstance(document, Index):
            return fetched.digest, ()
        found = (each.platform for each in document.manifests)
        names = sorted({str(platform) for platform in found if platform is not None})
        return fetched.digest, tuple(name for name in names if "unknown" not in name)

    return ask
