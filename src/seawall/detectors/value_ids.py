"""What stands for a secret's value, so that one value is one finding wherever it lies."""

from __future__ import annotations

import hmac

from seawall.core.expression import Expression

_BREAKS = Expression(r"\\[nr]|\s")


def value_id(value_key: bytes, kind: str, value: str) -> str:
    """The same for the same value, and nothing to whoever lacks the installation's key.

    A private key is the same however its lines are broken.
    """
    text = _BREAKS.sub("", value) if kind == "private-key" else value
    return hmac.digest(value_key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]
