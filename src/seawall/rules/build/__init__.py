"""Build security: what is downloaded, installed and left behind."""

from seawall.rules.build import unread, verification

RULES = (*verification.RULES, *unread.RULES)
