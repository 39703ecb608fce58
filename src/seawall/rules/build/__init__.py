"""Build security: what is downloaded, installed and left behind."""

from seawall.rules.build import context, downloads, layers, toolchain, unread, verification

RULES = (
    *downloads.RULES,
    *verification.RULES,
    *toolchain.RULES,
    *layers.RULES,
    *context.RULES,
    *unread.RULES,
)
