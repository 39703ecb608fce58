"""Practices of the chapter on secrets: where credentials are and where they must not be."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

NO_HARDCODED_SECRETS = Practice(
    id="no-hardcoded-secrets",
    chapter=Chapter.SECRETS,
    statement=(
        "No credential stands in a Dockerfile, a Compose file, or an image's config, history or "
        "layers, not even where a later layer deletes it."
    ),
    why=(
        "Whoever can pull the image or read the repository has the credential, with one command "
        "and for as long as any copy lives. Deleting it in a later layer or commit hides it from "
        "you, not from him."
    ),
    remedy=(
        "Take it out, give it at run time (a secret file) or for one build step "
        "(`RUN --mount=type=secret,id=…`), and revoke the old one: it must count as known."
    ),
    citations=(cis("4.10"), owasp("D06"), nist("4.1.4"), cwe(798)),
    checklist="No secrets in layers",
)

INJECTED_SECRETS = Practice(
    id="injected-secrets",
    chapter=Chapter.SECRETS,
    statement=(
        "Secrets come from outside: `*_FILE` variables, Compose or Swarm secrets, and BuildKit's "
        "secret mounts."
    ),
    why=(
        "A value in an environment variable or build argument is shown by `docker inspect` and "
        "`docker history`, is inherited by every child process, and ends in crash reports and "
        "logs, where an attacker needs only to read."
    ),
    remedy=(
        "Mount the secret as a file and name it: `DB_PASSWORD_FILE=/run/secrets/db_password`; in a "
        "build use `RUN --mount=type=secret,id=token …`."
    ),
    citations=(cis("7.4"), cis("4.10"), owasp("D06"), nist("4.1.4"), cwe(526)),
    checklist="Secrets externalized",
)

ENV_FILES_PRIVATE = Practice(
    id="env-files-private",
    chapter=Chapter.SECRETS,
    statement=(
        "`.env` and key files are ignored by git and by the build context, are not tracked, and "
        "have mode 0600."
    ),
    why=(
        "One `git add .` or `COPY . .` puts the file into every clone or into the image. "
        "Credentials in public repositories are tried by machines within minutes."
    ),
    remedy=(
        "List `.env*`, `*.pem` and `*.key` in .gitignore and .dockerignore, take tracked ones out "
        "with `git rm --cached`, revoke what they held, and `chmod 600` what stays."
    ),
    citations=(cis("4.10"), owasp("D06"), nist("4.1.4"), cwe(538)),
    checklist="Secrets externalized",
)

PRACTICES = (NO_HARDCODED_SECRETS, INJECTED_SECRETS, ENV_FILES_PRIVATE)
"""The chapter, in the order of the source document."""
