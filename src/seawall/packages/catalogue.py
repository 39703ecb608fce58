"""All cataloguers in one place."""

from __future__ import annotations

from seawall.packages import (
    apk,
    binaries,
    chisel,
    composer,
    conda,
    distribution,
    dpkg,
    gem,
    go,
    java,
    lockfiles,
    npm,
    nuget,
    python,
    rpm,
    rpm_manifest,
    rust,
    wheel_sboms,
)
from seawall.surfaces.image.analyser import Analyser


def analysers() -> tuple[Analyser, ...]:
    """Every cataloguer: of distributions, then of languages, then of binaries known by name."""
    return (
        dpkg.ANALYSER,
        apk.ANALYSER,
        rpm.ANALYSER,
        rpm_manifest.ANALYSER,
        chisel.ANALYSER,
        distribution.ANALYSER,
        python.ANALYSER,
        wheel_sboms.ANALYSER,
        npm.ANALYSER,
        go.ANALYSER,
        rust.ANALYSER,
        java.ANALYSER,
        gem.ANALYSER,
        composer.ANALYSER,
        nuget.ANALYSER,
        conda.ANALYSER,
        lockfiles.ANALYSER,
        binaries.ANALYSER,
    )
