"""Servers that are told to ask nobody for a password."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from seawall.core.expression import Expression
from seawall.core.model import Hit, Located
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe, nist, owasp
from seawall.rules.naming import symbol, the
from seawall.rules.practices import INJECTED_SECRETS
from seawall.rules.stakes import reach
from seawall.surfaces.workload import Variable, Workload

_ON = r"(?:1|true|yes|on|y)\Z"
_OFF = r"(?:0|false|no|off|n)\Z"
_NONE = r"none\Z"

_VARIABLES: Mapping[str, tuple[str, str]] = {
    "POSTGRES_HOST_AUTH_METHOD": (r"trust\Z", "PostgreSQL lets everyone in as any user"),
    "MYSQL_ALLOW_EMPTY_PASSWORD": (r".+", "MySQL's root has no password"),
    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": (r".+", "MariaDB's root has no password"),
    "MARIADB_ALLOW_EMPTY_PASSWORD": (r".+", "MariaDB's root has no password"),
    "ALLOW_EMPTY_PASSWORD": (_ON, "the server starts without a password"),
    "ALLOW_ANONYMOUS_LOGIN": (_ON, "anyone may log in"),
    "POSTGRESQL_ALLOW_EMPTY_PASSWORD": (_ON, "PostgreSQL starts without a password"),
    "REDIS_ALLOW_EMPTY_PASSWORD": (_ON, "Redis starts without a password"),
    "xpack.security.enabled": (_OFF, "Elasticsearch asks nobody for a password"),
    "plugins.security.disabled": (_ON, "OpenSearch asks nobody for a password"),
    "DISABLE_SECURITY_PLUGIN": (_ON, "OpenSearch asks nobody for a password"),
    "DISABLE_SECURITY_DASHBOARDS_PLUGIN": (_ON, "the dashboards ask nobody for a password"),
    "NEO4J_AUTH": (_NONE, "Neo4j asks nobody for a password"),
    "NEO4J_dbms_security_auth__enabled": (_OFF, "Neo4j asks nobody for a password"),
    "ME_CONFIG_BASICAUTH": (_OFF, "mongo-express gives everyone the database"),
    "CLICKHOUSE_SKIP_USER_SETUP": (_ON, "ClickHouse's default user has no password"),
    "SURREAL_UNAUTHENTICATED": (_ON, "SurrealDB asks nobody for a password"),
    "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": (_ON, "Weaviate asks nobody for a key"),
    "FLOWER_UNAUTHENTICATED_API": (_ON, "Flower's API asks nobody for a password"),
    "QDRANT__SERVICE__ENABLE_ANONYMOUS": (_ON, "Qdrant asks nobody for a key"),
    "JUPYTER_TOKEN": (r"\Z", "Jupyter runs any code for whoever connects"),
}
"""Variables, the values that switch authentication off, and what then is (each image's manual)."""

_OPTIONS: tuple[tuple[Expression, str, str], ...] = (
    (
        Expression(r"--protected-mode[ =]no\b"),
        "--protected-mode no",
        "Redis answers everyone, though it has no password",
    ),
    (
        Expression(r"--api\.insecure(?:=true)?(?:\s|\Z)"),
        "--api.insecure",
        "Traefik's API and dashboard ask nobody for a password",
    ),
    (Expression(r"(?:^|\s)--noauth(?:\s|\Z)"), "--noauth", "the server asks nobody for a password"),
    (Expression(r"--auth[ =]none\b"), "--auth none", "the editor, with its shell, is open to all"),
    (
        Expression(r"--(?:Notebook|Server|Identity)(?:App|Provider)\.token=(?:''|\"\")?(?:\s|\Z)"),
        "token=''",
        "Jupyter runs any code for whoever connects",
    ),
    (
        Expression(r"--skip-grant-tables\b"),
        "--skip-grant-tables",
        "the database gives every right to everyone",
    ),
)


def _open(workload: Workload, _: Settings) -> Iterator[Hit]:
    for variable in workload.environment:
        told = _VARIABLES.get(variable.name)
        value = variable.value.value
        if told is None or value is None or not re.match(told[0], value, re.IGNORECASE):
            continue
        if not _has_password(workload, variable):
            yield _hit(workload, variable.value, f"environment {variable.name}", told[1])
    yield from _by_option(workload)


def _by_option(workload: Workload) -> Iterator[Hit]:
    words = (*(workload.entrypoint or ()), *(workload.command or ()))
    line = " ".join(cell.value or cell.written for cell in words)
    if "--" not in line or "--requirepass" in line:
        return
    for pattern, name, what in _OPTIONS:
        if pattern.search(line):
            option = name.partition(" ")[0]
            at = next((cell for cell in words if option in (cell.value or "")), words[0])
            yield _hit(workload, at, f"command {name}", what)


def _hit(workload: Workload, at: Located, part: str, what: str) -> Hit:
    reached = reach(workload)
    return Hit(
        at,
        f"{the(workload)}: {what}",
        symbol(workload, part),
        label="no authentication",
        weaker="" if reached else "no other machine reaches it, only its neighbours",
        evidence=reached,
    )


def _has_password(workload: Workload, allows: Variable) -> bool:
    """Whether an empty password is only allowed, and one is set all the same."""
    if "ALLOW_EMPTY" not in allows.name:
        return False
    return any(
        variable.name.endswith(("PASSWORD", "PASSWORD_FILE"))
        and variable.name != allows.name
        and variable.value.value != ""
        for variable in workload.environment
    )


AUTHENTICATION_DISABLED = Rule(
    id="authentication-disabled",
    title="Server that asks nobody for a password",
    practice=INJECTED_SECRETS,
    risk=Risk(Needs.NOTHING, Gains.PRIVILEGE),
    on={Workload: _open},
    bad=(
        "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
        "      POSTGRES_HOST_AUTH_METHOD: trust\n",
        "services:\n  db:\n    image: mysql:8.4.5\n    environment:\n"
        "      - MYSQL_ALLOW_EMPTY_PASSWORD=yes\n",
        "services:\n  search:\n    image: elasticsearch:9.0.3\n    environment:\n"
        "      - xpack.security.enabled=false\n",
        "services:\n  cache:\n    image: redis:8.0\n"
        "    command: redis-server --protected-mode no\n",
        "docker run -p 8080:8080 traefik:3.4.1 --api.insecure=true",
    ),
    good=(
        "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
        "      POSTGRES_HOST_AUTH_METHOD: scram-sha-256\n",
        "services:\n  db:\n    image: mysql:8.4.5\n    environment:\n"
        "      MYSQL_ALLOW_EMPTY_PASSWORD: 'yes'\n      MYSQL_ROOT_PASSWORD: ${ROOT:?}\n",
        "services:\n  search:\n    image: elasticsearch:9.0.3\n    environment:\n"
        "      - xpack.security.enabled=true\n",
        "services:\n  cache:\n    image: redis:8.0\n"
        "    command: redis-server --protected-mode no --requirepass $$(cat /run/secrets/p)\n",
        "docker run traefik:3.4.1 --api.insecure=false",
    ),
    why=(
        "Every other container on its networks, and whoever reaches a published port, reads and "
        "changes all that it holds. Open databases are emptied by machines within hours."
    ),
    remedy="Take the switch out and give the server a password by a secret file.",
    citations=(owasp("D06"), owasp("D03"), nist("4.1.4"), cwe(306), cwe(258)),
)

RULES = (AUTHENTICATION_DISABLED,)
