"""What a Compose service lets its image's build do beyond a sandbox."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Hit, Located
from seawall.core.rule import Settings
from seawall.rules.naming import symbol, the
from seawall.surfaces.workload import Build, Workload


def privileged_build(workload: Workload, _: Settings) -> Iterator[Hit]:
    """`build.privileged`, and the entitlement that allows steps without confinement."""
    build = workload.build
    if build is None:
        return
    if build.privileged is not None and build.privileged.value:
        yield _hit(workload, build.privileged, "privileged", _PRIVILEGED)
    for at in _entitled(build, "security.insecure"):
        yield _hit(workload, at, "entitlements security.insecure", _INSECURE)


def host_network_build(workload: Workload, _: Settings) -> Iterator[Hit]:
    """`build.network: host`, and the entitlement that allows steps to ask for it."""
    build = workload.build
    if build is None:
        return
    if build.network is not None and build.network.value == "host":
        yield _hit(workload, build.network, "network", _NETWORK)
    for at in _entitled(build, "network.host"):
        yield _hit(workload, at, "entitlements network.host", _NETWORK_ALLOWED)


_PRIVILEGED = "builds its image privileged: what any step runs can take the build host over"
_INSECURE = "lets steps of its build run without confinement (`--security=insecure`)"
_NETWORK = "builds its image on the build host's own network, its localhost services included"
_NETWORK_ALLOWED = "lets steps of its build use the build host's own network (`--network=host`)"


def _entitled(build: Build, name: str) -> Iterator[Located]:
    return (cell for cell in build.entitlements if (cell.value or "").strip().lower() == name)


def _hit(workload: Workload, at: Located, key: str, told: str) -> Hit:
    return Hit(
        at,
        f"{the(workload)} {told}",
        symbol(workload, f"build {key}"),
        label="no sandbox" if "network" not in key else "the host's network",
        remedy=f"Take `{key.replace(' ', ': ')}` out of `build`.",
    )
