"""The flaws of an image as rows of a table, the same in every format for people."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from seawall.core.inventory import ImageSummary
from seawall.core.model import Finding, Flaw
from seawall.reports.figures import likely
from seawall.reports.paint import style_of

HEADS = ("severity", "flaw", "package", "installed", "fixed in", "EPSS", "layer")
_STATES = {
    "will-not-fix": "won't fix",
    "postponed": "put off",
    "end-of-life": "end of life",
}


class FlawRow(Struct, frozen=True):
    """One flaw of one package, in words; `level` is the severity's.

    `probability` is `KEV` where attackers are known to use it, else the EPSS in per cent.
    """

    finding: Finding
    flaw: Flaw
    level: str
    package: str
    fixed: str
    probability: str
    layer: str

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of `HEADS`."""
        return (
            self.level,
            self.flaw.id,
            self.package,
            self.flaw.installed,
            self.fixed,
            self.probability,
            self.layer,
        )


def flaw_rows(findings: Iterable[Finding]) -> list[FlawRow]:
    """Those findings that are on flaws, in their order, which is that of urgency."""
    return [_row(each, each.flaw) for each in findings if each.flaw is not None]


def _row(finding: Finding, flaw: Flaw) -> FlawRow:
    more = f" +{len(flaw.names) - 1}" if len(flaw.names) > 1 else ""
    return FlawRow(
        finding,
        flaw,
        style_of(finding),
        f"{flaw.names[0] if flaw.names else flaw.package}{more}",
        flaw.fixed[0] if flaw.fixed else _STATES.get(flaw.status, "none yet"),
        "KEV" if flaw.exploited else likely(flaw.epss),
        layer_of(finding),
    )


def layer_of(finding: Finding) -> str:
    """The number of its layer, from 1; `base` for those of the base image."""
    if finding.layer is None:
        return ""
    return "base" if finding.layer.is_base else str(finding.layer.index + 1)


def of_image(image: ImageSummary, findings: Iterable[Finding]) -> list[Finding]:
    """The findings on one image."""
    return [finding for finding in findings if finding.target == image.name]
