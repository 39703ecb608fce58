"""Network security: what can be reached, from where, and whether anyone can listen in."""

from seawall.rules.network import (
    attack,
    cleartext,
    entrances,
    exposure,
    networks,
    published,
    segments,
    tls,
    unverified,
)

RULES = (
    *exposure.RULES,
    *published.RULES,
    *entrances.RULES,
    *networks.RULES,
    *segments.RULES,
    *attack.RULES,
    *tls.RULES,
    *cleartext.RULES,
    *unverified.RULES,
)
