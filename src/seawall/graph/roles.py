"""What a service is in its project: a data store, a proxy, administration, a worker, or else."""

from __future__ import annotations

from enum import Enum

from seawall.core.expression import Expression
from seawall.facts.ports import ADMIN_IMAGE, DATABASE_PORTS, PROXY_IMAGE
from seawall.facts.stores import is_store_image
from seawall.surfaces.image import parse_reference
from seawall.surfaces.workload import Workload

_WORKER = Expression(
    r"(?<![a-z])(?:workers?|celery|beat|sidekiq|queue|cron|scheduler|consumer|jobs?|backup)(?![a-z])"
)


class Role(Enum):
    """What the others want of a service."""

    STORE = "data store"
    PROXY = "proxy"
    ADMINISTRATION = "administration"
    APPLICATION = "application"
    WORKER = "worker"


def role_of(workload: Workload) -> Role:
    """The role that the image tells, else the ports, else the name and the command."""
    images = image_names(workload)
    if any(map(is_store_image, images)):
        return Role.STORE
    if any(ADMIN_IMAGE.search(image) for image in images):
        return Role.ADMINISTRATION
    if any(PROXY_IMAGE.search(image) for image in images):
        return Role.PROXY
    ports = listening_ports(workload)
    if ports and ports <= DATABASE_PORTS.keys():
        return Role.STORE
    return Role.APPLICATION if ports or not _works(workload) else Role.WORKER


def _works(workload: Workload) -> bool:
    """Whether its name or its command says that it takes jobs instead of requests."""
    words = (cell.value or "" for cell in workload.command or ())
    return _WORKER.search(" ".join((workload.name, *words))) is not None


def image_names(workload: Workload) -> tuple[str, ...]:
    """The paths of its image (`bitnami/redis`), or of what its Dockerfile is built on."""
    build = workload.build
    written = [workload.image.value or ""] if workload.image is not None else []
    if build is not None and build.dockerfile is not None and build.dockerfile.target is not None:
        written += build.dockerfile.target.root_base.candidates
    references = (parse_reference(text) for text in written)
    return tuple(reference.path for reference in references if reference is not None)


def listening_ports(workload: Workload) -> frozenset[int]:
    """The container's ports that it publishes, or exposes to its neighbours."""
    published = (port.container_first for port in workload.ports)
    exposed = (cell.value.partition("/")[0] for cell in workload.exposed if cell.value)
    return frozenset((*published, *(int(port) for port in exposed if port.isdigit())))
