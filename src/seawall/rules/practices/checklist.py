"""The source document's checklist: 22 items, each with the practices that settle it."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.rule import Practice
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
    MONITORED,
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


class Item(Struct, frozen=True):
    """One line of the checklist: its level, its words, and what must hold for it to pass."""

    level: str
    text: str
    practices: tuple[Practice, ...]


def _items(level: str, rows: dict[str, tuple[Practice, ...]]) -> tuple[Item, ...]:
    return tuple(Item(level, text, practices) for text, practices in rows.items())


CHECKLIST: tuple[Item, ...] = (
    *_items(
        "Image",
        {
            "Official or verified base image": (
                OFFICIAL_BASE_IMAGE,
                SIGNED_IMAGES,
                VERIFIED_IMAGES,
            ),
            "Specific version tags": (PINNED_BASE_IMAGE,),
            "Minimal base (alpine/distroless)": (MINIMAL_BASE_IMAGE,),
            "No secrets in layers": (NO_HARDCODED_SECRETS,),
            "Vulnerability scan passed": (
                NO_KNOWN_VULNERABILITIES,
                SCANNED_IN_CI,
                SCANNED_AT_RUNTIME,
            ),
            "Multi-stage build used": (MULTI_STAGE_BUILD,),
        },
    ),
    *_items(
        "Runtime",
        {
            "Non-root user": (NON_ROOT_USER,),
            "Read-only filesystem": (READ_ONLY_ROOTFS,),
            "Capabilities dropped": (DROPPED_CAPABILITIES, NO_NEW_PRIVILEGES),
            "Resource limits set": (LIMITED_MEMORY, LIMITED_CPU, LIMITED_PIDS, LIMITED_FILES),
            "Network isolated": (
                ISOLATED_FROM_HOST,
                SEGMENTED_NETWORKS,
                MINIMAL_EXPOSURE,
                TLS_IN_TRANSIT,
            ),
            "Health checks enabled": (HEALTH_CHECK,),
        },
    ),
    *_items(
        "Build",
        {
            ".dockerignore configured": (DOCKERIGNORE,),
            "Minimal dependencies": (MINIMAL_PACKAGES, TRUSTED_DOWNLOADS),
            "No build tools in final image": (MULTI_STAGE_BUILD, MINIMAL_PACKAGES),
            "Proper file permissions": (
                FILE_PERMISSIONS,
                LEAST_PRIVILEGE_FILES,
                NO_SETUID_BINARIES,
            ),
            "Secrets externalized": (INJECTED_SECRETS, ENV_FILES_PRIVATE),
        },
    ),
    *_items(
        "Operations",
        {
            "Logging configured": (BOUNDED_LOGGING, NO_SECRETS_IN_LOGS),
            "Monitoring enabled": (MONITORED,),
            "Regular updates": (UPDATED, SUPPORTED_BASE_IMAGE, PATCHED_PACKAGES),
            "Backup strategy": (BACKED_UP,),
            "Incident response plan": (RESPONSE_PLAN, RESPOND),
        },
    ),
)
"""In the order of the source document."""
