"""Flaws of an image's packages, told once for all packages of the same source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from seawall.advisories.model import Match, Status, Vulnerabilities, Vulnerability
from seawall.core.model import Evidence, Flaw, Hit, InLayer, Severity
from seawall.core.rule import Settings
from seawall.packages.purl import package_url
from seawall.rules.image.layers import in_layer
from seawall.rules.image.upgrades import full_name, upgrade_line
from seawall.surfaces.image.facts import Package
from seawall.surfaces.image.model import Held, Image

_STATES = {
    Status.AFFECTED: "no fix yet",
    Status.WILL_NOT_FIX: "the distributor will not fix it",
    Status.POSTPONED: "the fix is put off until another update",
    Status.END_OF_LIFE: "no fix: the package is no longer supported",
}
_MOST_PLACES = 4


class _Case(Struct, frozen=True):
    """One flaw of one source package or library, with every package of it that is in the image."""

    image: Image
    match: Match
    held: tuple[Held[Package], ...]

    @property
    def flaw(self) -> Vulnerability:
        """The flaw."""
        return self.match.vulnerability

    @property
    def is_fixable(self) -> bool:
        """Whether there is a version with the fix."""
        return bool(self.match.fixed)


def _cases(given: Vulnerabilities) -> Iterator[_Case]:
    groups: dict[tuple[str, ...], list[tuple[Held[Package], Match]]] = {}
    for held, match in given.found:
        package = held.fact
        key = (
            match.vulnerability.id,
            package.ecosystem.value,
            package.source or full_name(package),
            match.compared or package.version,
        )
        groups.setdefault(key, []).append((held, match))
    for group in groups.values():
        yield _Case(given.image, group[0][1], tuple(held for held, _ in group))


def _of(
    applies: Callable[[_Case], bool], severity: Severity | None = None
) -> Callable[[Vulnerabilities, Settings], Iterator[Hit]]:
    def found(given: Vulnerabilities, _: Settings) -> Iterator[Hit]:
        for case in _cases(given):
            if applies(case):
                yield _hit(case, severity or case.flaw.severity)

    return found


def _hit(case: _Case, severity: Severity | None) -> Hit:
    first, flaw = case.held[0], case.flaw
    name = case.match.package.source or full_name(first.fact)
    title = f": {flaw.title}" if flaw.title else ""
    layer = in_layer(case.image, first, first.fact.path)
    return Hit(
        case.image.place_of(first),
        f"`{name}` {case.match.compared or first.fact.version} has {flaw.id}{title}",
        f"{first.fact.ecosystem.value}/{name} {flaw.id}",
        label=_label(case.match),
        remedy=_remedy(case, layer),
        severity=severity,
        evidence=tuple(_evidence(case, layer)),
        layer=layer,
        flaw=_flaw(case),
    )


def _label(match: Match) -> str:
    if match.fixed:
        return f"fixed in {match.fixed[0]}"
    return _STATES.get(match.status, "no fix yet")


def _remedy(case: _Case, layer: InLayer) -> str:
    names = tuple(dict.fromkeys(full_name(held.fact) for held in case.held))
    if case.flaw.is_malicious:
        return "Remove it, and treat what the image could reach as known to the attacker."
    if not case.match.fixed:
        return "Take the package out if nothing needs it; else wait for the fix, and waive it."
    line = upgrade_line(case.match.package.ecosystem.value, names, case.match.fixed[0])
    if not layer.is_base:
        return f"Upgrade: `{line}`" if line else f"Take a build with {case.match.fixed[0]}."
    rebuild = "Build again on a newer tag of the base image"
    return f"{rebuild}, or upgrade on top of it: `{line}`" if line else f"{rebuild}."


def _evidence(case: _Case, layer: InLayer) -> Iterator[Evidence]:
    flaw, match = case.flaw, case.match
    if match.why:
        yield Evidence(match.why)
    if flaw.exploited:
        yield Evidence(f"exploited by attackers: in CISA's catalogue since {flaw.exploited}")
    if flaw.epss >= 0:
        above = (
            f", more than {flaw.epss_percentile:.0%} of all" if flaw.epss_percentile >= 0 else ""
        )
        yield Evidence(f"EPSS {flaw.epss:.1%} within 30 days{above}")
    if flaw.cvss:
        score = f"{flaw.score:.1f} " if flaw.score >= 0 else ""
        yield Evidence(f"CVSS {score}{flaw.cvss}")
    elif flaw.severity is None:
        yield Evidence("nobody has rated it: taken as medium")
    yield Evidence(_places(case.held))
    whose = "the base image's " if layer.is_base else ""
    yield Evidence(f"brought by {whose}layer {layer.index + 1}: {layer.instruction or 'unknown'}")


def _places(held: Sequence[Held[Package]]) -> str:
    seen = dict.fromkeys(f"{full_name(each.fact)} ({each.fact.path})" for each in held)
    shown = list(seen)[:_MOST_PLACES]
    more = f" and {len(seen) - len(shown)} more" if len(seen) > len(shown) else ""
    return f"in {', '.join(shown)}{more}"


def _flaw(case: _Case) -> Flaw:
    flaw, package = case.flaw, case.held[0].fact
    return Flaw(
        id=flaw.id,
        package=package_url(package, case.image.distribution),
        installed=package.version,
        ecosystem=package.ecosystem.value,
        names=tuple(dict.fromkeys(full_name(held.fact) for held in case.held)),
        fixed=case.match.fixed,
        status=case.match.status.value,
        aliases=flaw.aliases,
        title=flaw.title,
        cvss=flaw.cvss,
        score=flaw.score,
        epss=flaw.epss,
        epss_percentile=flaw.epss_percentile,
        exploited=flaw.exploited,
        links=flaw.links,
    )


def _is_plain(case: _Case) -> bool:
    return not case.flaw.is_malicious and not case.flaw.exploited


exploited = _of(
    lambda case: bool(case.flaw.exploited) and not case.flaw.is_malicious, Severity.CRITICAL
)
"""Flaws that attackers are known to use."""

malicious = _of(lambda case: case.flaw.is_malicious, Severity.CRITICAL)
"""Packages that are themselves an attack."""

fixable = _of(lambda case: _is_plain(case) and case.is_fixable)
"""Other flaws for which there is a version with the fix."""

unfixed = _of(lambda case: _is_plain(case) and not case.is_fixable)
"""Other flaws that nobody can mend yet."""
