"""Which ecosystem of the advisories a distribution's packages belong to, told by `os-release`.

A distribution that is only like another is not that one: it has versions of its own, and what
holds for Debian says nothing of Kali.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from msgspec import Struct

from seawall.surfaces.image.facts import Distribution


class Target(Struct, frozen=True):
    """A release as the advisories know it.

    `ecosystems` are those of the store that speak of it; `paid` those whose fixes need a
    subscription. `product` and `version` are its names among the facts on ends of life.
    `vendors` are words by which its own packages tell their vendor.
    """

    label: str
    ecosystems: tuple[str, ...]
    paid: tuple[str, ...] = ()
    product: str = ""
    version: str = ""
    vendors: tuple[str, ...] = ()
    feed: str = ""
    """What `seawall db update --ecosystem` calls it."""


class _Kind(Struct, frozen=True):
    """A distribution: its title, the product among the facts, and how its releases are called.

    `names` gives a release's ecosystem (whole, or a pattern where there are several), or None
    where the release can't be told.
    """

    title: str
    feed: str
    names: Callable[[Distribution], str | None]
    product: str = ""
    vendors: tuple[str, ...] = ()


def _major(distribution: Distribution) -> str:
    return distribution.version_id.partition(".")[0]


def _minor(distribution: Distribution) -> str:
    return ".".join(distribution.version_id.split(".")[:2])


def _by_major(name: str) -> Callable[[Distribution], str | None]:
    def names(distribution: Distribution) -> str | None:
        major = _major(distribution)
        return re.escape(f"{name}:{major}") if major.isdigit() else None

    return names


def _always(name: str) -> Callable[[Distribution], str | None]:
    return lambda _: re.escape(name)


def _alpine(distribution: Distribution) -> str | None:
    # Alpine's edge calls itself by the next release and a day: `3.22.0_alpha20250108`.
    release = distribution.version_id
    if "alpha" in release or "edge" in release:
        return "Alpine:edge"
    return re.escape(f"Alpine:v{_minor(distribution)}") if "." in release else None


def _ubuntu(distribution: Distribution) -> str | None:
    release = _minor(distribution)
    return re.escape(f"Ubuntu:{release}") + "(?::LTS)?" if "." in release else None


def _red_hat(distribution: Distribution) -> str | None:
    """By CPE: `Red Hat:enterprise_linux:9::appstream`, since version 10 `…:10.0`."""
    major = _major(distribution)
    if not major.isdigit():
        return None
    return rf"Red Hat:enterprise_linux:{major}(?:\.\d+)?(?:::.*)?"


def _centos(distribution: Distribution) -> str | None:
    """CentOS Linux was a rebuild of Red Hat's with its versions; CentOS Stream is none."""
    is_stream = "stream" in distribution.pretty_name.lower()
    is_rebuild = _major(distribution) in {"6", "7", "8"} and not is_stream
    return _red_hat(distribution) if is_rebuild else None


def _suse(distribution: Distribution) -> str | None:
    """The server and its modules of one service pack: `SUSE:Linux Enterprise Server 15 SP5`."""
    major, _, pack = distribution.version_id.partition(".")
    if not major.isdigit():
        return None
    suffix = f" SP{pack}" if pack not in ("", "0") else ""
    return rf"SUSE:Linux Enterprise (?:Server|Module for .*) {major}{suffix}"


def _leap(distribution: Distribution) -> str | None:
    return re.escape(f"openSUSE:Leap {_minor(distribution)}") if distribution.version_id else None


def _openeuler(distribution: Distribution) -> str | None:
    """`openEuler 22.03 (LTS-SP1)` is `openEuler:22.03-LTS-SP1`."""
    found = re.search(r"(\d+\.\d+) ?\((LTS[A-Z0-9-]*)\)", distribution.pretty_name)
    if found:
        return re.escape(f"openEuler:{found[1]}-{found[2]}")
    return re.escape(f"openEuler:{distribution.version_id}") if distribution.version_id else None


