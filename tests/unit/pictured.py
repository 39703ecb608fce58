"""Reports on images, made by hand for tests of formats."""

from __future__ import annotations

from typing import Any

from msgspec import structs
from reports import finding

from seawall.core.inventory import (
    Advice,
    Comparison,
    FlawChange,
    ImageSummary,
    LayerSummary,
    PackageChange,
)
from seawall.core.model import (
    Evidence,
    Finding,
    Flaw,
    InLayer,
    Problem,
    Severity,
    Suppression,
    Target,
)
from seawall.core.report import Excerpt, Report
from seawall.core.source import Source

NAME = "acme/app:1"
HISTORY = "ADD rootfs.tar in /\nRUN pip install flask==2.0\nCOPY secrets /\nUSER root\n"
LONG = "RUN apt-get update && apt-get install -y --only-upgrade " + " ".join(
    f"library-number-{number}" for number in range(30)
)


def source(name: str = NAME) -> Source:
    """The history that findings stand in."""
    return Source(name, HISTORY)


def flawed(
    number: int = 1,
    *,
    severity: Severity = Severity.HIGH,
    name: str = NAME,
    package: str = "openssl",
    fixed: tuple[str, ...] = ("3.0.15-1",),
    layer: int = 0,
    exploited: str = "",
    **others: Any,
) -> Finding:
    """A finding on a flaw of a package."""
    flaw = Flaw(
        f"CVE-2026-{number:04}",
        f"pkg:deb/debian/{package}@3.0.11-1?distro=debian-12",
        "3.0.11-1",
        "deb",
        (package,),
        fixed,
        "fixed" if fixed else "affected",
        title="a buffer overread",
        cvss="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
        score=7.5,
        exploited=exploited,
        **others,
    )
    text = HISTORY.splitlines()[layer]
    made = finding(
        source(name),
        text,
        "exploited-vulnerability" if exploited else "vulnerable-package",
        title="Package with a known flaw and a fix",
        severity=severity,
        message=f"`{package}` 3.0.11-1 has {flaw.id}: a buffer overread",
        evidence=(Evidence("3.0.11-1 < 3.0.15-1"),),
        symbol=f"deb/{package} {flaw.id}",
    )
    return _in_layer(made, layer, flaw=flaw, path="var/lib/dpkg/status")


def secret(path: str = "app/.env", name: str = NAME, **others: Any) -> Finding:
    """A credential in a file of the third layer."""
    made = finding(
        source(name),
        "COPY secrets /",
        "hardcoded-secret",
        title="A secret stands in the file",
        severity=Severity.CRITICAL,
        message=f"A token stands in {path}, line 1",
        remedy="Take it out of the image.",
        symbol=f"{path} token",
        **others,
    )
    return _in_layer(made, 2, path=path)


def as_root(name: str = NAME) -> Finding:
    """A finding on the configuration, in no layer."""
    return finding(source(name), "USER root", severity=Severity.MEDIUM, symbol="USER")


def _in_layer(made: Finding, index: int, path: str = "", flaw: Flaw | None = None) -> Finding:
    instruction = HISTORY.splitlines()[index]
    layer = InLayer(index, f"sha256:{index:064x}", instruction, path, is_base=index == 0)
    return structs.replace(made, layer=layer, flaw=flaw)


def pictured(name: str = NAME, **others: Any) -> ImageSummary:
    """An image of three layers, the first of them the base's."""
    lines = HISTORY.splitlines()
    given: dict[str, Any] = {
        "kind": "archive",
        "digest": "sha256:" + "a" * 64,
        "platform": "linux/amd64",
        "distribution": "Debian GNU/Linux 12 (bookworm)",
        "support": "supported until 2028-06-10",
        "size": 131_000_000,
        "layers": (
            LayerSummary(0, lines[0], 120_000_000, 8000, True, 96, {"critical": 1, "high": 2}),
            LayerSummary(1, lines[1], 11_000_000, 400, False, 12, {"medium": 1}),
            LayerSummary(2, lines[2], 900, 3, False, 0, {}),
        ),
        "packages": {"deb": 96, "pypi": 12},
        "advice": (
            Advice("rotate", "Revoke the credential in the image", (), {"critical": 1}),
            Advice(
                "upgrade",
                "Upgrade 30 packages of the distribution",
                (LONG,),
                {"critical": 1, "high": 2},
                ("CVE-2026-0001", "CVE-2026-0002"),
                1,
            ),
            Advice(
                "wait",
                "Nothing to be done yet about 1 flaw without a fix",
                (),
                {"low": 1},
                ("CVE-2026-0009",),
            ),
        ),
    }
    return ImageSummary(name, **(given | others))


def beside() -> Comparison:
    """Two images side by side."""
    return Comparison(
        "acme/app:1",
        "acme/app:2",
        131_000_000,
        120_000_000,
        added=(PackageChange("pypi", "flask", "", "3.0"),),
        removed=(PackageChange("pypi", "django", "4.2", ""),),
        changed=(PackageChange("deb", "openssl", "3.0.11-1", "3.0.15-1"),),
        gone=(FlawChange("CVE-2026-0001", "high", "deb", "openssl", "3.0.11-1", "3.0.15-1"),),
        new=(FlawChange("CVE-2026-0007", "low", "pypi", "flask", "3.0", "", "2026-02-01"),),
        same=12,
    )


def imaged_report(*findings: Finding, images: int = 1, **others: Any) -> Report:
    """A report on images; without findings given, one with one of everything."""
    names = [NAME, *(f"acme/app:{number}" for number in range(2, images + 1))]
    given: dict[str, Any] = {
        "targets": tuple(Target(name, "image") for name in names),
        "findings": findings
        or (
            flawed(1, severity=Severity.CRITICAL, exploited="2026-02-01"),
            flawed(2, epss=0.42, epss_percentile=0.97),
            flawed(9, severity=Severity.LOW, fixed=(), layer=1, package="zlib"),
            secret(),
            secret("app/other.env"),
            as_root(),
            suppressed(),
        ),
        "problems": (Problem(NAME, "usr/bin/odd: is damaged"),),
        "excerpts": {name: Excerpt(source(name)) for name in names},
        "images": tuple(pictured(name) for name in names),
    } | others
    return Report(**given)


def suppressed() -> Finding:
    """A flaw that a VEX document answers."""
    cause = Suppression("vex", "not affected: vulnerable_code_not_present (vex.json)")
    return structs.replace(flawed(5), suppressed=cause)
