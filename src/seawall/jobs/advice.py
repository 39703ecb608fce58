"""What to do about an image: its findings, grouped by the step that clears them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from seawall.core.inventory import Advice
from seawall.core.model import Finding, Flaw
from seawall.jobs.newer import Footing
from seawall.rules.image.upgrades import upgrade_line
from seawall.rules.practices import INJECTED_SECRETS, NO_HARDCODED_SECRETS
from seawall.surfaces.image.facts import Ecosystem
from seawall.versions import Scheme, key

_SYSTEM = {Ecosystem.DEB.value, Ecosystem.APK.value, Ecosystem.RPM.value}
_OF_SECRETS = {NO_HARDCODED_SECRETS.id, INJECTED_SECRETS.id}
_MOST_IDS = 5
_SCHEMES = {
    "deb": Scheme.DPKG,
    "apk": Scheme.APK,
    "rpm": Scheme.RPM,
    "pypi": Scheme.PEP440,
    "npm": Scheme.SEMVER,
    "golang": Scheme.SEMVER,
    "cargo": Scheme.SEMVER,
    "maven": Scheme.MAVEN,
    "gem": Scheme.GEM,
    "composer": Scheme.COMPOSER,
    "nuget": Scheme.NUGET,
}


class _Flawed(Struct, frozen=True):
    """A finding on a vulnerable package, with its flaw and whose layer it is."""

    finding: Finding
    flaw: Flaw
    is_base: bool


def advise(findings: Iterable[Finding], footing: Footing | None = None) -> tuple[Advice, ...]:
    """The steps, the most pressing first; `footing` is what the image stands on."""
    given = [finding for finding in findings if finding.suppressed is None]
    is_itself = bool(footing and footing.base and footing.base.is_itself)
    flawed = [
        _Flawed(finding, finding.flaw, bool(is_itself or (finding.layer and finding.layer.is_base)))
        for finding in given
        if finding.flaw is not None
    ]
    by_base: list[_Flawed] = []
    others: list[_Flawed] = []
    for each in flawed:
        (by_base if _is_for_base(each, footing) else others).append(each)
    steps = [
        *_of_secrets(given),
        *_of_base(by_base, [each for each in flawed if each.is_base], footing),
        *_of_own([each for each in others if each.flaw.fixed]),
    ]
    steps.sort(key=_urgency)
    return (*steps, *_waiting([each for each in others if not each.flaw.fixed]))


def _is_for_base(each: _Flawed, footing: Footing | None) -> bool:
    """Whether a newer base clears it, as far as that is known."""
    if not each.is_base or (footing is not None and footing.is_newest):
        return False
    if footing is not None and footing.newer is not None:
        return (each.flaw.ecosystem, each.flaw.id) in footing.newer.cleared
    return bool(each.flaw.fixed)


def _urgency(advice: Advice) -> tuple[int, ...]:
    """A credential in the image works today, for everyone who has it: it goes before all flaws."""
    counts = (-advice.clears.get(name, 0) for name in ("critical", "high", "medium", "low"))
    is_known = advice.kind == "rotate" and bool(advice.clears.get("critical"))
    return (not is_known, -advice.exploited, *counts)


def _of_secrets(findings: list[Finding]) -> Iterator[Advice]:
    secrets = [finding for finding in findings if finding.practice in _OF_SECRETS]
    if secrets:
        number = "the credential" if len(secrets) == 1 else f"{len(secrets)} credentials"
        title = f"Revoke {number} in the image, then build it without: deleting is not enough"
        yield _advice("rotate", title, (), secrets)


def _of_base(
    flawed: list[_Flawed], all_of_base: list[_Flawed], footing: Footing | None
) -> Iterator[Advice]:
    """What a newer base clears, of all flaws of the base."""
    if not flawed:
        return
    findings = [each.finding for each in flawed]
    newer = footing.newer if footing else None
    if newer is None:
        named = f"`{footing.base.name}`" if footing and footing.base else "the base image"
        lines = ("docker build --pull --no-cache .",)
        yield _advice("base", f"Build again on a newer release of {named}", lines, findings)
        return
    what = "as it is now, which" if newer.is_same_tag else "which"
    title = f"Build on `{newer.name}` {what} clears {len(flawed)} of {len(all_of_base)} flaws"
    if newer.brought:
        title += f" and brings {newer.brought} new one{'s' * (newer.brought != 1)}"
    yield _advice("base", title, (f"FROM {newer.name}@{newer.digest}",), findings)


def _of_own(flawed: list[_Flawed]) -> Iterator[Advice]:
    groups: dict[tuple[str, str], list[_Flawed]] = {}
    for each in flawed:
        is_system = each.flaw.ecosystem in _SYSTEM
        name = "" if is_system else each.flaw.names[0]
        groups.setdefault((each.flaw.ecosystem, name), []).append(each)
    for (ecosystem, _), group in groups.items():
        yield _upgrade(ecosystem, group)


def _upgrade(ecosystem: str, group: list[_Flawed]) -> Advice:
    wanted: dict[str, str] = {}
    for each in group:
        for name in each.flaw.names:
            wanted[name] = _higher(ecosystem, wanted.get(name, ""), each.flaw.fixed[0])
    names = tuple(sorted(wanted))
    if ecosystem in _SYSTEM and ecosystem != Ecosystem.APK.value:
        line = upgrade_line(ecosystem, names, "any")
    else:
        line = _each(ecosystem, wanted)
    findings = [each.finding for each in group]
    if ecosystem in _SYSTEM:
        title = f"Upgrade {len(names)} package{'s' * (len(names) != 1)} of the distribution"
    else:
        title = f"Upgrade {names[0]} to {wanted[names[0]]}"
    return _advice("upgrade", title, (line,) if line else (), findings)


def _each(ecosystem: str, wanted: Mapping[str, str]) -> str:
    """One line for all: Alpine's versions stand with their names."""
    if ecosystem != Ecosystem.APK.value:
        ((name, version),) = wanted.items()
        return upgrade_line(ecosystem, (name,), version)
    listed = " ".join(f"'{name}>={version}'" for name, version in sorted(wanted.items()))
    return f"RUN apk add --no-cache --upgrade {listed}"


def _higher(ecosystem: str, one: str, other: str) -> str:
    scheme = _SCHEMES.get(ecosystem, Scheme.GENERIC)
    if not one:
        return other
    return max(one, other, key=lambda version: key(scheme, version))


def _waiting(flawed: list[_Flawed]) -> Iterator[Advice]:
    if flawed:
        number = len(flawed)
        title = f"Nothing to be done yet about {number} flaw{'s' * (number != 1)} without a fix"
        yield _advice("wait", title, (), [each.finding for each in flawed])


def _advice(kind: str, title: str, lines: tuple[str, ...], findings: list[Finding]) -> Advice:
    counts = Counter(finding.severity.value for finding in findings)
    flaws = [finding.flaw for finding in findings if finding.flaw is not None]
    ids = tuple(dict.fromkeys(flaw.id for flaw in flaws))[:_MOST_IDS]
    exploited = sum(bool(flaw.exploited) for flaw in flaws)
    return Advice(kind, title, lines, dict(counts), ids, exploited)
