"""Secrets: in the file, in build arguments, in copied files, and made at build."""

from __future__ import annotations

from seawall.rules.secrets.accounts import RULES as _ACCOUNTS
from seawall.rules.secrets.authentication import RULES as _AUTHENTICATION
from seawall.rules.secrets.files import RULES as _FILES
from seawall.rules.secrets.flow import RULES as _FLOW
from seawall.rules.secrets.injection import RULES as _INJECTION
from seawall.rules.secrets.keys import RULES as _KEYS
from seawall.rules.secrets.literal import RULES as _LITERAL
from seawall.rules.secrets.mounts import RULES as _MOUNTS
from seawall.rules.secrets.repository import RULES as _REPOSITORY

RULES = (
    *_LITERAL,
    *_FLOW,
    *_FILES,
    *_ACCOUNTS,
    *_KEYS,
    *_MOUNTS,
    *_REPOSITORY,
    *_INJECTION,
    *_AUTHENTICATION,
)
