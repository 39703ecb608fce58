"""What a target means: an archive, a layout, a directory, an engine's image, a registry's."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from msgspec import Struct

from seawall.core.errors import InputError
from seawall.surfaces.image.archive import STDIN, ArchiveSource
from seawall.surfaces.image.blob import ImageSource
from seawall.surfaces.image.cache import Cache
from seawall.surfaces.image.contents import LAYOUT
from seawall.surfaces.image.layout import LayoutSource
from seawall.surfaces.image.platform import Platform
from seawall.surfaces.image.reference import Reference, parse_reference


class SourceOptions(Struct, frozen=True):
    """How an image is to be found.

    `wanted` is a tag or digest in an archive or a layout that holds several. `offline` forbids
    registries, not the engine of this machine. `cache` remembers what engines' images and
    compressed archives are made of. `insecure_registries` are `host[:port]` whose certificates
    are not verified.
    """

    platform: Platform | None = None
    wanted: str = ""
    offline: bool = False
    insecure_registries: tuple[str, ...] = ()
    cache: Cache | None = None


def open_image(target: str, options: SourceOptions | None = None) -> ImageSource:
    """Find out what a target means; a prefix says it: `archive:`, `oci:`, `rootfs:`,
    `engine:` (or `docker:`), `registry:`.

    Without one, what exists as a file is an archive (`-` is one that is piped in), a directory is
    a layout or else a root file system, and a reference is an image of the engine, if that is
    reachable and has it, and else of a registry.

    Raises:
        InputError: it means nothing, or a registry while offline.
    """
    options = options or SourceOptions()
    prefix, colon, rest = target.partition(":")
    if colon and rest and prefix in _KINDS:
        return _KINDS[prefix](rest, options)
    if target == STDIN or os.path.isfile(target) or _is_special(target):
        return _archive(target, options)
    if os.path.isdir(target):
        is_layout = os.path.isfile(os.path.join(target, LAYOUT))
        return (_layout if is_layout else _rootfs)(target, options)
    return _by_reference(target, options)


def _is_special(target: str) -> bool:
    """A pipe: `<(docker save app)` of a shell is `/dev/fd/63`."""
    return "/" in target and os.path.exists(target) and not os.path.isdir(target)


def _archive(path: str, options: SourceOptions) -> ImageSource:
    return ArchiveSource(path, options.wanted, options.platform, options.cache)


def _layout(path: str, options: SourceOptions) -> ImageSource:
    """A layout: `oci:directory`, or `oci:directory:tag` as skopeo writes it."""
    directory, colon, tag = path.rpartition(":")
    if colon and not os.path.exists(path) and os.path.isdir(directory):
        return LayoutSource(directory, tag, options.platform)
    if os.path.isfile(path):
        return _archive(path, options)
    return LayoutSource(path, options.wanted, options.platform)


def _rootfs(path: str, options: SourceOptions) -> ImageSource:  # noqa: ARG001 -- one of `_KINDS`
    from seawall.surfaces.image.rootfs import RootfsSource  # noqa: PLC0415 -- loaded when meant

    return RootfsSource(path)


def _engine(name: str, options: SourceOptions) -> ImageSource:
    from seawall.surfaces.image.engine_image import EngineSource  # noqa: PLC0415 -- when meant

    return EngineSource(name, options.platform, cache=options.cache)


def _registry(name: str, options: SourceOptions) -> ImageSource:
    return _of_registry(_reference(name), options)


_KINDS: Mapping[str, Callable[[str, SourceOptions], ImageSource]] = {
    "archive": _archive,
    "docker-archive": _archive,
    "oci-archive": _archive,
    "oci": _layout,
    "rootfs": _rootfs,
    "engine": _engine,
    "docker": _engine,
    "registry": _registry,
}


def _reference(name: str) -> Reference:
    reference = parse_reference(name)
    if reference is None:
        raise InputError(
            f"{name}: is neither a file, nor a directory, nor the name of an image",
            "Name an archive, a layout, a root file system, or an image such as python:3.13.",
        )
    return reference


def _by_reference(target: str, options: SourceOptions) -> ImageSource:
    """The engine's image of a name, identifiers included; a registry's where it has none."""
    from seawall.surfaces.engine.connection import (  # noqa: PLC0415 -- not for files
        Engine,
        NotFoundError,
        UnreachableError,
    )
    from seawall.surfaces.image.engine_image import EngineSource  # noqa: PLC0415 -- not for files

    engine = Engine()
    why = ""
    try:
        engine.image_inspect(target)
        return EngineSource(target, options.platform, engine, options.cache)
    except (NotFoundError, UnreachableError) as error:
        why = error.message
    reference = _reference(target)
    if options.offline:
        raise InputError(
            f"{target}: no registry may be asked (--offline), and {why}",
            "Leave out --offline, or save the image to an archive and scan that.",
        )
    return _of_registry(reference, options)


def _of_registry(reference: Reference, options: SourceOptions) -> ImageSource:
    if options.offline:
        raise InputError(
            f"{reference.familiar}: a registry must not be asked (--offline)",
            "Leave out --offline, or name an archive, a directory or an engine's image.",
        )
    from seawall.surfaces.image.registry import RegistrySource  # noqa: PLC0415 -- loads TLS
    from seawall.surfaces.registry.options import RegistryOptions  # noqa: PLC0415 -- loads TLS

    chosen = RegistryOptions(insecure=options.insecure_registries)
    return RegistrySource(reference, options.platform, chosen)
