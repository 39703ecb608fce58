"""NuGet's order of versions: SemVer 2.0 with a fourth number and labels without letter case."""

from __future__ import annotations

from seawall.versions import semver


def key(version: str) -> str:
    """The sort key of a NuGet package's version: `1.0` is `1.0.0.0`, `-RC` is `-rc`."""
    return semver.key(version.upper())
