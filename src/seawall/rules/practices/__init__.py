"""Every practice of the source document, by its constant; one module for each chapter."""

from __future__ import annotations

from seawall.core.rule import Practice
from seawall.rules.practices import (
    access,
    build,
    image,
    logging,
    network,
    operations,
    runtime,
    scanning,
    secrets,
    trust,
)
from seawall.rules.practices.access import FILE_PERMISSIONS, LEAST_PRIVILEGE_FILES
from seawall.rules.practices.build import (
    DOCKERIGNORE,
    MINIMAL_PACKAGES,
    MULTI_STAGE_BUILD,
    NO_SETUID_BINARIES,
    PATCHED_PACKAGES,
    TRUSTED_DOWNLOADS,
)
from seawall.rules.practices.image import (
    MINIMAL_BASE_IMAGE,
    NO_KNOWN_VULNERABILITIES,
    OFFICIAL_BASE_IMAGE,
    PINNED_BASE_IMAGE,
    SUPPORTED_BASE_IMAGE,
)
from seawall.rules.practices.logging import BOUNDED_LOGGING, HEALTH_CHECK, NO_SECRETS_IN_LOGS
from seawall.rules.practices.network import MINIMAL_EXPOSURE, SEGMENTED_NETWORKS, TLS_IN_TRANSIT
from seawall.rules.practices.operations import (
    BACKED_UP,
    CIS_DOCKER,
    MONITORED,
    NIST_800_190,
    OWASP_DOCKER_TOP10,
    RESPOND,
    RESPONSE_PLAN,
    UPDATED,
)
from seawall.rules.practices.runtime import (
    DROPPED_CAPABILITIES,
    ISOLATED_FROM_HOST,
    LIMITED_CPU,
    LIMITED_FILES,
    LIMITED_MEMORY,
    LIMITED_PIDS,
    NO_NEW_PRIVILEGES,
    NON_ROOT_USER,
    READ_ONLY_ROOTFS,
)
from seawall.rules.practices.scanning import SCANNED_AT_RUNTIME, SCANNED_IN_CI
from seawall.rules.practices.secrets import (
    ENV_FILES_PRIVATE,
    INJECTED_SECRETS,
    NO_HARDCODED_SECRETS,
)
from seawall.rules.practices.trust import SIGNED_IMAGES, VERIFIED_IMAGES

ALL: tuple[Practice, ...] = (
    *image.PRACTICES,
    *runtime.PRACTICES,
    *network.PRACTICES,
    *secrets.PRACTICES,
    *build.PRACTICES,
    *access.PRACTICES,
    *logging.PRACTICES,
    *scanning.PRACTICES,
    *trust.PRACTICES,
    *operations.PRACTICES,
)
"""In the order of the source document."""

__all__ = [
    "ALL",
    "BACKED_UP",
    "BOUNDED_LOGGING",
    "CIS_DOCKER",
    "DOCKERIGNORE",
    "DROPPED_CAPABILITIES",
    "ENV_FILES_PRIVATE",
    "FILE_PERMISSIONS",
    "HEALTH_CHECK",
    "INJECTED_SECRETS",
    "ISOLATED_FROM_HOST",
    "LEAST_PRIVILEGE_FILES",
    "LIMITED_CPU",
    "LIMITED_FILES",
    "LIMITED_MEMORY",
    "LIMITED_PIDS",
    "MINIMAL_BASE_IMAGE",
    "MINIMAL_EXPOSURE",
    "MINIMAL_PACKAGES",
    "MONITORED",
    "MULTI_STAGE_BUILD",
    "NIST_800_190",
    "NON_ROOT_USER",
    "NO_HARDCODED_SECRETS",
    "NO_KNOWN_VULNERABILITIES",
    "NO_NEW_PRIVILEGES",
    "NO_SECRETS_IN_LOGS",
    "NO_SETUID_BINARIES",
    "OFFICIAL_BASE_IMAGE",
    "OWASP_DOCKER_TOP10",
    "PATCHED_PACKAGES",
    "PINNED_BASE_IMAGE",
    "READ_ONLY_ROOTFS",
    "RESPOND",
    "RESPONSE_PLAN",
    "SCANNED_AT_RUNTIME",
    "SCANNED_IN_CI",
    "SEGMENTED_NETWORKS",
    "SIGNED_IMAGES",
    "SUPPORTED_BASE_IMAGE",
    "TLS_IN_TRANSIT",
    "TRUSTED_DOWNLOADS",
    "UPDATED",
    "VERIFIED_IMAGES",
]
