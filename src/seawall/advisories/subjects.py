"""What is asked of the advisories for each package: under which name, of whom, by which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from seawall.advisories.distributions import Target
from seawall.advisories.names import normalise
from seawall.surfaces.image.facts import Ecosystem, Package
from seawall.versions import Scheme, scheme_of

_LANGUAGES = {
    Ecosystem.PYPI: "PyPI",
    Ecosystem.NPM: "npm",
    Ecosystem.GOLANG: "Go",
    Ecosystem.CARGO: "crates.io",
    Ecosystem.MAVEN: "Maven",
    Ecosystem.GEM: "RubyGems",
    Ecosystem.COMPOSER: "Packagist",
    Ecosystem.NUGET: "NuGet",
}
_SYSTEM = frozenset((Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM))
_SCHEMES = {
    Ecosystem.DEB: Scheme.DPKG,
    Ecosystem.APK: Scheme.APK,
    Ecosystem.RPM: Scheme.RPM,
}
_JOINTS = {Ecosystem.MAVEN: ":"}
_BITNAMI = "Bitnami"
_PROGRAM_VERSION = frozenset(("", "(devel)", "unknown"))


class Subject(NamedTuple):
    """A package as the advisories are asked about it.

    `label` says where the comparison holds: `Debian 12, source glibc`. `paid` are the ids of
    those `ecosystems` whose fixes need a subscription.
    """

    package: Package
    ecosystems: tuple[int, ...]
    paid: frozenset[int]
    name: str
    version: str
    scheme: Scheme
    label: str
    is_system: bool


class Subjects:
    """Sorts packages into those that can be asked about and those that can't, with the reasons."""

    def __init__(self, target: Target | None, known: Mapping[str, int]) -> None:
        self._target = target
        self._known = known
        self.unknown_releases = 0
        self.missing: Counter[str] = Counter()
        self.foreign: Counter[str] = Counter()
        self.without: Counter[str] = Counter()
        self.unversioned = 0
        self._ids: tuple[tuple[int, ...], frozenset[int]] | None = None

    def of(self, packages: Iterable[Package]) -> list[Subject]:
        """The subjects of packages; what has none is counted."""
        found: list[Subject] = []
        for package in packages:
            if package.ecosystem in _SYSTEM:
                found.extend(self._system(package))
            elif (subject := self._language(package)) is not None:
                found.append(subject)
        return found

    def _system(self, package: Package) -> Iterable[Subject]:
        target = self._target
        if target is None:
            self.unknown_releases += 1
            return ()
        if _is_foreign(package, target.vendors):
            self.foreign[package.origin] += 1
            return ()
        if not target.ecosystems and not target.paid:
            self.missing[target.label] += 1
            return ()
        return self._named(package, target, *self._asked(target))

    def _asked(self, target: Target) -> tuple[tuple[int, ...], frozenset[int]]:
        """The ids of the ecosystems to ask, and which of them need a subscription."""
        if self._ids is None:
            paid = frozenset(self._known[name] for name in target.paid)
            ids = tuple(self._known[name] for name in (*target.ecosystems, *target.paid))
            self._ids = ids, paid
        return self._ids

    def _named(
        self, package: Package, target: Target, ids: tuple[int, ...], paid: frozenset[int]
    ) -> list[Subject]:
        """Debian, Ubuntu and Alpine speak of sources, the others of what is installed."""
        scheme = _SCHEMES[package.ecosystem]
        own = Subject(package, ids, paid, package.name, package.version, scheme, target.label, True)
        if package.ecosystem is Ecosystem.RPM or not package.source:
            version = package.version if package.ecosystem is Ecosystem.RPM else _built(package)
            return [own._replace(version=version)]
        label = f"{target.label}, source {package.source}"
        source = own._replace(name=package.source, version=_built(package), label=label)
        return (
            [source] if package.source != package.name else [own._replace(version=_built(package))]
        )

    def _language(self, package: Package) -> Subject | None:
        ecosystem = _LANGUAGES.get(package.ecosystem, "")
        if package.ecosystem is Ecosystem.GENERIC and package.cataloguer == "bitnami":
            ecosystem = _BITNAMI
        if not ecosystem:
            self.without[package.ecosystem.value] += 1
            return None
        number = self._known.get(ecosystem)
        if number is None:
            self.missing[ecosystem] += 1
            return None
        version = _language_version(package)
        if version in _PROGRAM_VERSION:
            self.unversioned += 1
            return None
        name = normalise(ecosystem, _language_name(package))
        scheme = scheme_of(ecosystem)
        return Subject(package, (number,), frozenset(), name, version, scheme, ecosystem, False)


def _built(package: Package) -> str:
    return package.source_version or package.version


def _is_foreign(package: Package, vendors: Collection[str]) -> bool:
    origin = package.origin.lower()
    return bool(origin and vendors) and not any(vendor in origin for vendor in vendors)


def _language_name(package: Package) -> str:
    if package.ecosystem is Ecosystem.GOLANG and package.name == "std":
        return "stdlib"
    if not package.namespace:
        return package.name
    return f"{package.namespace}{_JOINTS.get(package.ecosystem, '/')}{package.name}"


def _language_version(package: Package) -> str:
    version = package.version.strip()
    if package.ecosystem is Ecosystem.GOLANG:
        return version.removeprefix("go").removeprefix("v")
    return version
