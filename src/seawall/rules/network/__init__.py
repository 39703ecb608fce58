"""Network security: what can be reached, from where, and whether anyone can listen in."""

from seawall.rules.network import (
    attack,
    entrances,
    exposure,
    networks,
    published,
    segments,
    unverified,
)

RULES = (
    *exposure.RULES,
    *published.RULES,
    *entrances.RULES,
    *networks.RULES,
    *segments.RULES,
    *attack.RULES,
    *unverified.RULES,
)
