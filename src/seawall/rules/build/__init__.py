"""Build security: what is downloaded, installed and left behind."""

from seawall.rules.build import layers, toolchain, unread, verification

RULES = (*verification.RULES, *toolchain.RULES, *layers.RULES, *unread.RULES)
