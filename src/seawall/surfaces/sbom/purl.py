"""Package URLs, read back: which package, built from what, of which distribution.

The rules are those of the purl specification. `distro`, `upstream`, `epoch` and
`modularitylabel` are what SBOM tools add for a distribution's packages, since advisories of
distributions are about a release, and about the package that one was built from.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec import Struct

from seawall.surfaces.image.facts import Distribution, Ecosystem, Package

MAX_URL = 4096
"""Characters: the longest real ones have some hundreds."""

_URL = re.compile(
    r"pkg:/*(?P<type>[a-zA-Z][a-zA-Z0-9.+-]*)/(?P<path>[^?#]+)(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.DOTALL,
)
_ECOSYSTEMS = {kind.value: kind for kind in Ecosystem}
_SYSTEM = frozenset({Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM})
_NO_NAMESPACE = frozenset({Ecosystem.PYPI, Ecosystem.CARGO, Ecosystem.GEM, Ecosystem.NUGET})
_IDS = {"redhat": "rhel", "oracle": "ol", "amazon": "amzn", "suse": "sles", "alma": "almalinux"}
"""What namespaces of RPM packages and other scanners call a distribution, and what it is by
its own `os-release`."""
_SOURCE_RPM = re.compile(r"(?P<name>.+)-[^-]+-[^-]+\.src\.rpm")


class Url(Struct, frozen=True):
    """A package URL in its parts, decoded; `type` is lower case."""

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: dict[str, str]


def read_url(text: str) -> Url | None:
    """The parts of a package URL; None for what is none."""
    match = _URL.fullmatch(text) if len(text) <= MAX_URL else None
    if match is None:
        return None
    path, _, version = _versioned(match["path"].strip("/"))
    namespace, _, name = path.rpartition("/")
    pairs = (pair.partition("=") for pair in (match["query"] or "").split("&"))
    qualifiers = {key.lower(): unquote(value) for key, _, value in pairs if value}
    parts = "/".join(map(unquote, filter(None, namespace.split("/"))))
    if not name:
        return None
    return Url(match["type"].lower(), parts, unquote(name), unquote(version), qualifiers)


def _versioned(path: str) -> tuple[str, str, str]:
    """The version stands behind the last `@` after the name's slash: an npm scope has one too."""
    head, at, version = path.rpartition("@")
    return (head, at, version) if at and not head.endswith("/") and head else (path, "", "")


def package_of(url: Url, path: str, version: str = "") -> Package | None:
    """The package; None where packages of that type are not known.

    `path` is where it was seen; `version` is taken where the URL has none.
    """
    ecosystem = _ECOSYSTEMS.get(url.type)
    if ecosystem is None:
        return None
    given = url.qualifiers
    source, source_version = _upstream(ecosystem, given.get("upstream", ""))
    return Package(
        ecosystem,
        url.name,
        _epoch(url.version or version, given.get("epoch", "")),
        path,
        namespace="" if ecosystem in _SYSTEM | _NO_NAMESPACE else url.namespace,
        source="" if source == url.name else source,
        source_version=source_version,
        architecture=given.get("arch") or given.get("platform") or given.get("subdir", ""),
        modularity=given.get("modularitylabel", ""),
        origin=given.get("channel", ""),
    )


def _upstream(ecosystem: Ecosystem, text: str) -> tuple[str, str]:
    """`glibc@2.36`, or the file name of a source package as RPM has it."""
    if ecosystem is Ecosystem.RPM:
        match = _SOURCE_RPM.fullmatch(text)
        return (match["name"] if match else "", "")
    name, _, version = text.partition("@")
    return name, version


def _epoch(version: str, epoch: str) -> str:
    has_one = ":" in version or not epoch.isdigit() or epoch == "0"
    return version if has_one else f"{epoch}:{version}"


def distribution_of(url: Url) -> tuple[str, str] | None:
    """The id and the release of the distribution that a package is of; None where it is of none
    or does not tell."""
    told = url.qualifiers.get("distro", "")
    if _ECOSYSTEMS.get(url.type) not in _SYSTEM or not told:
        return None
    name, dash, release = told.rpartition("-")
    if not dash and told[:1].isdigit():
        name, release = url.namespace, told
    elif not dash:
        name, release = told, ""
    return distribution_id(name), release


def distribution_id(name: str) -> str:
    """The id of a distribution as its own `os-release` has it."""
    name = name.lower().strip()
    return _IDS.get(name, name)


def named_distribution(
    name: str, release: str, title: str = "", codename: str = ""
) -> Distribution:
    """What an inventory tells of a distribution; the release of Debian's next is a word."""
    is_number = release[:1].isdigit()
    return Distribution(
        path="",
        id=distribution_id(name),
        version_id=release if is_number else "",
        codename=codename or ("" if is_number else release),
        pretty_name=title or f"{name} {release}".strip(),
    )
