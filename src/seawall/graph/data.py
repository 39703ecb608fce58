"""What services share and use: volumes, secrets, and who calls whom."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.facts.host_paths import holds_engine_socket, is_control, is_engine_socket, normal
from seawall.graph.model import Cost, Edge, Kind, Means, Node
from seawall.graph.networking import service_id
from seawall.graph.roles import Role, role_of
from seawall.surfaces.cell import Place
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Mount, Workload

_ADDRESS = Expression(
    r"HOST|SERVER|ADDR|URL|URI|DSN|ENDPOINT|NODE|BROKER|UPSTREAM|BACKEND|SERVICE|LINK",
    re.IGNORECASE,
)
_HOST = Expression(r"(?:\A|//|@|[,;=\s])([A-Za-z0-9._-]++)(?=[:/,;?\s]|\Z)")
"""A word where an address has its host."""
_LONGEST = 4000
"""Characters of a value that are searched for names of services."""


class Volumes:
    """The volumes and directories of the host that at least two services mount."""

    def __init__(self, project: Project) -> None:
        self._directory = project.directory
        self._mounts: dict[str, list[tuple[Workload, Mount]]] = {}
        for service in project.services:
            for mount in service.mounts:
                if _is_data(mount):
                    self._mounts.setdefault(mount.source, []).append((service, mount))

    def _shared(self) -> Iterator[tuple[str, list[tuple[Workload, Mount]]]]:
        for source, uses in self._mounts.items():
            if len({service.name for service, _ in uses}) > 1:
                yield source, uses

    def nodes(self) -> Iterator[Node]:
        """Each shared volume."""
        for source, uses in self._shared():
            yield Node(_volume_id(source), Kind.VOLUME, self._name(source), uses[0][1].place)

    def edges(self) -> Iterator[Edge]:
        """Who mounts it; the way to a store's data over its own volume is open."""
        for source, uses in self._shared():
            name = self._name(source)
            for service, mount in uses:
                how = "reads" if mount.read_only else "reads and writes"
                told = f"`{service.name}` {how} the volume `{name}`"
                cut = f"Take `{name}` out of the volumes of `{service.name}`."
                own, volume = service_id(service.name), _volume_id(source)
                yield Edge(own, volume, Means.MOUNTS, told, mount.place, cut, Cost.LINE)
                if not mount.read_only and role_of(service) is Role.STORE:
                    kept = f"`{service.name}` keeps its data in the volume `{name}`"
                    yield Edge(volume, own, Means.MOUNTS, kept, mount.place)

    def _name(self, source: str) -> str:
        """A volume's name; a directory as it is from the project's own."""
        return source.removeprefix(self._directory.rstrip("/") + "/") or source


def _volume_id(source: str) -> str:
    return f"volume {source}"


def _is_data(mount: Mount) -> bool:
    """Whether it can hold data: a named volume, or a directory that is not the host's own."""
    path = normal(mount.source)
    if mount.type not in {"volume", "bind"} or not path or mount.via == "secret":
        return False
    is_host = is_control(path) or is_engine_socket(path) or holds_engine_socket(path)
    return not is_host and not path.startswith("/etc/")


def secret_nodes(service: Workload) -> Iterator[Node]:
    """The secrets that it is given."""
    for use in service.secrets:
        if use.kind == "secret":
            yield Node(f"secret {use.name}", Kind.SECRET, use.name, use.place)


def secret_edges(service: Workload) -> Iterator[Edge]:
    """That it is given them."""
    for use in service.secrets:
        if use.kind == "secret":
            told = f"`{service.name}` is given the secret `{use.name}`"
            own, secret = service_id(service.name), f"secret {use.name}"
            yield Edge(own, secret, Means.HOLDS, told, use.place, is_open=False)


class Calls:
    """Who uses whom, as far as `depends_on`, links, variables and commands tell."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._names = _names(project)

    def edges(self) -> Iterator[Edge]:
        """One for each pair of services, with the first thing that tells it."""
        for service in self._project.services:
            seen = {service.name}
            for name, told, place in self._told(service):
                if name not in seen:
                    seen.add(name)
                    own, other = service_id(service.name), service_id(name)
                    yield Edge(own, other, Means.CALLS, told, place, is_open=False)

    def _told(self, service: Workload) -> Iterator[tuple[str, str, Place]]:
        for variable in service.environment:
            for name in self._named(variable.value.value or "", variable.name):
                told = f"`{service.name}` names `{name}` in {variable.name}"
                yield name, told, variable.value.place
        for word in (*(service.entrypoint or ()), *(service.command or ())):
            for name in self._named(word.value or "", ""):
                yield name, f"`{service.name}` names `{name}` in its command", word.place
        for name in (*service.depends_on, *service.links):
            if self._project.service(name) is not None:
                yield name, f"`{service.name}` depends on `{name}`", service.place

    def _named(self, text: str, variable: str) -> Iterator[str]:
        """The services that a text names as hosts; a bare word counts where its name says so."""
        is_address = variable and _ADDRESS.search(variable)
        if not text or not (is_address or ":" in text):
            return
        for match in _HOST.finditer(text[:_LONGEST]):
            name = self._names.get(match[1])
            if name is not None:
                yield name


def _names(project: Project) -> dict[str, str]:
    """The services by the names that the others can call them by."""
    names = {service.name: service.name for service in project.services}
    for service in project.services:
        for use in service.networks:
            for alias in use.aliases:
                names.setdefault(alias, service.name)
    return names
