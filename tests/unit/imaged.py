"""Images made by hand for tests of reports: layers, packages, flaws, nothing read from disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seawall.advisories.model import Match, Status, Vulnerability
from seawall.core.model import Severity
from seawall.core.source import Source
from seawall.jobs.scan import Scanned
from seawall.surfaces.image.config import ImageConfig, Step
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package
from seawall.surfaces.image.model import Held, Image, Layer

DEBIAN = Distribution("etc/os-release", "debian", "12", "bookworm", "Debian GNU/Linux 12")
DIGEST = "sha256:" + "d" * 64


def package(kind: str, name: str, version: str = "1.0", **others: Any) -> Package:
    """A package; its path is made of its name where none is given."""
    paths = {"deb": "var/lib/dpkg/status", "npm": f"app/node_modules/{name}/package.json"}
    given: dict[str, Any] = {
        "path": paths.get(kind, f"opt/{name}/METADATA"),
        "cataloguer": kind,
    } | others
    return Package(Ecosystem(kind), name, version, **given)


def layer(index: int, instruction: str = "", **others: Any) -> Layer:
    """A layer; its diff id is made of its number."""
    given: dict[str, Any] = {"digest": "", "size": 1000, "entries": 10, "step": index} | others
    made = instruction or f"RUN step-{index}"
    return Layer(index, f"sha256:{index:064x}", instruction=made, **given)


def image(
    packages: Sequence[Package | Held[Package]] = (),
    layers: Sequence[Layer] = (),
    **others: Any,
) -> Image:
    """An image of Debian 12, in one layer where no others are given."""
    held = tuple(each if isinstance(each, Held) else Held(each, 0) for each in packages)
    layers = tuple(layers) or (layer(0),)
    steps = tuple(Step(created_by=each.instruction) for each in layers)
    lines = "".join(f"{each.instruction}\n" for each in layers)
    name = others.pop("name", "acme/app:1")
    given: dict[str, Any] = {
        "kind": "archive",
        "config": ImageConfig("amd64", "linux", created="2026-01-02T03:04:05Z", history=steps),
        "layers": layers,
        "history": Source(name, lines),
        "places": {},
        "distribution": DEBIAN,
    } | others
    return Image(name, packages=held, **given)


def flaw(name: str = "CVE-2026-1", **others: Any) -> Vulnerability:
    """A flaw of high severity."""
    return Vulnerability(name, severity=others.pop("severity", Severity.HIGH), **others)


def matched(of: Package, vulnerability: Vulnerability, *fixed: str) -> Match:
    """A package with a flaw."""
    status = Status.FIXED if fixed else Status.AFFECTED
    return Match(of, vulnerability, status, fixed, of.version, source="osv/Debian")


def scanned(shown: Image, *matches: Match, excused: Any = ()) -> Scanned:
    """The image with the flaws of its packages."""
    held = {id(each.fact): each for each in shown.packages}
    return Scanned(
        shown,
        tuple((held[id(match.package)], match) for match in matches),
        tuple((held[id(match.package)], match, reason) for match, reason in excused),
    )
