"""The facts of a Compose project after merge, interpolation, extends, include and profiles."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Cell, Place
from seawall.surfaces.certificates.model import PemFile
from seawall.surfaces.workload import Workload


class Fault(Struct, frozen=True):
    """Why Compose would refuse the project or a part of it, and where; the rest is still judged."""

    message: str
    path: str
    line: int


class Network(Struct, frozen=True):
    """A top-level network by its key; `name` is the real one where it is given."""

    key: str
    place: Place
    name: Cell[str] | None = None
    driver: Cell[str] | None = None
    is_internal: bool = False
    is_external: bool = False
    options: dict[str, Cell[str]] = {}


class Volume(Struct, frozen=True):
    """A top-level volume by its key; `device` is the host path of a bind made by driver options."""

    key: str
    place: Place
    name: Cell[str] | None = None
    driver: Cell[str] | None = None
    is_external: bool = False
    options: dict[str, Cell[str]] = {}
    labels: dict[str, str] = {}


class Secret(Struct, frozen=True):
    """A top-level secret or config."""

    kind: str
    key: str
    place: Place
    file: Cell[str] | None = None
    environment: Cell[str] | None = None
    content: Cell[str] | None = None
    is_external: bool = False


class Project(Struct, frozen=True, dict=True):
    """One project: the files it was merged from, its services as workloads, and what they share.

    `directory` is the project's, absolute. `services` are in file order, inactive profiles
    included. `gaps` are what could not be resolved (an include that is missing, an external
    file that may not be read): said, and no pass. `certificates` are the files beside it, by
    absolute path, that hold certificates or private keys which a service gets.
    """

    name: str
    directory: str
    sources: tuple[Source, ...]
    services: tuple[Workload, ...]
    networks: dict[str, Network] = {}
    volumes: dict[str, Volume] = {}
    secrets: dict[str, Secret] = {}
    configs: dict[str, Secret] = {}
    faults: tuple[Fault, ...] = ()
    gaps: tuple[Fault, ...] = ()
    is_stack: bool = False
    certificates: dict[str, PemFile] = {}

    def service(self, name: str) -> Workload | None:
        """The service of that name."""
        return next((service for service in self.services if service.name == name), None)
