"""Practices of the chapter on images: what a container is made of."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

OFFICIAL_BASE_IMAGE = Practice(
    id="official-base-image",
    chapter=Chapter.IMAGE,
    statement="Base images are official, verified, or on the policy's list of trusted publishers.",
    why=(
        "Whoever publishes the base image runs code in every build and every container made of "
        "it. An attacker takes over an abandoned account or publishes under a name that looks "
        "right, and waits for your next pull."
    ),
    remedy=(
        "Start from a Docker Official Image or a verified publisher's image; where you trust "
        'another publisher, say so once in the policy: `[images] allowed = ["ghcr.io/acme/*"]`.'
    ),
    citations=(cis("4.2"), owasp("D08"), nist("4.1.5"), cwe(1357)),
    checklist="Official or verified base image",
)

PINNED_BASE_IMAGE = Practice(
    id="pinned-base-image",
    chapter=Chapter.IMAGE,
    statement="Images are named by a full version, at best with a digest; never `latest` or none.",
    why=(
        "A tag is a pointer that its owner moves. With a floating tag, whoever can push to the "
        "repository decides what your next build contains, and you can neither repeat a build "
        "nor say which versions a running container has."
    ),
    remedy=(
        "Name the exact version and its digest: `FROM python:3.13.5-alpine3.22@sha256:…`. The tag "
        "stays readable, the digest is what counts; let a bot raise both."
    ),
    citations=(cis("4.2"), cis("5.28"), owasp("D08"), nist("4.2.2"), cwe(1357)),
    checklist="Specific version tags",
)

SUPPORTED_BASE_IMAGE = Practice(
    id="supported-base-image",
    chapter=Chapter.IMAGE,
    statement="The release that the base image is built on still gets security updates.",
    why=(
        "After its end of life a release gets no more fixes, so each fault published from then on "
        "stays open in your image, with a public description of how to use it. Much-copied "
        "examples have got there: Node.js 16, Python 3.9, PostgreSQL 14 and Alpine 3.18 are at or "
        "past the end of their life."
    ),
    remedy=(
        "Move to a supported release of the same image, and rebuild at least monthly so that you "
        "get its updates."
    ),
    citations=(cis("4.4"), owasp("D02"), nist("4.1.1"), cwe(1104)),
    checklist="Regular updates",
)

NO_KNOWN_VULNERABILITIES = Practice(
    id="no-known-vulnerabilities",
    chapter=Chapter.IMAGE,
    statement="No package of the image has a known vulnerability at or over the policy's severity.",
    why=(
        "Published vulnerabilities come with exploits that run unattended over the whole internet: "
        "an attacker needs no skill, only your out-of-date package. `docker scan`, which older "
        "guides name for this, no longer exists in Docker; any image scanner takes its place."
    ),
    remedy=(
        "Scan every image before it is pushed, and rebuild on the base image or package version "
        "that has the fix; begin with what is known to be exploited."
    ),
    citations=(cis("4.4"), owasp("D02"), nist("4.1.1"), cwe(1395)),
    checklist="Vulnerability scan passed",
)

MINIMAL_BASE_IMAGE = Practice(
    id="minimal-base-image",
    chapter=Chapter.IMAGE,
    statement="The base is slim, Alpine, distroless or scratch rather than a full distribution.",
    why=(
        "A full distribution brings hundreds of packages that the application never uses. Each is "
        "one more place for a vulnerability, and its shells and tools are what an intruder works "
        "with once inside."
    ),
    remedy=(
        "Use the `-slim` or `-alpine` variant of the image, or copy the finished program into a "
        "distroless image or `scratch`."
    ),
    citations=(cis("4.3"), owasp("D04"), nist("4.1.2"), cwe(1125)),
    checklist="Minimal base (alpine/distroless)",
)

PRACTICES = (
    OFFICIAL_BASE_IMAGE,
    PINNED_BASE_IMAGE,
    SUPPORTED_BASE_IMAGE,
    NO_KNOWN_VULNERABILITIES,
    MINIMAL_BASE_IMAGE,
)
"""The chapter, in the order of the source document."""
