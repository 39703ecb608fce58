"""The images that an engine's containers run, by their identifiers: tags move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.jobs.scan_log import ScanRecord, last_scan
from seawall.surfaces.engine.connection import Engine, NotFoundError

_SHORT = 12
"""Digits of an identifier, as engines show it."""
_MOST_NAMES = 5


class RunningImage(Struct, frozen=True):
    """An image that runs.

    `name` is the reference that its containers were started with; where that names another image
    by now (or none), the beginning of the identifier is put behind it.
    """

    identifier: str
    name: str
    containers: tuple[str, ...]

    @property
    def target(self) -> str:
        """What to scan: this image, even if its tag moves meanwhile."""
        return f"engine:{self.identifier}"

    @property
    def said(self) -> str:
        """Which containers run it, and when it was last scanned before."""
        shown = ", ".join(self.containers[:_MOST_NAMES])
        more = len(self.containers) - _MOST_NAMES
        runs = f"runs in {shown}" + (f" and {more} more" if more > 0 else "")
        return f"{runs}; {_before(last_scan(self.identifier))}"


def running_images(engine: Engine | None = None) -> tuple[RunningImage, ...]:
    """The image of every container that runs, each once.

    Raises:
        InputError: no engine can be reached, or it runs nothing.
    """
    engine = engine or Engine()
    by_image: dict[str, list[dict[str, Any]]] = {}
    for container in engine.containers():
        by_image.setdefault(str(container.get("ImageID") or ""), []).append(container)
    by_image.pop("", None)
    if not by_image:
        raise InputError("the engine runs no container", "Name the images to scan.")
    found = [_image(engine, identifier, group) for identifier, group in by_image.items()]
    return tuple(sorted(found, key=lambda image: image.name))


def _image(engine: Engine, identifier: str, containers: list[dict[str, Any]]) -> RunningImage:
    called = sorted({name for each in containers for name in _started_with(engine, each)})
    current = [name for name in called if _leads_to(engine, name, identifier)]
    short = identifier.removeprefix("sha256:")[:_SHORT]
    name = current[0] if current else f"{called[0]} ({short})" if called else identifier
    return RunningImage(identifier, name, tuple(sorted(map(_name, containers))))


def _started_with(engine: Engine, container: dict[str, Any]) -> Iterator[str]:
    """The reference; engines list the identifier once the reference names another image."""
    listed = str(container.get("Image") or "")
    if listed and not _is_identifier(listed, container):
        yield listed
        return
    with suppress(NotFoundError):  # it has ended meanwhile
        described = engine.container_inspect(str(container.get("Id") or ""))
        name = str((described.get("Config") or {}).get("Image") or "")
        if name and not _is_identifier(name, container):
            yield name


def _is_identifier(text: str, container: dict[str, Any]) -> bool:
    identifier = str(container.get("ImageID") or "").removeprefix("sha256:")
    return identifier.startswith(text.removeprefix("sha256:"))


def _leads_to(engine: Engine, name: str, identifier: str) -> bool:
    with suppress(NotFoundError):
        return bool(engine.image_inspect(name).get("Id") == identifier)
    return False


def _before(done: ScanRecord | None) -> str:
    if done is None:
        return "not scanned before"
    days = done.age()
    if days < 1:
        return "last scanned within a day"
    return f"last scanned {days:.0f} day{'s' * (round(days) != 1)} ago"


def _name(container: dict[str, Any]) -> str:
    names = container.get("Names") or [str(container.get("Id") or "")[:_SHORT]]
    return str(names[0]).removeprefix("/")
