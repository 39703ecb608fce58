"""Runtime security: what the container's processes may do to themselves and to the host."""

from seawall.rules.runtime import (
    capabilities,
    devices,
    filesystem,
    hardening,
    isolation,
    mounted,
    privileges,
    user,
)

RULES = (
    *user.RULES,
    *capabilities.RULES,
    *privileges.RULES,
    *mounted.RULES,
    *isolation.RULES,
    *devices.RULES,
    *hardening.RULES,
    *filesystem.RULES,
)
