"""The policy: what counts, what is waived and until when; read from the file closest by."""

from __future__ import annotations

from seawall.core.policy.document import (
    Attestation,
    Compatibility,
    IgnoreTerms,
    ImageTerms,
    Waiver,
)
from seawall.core.policy.load import default_policy, load_policy
from seawall.core.policy.model import COMMAND_LINE, DEFAULT, Entry, Policy, settings
from seawall.core.policy.search import Policies, find_policy

__all__ = [
    "COMMAND_LINE",
    "DEFAULT",
    "Attestation",
    "Compatibility",
    "Entry",
    "IgnoreTerms",
    "ImageTerms",
    "Policies",
    "Policy",
    "Waiver",
    "default_policy",
    "find_policy",
    "load_policy",
    "settings",
]
