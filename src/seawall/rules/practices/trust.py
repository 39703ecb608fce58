"""Practices of the chapter on content trust: what runs is what was built."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

SIGNED_IMAGES = Practice(
    id="signed-images",
    chapter=Chapter.TRUST,
    statement="Images that are pushed are signed.",
    why=(
        "Without a signature, whoever can write to the registry can replace your image, and nobody "
        "who pulls it can tell. `DOCKER_CONTENT_TRUST` (Notary v1), the old way to sign, is being "
        "retired and most public images are no longer signed with it: sign the digest with a key "
        "of your own instead."
    ),
    remedy=(
        "Sign the pushed digest in the pipeline with a key pair whose private half only the "
        "pipeline has, and publish the public half."
    ),
    citations=(cis("4.5"), owasp("D08"), nist("4.1.5"), cwe(345)),
    checklist="Official or verified base image",
)

VERIFIED_IMAGES = Practice(
    id="verified-images",
    chapter=Chapter.TRUST,
    statement="Images are verified before they run, and deployments name digests.",
    why=(
        "A signature that nobody checks stops nobody: an attacker with push rights moves the tag, "
        "and the next restart runs his image. `DOCKER_CONTENT_TRUST=1` no longer helps here: with "
        "most public images unsigned in Notary v1 it makes pulls fail, or is switched off."
    ),
    remedy=(
        "Verify the signature against your public keys before deployment, and deploy by digest: "
        "`image: registry.example/app@sha256:…`."
    ),
    citations=(cis("4.5"), cis("4.12"), owasp("D08"), nist("4.1.5"), cwe(347)),
    checklist="Official or verified base image",
)

PRACTICES = (SIGNED_IMAGES, VERIFIED_IMAGES)
"""The chapter, in the order of the source document."""
