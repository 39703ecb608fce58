"""What is planted in the fat image: credentials that open nothing, and files with wrong modes.

Every value is made by a seeded generator, so no list of them stands in this repository.
"""

from __future__ import annotations

import base64
import json
import random
import string
import subprocess
from dataclasses import dataclass
from zlib import crc32

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_random = random.Random(20260825)  # noqa: S311 -- nothing here may be a real credential


@dataclass(frozen=True)
class Planted:
    """One credential: where, what to look for in a redacted report, and its fate."""

    kind: str
    place: str
    fate: str


def _letters(number: int, alphabet: str = _BASE62) -> str:
    return "".join(_random.choice(alphabet) for _ in range(number))


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(6, "0")


def github_token() -> str:
    """With the checksum that real ones have."""
    body = _letters(30)
    return "ghp" + "_" + body + _base62(crc32(body.encode()))


def aws_key() -> str:
    """An access key id."""
    return "AK" + "IA" + _letters(16, string.ascii_uppercase + "234567")


def jwt() -> str:
    """A signed token's shape."""
    parts = [
        {"alg": "HS256", "typ": "JWT"},
        {"sub": _letters(12), "iat": 1735689600, "role": "service"},
    ]
    text = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*text, _letters(43)])


def private_key(kind: str) -> str:
    """A fresh key: no seed can make one, and no report shows it."""
    command = {
        "rsa": "openssl genrsa -traditional 2048",
        "ec": "openssl ecparam -name prime256v1 -genkey -noout",
        "pkcs8": "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
    }[kind]
    return subprocess.run(command.split(), capture_output=True, text=True, check=True).stdout


def service_account() -> str:
    """A Google service account's file."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "webshop-prod",
            "private_key_id": _letters(40, "0123456789abcdef"),
            "private_key": private_key("pkcs8"),
            "client_email": "deploy@webshop-prod.iam.gserviceaccount.com",
        },
        indent=2,
    )


def environment_file() -> tuple[str, list[Planted]]:
    """`.env` with seven credentials."""
    values = {
        "AWS_ACCESS_KEY_ID": ("aws-access-key", aws_key()),
        "AWS_SECRET_ACCESS_KEY": ("secret", _letters(40, _BASE62 + "/+")),
        "GITHUB_TOKEN": ("github-token", github_token()),
        "SLACK_BOT_TOKEN": (
            "slack-token",
            "xo" + f"xb-{_letters(12, string.digits)}-{_letters(12, string.digits)}-{_letters(24)}",
        ),
        "STRIPE_SECRET_KEY": ("stripe-key", "sk" + "_live_" + _letters(24)),
        "SENDGRID_API_KEY": ("sendgrid-key", "SG" + f".{_letters(22)}.{_letters(43)}"),
        "DB_PASSWORD": ("password", _letters(9) + "!" + _letters(6)),
    }
    lines = [
        "DEBUG=false",
        "DB_HOST=db",
        *(f"{name}={value}" for name, (_, value) in values.items()),
    ]
    return "\n".join(lines) + "\n", [
        Planted(kind, f"app/.env {name}", "deleted") for name, (kind, _) in values.items()
    ]


def secret_files() -> tuple[dict[str, str], list[Planted]]:
    """The files of one layer that a later one deletes: thirteen credentials in all."""
    text, planted = environment_file()
    login = base64.b64encode(f"deploy:{_letters(20)}".encode()).decode()
    files = {
        "app/.env": text,
        "root/.ssh/id_rsa": private_key("rsa"),
        "app/config/tls.key": private_key("ec"),
        "app/.npmrc": "//registry.npmjs.org/:_authToken=" + "npm" + "_" + _npm() + "\n",
        "app/credentials.json": service_account(),
        "root/.docker/config.json": json.dumps(
            {"auths": {"registry.example.org": {"auth": login}}}, indent=1
        ),
        "app/deploy/gitlab.txt": "token: " + "gl" + "pat-" + _letters(20) + "\n",
    }
    kinds = [
        "private-key",
        "private-key",
        "npm-token",
        "private-key",
        "registry-auth",
        "gitlab-token",
    ]
    planted += [
        Planted(kind, path, "deleted") for kind, path in zip(kinds, list(files)[1:], strict=True)
    ]
    return files, planted


def _npm() -> str:
    body = _letters(30)
    return body + _base62(crc32(body.encode()))


def live_files() -> tuple[dict[str, str], list[Planted]]:
    """Sources of the application with two credentials in them."""
    files = {
        "app/src/settings.py": f'DEBUG = False\nSERVICE_TOKEN = "{jwt()}"\n',
        "app/src/mail.js": "const nodemailer = require('nodemailer');\n"
        f"const url = 'smtps://shop:{_letters(16)}@smtp.mailer.net:465';\nmodule.exports = url;\n",
        "app/src/main.py": "import settings\n\nprint(settings.DEBUG)\n",
    }
    return files, [
        Planted("jwt", "app/src/settings.py", "live"),
        Planted("url-credential", "app/src/mail.js", "live"),
    ]


def configuration() -> tuple[list[str], str, list[Planted]]:
    """ENV, and a RUN line with the value of an ARG, as the classic builder writes history."""
    env = [f"PAYMENT_API_KEY={_letters(32)}", "APP_ENV=production"]
    build_token = _letters(32, "0123456789abcdef")
    run = f"|1 BUILD_TOKEN={build_token} /bin/sh -c echo installed > /app/.installed"
    inline = f"/bin/sh -c curl -s -u ci:{_letters(18)} https://repo.example.net/x -o /app/x || true"
    return (
        env,
        run + "\n" + inline,
        [
            Planted("key", "ENV PAYMENT_API_KEY", "config"),
            Planted("token", "ARG BUILD_TOKEN", "history"),
            Planted("password", "RUN curl -u", "history"),
        ],
    )
