"""What has to be started to prove a plan: services and Dockerfiles before and after it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from msgspec import Struct, structs

from seawall.core.errors import InputError
from seawall.core.overlay import overlaid
from seawall.core.source import read
from seawall.jobs.builds import dockerfile_path, with_dockerfiles
from seawall.jobs.proving.model import Plan, ProofOptions, Subjects
from seawall.jobs.proving.translate import Names, body_of
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_project
from seawall.surfaces.repository.gitignore import repository_root
from seawall.surfaces.workload import Build, Workload

_NO_NAMES = Names("", "")


class Recipe(Struct, frozen=True):
    """How an image is built: the text is the plan's, the context is the disk's.

    `ignore` is the text of the .dockerignore in force.
    """

    context: str
    path: str
    text: str
    arguments: tuple[tuple[str, str], ...] = ()
    target: str = ""
    ignore: str = ""


class Part(Struct, frozen=True):
    """One container of a scene: `image` is what it starts from where no recipe builds it.

    `missing` says why it can't be told what to start.
    """

    name: str
    image: str = ""
    recipe: Recipe | None = None
    workload: Workload | None = None
    missing: str = ""


class Scene(Struct, frozen=True):
    """Parts that are started together, those first on which others depend.

    `path` is the file that says so, `sources` are all files that do, links followed. `root` is the
    directory that binds must not leave. `internal` are the networks that lead nowhere else.
    `texts` are those of files that the plan makes, by absolute path, with their modes in `modes`.
    """

    path: str
    root: str
    parts: tuple[Part, ...]
    sources: frozenset[str] = frozenset()
    internal: frozenset[str] = frozenset()
    texts: Mapping[str, str] = {}
    modes: Mapping[str, int] = {}
    environment: Mapping[str, str] = {}

    def part(self, name: str) -> Part | None:
        """The part of that name."""
        return next((part for part in self.parts if part.name == name), None)

    def only(self, names: Collection[str]) -> Scene:
        """The scene with no more than some of its parts, and what those need."""
        wanted = {*names, *_all_needed(names, self)}
        return structs.replace(self, parts=tuple(p for p in self.parts if p.name in wanted))


class Pair(Struct, frozen=True):
    """A scene before and after a plan; `changed` are the parts that the plan makes another."""

    before: Scene
    after: Scene
    changed: tuple[str, ...]


def pairs_of(plan: Plan, subjects: Subjects, options: ProofOptions) -> list[Pair]:
    """The scenes that a plan changes: the projects first, then what no service builds."""
    before, after = _texts(plan)
    found: list[Pair] = []
    built: set[str] = set()
    for files in subjects.projects:
        pair = _project_pair(files, subjects, (before, after), plan)
        built |= _dockerfiles_of((pair.before, pair.after))
        if pair.changed:
            found.append(pair)
    for path in subjects.dockerfiles:
        if os.path.realpath(path) not in built:
            pair = _dockerfile_pair(path, options, (before, after))
            if pair.changed:
                found.append(pair)
    return found


def _texts(plan: Plan) -> tuple[dict[str, str], dict[str, str]]:
    """The texts before and after of all files that the plan touches, by absolute path."""
    before = {file.path: file.before for file in plan.changed}
    after = {file.path: file.after for file in plan.changed}
    for change in plan.files:
        if change.deed in ("create", "append") and change.path not in after:
            known = _on_disk(change.path) if change.deed == "append" else ""
            after[change.path] = known + change.text
    return before, after


def _on_disk(path: str) -> str:
    try:
        return read(path).text
    except InputError:
        return ""


def _project_pair(
    files: tuple[str, ...],
    subjects: Subjects,
    texts: tuple[Mapping[str, str], Mapping[str, str]],
    plan: Plan,
) -> Pair:
    before, after = (_project_scene(files, subjects, each, plan) for each in texts)
    return _pair(before, after)


def _project_scene(
    files: tuple[str, ...], subjects: Subjects, texts: Mapping[str, str], plan: Plan
) -> Scene:
    with overlaid(texts):
        project = read_project(
            [Path(file) for file in files],
            None,
            subjects.environment,
            [Path(file) for file in subjects.env_files],
            unset="",
        )
        project = with_dockerfiles(project)
        parts = tuple(_part(service, project) for service in _in_order(project.services))
    root = repository_root(project.directory) or project.directory
    internal = frozenset(key for key, each in project.networks.items() if each.is_internal)
    modes = {change.path: change.mode for change in plan.files if change.mode}
    sources = frozenset(os.path.realpath(source.path) for source in project.sources)
    return Scene(files[0], root, parts, sources, internal, texts, modes, subjects.environment)


def _in_order(services: Iterable[Workload]) -> list[Workload]:
    """Those first on which others depend; as they stand where they depend on each other."""
    by_name = {service.name: service for service in services}
    graph = {name: _needs(service) & by_name.keys() for name, service in by_name.items()}
    try:
        return [by_name[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError:
        return list(by_name.values())


def _needs(service: Workload) -> set[str]:
    network = service.namespaces.network
    mode = (network.value or "") if network else ""
    shared = {mode.partition(":")[2]} if mode.startswith("service:") else set()
    return {*service.depends_on, *service.links} | shared


def _part(service: Workload, project: Project) -> Part:
    if service.gaps:
        return Part(service.name, workload=service, missing=service.gaps[0])
    build = service.build
    if build is None:
        image = service.image.value if service.image else None
        missing = "" if image else "it names no image"
        return Part(service.name, image or "", workload=service, missing=missing)
    recipe, missing = _recipe(build, project)
    return Part(service.name, recipe=recipe, workload=service, missing=missing)


def _recipe(build: Build, project: Project) -> tuple[Recipe | None, str]:
    if build.dockerfile is None or build.missing:
        return None, build.missing or "its Dockerfile was not read"
    context = (build.context.value if build.context else None) or project.directory
    path = "" if build.inline is not None else dockerfile_path(build, project.directory)[0]
    arguments = tuple((each.name, each.value.value or "") for each in build.arguments)
    target = (build.target.value or "") if build.target else ""
    text = build.dockerfile.source.text
    recipe = Recipe(context, path, text, arguments, target, _ignore_for(context, path))
    return recipe, ""


def _ignore_for(context: str, dockerfile: str) -> str:
    """The .dockerignore in force: that of the Dockerfile itself goes before the context's."""
    for path in (f"{dockerfile}.dockerignore", os.path.join(context, ".dockerignore")):
        if dockerfile or path.endswith("/.dockerignore"):
            try:
                return read(path).text
            except InputError:
                continue
    return ""