_KINDS = {
    "almalinux": _Kind("AlmaLinux", "AlmaLinux", _by_major("AlmaLinux"), "almalinux", ("alma",)),
    "alpine": _Kind("Alpine", "Alpine", _alpine, "alpine"),
    "azurelinux": _Kind(
        "Azure Linux", "Azure Linux", _by_major("Azure Linux"), "", ("microsoft", "azure")
    ),
    "centos": _Kind("CentOS", "Red Hat", _centos, "centos", ("centos",)),
    "chainguard": _Kind("Chainguard", "Chainguard", _always("Chainguard")),
    "debian": _Kind("Debian", "Debian", _by_major("Debian"), "debian", ("debian",)),
    "mageia": _Kind("Mageia", "Mageia", _by_major("Mageia"), "mageia", ("mageia",)),
    "mariner": _Kind(
        "CBL-Mariner", "Azure Linux", _by_major("Azure Linux"), "", ("microsoft", "mariner")
    ),
    "minimos": _Kind("MinimOS", "MinimOS", _always("MinimOS")),
    "openeuler": _Kind("openEuler", "openEuler", _openeuler, "", ("openeuler",)),
    "opensuse-leap": _Kind("openSUSE Leap", "openSUSE", _leap, "", ("suse",)),
    "opensuse-tumbleweed": _Kind(
        "openSUSE Tumbleweed", "openSUSE", _always("openSUSE:Tumbleweed"), "", ("suse",)
    ),
    "rhel": _Kind("Red Hat Enterprise Linux", "Red Hat", _red_hat, "rhel", ("red hat",)),
    "rocky": _Kind(
        "Rocky Linux", "Rocky Linux", _by_major("Rocky Linux"), "rockylinux", ("rocky",)
    ),
    "sles": _Kind("SUSE Linux Enterprise", "SUSE", _suse, "", ("suse",)),
    "ubuntu": _Kind("Ubuntu", "Ubuntu", _ubuntu, "ubuntu", ("ubuntu", "canonical", "debian")),
    "wolfi": _Kind("Wolfi", "Wolfi", _always("Wolfi")),
}
_ROLLING = frozenset(("chainguard", "minimos", "opensuse-tumbleweed", "wolfi"))


def target_of(distribution: Distribution, known: Collection[str]) -> Target | None:
    """The release among the ecosystems that a store knows; None where it can't be told.

    Its `ecosystems` are empty where it can be told, but the store has nothing on it.
    """
    kind = _KINDS.get(distribution.id)
    pattern = kind.names(distribution) if kind else None
    if kind is None or pattern is None:
        return None
    release = _minor(distribution) if distribution.id in ("alpine", "ubuntu") else ""
    version = release or _major(distribution)
    is_rolling = distribution.id in _ROLLING
    return Target(
        label=kind.title if is_rolling else f"{kind.title} {_shown(distribution, version)}",
        ecosystems=_matching(pattern, known),
        paid=_paid(distribution, known),
        product="" if is_rolling else kind.product,
        version=version,
        vendors=kind.vendors,
        feed=kind.feed,
    )


def _shown(distribution: Distribution, version: str) -> str:
    whole = distribution.id in ("opensuse-leap", "openeuler", "sles")
    return distribution.version_id if whole else version


def _matching(pattern: str, known: Collection[str]) -> tuple[str, ...]:
    whole = re.compile(pattern)
    return tuple(sorted(name for name in known if whole.fullmatch(name)))


def _paid(distribution: Distribution, known: Collection[str]) -> tuple[str, ...]:
    """Ubuntu Pro's own versions: `Ubuntu:Pro:16.04:LTS`; those of its FIPS modules are others."""
    if distribution.id != "ubuntu":
        return ()
    return _matching(re.escape(f"Ubuntu:Pro:{_minor(distribution)}") + "(?::LTS)?", known)
