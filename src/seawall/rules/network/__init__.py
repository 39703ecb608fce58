"""Network security: what can be reached, from where, and whether anyone can listen in."""

from seawall.rules.network import entrances, exposure, networks, published

RULES = (*exposure.RULES, *published.RULES, *entrances.RULES, *networks.RULES)
