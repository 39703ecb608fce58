"""Examples of the fixers of secrets."""

from __future__ import annotations

from seawall.fixes.model import Example


def _db(*lines: str, tail: str = "") -> str:
    body = "".join(f"    {line}\n" for line in ("image: postgres:17.5", *lines))
    return f"services:\n  db:\n{body}{tail}"


_SECRET = "secrets:\n  postgres_password:\n    file: ./secrets/postgres_password.txt\n"  # noqa: S105 -- an example
_MADE = "secrets:\n  postgres_password:\n    environment: DB_PASSWORD\n"
_PATH = "/run/secrets/postgres_password"

TO_FILES = (
    Example(
        _db("environment:", "  POSTGRES_PASSWORD: Kx7vR2mq  # of the database"),
        _db(
            "environment:",
            f"  POSTGRES_PASSWORD_FILE: {_PATH}  # of the database",
            "secrets:",
            "  - postgres_password",
            tail=_SECRET,
        ),
    ),
    Example(
        _db("environment:", "- POSTGRES_DB=app", "- POSTGRES_PASSWORD=postgres", tail="volumes:\n"),
        _db(
            "environment:",
            "- POSTGRES_DB=app",
            f"- POSTGRES_PASSWORD_FILE={_PATH}",
            "secrets:",
            "- postgres_password",
            tail="volumes:\n" + _SECRET,
        ),
    ),
    Example(
        _db("environment: {POSTGRES_PASSWORD: 'Kx7vR2mq'}"),
        _db(
            f"environment: {{POSTGRES_PASSWORD_FILE: '{_PATH}'}}",
            "secrets:",
            "  - postgres_password",
            tail=_SECRET,
        ),
    ),
)

KEPT = (
    _db(
        "environment: {POSTGRES_PASSWORD: Kx7vR2mq}",
        "healthcheck: {test: 'psql postgres://app:$${POSTGRES_PASSWORD}@localhost'}",
    ),
    "services:\n  web:\n    image: acme/web:1.2.3\n    environment: {DB_PASSWORD: Kx7vR2mq}\n",
)

TO_VARIABLES = (
    Example(
        "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
        "      - DATABASE_URL=postgres://app:Kx7vR2mq@db/app\n",
        "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
        "      - DATABASE_URL=postgres://app:${DATABASE_URL_PASSWORD:?}@db/app\n",
    ),
    Example(
        "services:\n  cache:\n    image: redis:8.0\n"
        "    command: redis-server --requirepass Kx7vR2mq\n",
        "services:\n  cache:\n    image: redis:8.0\n"
        "    command: redis-server --requirepass ${CACHE_REQUIREPASS:?}\n",
    ),
    Example(
        "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
        "      DB_PASSWORD: '${PASSWORD:-Kx7vR2mq}'\n",
        "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
        "      DB_PASSWORD: '${PASSWORD:?}'\n",
    ),
)

KEPT_AS_VARIABLES = (
    "services:\n  web:\n    image: acme/web:1.2.3\n    environment: {DB_PASSWORD: Kx7vR2mq}\n",
)

IN_ENVIRONMENT = (
    Example(
        _db("environment:", "  POSTGRES_PASSWORD: ${DB_PASSWORD:?}"),
        _db(
            "environment:",
            f"  POSTGRES_PASSWORD_FILE: {_PATH}",
            "secrets:",
            "  - postgres_password",
            tail=_MADE,
        ),
    ),
)
