"""Two images side by side: packages, flaws and size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seawall.core.inventory import Comparison, FlawChange, PackageChange
from seawall.core.model import Finding
from seawall.rules.image.upgrades import full_name
from seawall.surfaces.image.model import Image

_Versions = Mapping[tuple[str, str], frozenset[str]]
_Flaws = Mapping[str, tuple[Finding, FlawChange]]


def compare(
    before: Image, after: Image, found_before: Iterable[Finding], found_after: Iterable[Finding]
) -> Comparison:
    """What the second image has more and less of than the first; findings that do not count are
    left out. A package that is only asked for by a lock file is none."""
    old, new = _versions(before), _versions(after)
    flaws_old, flaws_new = _flaws(found_before), _flaws(found_after)
    return Comparison(
        before.name,
        after.name,
        sum(layer.size for layer in before.layers),
        sum(layer.size for layer in after.layers),
        added=_changes(old, new, new.keys() - old.keys()),
        removed=_changes(old, new, old.keys() - new.keys()),
        changed=_changes(old, new, {key for key in old.keys() & new if old[key] != new[key]}),
        gone=_only(flaws_old, flaws_new),
        new=_only(flaws_new, flaws_old),
        same=len(flaws_old.keys() & flaws_new),
    )


def _versions(image: Image) -> _Versions:
    found: dict[tuple[str, str], set[str]] = {}
    for held in image.packages:
        package = held.fact
        if held.is_live and not package.is_declared:
            key = (package.ecosystem.value, full_name(package))
            found.setdefault(key, set()).add(package.version)
    return {key: frozenset(versions) for key, versions in found.items()}


def _changes(
    old: _Versions, new: _Versions, keys: Iterable[tuple[str, str]]
) -> tuple[PackageChange, ...]:
    return tuple(
        PackageChange(*key, _joined(old.get(key)), _joined(new.get(key))) for key in sorted(keys)
    )


def _joined(versions: Iterable[str] | None) -> str:
    return ", ".join(sorted(versions or ()))


def _flaws(findings: Iterable[Finding]) -> _Flaws:
    """By what they are and which package has them, whatever its version."""
    return {
        finding.location.symbol: (finding, _flaw(finding))
        for finding in findings
        if finding.flaw is not None and finding.suppressed is None
    }


def _flaw(finding: Finding) -> FlawChange:
    flaw = finding.flaw
    assert flaw is not None  # noqa: S101 -- only asked for findings on flaws
    return FlawChange(
        flaw.id,
        finding.severity.value,
        flaw.ecosystem,
        flaw.names[0] if flaw.names else "",
        flaw.installed,
        flaw.fixed[0] if flaw.fixed else "",
        flaw.exploited,
    )


def _only(those: _Flaws, others: _Flaws) -> tuple[FlawChange, ...]:
    own = [pair for symbol, pair in those.items() if symbol not in others]
    own.sort(key=lambda pair: (not pair[1].exploited, pair[0].severity.rank, pair[1].id))
    return tuple(flaw for _, flaw in own)
