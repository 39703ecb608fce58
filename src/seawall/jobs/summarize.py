"""An image in figures, for reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from seawall.core.inventory import Advice, ImageSummary, LayerSummary
from seawall.core.model import Finding
from seawall.facts.releases import Release, distribution_release
from seawall.surfaces.image.model import Image


def summarize(
    image: Image, findings: Iterable[Finding], advice: tuple[Advice, ...], today: date
) -> ImageSummary:
    """The figures: only findings that count take part, and only what the image still shows."""
    counted = [finding for finding in findings if finding.suppressed is None]
    live = [held for held in image.packages if held.is_live]
    distribution = image.distribution
    return ImageSummary(
        name=image.name,
        kind=image.kind,
        digest=image.digest,
        platform=image.platform or image.config.platform,
        distribution=distribution.pretty_name or distribution.id if distribution else "",
        support=_support(image, today),
        size=sum(layer.size for layer in image.layers),
        layers=tuple(_layers(image, counted)),
        packages=dict(Counter(held.fact.ecosystem.value for held in live)),
        advice=advice,
    )


def _layers(image: Image, findings: list[Finding]) -> Iterable[LayerSummary]:
    brought = Counter(held.layer for held in image.packages)
    for layer in image.layers:
        own = (f for f in findings if f.layer is not None and f.layer.index == layer.index)
        yield LayerSummary(
            layer.index,
            layer.instruction,
            layer.size,
            layer.entries,
            layer.is_base,
            brought[layer.index],
            dict(Counter(finding.severity.value for finding in own)),
        )


def _support(image: Image, today: date) -> str:
    release = _release(image)
    if release is None or release.eol is None:
        return ""
    if release.eol > today:
        return f"supported until {release.eol}"
    if release.extended is not None and release.extended > today:
        return f"long-term support until {release.extended}"
    return f"end of life since {release.extended or release.eol}"


def _release(image: Image) -> Release | None:
    distribution = image.distribution
    if distribution is None:
        return None
    return distribution_release(distribution.id, distribution.version_id)
