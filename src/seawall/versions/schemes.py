"""Which ordering holds where: the schemes, and the ecosystems of OSV that follow each."""

from __future__ import annotations

from enum import StrEnum


class Scheme(StrEnum):
    """A way to order versions."""

    DPKG = "dpkg"
    APK = "apk"
    RPM = "rpm"
    PEP440 = "pep440"
    SEMVER = "semver"
    GO = "go"
    PUB = "pub"
    BITNAMI = "bitnami"
    MAVEN = "maven"
    GEM = "gem"
    NUGET = "nuget"
    COMPOSER = "composer"
    INTEGERS = "integers"
    GENERIC = "generic"


# The ecosystems of the OSV schema (ossf.github.io/osv-schema, "Defined Ecosystems") without what
# follows their colon, and distributions of which other feeds speak. All others are generic.
_ECOSYSTEMS = {
    Scheme.DPKG: ("Debian", "Ubuntu", "Echo", "Raspbian", "opam"),
    Scheme.APK: (
        "Alpine",
        "Alpaquita",
        "BellSoft Hardened Containers",
        "Chainguard",
        "MinimOS",
        "Wolfi",
    ),
    Scheme.RPM: (
        "AlmaLinux",
        "Amazon Linux",
        "Azure Linux",
        "CBL-Mariner",
        "CentOS",
        "Fedora",
        "Mageia",
        "Oracle Linux",
        "Photon OS",
        "Red Hat",
        "Rocky Linux",
        "SUSE",
        "openEuler",
        "openSUSE",
    ),
    Scheme.PEP440: ("PyPI",),
    Scheme.SEMVER: (
        "GitHub Actions",
        "Hex",
        "Julia",
        "Kubernetes",
        "SwiftURL",
        "VSCode",
        "crates.io",
        "npm",
    ),
    Scheme.GO: ("Go",),
    Scheme.PUB: ("Pub",),
    Scheme.BITNAMI: ("Bitnami",),
    Scheme.MAVEN: ("Maven",),
    Scheme.GEM: ("RubyGems",),
    Scheme.NUGET: ("NuGet",),
    Scheme.COMPOSER: ("Packagist",),
    Scheme.INTEGERS: ("Bioconductor", "CRAN", "GHC", "Hackage"),
}
_SCHEMES = {name.lower(): scheme for scheme, names in _ECOSYSTEMS.items() for name in names}


def scheme_of(ecosystem: str) -> Scheme:
    """The scheme of an ecosystem as OSV names it: `Debian:12`, `Alpine:v3.18`, `crates.io`.

    What follows the first colon and the letter case play no part. `Scheme.GENERIC` where the
    ecosystem is not known or has no order of its own (`Linux`, `OSS-Fuzz`, `Android`).
    """
    name, _, _ = ecosystem.partition(":")
    return _SCHEMES.get(name.strip().lower(), Scheme.GENERIC)
