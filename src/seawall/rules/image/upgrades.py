"""What to write so that a package is replaced by one without the flaw."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seawall.surfaces.image.facts import Ecosystem, Package


def full_name(package: Package) -> str:
    """The name as its ecosystem's tools take it: `@scope/name`, `group:artifact`, a Go module."""
    if not package.namespace:
        return package.name
    separator = ":" if package.ecosystem is Ecosystem.MAVEN else "/"
    return f"{package.namespace}{separator}{package.name}"


def upgrade_line(ecosystem: str, names: tuple[str, ...], fixed: str) -> str:
    """The line for a Dockerfile (or the command for a project) that brings the fix.

    `names` are the packages that one fix is for. Empty where nothing but another binary or base
    image helps.
    """
    writer = _WRITERS.get(Ecosystem(ecosystem))
    return writer(names, fixed) if writer and fixed else ""


def _deb(names: tuple[str, ...], _: str) -> str:
    return (
        "RUN apt-get update && apt-get install -y --only-upgrade --no-install-recommends "
        f"{' '.join(names)} && rm -rf /var/lib/apt/lists/*"
    )


def _apk(names: tuple[str, ...], fixed: str) -> str:
    wanted = " ".join(f"'{name}>={fixed}'" for name in names)
    return f"RUN apk add --no-cache --upgrade {wanted}"


def _rpm(names: tuple[str, ...], _: str) -> str:
    return f"RUN dnf upgrade -y {' '.join(names)} && dnf clean all"


def _golang(names: tuple[str, ...], fixed: str) -> str:
    version = fixed.removeprefix("v")
    if names[0] == "stdlib":
        return f"build the program with Go {version} or later (`FROM golang:{version}`)"
    return f"go get {names[0]}@v{version} && go mod tidy, and build the program again"


def _npm(names: tuple[str, ...], fixed: str) -> str:
    """Most packages are there for another's sake: `npm install` would make them one's own."""
    return f'npm update {names[0]}, or "overrides": {{"{names[0]}": "{fixed}"}} in package.json'


_WRITERS: Mapping[Ecosystem, Callable[[tuple[str, ...], str], str]] = {
    Ecosystem.DEB: _deb,
    Ecosystem.APK: _apk,
    Ecosystem.RPM: _rpm,
    Ecosystem.PYPI: lambda names, fixed: f"pip install '{names[0]}>={fixed}'",
    Ecosystem.NPM: _npm,
    Ecosystem.GOLANG: _golang,
    Ecosystem.CARGO: lambda names, fixed: f"cargo update -p {names[0]} --precise {fixed}",
    Ecosystem.MAVEN: lambda names, fixed: f"set {names[0]} to {fixed} in the build file",
    Ecosystem.GEM: lambda names, _: f"bundle update --conservative {names[0]}",
    Ecosystem.COMPOSER: lambda names, fixed: f"composer require '{names[0]}:^{fixed}'",
    Ecosystem.NUGET: lambda names, fixed: f"dotnet add package {names[0]} --version {fixed}",
}
