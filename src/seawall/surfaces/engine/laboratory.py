"""A Docker Engine for experiments: what is made through it has a label, and is all taken away.

It is the one class that changes an engine, and it goes through the official SDK (PyPI: `docker`),
which is loaded on use. It removes nothing but what carries its label.
"""

from __future__ import annotations

import base64
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

import msgspec

from seawall.core.errors import InputError
from seawall.surfaces.engine.connection import Engine, NotFoundError, UnreachableError
from seawall.surfaces.engine.endpoint import Endpoint, find_endpoint

if TYPE_CHECKING:
    from docker import APIClient
    from docker.tls import TLSConfig

LABEL = "seawall.proof"
"""On everything that is made; its value names the experiment."""

OWNER = "seawall.proof.owner"
"""Who made it: `<boot>:<process>`, by which what a killed run has left is known."""

MAX_LOG = 256 * 1024
"""Bytes of a container's log that are looked at, from its end."""

_TOO_LATE = "it takes longer than it may"

_FETCH = 900.0
"""Seconds that fetching an image may take."""

_CHUNK = 64 * 1024
_ANSWER = 120.0
"""Seconds: under load an engine takes a minute to make a container."""

_TEXT = re.compile(rb"[\x20-\x7e\n\t]{8,}")

_HOW_TO_GET = "Install it: pip install 'docker>=7,<8'"


class LateError(UnreachableError):
    """The engine answers, but not in time."""


class BuildError(Exception):
    """An image can't be built; `log` is what the builder said, its end last."""

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.message = message
        self.log = log


