"""An image's configuration: what a container of it runs, and the history that made it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from seawall.core.errors import InputError

MAX_CONFIG = 8 * 1024 * 1024
"""Bytes: registries refuse manifests of 4 MiB, and real configurations have some kilobytes."""


class Step(Struct, frozen=True):
    """One step of the history; `makes_layer` where it changed files."""

    created_by: str = ""
    comment: str = ""
    created: str = ""
    makes_layer: bool = True


class Healthcheck(Struct, frozen=True):
    """What the image says of its health; durations in nanoseconds, 0 where they are not given."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    retries: int = 0
    start_period: int = 0


class ImageConfig(Struct, frozen=True):
    """The parts of an OCI image configuration (image-spec, config.md) that anyone asks for."""

    architecture: str = ""
    os: str = ""
    variant: str = ""
    created: str = ""
    user: str = ""
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    working_dir: str = ""
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    healthcheck: Healthcheck | None = None
    stop_signal: str = ""
    shell: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()
    history: tuple[Step, ...] = ()
    diff_ids: tuple[str, ...] = ()

    @property
    def platform(self) -> str:
        """`linux/arm64/v8`."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class _Health(Struct):
    Test: list[str] | None = None
    Interval: int = 0
    Timeout: int = 0
    Retries: int = 0
    StartPeriod: int = 0


class _Container(Struct):
    User: str | None = None
    Env: list[str] | None = None
    Entrypoint: list[str] | None = None
    Cmd: list[str] | None = None
    WorkingDir: str | None = None
    ExposedPorts: dict[str, Any] | None = None
    Volumes: dict[str, Any] | None = None
    Labels: dict[str, str] | None = None
    Healthcheck: _Health | None = None
    StopSignal: str | None = None
    Shell: list[str] | None = None
    OnBuild: list[str] | None = None


class _History(Struct):
    created: str | None = None
    created_by: str | None = None
    comment: str | None = None
    empty_layer: bool = False


class _RootFs(Struct):
    diff_ids: list[str] = []


class _Document(Struct):
    architecture: str = ""
    os: str = ""
    variant: str = ""
    created: str | None = None
    config: _Container | None = None
    history: list[_History] | None = None
    rootfs: _RootFs | None = None


def read_config(data: bytes, name: str) -> ImageConfig:
    """Read an image's configuration; an empty one is that of a plain file system.

    Raises:
        InputError: it is too large, no JSON, or not of the shape that the specification gives.
    """
    if not data:
        return ImageConfig()
    if len(data) > MAX_CONFIG:
        raise InputError(f"{name}: the image's configuration has more than {MAX_CONFIG} bytes")
    try:
        document = msgspec.json.decode(data, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{name}: the image's configuration can't be understood: {error}",
            "Build or export the image again.",
        ) from error
    return _config(document)


def _config(document: _Document) -> ImageConfig:
    container = document.config or _Container()
    return ImageConfig(
        architecture=document.architecture,
        os=document.os,
        variant=document.variant,
        created=document.created or "",
        user=container.User or "",
        env=tuple(container.Env or ()),
        entrypoint=tuple(container.Entrypoint or ()),
        cmd=tuple(container.Cmd or ()),
        working_dir=container.WorkingDir or "",
        exposed_ports=tuple(sorted(container.ExposedPorts or ())),
        volumes=tuple(sorted(container.Volumes or ())),
        labels=tuple(sorted((container.Labels or {}).items())),
        healthcheck=_health(container.Healthcheck),
        stop_signal=container.StopSignal or "",
        shell=tuple(container.Shell or ()),
        on_build=tuple(container.OnBuild or ()),
        history=tuple(map(_step, document.history or ())),
        diff_ids=tuple(document.rootfs.diff_ids if document.rootfs else ()),
    )


def _health(health: _Health | None) -> Healthcheck | None:
    if health is None:
        return None
    test = tuple(health.Test or ())
    return Healthcheck(test, health.Interval, health.Timeout, health.Retries, health.StartPeriod)


def _step(entry: _History) -> Step:
    return Step(
        entry.created_by or "", entry.comment or "", entry.created or "", not entry.empty_layer
    )
