"""The keys of a policy file: nothing here can load code, name a server or weaken verification."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct, field

from seawall.core.model import Confidence, Profile, Severity

Text = Annotated[str, Meta(pattern=r"\S")]
"""Text that says something: neither empty nor blank."""

Days = Annotated[int, Meta(ge=0, le=36500)]


class Compatibility(Enum):
    """The other tools whose ignore comments are obeyed."""

    HADOLINT = "hadolint"
    TRIVY = "trivy"
    CHECKOV = "checkov"
    BUILDKIT = "buildkit"


class _Table(Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """A table of the file: keys in kebab case, unknown ones refused."""


class ImageTerms(_Table, frozen=True):
    """`[images]`: which images are trusted, and how they must be named.

    `bases` are references of base images that scanned images may stand on.
    """

    allowed: tuple[Text, ...] = ()
    bases: tuple[Text, ...] = ()
    require_digest: bool = False
    eol_warning_days: Days = 90


class IgnoreTerms(_Table, frozen=True):
    """`[ignores]`: what an ignore comment must say to count."""

    compat: tuple[Compatibility, ...] = tuple(Compatibility)
    require_reason: bool = False
    max_days: Days | None = None


class Waiver(_Table, frozen=True):
    """`[[waivers]]`: findings that are accepted, by whom it concerns and until when.

    `rule` is an id, an alias or a practice. `path` is a glob as in .gitignore, relative to the
    policy's directory; `symbol` is the place as findings name it, `*` for any text. Empty is any.
    """

    rule: Text
    reason: Text
    until: date
    path: str = ""
    symbol: str = ""


class Attestation(_Table, frozen=True):
    """`[[attestations]]`: somebody stands for a practice that no tool can see."""

    practice: Text
    who: Text
    reason: Text
    until: date
    where: str = ""


class Document(_Table, frozen=True):
    """Everything that a policy file may say."""

    profile: Profile = Profile.DEFAULT
    fail_on: Severity = Severity.HIGH
    min_confidence: Confidence = Confidence.LOW
    select: tuple[Text, ...] = ()
    ignore: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()
    severity: dict[str, Severity] = field(default_factory=dict)
    images: ImageTerms = ImageTerms()
    ignores: IgnoreTerms = IgnoreTerms()
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