class Laboratory:
    """Makes images, networks, volumes and containers, all with one label.

    All methods raise `UnreachableError` where no engine answers, `NotFoundError` where it has no
    such thing, and `InputError` where it refuses.
    """

    def __init__(self, identifier: str, endpoint: Endpoint | None = None) -> None:
        self.identifier = identifier
        self.endpoint = endpoint or find_endpoint()
        self.labels = {LABEL: identifier, OWNER: owner()}
        self._api = _client(self.endpoint)
        self._images: list[str] = []

    def close(self) -> None:
        """End the connections."""
        self._api.close()

    # Images

    def image(self, reference: str) -> dict[str, Any] | None:
        """What the engine says of an image; None where it has none of that name."""
        try:
            with _told():
                found: dict[str, Any] = self._api.inspect_image(reference)
                return found
        except NotFoundError:
            return None

    def pull(self, reference: str) -> None:
        """Fetch an image; whoever owns the engine keeps it, as after a `docker pull`."""
        from docker import auth  # noqa: PLC0415 -- only who proves pays for it

        name, tag = _split(reference)
        until = time.monotonic() + _FETCH
        with _told():
            registry, _ = auth.resolve_repository_name(name)
            login = auth.get_config_header(self._api, registry)
            with self._api.post(
                self._url("/images/create"),
                params={"fromImage": name, "tag": tag},
                headers={"X-Registry-Auth": login} if login else {},
                stream=True,
                timeout=_ANSWER,
            ) as answer:
                if answer.status_code != 200:
                    raise _unfetched(reference, _message(answer.content))
                try:
                    _follow(answer.iter_lines(), [], until)
                except BuildError as error:
                    raise _unfetched(reference, error.message) from error

    def build(
        self,
        context: IO[bytes],
        dockerfile: str,
        arguments: Mapping[str, str],
        target: str,
        patience: float,
    ) -> str:
        """Build an image of a context as a tar archive; its throw-away name.

        Raises:
            BuildError: the builder could not, or not in time.
        """
        name = f"seawall-proof:{self.identifier}-{len(self._images)}"
        self._images.append(name)
        query = {
            "t": name,
            "dockerfile": dockerfile,
            "target": target,
            "buildargs": msgspec.json.encode(dict(arguments)).decode(),
            "labels": msgspec.json.encode(self.labels).decode(),
            "rm": "true",
            "forcerm": "true",
            # BuildKit: what fixes write needs it, and no session where no secret is asked for.
            "version": "2",
        }
        said: list[str] = []
        given = {key: value for key, value in query.items() if value}
        kind = {"Content-Type": "application/x-tar"}
        try:
            with (
                _told(),
                self._api.post(
                    self._url("/build"),
                    params=given,
                    data=context,
                    headers=kind,
                    stream=True,
                    timeout=patience,
                ) as answer,
            ):
                if answer.status_code != 200:
                    raise BuildError(_message(answer.content), "")
                _follow(answer.iter_lines(), said, time.monotonic() + patience)
        except LateError as error:
            raise BuildError(_TOO_LATE, "".join(said)[-8000:]) from error
        return name

    # Networks and volumes

    def make_network(self, name: str, *, is_internal: bool) -> None:
        """Make a bridge network."""
        with _told():
            self._api.create_network(
                name, driver="bridge", internal=is_internal, labels=self.labels
            )

    def connect(self, network: str, container: str, aliases: tuple[str, ...]) -> None:
        """Make a container join a network under names."""
        with _told():
            self._api.connect_container_to_network(container, network, aliases=list(aliases))

    def make_volume(self, name: str) -> None:
        """Make an empty volume."""
        with _told():
            self._api.create_volume(name, labels=self.labels)

    # Containers

    def create(self, name: str, config: Mapping[str, Any]) -> str:
        """Make a container of the body of a request, by that name or any; its identifier."""
        body = {**config, "Labels": {**(config.get("Labels") or {}), **self.labels}}
        with _told():
            answer = self._api.create_container_from_config(body, name or None)
        identifier: str = answer["Id"]
        return identifier

    def start(self, container: str) -> None:
        """Start it."""
        with _told():
            self._api.start(container)

    def stop(self, container: str, grace: int) -> None:
        """Ask it to end; it is killed after `grace` seconds."""
        with _told():
            self._api.stop(container, timeout=grace)

    def remove(self, container: str) -> None:
        """Take it away with its anonymous volumes, whatever it does."""
        with suppress(NotFoundError), _told():
            self._api.remove_container(container, v=True, force=True)

    def inspect(self, container: str) -> dict[str, Any]:
        """All that the engine says of it."""
        with _told():
            found: dict[str, Any] = self._api.inspect_container(container)
        return found

    def log(self, container: str) -> str:
        """The end of what it wrote on both its streams."""
        with _told():
            data: bytes = self._api.logs(container, stdout=True, stderr=True, tail=2000)
        return data[-MAX_LOG:].decode(errors="replace")

    def top(self, container: str, columns: str) -> list[list[str]]:
        """Its processes: those columns of `ps` for each, the rest of the line in the last one."""
        with _told():
            answer = self._api.top(container, ps_args=f"-eo {columns}")
        rows: list[list[str]] = answer.get("Processes") or []
        return rows

    def changes(self, container: str) -> list[tuple[str, int]]:
        """Paths of its own layer that were changed (0), added (1) or deleted (2)."""
        with _told():
            found = self._api.diff(container) or []
        return [(str(each["Path"]), int(each["Kind"])) for each in found]

    def ask(self, container: str, argv: list[str]) -> str:
        """What a program that ends by itself says when it is run in it."""
        with _told():
            made = self._api.exec_create(container, argv)
            said: bytes = self._api.exec_start(made["Id"])
        return said[-MAX_LOG:].decode(errors="replace")

    def execute(self, container: str, argv: list[str], patience: float) -> int | None:
        """Run a program in it, as its own user: its exit code; None where it takes too long."""
        with _told():
            made = self._api.exec_create(container, argv)
            self._api.exec_start(made["Id"], detach=True)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            with _told():
                state = self._api.exec_inspect(made["Id"])
            if not state["Running"]:
                code: int = state["ExitCode"]
                return code
            time.sleep(0.05)
        return None

    @contextmanager
    def archive(self, container: str, path: str) -> Iterator[Iterator[bytes]]:
        """A path of it as a tar archive, as it comes; nobody has to read it to its end."""
        url = self._url(f"/containers/{container}/archive")
        with _told(), self._api.get(url, params={"path": path}, stream=True) as answer:
            if answer.status_code == 404:
                raise NotFoundError(f"the engine says: {_message(answer.content)}")
            if answer.status_code != 200:
                raise InputError(f"the engine refuses: {_message(answer.content)}")
            yield answer.iter_content(_CHUNK)

    def _url(self, path: str) -> str:
        return f"{self._api.base_url}/v{self._api.api_version}{path}"

    # The end

    def clear(self, networks: Iterable[str], volumes: Iterable[str]) -> None:
        """Take networks and volumes away that no container uses any more."""
        for network in networks:
            with suppress(InputError), _told():
                self._api.remove_network(network)
        for volume in volumes:
            with suppress(InputError), _told():
                self._api.remove_volume(volume, force=True)

    def sweep(self, *, everything: bool = False) -> list[str]:
        """Take away what carries this experiment's label, or any of a process that is no more.

        What could not be taken away is the answer, in words.
        """
        left: list[str] = []
        mine = {"label": LABEL if everything else f"{LABEL}={self.identifier}"}
        for list_them, name, remove in self._kinds(mine):
            with suppress(InputError):
                with _told():
                    found = list_them()
                for each in found or ():
                    if not everything or _is_orphan(each.get("Labels") or {}):
                        _try(remove, each[name], left)
        return left

    def _kinds(
        self, mine: Mapping[str, str]
    ) -> Iterator[tuple[Callable[[], Any], str, Callable[[str], None]]]:
        """How each kind of thing is listed, named and removed: what needs others comes first."""
        api = self._api
        yield (
            lambda: api.containers(all=True, filters=mine),
            "Id",
            lambda name: api.remove_container(name, v=True, force=True),
        )
        yield lambda: api.networks(filters=mine), "Id", api.remove_network
        yield (
            lambda: api.volumes(filters=mine)["Volumes"],
            "Name",
            lambda name: api.remove_volume(name, force=True),
        )
        yield (
            lambda: api.images(filters=mine),
            "Id",
            lambda name: api.remove_image(name, force=True),
        )


