"""Small findings and rules for tests of what is done with them."""

from __future__ import annotations

from typing import Any

from seawall.core.catalog import Catalog
from seawall.core.model import Confidence, Finding, Location, Profile, Severity, Span, Verdict
from seawall.core.rule import Gains, Needs, Practice, Risk, Rule
from seawall.rules.practices import ALL, HEALTH_CHECK, NON_ROOT_USER, PINNED_BASE_IMAGE


def rule(id: str, practice: Practice, *aliases: str, **more: Any) -> Rule:  # noqa: A002 -- the field's name
    values: dict[str, Any] = {"risk": Risk(Needs.NOTHING, Gains.PRIVILEGE), "title": ""}
    return Rule(
        id=id, practice=practice, on={}, bad=(), good=(), aliases=aliases, **{**values, **more}
    )


ROOT_USER = rule(
    "root-user", NON_ROOT_USER, "hadolint:DL3002", "trivy:DS-0002", "checkov:CKV_DOCKER_8"
)
LATEST_TAG = rule("latest-tag", PINNED_BASE_IMAGE, "hadolint:DL3007", "trivy:DS-0001")
UNTAGGED = rule("untagged-image", PINNED_BASE_IMAGE, "hadolint:DL3006", "checkov:CKV_DOCKER_7")
NO_HEALTH_CHECK = rule(
    "no-health-check",
    HEALTH_CHECK,
    "checkov:CKV_DOCKER_2",
    "trivy:DS-0026",
    "buildkit:MultipleInstructionsDisallowed",
    profile=Profile.STRICT,
)
RULES = (ROOT_USER, LATEST_TAG, UNTAGGED, NO_HEALTH_CHECK)
IDS = frozenset(rule.id for rule in RULES)
CATALOG = Catalog(RULES, ALL)


def finding(
    rule: str = "root-user",
    line: int = 1,
    *,
    path: str = "Dockerfile",
    symbol: str = "USER",
    column: int = 1,
    message: str = "runs as root",
    **more: Any,
) -> Finding:
    values: dict[str, Any] = {
        "practice": "",
        "title": "",
        "severity": Severity.HIGH,
        "confidence": Confidence.HIGH,
        "verdict": Verdict.FAIL,
        "target": path,
        "label": "",
        "why": "",
        "remedy": "",
        "evidence": (),
        "fix": None,
        "standards": (),
        "fingerprint": "",
    }
    location = Location(path, Span(line, column, line, column + 1), symbol)
    return Finding(rule=rule, location=location, message=message, **{**values, **more})
