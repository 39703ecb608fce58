"""Image security: what an image is made of, who made it, and how exactly it is named."""

from __future__ import annotations

from seawall.core.rule import Rule
from seawall.rules.image import origin, pinning, platform, support, vulnerabilities

RULES: tuple[Rule, ...] = (
    *pinning.RULES,
    *support.RULES,
    *origin.RULES,
    *platform.RULES,
    *vulnerabilities.RULES,
)
"""In the order of the source document."""