def owner() -> str:
    """This process, on this machine since it was started."""
    return f"{_boot()}:{os.getpid()}"


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _is_orphan(labels: Mapping[str, str]) -> bool:
    """Whether who made it is no more; what another machine made is not ours to judge."""
    boot, _, process = labels.get(OWNER, "").rpartition(":")
    if not boot or boot != _boot() or not process.isdecimal():
        return False
    return not os.path.exists(f"/proc/{process}")


def _try(remove: Callable[[str], None], name: str, left: list[str]) -> None:
    try:
        with _told():
            remove(name)
    except NotFoundError:
        pass
    except InputError as error:
        left.append(f"{name[:20]}: {error.message}")


def _client(endpoint: Endpoint) -> APIClient:
    try:
        import docker  # noqa: PLC0415 -- only who proves pays for it
    except ImportError as error:
        message = "a proof needs the official SDK for the Docker Engine, which is not installed"
        raise InputError(message, _HOW_TO_GET) from error
    # Who asks first is our own client, which says what is wrong better and leaves nothing open.
    version = ".".join(map(str, Engine(endpoint).version))
    with _told(endpoint.text):
        return docker.APIClient(
            base_url=_address(endpoint),
            version=version,
            timeout=_ANSWER,
            tls=_tls(endpoint),
            use_ssh_client=True,
        )