def _dockerfile_pair(
    path: str,
    options: ProofOptions,
    texts: tuple[Mapping[str, str], Mapping[str, str]],
) -> Pair:
    scenes = []
    for each in texts:
        with overlaid(each):
            text, context = _on_disk(path), os.path.dirname(path)
            ignore = _ignore_for(context, path)
        recipe = Recipe(
            context, path, text, tuple(options.arguments.items()), options.target, ignore
        )
        sources = frozenset({os.path.realpath(path)})
        scenes.append(Scene(path, context, (Part(path, recipe=recipe),), sources))
    return _pair(*scenes)


def _pair(before: Scene, after: Scene) -> Pair:
    changed = tuple(
        part.name for part in after.parts if _differs(part, before.part(part.name), before, after)
    )
    return Pair(before.only(changed), after.only(changed), changed)


def _differs(part: Part, other: Part | None, before: Scene, after: Scene) -> bool:
    if other is None:
        return True
    if (part.image, part.recipe, part.missing) != (other.image, other.recipe, other.missing):
        return True
    return _spec(part, after) != _spec(other, before)


def _spec(part: Part, scene: Scene) -> object:
    """All that a container is started with, without where that is written."""
    if part.workload is None:
        return None
    workload = part.workload
    files = [scene.texts.get(mount.source) for mount in workload.mounts if mount.type == "bind"]
    internal = [use.name in scene.internal for use in workload.networks]
    secrets = [
        (use.name, use.target, use.content and use.content.value, use.environment)
        for use in workload.secrets
    ]
    return body_of(workload, "", _NO_NAMES, ProofOptions()), files, internal, secrets


def signature(scene: Scene) -> str:
    """The same text for scenes that start the same."""
    return repr([(p.name, p.image, p.recipe, p.missing, _spec(p, scene)) for p in scene.parts])


def _all_needed(names: Iterable[str], scene: Scene) -> Iterator[str]:
    """What parts need, and what that needs, …"""
    waiting, seen = list(names), set(names)
    while waiting:
        part = scene.part(waiting.pop())
        for name in _needs(part.workload) if part and part.workload else ():
            if name not in seen:
                seen.add(name)
                waiting.append(name)
                yield name


def _dockerfiles_of(scenes: Iterable[Scene]) -> set[str]:
    return {
        os.path.realpath(part.recipe.path)
        for scene in scenes
        for part in scene.parts
        if part.recipe is not None and part.recipe.path
    }
