"""Runtime security: what the container's processes may do to themselves and to the host."""

from seawall.rules.runtime import user

RULES = (*user.RULES,)
