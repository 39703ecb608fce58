"""What an image shows of practices, and what no image can tell, for the checklist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seawall.core.model import Verdict
from seawall.core.rule import Practice
from seawall.facts.official import official_name
from seawall.facts.releases import distribution_release
from seawall.jobs.bases import Base, told_base
from seawall.jobs.inspection import FILES, PACKAGES, SECRETS
from seawall.jobs.showing import Shown
from seawall.rules.health_in_image import has_check, serves
from seawall.rules.image.layers import is_runnable
from seawall.rules.practices import (
    FILE_PERMISSIONS,
    HEALTH_CHECK,
    LEAST_PRIVILEGE_FILES,
    MINIMAL_BASE_IMAGE,
    MINIMAL_PACKAGES,
    MULTI_STAGE_BUILD,
    NO_HARDCODED_SECRETS,
    NO_KNOWN_VULNERABILITIES,
    NO_SETUID_BINARIES,
    NON_ROOT_USER,
    OFFICIAL_BASE_IMAGE,
    SUPPORTED_BASE_IMAGE,
)
from seawall.rules.runtime.user_in_image import is_untold
from seawall.surfaces.image.model import Image
from seawall.surfaces.sbom.reader import DOCUMENTS

_TOLD_BY: dict[str, tuple[Practice, ...]] = {
    SECRETS: (NO_HARDCODED_SECRETS,),
    FILES: (
        MULTI_STAGE_BUILD,
        MINIMAL_PACKAGES,
        NO_SETUID_BINARIES,
        FILE_PERMISSIONS,
        LEAST_PRIVILEGE_FILES,
    ),
    PACKAGES: (NO_KNOWN_VULNERABILITIES, MINIMAL_BASE_IMAGE, SUPPORTED_BASE_IMAGE),
}
"""The practices of which each part of an image tells: without it, nothing is known of them."""


def shown_by_image(image: Image, parts: Sequence[str], base: Base | None) -> Iterator[Shown]:
    """The verdicts that no rule gives; `parts` are those that were looked at."""
    for part, practices in _TOLD_BY.items():
        if part not in parts:
            for practice in practices:
                yield _unknown(image, practice, f"{part} of the image were not looked for")
    yield from _base(image, base or told_base(image))
    yield from _support(image)
    yield from _configuration(image)


def _base(image: Image, base: Base | None) -> Iterator[Shown]:
    if base is None or official_name(base.reference.name) is None:
        return
    if base.is_itself:
        said = f"`{base.name}` is an official image"
    elif base.layers:
        said = f"its lowest {base.layers} layers are those of the official image `{base.name}`"
    else:
        said = f"it says of itself that it is built on the official image `{base.name}`"
    yield _shown(image, OFFICIAL_BASE_IMAGE, Verdict.PASS, said)


def _support(image: Image) -> Iterator[Shown]:
    distribution = image.distribution
    if distribution is None:
        if image.kind in DOCUMENTS:
            said = "what lists its packages does not say which distribution they are of"
            yield _unknown(image, SUPPORTED_BASE_IMAGE, said)
            yield _unknown(image, MINIMAL_BASE_IMAGE, said)
        return
    release = distribution_release(distribution.id, distribution.version_id)
    if release is None:
        name = distribution.pretty_name or distribution.id
        yield _unknown(image, SUPPORTED_BASE_IMAGE, f"no end of life is known of {name}")


def _configuration(image: Image) -> Iterator[Shown]:
    if not is_runnable(image):
        said = "a file system has no configuration that says how it is run"
        yield _unknown(image, NON_ROOT_USER, said)
        yield _unknown(image, HEALTH_CHECK, said)
    elif not has_check(image) and not serves(image):
        said = "the image has no health check, and names no port that it serves"
        yield _unknown(image, HEALTH_CHECK, said)

    if is_untold(image):
        said = f"which uid `{image.config.user}` has can't be told: no /etc/passwd was read"
        yield _unknown(image, NON_ROOT_USER, said)


def _unknown(image: Image, practice: Practice, said: str) -> Shown:
    return _shown(image, practice, Verdict.UNKNOWN, said)


def _shown(image: Image, practice: Practice, verdict: Verdict, said: str) -> Shown:
    return Shown(practice.id, verdict, said, image.name, 1)
