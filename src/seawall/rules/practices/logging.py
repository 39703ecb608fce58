"""Practices of the chapter on logs and health: what a container tells of itself."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

BOUNDED_LOGGING = Practice(
    id="bounded-logging",
    chapter=Chapter.LOGGING,
    statement="A logging driver is set, with bounds on size and number of files, or a central one.",
    why=(
        "Docker's default log file grows without bound, so whoever can make the service log fills "
        "the host's disk. With no log at all nothing is left to tell what an intruder did."
    ),
    remedy=(
        "Set `max-size` and `max-file` for json-file or local (`--log-opt max-size=10m --log-opt "
        "max-file=3`), or send logs to a central driver."
    ),
    citations=(cis("2.14"), owasp("D10"), owasp("D07"), nist("4.4.3"), cwe(770)),
    checklist="Logging configured",
)

NO_SECRETS_IN_LOGS = Practice(
    id="no-secrets-in-logs",
    chapter=Chapter.LOGGING,
    statement="Neither the application nor its container writes secrets to a log.",
    why=(
        "Logs are copied to places that more people can read than the service itself, and are kept "
        "for years. A password in one line is a password for everyone who can search them."
    ),
    remedy=(
        'Log the event, not the value (`logger.info("authenticated")`), and redact known fields '
        "before they are written; revoke what has been logged."
    ),
    citations=(owasp("D10"), owasp("D06"), nist("4.1.4"), cwe(532)),
    checklist="Logging configured",
)

HEALTH_CHECK = Practice(
    id="health-check",
    chapter=Chapter.LOGGING,
    statement=(
        "A health check with interval, timeout and retries is defined, is not disabled, and calls "
        "a tool that the image has."
    ),
    why=(
        "Without one, the engine takes a process that hangs for a service that works: an outage, "
        "by fault or by attack, is not seen and nothing is restarted."
    ),
    remedy=(
        "Add one that asks the service: `HEALTHCHECK --interval=30s --timeout=3s --retries=3 "
        'CMD ["/app/healthcheck"]`, with a program that is in the image.'
    ),
    citations=(cis("4.6"), cis("5.27"), owasp("D10"), nist("4.4.3"), cwe(754)),
    checklist="Health checks enabled",
)

PRACTICES = (BOUNDED_LOGGING, NO_SECRETS_IN_LOGS, HEALTH_CHECK)
"""The chapter, in the order of the source document."""
