"""The source document's checklist: 22 items, each with the practices that settle it."""

from __future__ import annotations

from msgspec import Struct

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
                image.OFFICIAL_BASE_IMAGE,
                trust.SIGNED_IMAGES,
                trust.VERIFIED_IMAGES,
            ),
            "Specific version tags": (image.PINNED_BASE_IMAGE,),
            "Minimal base (alpine/distroless)": (image.MINIMAL_BASE_IMAGE,),
            "No secrets in layers": (secrets.NO_HARDCODED_SECRETS,),
            "Vulnerability scan passed": (
                image.NO_KNOWN_VULNERABILITIES,
                scanning.SCANNED_IN_CI,
                scanning.SCANNED_AT_RUNTIME,
            ),
            "Multi-stage build used": (build.MULTI_STAGE_BUILD,),
        },
    ),
    *_items(
        "Runtime",
        {
            "Non-root user": (runtime.NON_ROOT_USER,),
            "Read-only filesystem": (runtime.READ_ONLY_ROOTFS,),
            "Capabilities dropped": (runtime.DROPPED_CAPABILITIES, runtime.NO_NEW_PRIVILEGES),
            "Resource limits set": (
                runtime.LIMITED_MEMORY,
                runtime.LIMITED_CPU,
                runtime.LIMITED_PIDS,
                runtime.LIMITED_FILES,
            ),
            "Network isolated": (
                runtime.ISOLATED_FROM_HOST,
                network.SEGMENTED_NETWORKS,
                network.MINIMAL_EXPOSURE,
                network.TLS_IN_TRANSIT,
            ),
            "Health checks enabled": (logging.HEALTH_CHECK,),
        },
    ),
    *_items(
        "Build",
        {
            ".dockerignore configured": (build.DOCKERIGNORE,),
            "Minimal dependencies": (build.MINIMAL_PACKAGES, build.TRUSTED_DOWNLOADS),
            "No build tools in final image": (build.MULTI_STAGE_BUILD, build.MINIMAL_PACKAGES),
            "Proper file permissions": (
                access.FILE_PERMISSIONS,
                access.LEAST_PRIVILEGE_FILES,
                build.NO_SETUID_BINARIES,
            ),
            "Secrets externalized": (secrets.INJECTED_SECRETS, secrets.ENV_FILES_PRIVATE),
        },
    ),
    *_items(
        "Operations",
        {
            "Logging configured": (logging.BOUNDED_LOGGING, logging.NO_SECRETS_IN_LOGS),
            "Monitoring enabled": (operations.MONITORED,),
            "Regular updates": (
                operations.UPDATED,
                image.SUPPORTED_BASE_IMAGE,
                build.PATCHED_PACKAGES,
            ),
            "Backup strategy": (operations.BACKED_UP,),
            "Incident response plan": (operations.RESPONSE_PLAN, operations.RESPOND),
        },
    ),
)
"""In the order of the source document."""
