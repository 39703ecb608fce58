"""Build security: what is downloaded, installed and left behind."""

from seawall.rules.build import downloads, layers, toolchain, unread, verification

RULES = (*downloads.RULES, *verification.RULES, *toolchain.RULES, *layers.RULES, *unread.RULES)
