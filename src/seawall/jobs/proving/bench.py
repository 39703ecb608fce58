"""Starts scenes in throw-away projects and sees how they fare."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from msgspec import Struct, structs

from seawall.core.errors import InputError
from seawall.jobs.proving.building import DOCKERFILE, context_of
from seawall.jobs.proving.health import Readiness, Waiting
from seawall.jobs.proving.image_files import ImageFiles
from seawall.jobs.proving.logs import tail
from seawall.jobs.proving.model import Posture, ProofOptions
from seawall.jobs.proving.observing import Life, Observation, compare
from seawall.jobs.proving.posture import is_here, ports_of, posture_of
from seawall.jobs.proving.refusing import refusal
from seawall.jobs.proving.scenes import Part, Recipe, Scene
from seawall.jobs.proving.shield import Shield
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
from seawall.surfaces.engine.laboratory import BuildError, Laboratory

_SETTLE = 0.7
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


class Bench:
    """Builds and starts; counts what it starts. `progress` is told what is being done."""

    def __init__(
        self,
        laboratory: Laboratory,
        options: ProofOptions,
        shield: Shield,
        progress: Callable[[str], None],
    ) -> None:
        self.laboratory = laboratory
        self.options = options
        self.starts = 0
        self.builds = 0
        self._shield = shield
        self._progress = progress
        self._built: dict[Recipe, str | NotHereError | BuildError] = {}
        self._fetched: dict[str, str] = {}
        self._files: dict[str, ImageFiles] = {}
        self._runs = 0

    def image_of(self, part: Part) -> str:
        """The image that a part starts from, built or fetched where it is not there.

        Raises:
            BuildError: its Dockerfile does not build.
            NotHereError: there is no way to have it.
        """
        if part.recipe is not None:
            return self._built_of(part.recipe)
        if part.image not in self._fetched:
            self._fetched[part.image] = self._fetch(part.image)
        reason = self._fetched[part.image]
        if reason:
            raise NotHereError(reason, is_fetch=True)
        return part.image

    def _fetch(self, image: str) -> str:
        """Make sure that an image is there; the reason where it can't be."""
        if self.laboratory.image(image) is None:
            self._progress(f"fetching {image}")
            try:
                self.laboratory.pull(image)
            except InputError as error:
                return error.message
        return ""

    def _built_of(self, recipe: Recipe) -> str:
        known = self._built.get(recipe)
        if known is None:
            try:
                known = self._build(recipe)
            except (BuildError, NotHereError) as error:
                known = error
            self._built[recipe] = known
        if isinstance(known, str):
            return known
        raise known

    def _build(self, recipe: Recipe) -> str:
        self._progress(f"building {recipe.path or 'an image'}")
        self.builds += 1
        try:
            context = context_of(recipe)
        except InputError as error:
            raise NotHereError(error.message) from error
        with context:
            try:
                return self.laboratory.build(
                    context,
                    DOCKERFILE,
                    dict(recipe.arguments),
                    recipe.target,
                    self.options.build_patience,
                )
            except BuildError as error:
                if _is_fetch(error):
                    raise NotHereError(error.message, is_fetch=True) from error
                raise

    def files_of(self, part: Part) -> ImageFiles:
        """What is in the image of a part (see `image_of` for what it raises)."""
        image = self.image_of(part)
        if image not in self._files:
            with self._shield.held():
                self._files[image] = ImageFiles(self.laboratory, image)
        return self._files[image]

    def run(
        self,
        scene: Scene,
        watched: Collection[str],
        expected: Mapping[str, Observation] | None = None,
    ) -> dict[str, Observation]:
        """Start a scene, and say of each part that is watched how it fares.

        With what is `expected`, no more is asked of a part that already falls short of it.
        """
        self._runs += 1
        prefix = f"seawall-proof-{self.laboratory.identifier}-{self._runs}"
        with _directory() as directory:
            run = _Run(self, scene, Names(prefix, prefix), Staging(directory, scene))
            try:
                return run.observe(watched, expected)
            finally:
                with self._shield.held():
                    run.remove()

    def start(self, container: str) -> None:
        """Start a container, and count it."""
        self.starts += 1
        self.laboratory.start(container)

    def held(self) -> AbstractContextManager[None]:
        """Within it, no interrupt counts."""
        return self._shield.held()

    def tell(self, text: str) -> None:
        """Say what is being done."""
        self._progress(f"{text} ({self.starts} starts so far)")


@contextmanager
def _directory() -> Iterator[str]:
    directory = tempfile.mkdtemp(prefix="seawall-proof-")
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


_FETCHING = (
    "pull access denied",
    "manifest unknown",
    "no such host",
    "connection refused",
    "failed to resolve",
    "failed to authorize",
    "i/o timeout",
    "not found: manifest",
    "failed to do request",
    "network is unreachable",
    "temporary failure in name resolution",
    "failed to load cache key",
    "failed to solve with frontend dockerfile.v0: failed to create llb definition",
)


def _is_fetch(error: BuildError) -> bool:
    """Whether a build failed since the registry did not give it an image."""
    said = error.message.lower()
    is_step = "exit code" in said or "returned a non-zero code" in said
    return not is_step and any(words in said for words in _FETCHING)


class _Run:
    """One throw-away project."""

    def __init__(self, bench: Bench, scene: Scene, names: Names, staging: Staging) -> None:
        self._bench = bench
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
        restarts, again = self._again(running, seen), None
        log = self._laboratory.log(running.container)
        if restarts and volumes_in(running.body):
            again = self._second_boot(running, seen)
            log += self._laboratory.log(running.container)
        said = "\n".join(filter(None, (seen.said, running.ready.said if running.ready else "")))
        if not (restarts and again is not False):
            said += "\n" + "\n".join(tail(log or first))
        life = Life(executes, was_killed, restarts, again)
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
            except InputError as error:
                running.failure = error.message
                return False
        return self._again(running, seen)

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
