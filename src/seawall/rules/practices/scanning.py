"""Practices of the chapter on scanning: known faults are looked for, before and after release."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

SCANNED_IN_CI = Practice(
    id="scanned-in-ci",
    chapter=Chapter.SCANNING,
    statement="The pipeline builds, scans, and fails on high or critical findings.",
    why=(
        "A scan that nobody has to run, or that cannot fail the build, lets the known hole through "
        "to production, where an attacker finds it first. Pipelines that still call `docker scan` "
        "scan nothing: the command is gone from Docker."
    ),
    remedy=(
        "Add a job that builds the image, scans it, and exits with an error from severity high "
        "on; without `continue-on-error`, `allow_failure` or `|| true`."
    ),
    citations=(cis("4.4"), owasp("D02"), nist("4.1.1"), cwe(1395)),
    checklist="Vulnerability scan passed",
)

SCANNED_AT_RUNTIME = Practice(
    id="scanned-at-runtime",
    chapter=Chapter.SCANNING,
    statement="Images of running containers were scanned lately, with a recent database.",
    why=(
        "An image does not change, but what is known about it does: a package that was clean at "
        "release can have a public exploit the week after, and only a new scan tells."
    ),
    remedy=(
        "Scan the images of running containers at least weekly with a database of the same day, "
        "and rebuild what turns up."
    ),
    citations=(cis("4.4"), owasp("D02"), nist("4.4.4"), cwe(1395)),
    checklist="Vulnerability scan passed",
)

PRACTICES = (SCANNED_IN_CI, SCANNED_AT_RUNTIME)
"""The chapter, in the order of the source document."""
