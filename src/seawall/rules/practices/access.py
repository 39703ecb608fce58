"""Practices of the chapter on access: who may change what in the image."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

LEAST_PRIVILEGE_FILES = Practice(
    id="least-privilege-files",
    chapter=Chapter.ACCESS,
    statement=(
        "The application's files belong to root or a build user, and the user it runs as cannot "
        "write them."
    ),
    why=(
        "An attacker who can write files as the application, through an upload say, then writes "
        "over its code, and his own code runs at the next request or restart."
    ),
    remedy=(
        "Leave program files to root (`COPY --chown=root:root --chmod=…`), and give the run user "
        "only the directories that it must write."
    ),
    citations=(cis("4.1"), owasp("D05"), nist("4.1.2"), cwe(732)),
    checklist="Proper file permissions",
)

FILE_PERMISSIONS = Practice(
    id="file-permissions",
    chapter=Chapter.ACCESS,
    statement="Files are 644, directories and programs 755, and nothing is writable for everyone.",
    why=(
        "What everyone can write, any process in the container can replace, whatever user it runs "
        "as: a script that root starts, a configuration, a library. `chmod 777` undoes the "
        "change of user."
    ),
    remedy=(
        "Give the one user that needs it the right: `COPY --chown=app:app`, `chmod 644` for files "
        "and `chmod 755` for directories and programs."
    ),
    citations=(cis("4.8"), owasp("D05"), nist("4.1.2"), cwe(732)),
    checklist="Proper file permissions",
)

PRACTICES = (LEAST_PRIVILEGE_FILES, FILE_PERMISSIONS)
"""The chapter, in the order of the source document."""
