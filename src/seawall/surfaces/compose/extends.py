"""`extends`: a service laid over one of the same or of another file, with cycles refused."""

from __future__ import annotations

import posixpath
from typing import TypeAlias

from seawall.core.errors import InputError
from seawall.surfaces.compose.interpolation import Interpolation
from seawall.surfaces.compose.loading import Loading
from seawall.surfaces.compose.merge import merge_projects, merge_services
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar

MAX_CHAIN = 100

Chain: TypeAlias = tuple[tuple[str, str], ...]


class Extender:
    """Resolves the `extends` of the services of files that share their variables."""

    def __init__(self, loading: Loading, interpolation: Interpolation) -> None:
        self.loading = loading
        self.interpolation = interpolation
        self.files: dict[str, Mapping | None] = {}
        self.extended: dict[tuple[int, str], Node] = {}

    def apply(self, project: Mapping) -> Mapping:
        """The document with every service extended."""
        self.extended = {}  # keyed by identity, which holds as long as the document does
        services = project.get("services")
        if type(services) is not Mapping or not _has_extends(services):
            return project
        entries: dict[str, tuple[Scalar, Node]] = {
            name: (key, self._service(name, services, ()))
            for name, (key, _) in services.entries.items()
        }
        extended = Mapping(services.document, services.start, services.end, entries, services.tag)
        key = project.entries["services"][0]
        return Mapping(
            project.document,
            project.start,
            project.end,
            project.entries | {"services": (key, extended)},
            project.tag,
        )

    def _service(self, name: str, services: Mapping, chain: Chain) -> Node:
        service = services.entries[name][1]
        if type(service) is not Mapping or (extends := service.get("extends")) is None:
            return service
        rest = {key: entry for key, entry in service.entries.items() if key != "extends"}
        own = Mapping(service.document, service.start, service.end, rest, service.tag)
        link = (services.document.source.path, name)
        if link in chain or len(chain) >= MAX_CHAIN:
            self.loading.journal.refuse(f"service '{name}' extends itself in a circle", extends)
            return own
        known = self.extended.get((id(services), name))
        if known is None:
            base = self._base(name, extends, services, (*chain, link))
            known = own if base is None else merge_services(base, own)
            self.extended[id(services), name] = known
        return known

    def _base(self, name: str, extends: Node, services: Mapping, chain: Chain) -> Node | None:
        wanted, file = _reference(extends)
        if not wanted:
            self.loading.journal.refuse(f"extends of '{name}' names no service", extends)
            return None
        found: Mapping | None = services
        if file is not None:
            found = self._services_of(name, file)
            if found is None:
                return None
        if found is None or wanted not in found.entries:
            message = f"service '{name}' extends '{wanted}', which is not there"
            self.loading.journal.refuse(message, extends)
            self.loading.miss(message, extends, name)
            return None
        return self._service(wanted, found, chain)

    def _services_of(self, name: str, file: Scalar) -> Mapping | None:
        """The services of another file; what keeps it from being read is said."""
        text = text_of(file)
        if "://" in text or text.startswith("oci:"):
            self.loading.miss(f"{text}: is remote, not read", file, name)
            return None
        path = self.loading.inside(text, file.document.directory, file, name)
        if path is None:
            return None
        if path not in self.files:
            self.files[path] = self._load(name, path, file)
        return self.files[path]

    def _load(self, name: str, path: str, file: Scalar) -> Mapping | None:
        try:
            source = self.loading.source(path)
        except InputError as error:
            self.loading.journal.refuse(f"extends: {error.message}", file)
            self.loading.miss(f"extends: {error.message}", file, name)
            return None
        project: Mapping | None = None
        for document in self.loading.documents(source, posixpath.dirname(path), self.interpolation):
            project = document if project is None else merge_projects(project, document)
        services = None if project is None else project.get("services")
        return services if type(services) is Mapping else None


def _has_extends(services: Mapping) -> bool:
    return any(
        type(service) is Mapping and "extends" in service.entries
        for _, service in services.entries.values()
    )


def _reference(extends: Node) -> tuple[str, Scalar | None]:
    """The service that is extended, and the scalar that names its file."""
    if type(extends) is Scalar:
        return text_of(extends), None
    if type(extends) is not Mapping:
        return "", None
    service, file = extends.get("service"), extends.get("file")
    name = text_of(service) if type(service) is Scalar else ""
    return name, file if type(file) is Scalar else None
