"""`volumes_from`: the mounts that a service takes over from another of the project."""

from __future__ import annotations

from msgspec import structs

from seawall.surfaces.workload import Mount, Workload

MAX_CHAIN = 100


def with_shared_volumes(services: tuple[Workload, ...]) -> tuple[Workload, ...]:
    """The services, each with the mounts of those whose volumes it takes."""
    if not any(service.volumes_from for service in services):
        return services
    sharing = _Sharing(services)
    return tuple(
        structs.replace(service, mounts=sharing.mounts(service.name, 0))
        if service.volumes_from
        else service
        for service in services
    )


class _Sharing:
    """The mounts of each service, worked out once."""

    def __init__(self, services: tuple[Workload, ...]) -> None:
        self.services = {service.name: service for service in services}
        self.found: dict[str, tuple[Mount, ...]] = {}

    def mounts(self, name: str, depth: int) -> tuple[Mount, ...]:
        """Its own mounts, and those of others at targets where it has none."""
        if name in self.found:
            return self.found[name]
        service = self.services.get(name)
        if service is None or depth > MAX_CHAIN:
            return ()
        self.found[name] = service.mounts  # what a circle comes back to
        mounts = {mount.target: mount for mount in service.mounts}
        for cell in service.volumes_from:
            other, _, mode = (cell.value or "").partition(":")
            for mount in self.mounts(other, depth + 1):
                shared = structs.replace(
                    mount,
                    place=cell.place,
                    read_only=mount.read_only or mode == "ro",
                    via="volumes_from",
                )
                mounts.setdefault(mount.target, shared)
        self.found[name] = tuple(mounts.values())
        return self.found[name]
