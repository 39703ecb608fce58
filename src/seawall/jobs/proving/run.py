"""One throw-away project: its parts are made, started, looked at, restarted and taken away."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, Protocol

from msgspec import Struct, structs

from seawall.core.errors import InputError
from seawall.jobs.proving.health import Readiness, Waiting
from seawall.jobs.proving.logs import tail
from seawall.jobs.proving.model import Posture, ProofOptions
from seawall.jobs.proving.observing import Life, Observation, compare
from seawall.jobs.proving.posture import is_here, ports_of, posture_of
from seawall.jobs.proving.refusing import refusal
from seawall.jobs.proving.scenes import Part, Scene
from seawall.jobs.proving.staging import Staging
from seawall.jobs.proving.translate import (
    Body,
    Names,
    body_of,
    image_body,
    nanoseconds,
    networks_of,
    volumes_in,
)
from seawall.surfaces.engine.connection import UnreachableError
from seawall.surfaces.engine.laboratory import BuildError, Laboratory

_SETTLE = 0.5
"""Seconds from healthy to the first look: what fails at once has then failed."""

_LOOKS = 4
"""Looks at the processes of a service that seems to have become mightier: pools come and go."""

_MAX_GRACE = 30
_PROBES = (["/bin/sh", "-c", "exit 0"], ["/bin/busybox", "true"], ["/bin/true"])
"""Programs of which most images have one, tried in turn."""


class NotHereError(InputError):
    """A part can't be started here: what fixes do or leave has nothing to do with it.

    `is_fetch` where an image could not be had.
    """

    def __init__(self, message: str, *, is_fetch: bool = False) -> None:
        super().__init__(message)
        self.is_fetch = is_fetch


class Running(Struct):
    """A container of a run."""

    part: Part
    container: str
    body: Body
    name: str
    ready: Readiness | None = None
    failure: str = ""


class Lead(Protocol):
    """What a run asks of whoever leads it."""

    laboratory: Laboratory
    options: ProofOptions

    def image_of(self, part: Part) -> str:
        """The image that a part starts from.

        Raises:
            BuildError: its Dockerfile does not build.
            NotHereError: there is no way to have it.
        """

    def start(self, container: str) -> None:
        """Start a container, and count it."""

    def held(self) -> AbstractContextManager[None]:
        """Within it, no interrupt counts."""

    def tell(self, text: str) -> None:
        """Say what is being done."""


class Run:
    """One throw-away project."""

    def __init__(
        self, bench: Lead, scene: Scene, names: Names, staging: Staging, former: Scene | None
    ) -> None:
        self._bench = bench
        self._former = former
        self._laboratory = bench.laboratory
        self._options = bench.options
        self._scene = scene
        self._names = names
        self._staging = staging
        self._running: dict[str, Running] = {}
        self._networks: dict[str, None] = {}
        self._volumes: dict[str, None] = {}

    def observe(
        self, watched: Collection[str], expected: Mapping[str, Observation] | None
    ) -> dict[str, Observation]:
        """Start all parts, then look at those that are watched, then see how they live on."""
        found: dict[str, Observation] = {}
        for part in self._scene.parts:
            found |= self._begin(part, (expected or {}).get(part.name))
        time.sleep(_SETTLE if self._running else 0)
        for name, running in self._running.items():
            if name in watched:
                found[name] = self._look(running, (expected or {}).get(name))
        for name, running in self._running.items():
            if name in watched:
                found[name] = self._lives(running, found[name], (expected or {}).get(name))
        return {name: found[name] for name in watched if name in found}

    # Start

    def _begin(self, part: Part, expected: Observation | None) -> dict[str, Observation]:
        """Make and start a part, and wait for it; an observation where it can't be begun."""
        reason = refusal(part, self._scene)
        if reason:
            return {part.name: Observation(False, "refused", reason)}
        try:
            image = self._bench.image_of(part)
        except BuildError as error:
            lines = "\n".join((error.log, error.message))
            said = Observation(False, "build", f"it does not build: {error.message}", log=lines)
            return {part.name: structs.replace(said, failure=lines)}
        except NotHereError as error:
            way = "fetch" if error.is_fetch else "refused"
            return {part.name: Observation(False, way, error.message)}
        self._bench.tell(f"starting {part.name}")
        try:
            running = self._make(part, image)
        except UnreachableError:
            raise  # no fault of the part
        except InputError as error:
            return {part.name: Observation(False, "create", error.message, failure=error.message)}
        self._running[part.name] = running
        self._start(running, expected)
        return {}

    def _make(self, part: Part, image: str) -> Running:
        details = self._laboratory.image(image) or {}
        volumes = list((details.get("Config") or {}).get("Volumes") or ())
        name = self._names.container(part.name.rpartition("/")[2])
        body = self._body(part, image, volumes)
        with self._bench.held():
            for volume in volumes_in(body):
                if volume not in self._volumes:
                    self._volumes[volume] = None
                    self._laboratory.make_volume(volume)
            container = self._create(part, name, body)
        return Running(part, container, body, name)

    def _body(self, part: Part, image: str, volumes: list[str]) -> Body:
        workload = part.workload
        if workload is None:
            network = self._network("default")
            own = {path: self._names.anonymous("image", path) for path in volumes}
            return image_body(image, self._options, network, own)
        body = body_of(workload, image, self._names, self._options, self._staging.bind, volumes)
        if "NetworkingConfig" in body:
            for key in [use.name for use in workload.networks] or ["default"]:
                self._network(key)
        for source, target in self._staging.secrets(workload):
            body["HostConfig"]["Mounts"].append(
                {"Type": "bind", "Source": source, "Target": target, "ReadOnly": True}
            )
        return body

    def _network(self, key: str) -> str:
        name = self._names.network(key)
        if name not in self._networks:
            is_internal = not self._options.egress or key in self._scene.internal
            with self._bench.held():
                self._networks[name] = None
                self._laboratory.make_network(name, is_internal=is_internal)
        return name

    def _create(self, part: Part, name: str, body: Body) -> str:
        container = self._laboratory.create(name, body)
        if part.workload is not None and "NetworkingConfig" in body:
            for network, aliases in networks_of(part.workload, self._names)[1:]:
                self._laboratory.connect(network, container, aliases)
        return container

    def _start(self, running: Running, expected: Observation | None) -> None:
        try:
            self._bench.start(running.container)
        except UnreachableError:
            raise
        except InputError as error:
            running.failure = error.message
            running.ready = Readiness(False, "start", f"it can't be started: {error.message}")
            return
        running.ready = self._wait(running, expected)

    def _wait(self, running: Running, expected: Observation | None) -> Readiness:
        return Waiting(
            self._laboratory, self._options, running.container, _ports_of(running.part), expected
        ).wait()

    # Look

    def _look(self, running: Running, expected: Observation | None) -> Observation:
        ready = running.ready or Readiness(False)
        inspected = self._laboratory.inspect(running.container)
        is_up = inspected["State"]["Running"]
        seen = Observation(
            ready.healthy,
            ready.way,
            ready.reason,
            log=self._laboratory.log(running.container),
            said=ready.said,
            changes=tuple(self._laboratory.changes(running.container)),
            claims=_claims(inspected),
            is_late=ready.is_late,
            failure=running.failure,
            seconds=ready.seconds,
        )
        if ready.healthy and ready.way != "exit" and not is_up:
            code = inspected["State"]["ExitCode"]
            reason = f"it was healthy, and then ended with {code}"
            return structs.replace(seen, healthy=False, reason=reason)
        if not is_up:
            return seen
        ports = ports_of(self._laboratory, inspected)
        seen = structs.replace(seen, ports=ports, is_local=is_here(inspected))
        return self._with_posture(seen, inspected, expected)

    def _with_posture(
        self, seen: Observation, inspected: Mapping[str, Any], expected: Observation | None
    ) -> Observation:
        """Its posture; looked at again where it seems worse than expected."""
        for left in reversed(range(_LOOKS)):
            posture = self._posture(inspected)
            seen = structs.replace(seen, posture=posture)
            worse = expected and any(
                not a.passed for a in compare(expected, seen) if a.question == "posture"
            )
            if not worse or not left:
                break
            time.sleep(_SETTLE / 2)
        return seen

    def _posture(self, inspected: Mapping[str, Any]) -> Posture:
        with suppress(InputError):
            return posture_of(self._laboratory, inspected)
        return Posture()

    # Life

    def _lives(
        self, running: Running, seen: Observation, expected: Observation | None
    ) -> Observation:
        if not seen.healthy or seen.way == "exit":
            return seen
        if expected and not all(a.passed for a in compare(expected, seen) if a.question != "life"):
            return seen
        self._bench.tell(f"restarting {running.part.name}")
        executes = self._executes(running.container)
        was_killed = self._stop(running, expected)
        first = self._laboratory.log(running.container)
        restarts, again, inherits = self._again(running, seen), None, None
        log = self._laboratory.log(running.container)
        if restarts and volumes_in(running.body):
            again = self._second_boot(running, seen)
            log += self._laboratory.log(running.container)
        if again and self._former is not None:
            inherits = self._boots_on_former(running, seen)
            log += self._laboratory.log(running.container)
        said = "\n".join(filter(None, (seen.said, running.ready.said if running.ready else "")))
        if False in (restarts, again, inherits):
            said += "\n" + "\n".join(tail(log or first))
        life = Life(executes, was_killed, restarts, again, inherits)
        return structs.replace(seen, life=life, log=log, said=said)

    def _executes(self, container: str) -> bool:
        for argv in _PROBES:
            with suppress(InputError):
                if self._laboratory.execute(container, argv, 10.0) == 0:
                    return True
        return False

    def _stop(self, running: Running, expected: Observation | None) -> bool:
        """End a service as `docker stop` does; whether it had to be killed."""
        is_deaf = expected is not None and expected.life.was_killed
        self._laboratory.stop(running.container, 1 if is_deaf else _grace(running.part))
        state = self._laboratory.inspect(running.container)["State"]
        return bool(state["ExitCode"] == 137)

    def _again(self, running: Running, seen: Observation) -> bool:
        self._start(running, seen)
        return bool(running.ready and running.ready.healthy)

    def _second_boot(self, running: Running, seen: Observation) -> bool:
        """A new container on the same volumes."""
        self._laboratory.remove(running.container)
        with self._bench.held():
            try:
                running.container = self._create(running.part, running.name, running.body)
            except UnreachableError:
                raise
            except InputError as error:
                running.failure = error.message
                return False
        return self._again(running, seen)

    def _boots_on_former(self, running: Running, seen: Observation) -> bool | None:
        """A container on new volumes that the part of before has written; None where none can."""
        part = self._former.part(running.part.name) if self._former else None
        if part is None or self._shares_volumes(running):
            return None
        self._bench.tell(f"starting {part.name} on volumes of before")
        self._laboratory.remove(running.container)
        volumes = volumes_in(running.body)
        self._laboratory.clear((), volumes)
        self._volumes = {name: None for name in self._volumes if name not in volumes}
        former = self._make(part, self._bench.image_of(part))
        self._start(former, None)
        is_written = former.ready is not None and former.ready.healthy
        self._stop(former, None)
        self._laboratory.remove(former.container)
        running.container = self._make(running.part, running.body["Image"]).container
        return self._again(running, seen) if is_written else None

    def _shares_volumes(self, running: Running) -> bool:
        own = {*volumes_in(running.body)}
        others = (each for each in self._running.values() if each is not running)
        return any(own & {*volumes_in(each.body)} for each in others)

    # The end

    def remove(self) -> None:
        """Take everything away."""
        for running in reversed(self._running.values()):
            with suppress(InputError):
                self._laboratory.remove(running.container)
        self._laboratory.clear(tuple(self._networks), tuple(self._volumes))


