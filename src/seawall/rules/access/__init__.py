"""Access control: who may write, who may become root, what the host lends."""

from __future__ import annotations

from seawall.rules.access.accounts import RULES as _ACCOUNTS
from seawall.rules.access.instructions import RULES as _INSTRUCTIONS

RULES = (*_INSTRUCTIONS, *_ACCOUNTS)
