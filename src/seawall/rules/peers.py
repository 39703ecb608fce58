"""Checks of other linters that Seawall leaves out on purpose, each with the reason why."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.core.catalog import trivys_spelling

_REFUSED = "BuildKit refuses such a file: Seawall reports its error and exits with 2."
_TASTE = "A matter of taste: what is built and run stays the same."
_LABELS = "Labels are for people and tools of your own: no fault of the image follows from them."

LEFT_OUT: Mapping[str, str] = {
    "dockle:CIS-DI-0005": "Docker retires DOCKER_CONTENT_TRUST, which it asks for: see "
    "`content-trust-gone`.",
    "hadolint:DL1001": "Seawall's policy can demand a reason and an expiry for each ignore.",
    "hadolint:DL3001": "A needless command costs nothing; dangerous ones have rules of their own.",
    "hadolint:DL3003": "`cd` within a RUN is sound; one without effect is `cd-without-effect`.",
    "hadolint:DL3010": "Only a shorter way to write the same image.",
    "hadolint:DL3011": _REFUSED,
    "hadolint:DL3021": _REFUSED,
    "hadolint:DL3022": "The name may be an image or a build context; `latest-tag` judges it so.",
    "hadolint:DL3023": _REFUSED,
    "hadolint:DL3043": _REFUSED,
    "hadolint:DL3044": "The variable has its value of before: sound, if surprising.",
    "hadolint:DL3045": "The destination is under the base image's WORKDIR, which may be meant.",
    "hadolint:DL3047": "Only the length of the log.",
    "hadolint:DL3048": _LABELS,
    "hadolint:DL3049": _LABELS,
    "hadolint:DL3050": _LABELS,
    "hadolint:DL3051": _LABELS,
    "hadolint:DL3052": _LABELS,
    "hadolint:DL3053": _LABELS,
    "hadolint:DL3054": _LABELS,
    "hadolint:DL3055": _LABELS,
    "hadolint:DL3056": _LABELS,
    "hadolint:DL3058": _LABELS,
    "hadolint:DL3059": "More layers are no fault; they often make the cache better.",
    "hadolint:DL3060": "Only the size of the layer.",
    "hadolint:DL3061": _REFUSED,
    "hadolint:DL3063": "BuildKit itself warns of the name, and the build does what is written.",
    "hadolint:DL4001": "Each of the two is judged by `convenience-tools`.",
    "hadolint:DL4005": "The shell that /bin/sh links to is still the one that SHELL names.",
    "trivy:DS-0006": _REFUSED,
    "trivy:DS-0008": _REFUSED,
    "trivy:DS-0011": _REFUSED,
    "trivy:DS-0013": "`cd` within a RUN is sound; one without effect is `cd-without-effect`.",
    "trivy:DS-0014": "Each of the two is judged by `convenience-tools`.",
    "buildkit:ConsistentInstructionCasing": _TASTE,
    "buildkit:CopyIgnoredFile": "It needs the build context; BuildKit says it when it builds.",
    "buildkit:ExposeInvalidFormat": _REFUSED,
    "buildkit:ExposeProtoCasing": _TASTE,
    "buildkit:FromAsCasing": _TASTE,
    "buildkit:InvalidBaseImagePlatform": "It needs the registry; BuildKit says it when it builds.",
    "buildkit:InvalidDefinitionDescription": _TASTE,
    "buildkit:NoEmptyContinuation": _TASTE,
    "buildkit:ReservedStageName": "BuildKit itself warns of the name.",
    "buildkit:StageNameCasing": _TASTE,
    "buildkit:UndefinedVar": "The base image may set the variable, which no file here can show.",
}
"""By alias. Those of ShellCheck (SC…) are about shell scripts, not about containers."""


def why_left_out(name: str) -> tuple[str, str] | None:
    """The check that a name means, in any spelling, and the reason why it is left out.

    None where the name means no check that is left out.
    """
    asked = trivys_spelling(name.rpartition(":")[2]).lower()
    tool = name.rpartition(":")[0].lower()
    for alias, reason in LEFT_OUT.items():
        owner, _, own = alias.partition(":")
        if own.lower() == asked and tool in ("", owner):
            return alias, reason
    return None
