"""The vulnerabilities of a CycloneDX document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.advisories.model import Match, Vulnerability
from seawall.core.clean import clean, clean_line
from seawall.packages.purl import package_url
from seawall.reports.cyclonedx_parts import Property, properties
from seawall.rules.image.upgrades import full_name
from seawall.surfaces.image.facts import Distribution

if TYPE_CHECKING:
    from seawall.jobs.scan import Scanned

Json = dict[str, object]

_METHODS = {"CVSS:4": "CVSSv4", "CVSS:3.1": "CVSSv31", "CVSS:3": "CVSSv3", "AV:": "CVSSv2"}
_JUSTIFICATIONS = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
"""Words of OpenVEX, and what CycloneDX says for them."""
_OWN = frozenset(
    (
        "code_not_present",
        "code_not_reachable",
        "requires_configuration",
        "requires_dependency",
        "requires_environment",
        "protected_by_compiler",
        "protected_at_runtime",
        "protected_at_perimeter",
        "protected_by_mitigating_control",
    )
)
_MOST_LINKS = 20


class VulnerabilityRow(Struct, frozen=True, omit_defaults=True):
    """A flaw as the schema has it."""

    id: str
    source: Json
    references: tuple[Json, ...] = ()
    ratings: tuple[Json, ...] = ()
    description: str = ""
    recommendation: str = ""
    advisories: tuple[Json, ...] = ()
    published: str = ""
    updated: str = ""
    analysis: Json | None = None
    affects: tuple[Json, ...] = ()
    properties: tuple[Property, ...] = ()


def vulnerabilities(scanned: Scanned) -> Iterator[VulnerabilityRow]:
    """Each flaw once, with all packages that have it; those that VEX excuses have an analysis."""
    groups: dict[tuple[str, str], list[Match]] = {}
    for _, match in scanned.found:
        groups.setdefault((match.vulnerability.id, ""), []).append(match)
    for _, match, reason in scanned.excused:
        groups.setdefault((match.vulnerability.id, reason), []).append(match)
    for (_, reason), matches in groups.items():
        yield _row(matches, reason, scanned.image.distribution)


def _row(
    matches: Sequence[Match], reason: str, distribution: Distribution | None
) -> VulnerabilityRow:
    first = matches[0]
    flaw = first.vulnerability
    return VulnerabilityRow(
        id=clean_line(flaw.id),
        source={"name": clean_line(first.source) or "unknown"},
        references=tuple(
            {"id": clean_line(alias), "source": {"name": _namer(alias)}} for alias in flaw.aliases
        ),
        ratings=(_rating(flaw),),
        description=clean(flaw.title),
        recommendation=_recommendation(matches),
        advisories=tuple({"url": link} for link in flaw.links[:_MOST_LINKS] if _is_plain(link)),
        published=_time(flaw.published),
        updated=_time(flaw.modified),
        analysis=_analysis(reason) if reason else None,
        affects=tuple(_affects(matches, distribution)),
        properties=_told(first),
    )


def _namer(alias: str) -> str:
    """Who gives ids of this form: `GHSA`, `CVE`, `DSA`."""
    return clean_line(alias.partition("-")[0]) or "unknown"


def _is_plain(link: str) -> bool:
    return link.isascii() and link.isprintable() and not set(link) & set(' <>"{}|\\^`')


def _time(text: str) -> str:
    from seawall.reports.components import told_time  # noqa: PLC0415 -- only where there are flaws

    return told_time(text, "")


def _rating(flaw: Vulnerability) -> Json:
    rating: Json = {"severity": flaw.severity.value if flaw.severity else "unknown"}
    if flaw.score >= 0:
        rating["score"] = flaw.score
    if flaw.cvss:
        found = (name for start, name in _METHODS.items() if flaw.cvss.startswith(start))
        rating["method"] = next(found, "other")
        rating["vector"] = clean_line(flaw.cvss)
    return rating


def _recommendation(matches: Sequence[Match]) -> str:
    wanted = {full_name(match.package): match.fixed[0] for match in matches if match.fixed}
    named = ", ".join(f"{name} to {version}" for name, version in sorted(wanted.items()))
    return clean_line(f"Upgrade {named}") if named else ""


def _affects(matches: Sequence[Match], distribution: Distribution | None) -> Iterator[Json]:
    by_ref = {package_url(match.package, distribution): match for match in matches}
    for ref, match in sorted(by_ref.items()):
        installed = clean_line(match.package.version)
        versions = [{"version": installed, "status": "affected"}] if installed else []
        versions += [
            {"version": clean_line(fixed), "status": "unaffected"} for fixed in match.fixed[:1]
        ]
        yield {"ref": ref, **({"versions": versions} if versions else {})}


def _analysis(reason: str) -> Json:
    """`not affected: vulnerable_code_not_present (vex.json)` in the words of CycloneDX."""
    status, _, rest = reason.partition(": ")
    word = rest.partition(" (")[0]
    justification = word if word in _OWN else _JUSTIFICATIONS.get(word, "")
    is_fixed = status.startswith("fixed")
    analysis: Json = {"state": "resolved" if is_fixed else "not_affected"}
    if justification and not is_fixed:
        analysis["justification"] = justification
    return analysis | {"detail": clean_line(reason)}


def _told(match: Match) -> tuple[Property, ...]:
    flaw = match.vulnerability
    return properties(
        ("flaw:exploitedSince", flaw.exploited),
        ("flaw:epss", f"{flaw.epss:.5f}" if flaw.epss >= 0 else ""),
        ("flaw:epssPercentile", f"{flaw.epss_percentile:.5f}" if flaw.epss_percentile >= 0 else ""),
        ("flaw:status", match.status.value),
        ("flaw:malicious", "true" if flaw.is_malicious else ""),
    )