def _address(endpoint: Endpoint) -> str:
    if endpoint.kind == "unix":
        return f"unix://{endpoint.host}"
    if endpoint.kind == "ssh":
        user = f"{endpoint.user}@" if endpoint.user else ""
        port = f":{endpoint.port}" if endpoint.port else ""
        return f"ssh://{user}{endpoint.host}{port}"
    scheme = "https" if endpoint.tls else "http"
    return f"{scheme}://{endpoint.host}:{endpoint.port}"


def _tls(endpoint: Endpoint) -> TLSConfig | bool:
    if not endpoint.tls:
        return False
    from docker import tls  # noqa: PLC0415 -- few engines are reached over TLS

    files = {
        name: os.path.join(endpoint.certificates, f"{name}.pem") for name in ("ca", "cert", "key")
    }
    has = {name: os.path.exists(path) for name, path in files.items()}
    pair = (files["cert"], files["key"]) if has["cert"] and has["key"] else None
    verifies = not endpoint.skips_verification
    return tls.TLSConfig(pair, files["ca"] if has["ca"] and verifies else None, verify=verifies)


@contextmanager
def _told(address: str = "the engine") -> Iterator[None]:
    """The SDK's errors as ours."""
    import requests  # noqa: PLC0415 -- comes with the SDK
    from docker import errors  # noqa: PLC0415

    try:
        yield
    except errors.NotFound as error:
        raise NotFoundError(f"the engine says: {error.explanation}") from error
    except errors.APIError as error:
        raise InputError(f"the engine refuses: {error.explanation or error}"[:1000]) from error
    except requests.RequestException as error:
        if not _is_late(error):
            raise _unreachable(address, error) from error
        raise LateError(f"{address} does not answer in time") from error
    except (errors.DockerException, OSError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: BaseException) -> UnreachableError:
    return UnreachableError(
        f"{address} does not answer: {_inner(error)}",
        "Start it, or name another with DOCKER_HOST or `docker context use`.",
    )


def _is_late(error: BaseException) -> bool:
    """Whether time was up; where an answer is read bit by bit, it is wrapped."""
    return isinstance(error, TimeoutError) or (
        error.__context__ is not None and _is_late(error.__context__)
    )


def _inner(error: BaseException) -> str:
    """What is at the bottom of what libraries wrapped, in one line."""
    while error.__context__ is not None:
        error = error.__context__
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:300]


def _split(reference: str) -> tuple[str, str]:
    """The name and the tag or digest of a reference, as the API takes them."""
    name, _, digest = reference.partition("@")
    head, _, last = name.rpartition("/")
    base, _, tag = last.partition(":")
    return (f"{head}/{base}" if head else base), digest or tag or "latest"


def _unfetched(reference: str, reason: str) -> InputError:
    return InputError(f"the image {reference} can't be fetched: {reason}")


def _message(content: bytes) -> str:
    with suppress(msgspec.DecodeError):
        return str(msgspec.json.decode(content, type=dict[str, Any]).get("message", ""))[:1000]
    return content[:1000].decode(errors="replace")


def _follow(lines: Iterator[bytes], said: list[str], until: float) -> None:
    """Read what a builder says to its end."""
    for line in lines:
        with suppress(msgspec.DecodeError):
            event = msgspec.json.decode(line, type=dict[str, Any])
            if "error" in event:
                raise BuildError(str(event["error"])[:2000], "".join(said)[-8000:])
            said.append(_words_of(event))
        if time.monotonic() > until:
            raise BuildError(_TOO_LATE, "".join(said)[-8000:])


def _words_of(event: Mapping[str, Any]) -> str:
    """What a person would read of an event: BuildKit's are coded, with texts inside."""
    if event.get("id") == "moby.buildkit.trace":
        return _readable(str(event.get("aux", "")))
    return str(event.get("stream") or event.get("status") or "")


def _readable(coded: str) -> str:
    """The stretches of text in a message of BuildKit's progress that hold a space."""
    with suppress(ValueError):
        found = _TEXT.findall(base64.b64decode(coded))
        return "\n".join(text.decode() for text in found if b" " in text) + "\n"
    return ""