def _ports_of(part: Part) -> frozenset[int]:
    """The TCP ports that the project says a service listens on."""
    workload = part.workload
    if workload is None:
        return frozenset()
    found = {p.container_first for p in workload.ports if p.protocol == "tcp"}
    for cell in workload.exposed:
        port, _, protocol = (cell.value or "").partition("/")
        if port.isdecimal() and protocol in ("", "tcp"):
            found.add(int(port))
    return frozenset(found)


def _claims(inspected: Mapping[str, Any]) -> dict[str, Any]:
    """What a container's own settings say it may not do."""
    host, config = inspected["HostConfig"], inspected["Config"]
    user = (config.get("User") or "root").partition(":")[0]
    options = [option.partition(":")[0] for option in host.get("SecurityOpt") or ()]
    bars = any(option.partition("=")[0] == "no-new-privileges" for option in options)
    claims: dict[str, Any] = {
        "non-root": user not in ("0", "root"),
        "read-only": bool(host.get("ReadonlyRootfs")),
        "no-new-privileges": bars and "no-new-privileges=false" not in options,
    }
    if any(name.upper().removeprefix("CAP_") == "ALL" for name in host.get("CapDrop") or ()):
        added = [name.upper().removeprefix("CAP_") for name in host.get("CapAdd") or ()]
        claims["capabilities"] = None if "ALL" in added else frozenset(added)
    return claims


def _grace(part: Part) -> int:
    """Seconds that a service has to end."""
    text = part.workload.further.get("stop_grace_period", "") if part.workload else ""
    seconds = nanoseconds(text, 10**10) / 10**9 if text else 10
    return max(1, min(round(seconds), _MAX_GRACE))
