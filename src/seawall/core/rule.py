"""Practices and rules as data: everything people read about a rule is derived from these."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import Enum
from typing import Any

from msgspec import Struct, field

from seawall.core.model import Confidence, Hit, Profile, Severity
from seawall.core.standards import Citation


class Needs(Enum):
    """What an attacker must have before the fault is of use to him."""

    NOTHING = "nothing: anyone who has the file or the image, or can reach the container"
    UPSTREAM = "a place upstream: the publisher, server, mirror or network the build trusts"
    FOOTHOLD = "a foothold: he already runs code in the container"
    FAULT = "a second fault or a mistake of the operator"


class Gains(Enum):
    """What the fault then gives him."""

    CONTROL = "control: a working credential, or the host"
    CODE = "code of his choice in the build or the container"
    PRIVILEGE = "more privilege than the workload needs, or a wider way in"
    LESS = "less than that: a longer life of known faults, harder repair, lost availability"


_SEVERITY: Mapping[Gains, tuple[Severity, Severity, Severity, Severity]] = {
    # needs:          NOTHING            UPSTREAM         FOOTHOLD         FAULT
    Gains.CONTROL: (Severity.CRITICAL, Severity.HIGH, Severity.HIGH, Severity.MEDIUM),
    Gains.CODE: (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.MEDIUM),
    Gains.PRIVILEGE: (Severity.HIGH, Severity.MEDIUM, Severity.MEDIUM, Severity.LOW),
    Gains.LESS: (Severity.MEDIUM, Severity.MEDIUM, Severity.LOW, Severity.LOW),
}


class Risk(Struct, frozen=True):
    """The cell of the severity table that a rule stands in (docs/severity.md)."""

    needs: Needs
    gains: Gains

    @property
    def severity(self) -> Severity:
        """The table's answer."""
        return _SEVERITY[self.gains][tuple(Needs).index(self.needs)]


class Chapter(Enum):
    """The chapters of the source document; rules live in the module of their chapter."""

    IMAGE = "Image Security"
    RUNTIME = "Runtime Security"
    NETWORK = "Network Security"
    SECRETS = "Secrets Management"
    BUILD = "Build Security"
    ACCESS = "Access Control"
    LOGGING = "Logging & Monitoring"
    SCANNING = "Security Scanning"
    TRUST = "Content Trust"
    OPERATIONS = "Operations"
    COMPLIANCE = "Compliance"
    EMERGENCY = "Emergency Response"
    CRAFT = "Dockerfile Craft"


class Practice(Struct, frozen=True):
    """One statement about a secure container, on whatever surface it is seen.

    `checklist` is the item of the source document's checklist that the practice settles.
    """

    id: str
    chapter: Chapter
    statement: str
    why: str
    remedy: str
    citations: tuple[Citation, ...]
    checklist: str = ""


class Settings(Struct, frozen=True):
    """What of a policy the rules may ask: judging is a pure function of facts and settings."""

    today: date
    allowed_images: tuple[str, ...] = ()
    """Glob patterns of references whose publishers the policy trusts: `ghcr.io/acme/*`."""
    require_digest: bool = False
    eol_warning_days: int = 90


Check = Callable[[Any, Settings], Iterable[Hit]]
"""A pure function of one surface's facts; does no I/O and raises nothing on odd input."""


def example_language(text: str) -> str:
    """What an example is written in: dockerfile, yaml (Compose), console (a `docker run`), files
    or image.

    `files` is a small repository: each file after a line `=== path`, which may go on with
    `(tracked)` for what git tracks and with a mode, as `(tracked, 0600)`. `image` begins with
    `=== image`: the instructions that made it, and below each, indented, what its layer holds.
    """
    if text.startswith("=== image\n"):
        return "image"
    if text.startswith("=== "):
        return "files"
    if re.match(r"\s*(?:sudo\s+)?(?:docker|podman)\s", text):
        return "console"
    return "yaml" if re.search(r"^(?:services|include):", text, re.MULTILINE) else "dockerfile"


class Rule(Struct, frozen=True):
    """A fault that can be seen on one or more surfaces.

    `on` maps a surface type to the function that finds the fault in it. `why`, `remedy` and
    `citations` are the practice's where they are left empty. `bad` and `good` are whole inputs;
    each bad one must be found, each good one must be silent under this rule; they are tests and
    documentation. `fixed[i]` is what the fix makes of `bad[i]`.
    """

    id: str
    title: str
    practice: Practice
    risk: Risk
    on: Mapping[type, Check]
    bad: tuple[str, ...]
    good: tuple[str, ...]
    confidence: Confidence = Confidence.HIGH
    profile: Profile = Profile.DEFAULT
    demanded_by: str = ""
    """A key of the policy (`images.require-digest`) that asks for the rule in every profile."""
    told_by: tuple[str, ...] = ()
    """Lower-case words of which every Dockerfile with the fault holds one: one without any is
    not judged. Empty: every file is."""
    aliases: tuple[str, ...] = ()
    why: str = ""
    remedy: str = ""
    citations: tuple[Citation, ...] = ()
    fixed: tuple[str, ...] = field(default=())

    @property
    def severity(self) -> Severity:
        """Derived from the risk."""
        return self.risk.severity

    @property
    def rationale(self) -> str:
        """Why this matters: the rule's own words, else the practice's."""
        return self.why or self.practice.why

    @property
    def advice(self) -> str:
        """What to do: the rule's own words, else the practice's."""
        return self.remedy or self.practice.remedy

    @property
    def standards(self) -> tuple[Citation, ...]:
        """By what authority: the rule's own citations, else the practice's."""
        return self.citations or self.practice.citations
