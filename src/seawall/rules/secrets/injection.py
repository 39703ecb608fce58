"""How secrets get into a container: by its environment, or as files, and what those files lack."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.rules.naming import symbol, the
from seawall.rules.practices import ENV_FILES_PRIVATE, INJECTED_SECRETS
from seawall.rules.secrets.services import file_name_of, is_secret_name, literal_of, to_secret
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Variable, Workload


def _by_environment(workload: Workload, _: Settings) -> Iterator[Hit]:
    """Only where the image can do better: elsewhere there is nothing to change in this file."""
    for variable in workload.environment:
        takes_file = file_name_of(workload, variable.name) if _is_passed(variable) else ""
        if takes_file:
            yield Hit(
                variable.key,
                f"{the(workload)} gets `{variable.name}` by its environment, which `docker "
                "inspect`, every child process and many crash reports show",
                symbol(workload, f"environment {variable.name}"),
                label="in the environment",
                remedy=to_secret(workload, variable.name, takes_file),
            )


def _is_passed(variable: Variable) -> bool:
    """Whether it is a secret that comes from outside: one that is written here is another fault."""
    if variable.value.value == "" or variable.name.endswith("_FILE"):
        return False
    return is_secret_name(variable.name) and literal_of(variable.value) is None


def _mode_ignored(workload: Workload, _: Settings) -> Iterator[Hit]:
    """Compose binds the host's file, so it can set neither owner nor mode of it."""
    if workload.is_swarm:
        return
    for use in workload.secrets:
        if use.mode and use.file is not None and use.kind == "secret":
            yield Hit(
                use.place,
                f"the mode {use.mode} of the secret `{use.name}` has no effect: outside a swarm "
                "the file keeps the owner and mode that it has on the host",
                symbol(workload, f"secrets {use.name}"),
                label="ignored",
                remedy=f"Set them on the host: `chown <uid> {use.file.written or use.name}` with "
                "the uid that reads it, and `chmod 0400`.",
            )


def _in_project(project: Project, _: Settings) -> Iterator[Hit]:
    """Whether git knows the file is not told by this file: advice to look."""
    inside = project.directory.rstrip("/") + "/"
    for secret in project.secrets.values():
        file = secret.file
        if file is not None and file.value and file.value.startswith(inside):
            name = file.value.removeprefix(inside)
            yield Hit(
                file,
                f"the secret `{secret.key}` is a file of the project, where one `git add .` or "
                "`COPY . .` takes it along",
                f"secret {secret.key}/file",
                label="inside the project",
                remedy=f"List `{name}` in .gitignore and .dockerignore with mode 0600, or keep it "
                "outside: `file: /etc/acme/secrets/…`.",
            )


ENVIRONMENT_SECRET = Rule(
    id="environment-secret",
    title="Secret in the environment of a program that could read a file",
    practice=INJECTED_SECRETS,
    risk=Risk(Needs.FOOTHOLD, Gains.LESS),
    on={Workload: _by_environment},
    bad=(
        "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
        "      POSTGRES_PASSWORD: ${DB_PASSWORD:?}\n",
        "docker run -e MYSQL_ROOT_PASSWORD mysql:8.4.5",
    ),
    good=(
        "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
        "      POSTGRES_PASSWORD_FILE: /run/secrets/db_password\n",
        "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
        "      POSTGRES_DB: ${DB_NAME}\n",
        "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
        "      DB_PASSWORD: ${DB_PASSWORD:?}\n",
    ),
    why=(
        "The environment is no safe place: it is inherited by every child process, shown by "
        "`docker inspect` and /proc, and printed by error pages and crash reports."
    ),
)

SECRET_MODE_IGNORED = Rule(
    id="secret-mode-ignored",
    title="Mode of a secret that has no effect",
    practice=INJECTED_SECRETS,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Workload: _mode_ignored},
    bad=(
        "services:\n  web:\n    image: nginx:1.28.0\n    secrets:\n"
        "      - {source: key, mode: 0400}\nsecrets:\n  key: {file: ./key.pem}\n",
    ),
    good=(
        "services:\n  web:\n    image: nginx:1.28.0\n    secrets: [key]\n"
        "secrets:\n  key: {file: ./key.pem}\n",
        "services:\n  web:\n    image: nginx:1.28.0\n    secrets:\n"
        "      - {source: key, mode: 0400}\nsecrets:\n  key: {environment: KEY}\n",
    ),
    why=(
        "Whoever reads the file believes that only one user can read the secret, while its mode "
        "on the host decides, which is often readable by all."
    ),
    citations=(owasp("D06"), nist("4.1.4"), cwe(732)),
)

SECRET_FILE_IN_PROJECT = Rule(
    id="secret-file-in-project",
    title="Secret file inside the project",
    practice=ENV_FILES_PRIVATE,
    risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
    on={Project: _in_project},
    bad=("services: {}\nsecrets:\n  key: {file: ./secrets/key.pem}\n",),
    good=(
        "services: {}\nsecrets:\n  key: {file: /etc/acme/key.pem}\n",
        "services: {}\nsecrets:\n  key: {environment: KEY}\n",
    ),
    profile=Profile.STRICT,
    citations=(cis("7.4"), owasp("D06"), nist("4.1.4"), cwe(538)),
)

RULES = (ENVIRONMENT_SECRET, SECRET_MODE_IGNORED, SECRET_FILE_IN_PROJECT)
