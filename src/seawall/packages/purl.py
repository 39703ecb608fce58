"""Package URLs: how advisories, other scanners and SBOMs name a package.

The rules are those of the purl specification and its definitions of types. Beside what a type
defines, `distro` and `upstream` are given for a distribution's packages, as other scanners do:
advisories of distributions are about a release, and about the package that one was built from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote

from seawall.surfaces.image.facts import Distribution, Ecosystem, Package

_NAMESPACES = {"rhel": "redhat", "ol": "oracle", "amzn": "amazon", "sles": "suse"}
"""Namespaces of RPM packages that differ from the distribution's own id."""
_SYSTEM = frozenset({Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM})


def package_url(package: Package, distribution: Distribution | None = None) -> str:
    """The package's URL: `pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12`.

    `distribution` is the image's; it gives the namespace of the packages that it manages.
    """
    ecosystem = package.ecosystem
    version = package.version
    qualifiers: dict[str, str] = {}
    if ecosystem in _SYSTEM:
        namespace = _namespace(ecosystem, distribution)
        version, qualifiers = _system(package, distribution)
    else:
        namespace = package.namespace
        if ecosystem is Ecosystem.GEM and package.architecture:
            qualifiers["platform"] = package.architecture
        elif ecosystem is Ecosystem.CONDA:
            qualifiers = {"channel": package.origin, "subdir": package.architecture}
    return _written(ecosystem, namespace, package.name, version, qualifiers)


def _written(
    ecosystem: Ecosystem, namespace: str, name: str, version: str, qualifiers: dict[str, str]
) -> str:
    spell = _SPELLINGS.get(ecosystem)
    if spell:
        namespace, name = spell(namespace), spell(name)
    parts = [*filter(None, namespace.strip("/").split("/")), *filter(None, name.split("/"))]
    url = f"pkg:{ecosystem.value}/" + "/".join(map(_quoted, parts))
    if version:
        url += "@" + _quoted(version)
    pairs = [f"{key}={_quoted(value)}" for key, value in sorted(qualifiers.items()) if value]
    return url + "?" + "&".join(pairs) if pairs else url


def _pypi(name: str) -> str:
    return name.lower().replace("_", "-")


_SPELLINGS: dict[Ecosystem, Callable[[str], str]] = {
    Ecosystem.PYPI: _pypi,
    Ecosystem.DEB: str.lower,
    Ecosystem.APK: str.lower,
    Ecosystem.COMPOSER: str.lower,
    Ecosystem.GOLANG: str.lower,
    Ecosystem.NPM: str.lower,
}
"""Types whose names are the same in any case, and how they are then written."""


def _namespace(ecosystem: Ecosystem, distribution: Distribution | None) -> str:
    if not distribution:
        return ""
    if ecosystem is Ecosystem.RPM:
        return _NAMESPACES.get(distribution.id, distribution.id)
    return distribution.id


def _system(package: Package, distribution: Distribution | None) -> tuple[str, dict[str, str]]:
    """Version and qualifiers of a distribution's package; RPM's epoch is one of them."""
    qualifiers = {"arch": package.architecture, "upstream": _upstream(package)}
    if distribution and distribution.id:
        release = distribution.version_id or distribution.codename
        qualifiers["distro"] = f"{distribution.id}-{release}" if release else distribution.id
    version = package.version
    if package.ecosystem is Ecosystem.RPM:
        epoch, colon, rest = version.partition(":")
        if colon and epoch.isdigit():
            version = rest
            qualifiers["epoch"] = epoch
        qualifiers["modularitylabel"] = package.modularity
    return version, qualifiers


def _upstream(package: Package) -> str:
    """The source package where it differs: `glibc`, or `glibc@2.36` where its version does."""
    if package.source_version:
        return f"{package.source or package.name}@{package.source_version}"
    return package.source


@lru_cache(maxsize=16384)
def _quoted(text: str) -> str:
    """Percent-encoded as purl wants it: all but letters, digits, `-._~` and the colon."""
    return quote(text, safe=":", errors="replace")
