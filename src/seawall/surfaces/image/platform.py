"""Platforms: how they are written, and which image of several is the one for a machine.

Names and order of preference are those of containerd (its `platforms` package), by which Docker
chooses too.
"""

from __future__ import annotations

import platform as machine
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.core.errors import InputError, UsageError
from seawall.core.expression import Expression

if TYPE_CHECKING:
    from seawall.surfaces.image.manifest import Descriptor

_WORD = Expression(r"[A-Za-z0-9_.-]+")
_OPERATING_SYSTEMS = {"macos": "darwin"}
_ARCHITECTURES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "i386": ("386", ""),
    "i486": ("386", ""),
    "i586": ("386", ""),
    "i686": ("386", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv8l": ("arm", "v8"),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
    "armv5l": ("arm", "v5"),
}
_PLAIN = {"amd64": "v1", "arm64": "v8"}
"""The variant that is as good as none."""

_KNOWN_OS = frozenset({"linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris"})


class Platform(Struct, frozen=True):
    """What an image runs on: `linux`, `arm64`, `v8`; `os_version` is told of Windows only."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        """`linux/arm/v7`."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


def parse_platform(text: str) -> Platform:
    """Read `linux/arm64`, `linux/arm/v7`, or an architecture alone (`arm64`, `aarch64`).

    Raises:
        UsageError: it is no platform.
    """
    parts = text.strip().split("/")
    if len(parts) > 3 or not all(_WORD.fullmatch(part) for part in parts):
        raise UsageError(f"“{text}” is no platform", "Write it as linux/amd64 or linux/arm/v7.")
    if len(parts) > 1:
        return normalised(Platform(*parts))
    if parts[0].lower() in _KNOWN_OS or parts[0].lower() in _OPERATING_SYSTEMS:
        return normalised(Platform(parts[0], default_platform().architecture))
    return normalised(Platform("linux", parts[0]))


def default_platform() -> Platform:
    """Linux on the architecture of this machine: also where the engine runs in a virtual one."""
    return normalised(Platform("linux", machine.machine() or "amd64"))


def normalised(platform: Platform) -> Platform:
    """A platform in the words that images use: `aarch64` is `arm64`, `arm` is `arm/v7`."""
    system = platform.os.lower()
    architecture, variant = platform.architecture.lower(), platform.variant.lower()
    architecture, implied = _ARCHITECTURES.get(architecture, (architecture, ""))
    variant = variant or implied
    if variant.isdigit():
        variant = f"v{variant}"
    if architecture == "arm":
        variant = variant or "v7"
    if variant == _PLAIN.get(architecture):
        variant = ""
    system = _OPERATING_SYSTEMS.get(system, system)
    return Platform(system, architecture, variant, platform.os_version)


def choose(manifests: Sequence[Descriptor], wanted: Platform | None, name: str = "") -> Descriptor:
    """The manifest (or nested index) for a platform; for this machine's where None is wanted.

    Exact matches come first, then what the machine runs too (an older variant of ARM, 32 bits on
    64), then entries that don't say what they are for. Where nothing is wanted in particular, the
    only image there is will do, whatever it runs on: to be looked at it need not run.

    Raises:
        InputError: there is no such image; the platforms that there are, are named.
    """
    images = [entry for entry in manifests if not _is_attestation(entry)]
    for candidate in _compatible(wanted or default_platform()):
        for entry in images:
            if _is(entry, candidate):
                return entry
    silent = [entry for entry in images if entry.platform is None]
    if silent or (wanted is None and len(images) == 1):
        return (silent or images)[0]
    raise _none_fits(images, wanted, f"{name}: " if name else "")


def fits(own: Platform, wanted: Platform) -> bool:
    """Whether an image for `own` is one that was asked for with `wanted`."""
    own = normalised(own)
    return any(
        (own.os, own.architecture, own.variant) == (one.os, one.architecture, one.variant)
        for one in _compatible(wanted)
    )


def _is(entry: Descriptor, candidate: Platform) -> bool:
    if entry.platform is None:
        return False
    own = normalised(entry.platform)
    version = candidate.os_version
    same = (own.os, own.architecture, own.variant) == (
        candidate.os,
        candidate.architecture,
        candidate.variant,
    )
    return same and (not version or own.os_version == version)


def _is_attestation(entry: Descriptor) -> bool:
    """BuildKit's provenance and SBOMs stand beside the images, for a platform of their own."""
    if entry.annotations.get("vnd.docker.reference.type"):
        return True
    return entry.platform is not None and "unknown" in (
        entry.platform.os,
        entry.platform.architecture,
    )


def _compatible(wanted: Platform) -> Iterator[Platform]:
    """The platforms whose images a machine runs, the best first."""
    wanted = normalised(wanted)
    yield wanted
    architecture, version = wanted.architecture, _version(wanted.variant)
    if architecture == "amd64":
        yield from _variants(wanted, "amd64", range(version - 1, 0, -1))
        yield from _variants(wanted, "386", (0,))
    elif architecture == "arm":
        yield from _variants(wanted, "arm", range(version - 1, 4, -1))
    elif architecture == "arm64":
        yield from _variants(wanted, "arm64", range(version - 1, 7, -1))
        yield from _variants(wanted, "arm", range(8, 4, -1))


def _variants(wanted: Platform, architecture: str, versions: Iterable[int]) -> Iterator[Platform]:
    for version in versions:
        variant = f"v{version}" if version else ""
        yield normalised(Platform(wanted.os, architecture, variant, wanted.os_version))


def _version(variant: str) -> int:
    digits = variant.removeprefix("v").partition(".")[0]
    return int(digits) if digits.isdecimal() and len(digits) < 3 else 0


def _none_fits(images: Sequence[Descriptor], wanted: Platform | None, prefix: str) -> InputError:
    there = sorted({str(normalised(entry.platform)) for entry in images if entry.platform})
    if not there:
        return InputError(f"{prefix}the index holds no image")
    return InputError(
        f"{prefix}no image for {wanted or default_platform()}; there is {', '.join(there[:50])}",
        "Choose one of them with --platform.",
    )
