"""Secrets and default passwords that stand in the file itself."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Hit, Profile
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.rules.deferred import deferred
from seawall.rules.practices import NO_HARDCODED_SECRETS
from seawall.rules.secrets.services import (
    hardcoded,
    hardcoded_in,
    well_known,
    well_known_in,
)
from seawall.rules.secrets.sightings import Sighting, sightings
from seawall.rules.stages import place_of
from seawall.surfaces.compose.model import Project
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image.model import Image
from seawall.surfaces.workload import Workload

_WHERE = {
    "ENV": "in the image's environment, which `docker inspect` shows",
    "LABEL": "in the image's labels, which `docker inspect` shows",
    "ARG": "as a build argument's default, which `docker history` shows",
    "RUN": "in a build step, which `docker history` shows",
    "COPY": "in a file of the image",
    "ADD": "in a file of the image",
    "CMD": "in the image's command, which `docker inspect` shows",
    "ENTRYPOINT": "in the image's entry point, which `docker inspect` shows",
    "HEALTHCHECK": "in the image's health check, which `docker inspect` shows",
    "": "in a comment, for everyone who reads the file",
}

_NAME = Expression(r"[^A-Za-z0-9]+")


def identifier(by: str) -> str:
    """A secret's id for a mount or a file, from the name that gave it away: `db_password`."""
    name = _NAME.sub("_", by.rsplit(maxsplit=1)[-1]).strip("_").lower()
    return name if len(name) > 2 else "password"


def _hardcoded(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for sighting in sightings(dockerfile):
        if not sighting.secret.is_default:
            what = f"{sighting.by} holds {sighting.secret.title}"
            if sighting.by == sighting.secret.kind:
                what = f"{sighting.secret.title[:1].upper()}{sighting.secret.title[1:]} stands"
            yield _hit(dockerfile, sighting, what, "a secret for everyone who has the file")


def _default(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for sighting in sightings(dockerfile):
        if sighting.secret.is_default:
            what = f"{sighting.by} is set to a value that everyone tries first,"
            if sighting.secret.confidence is Confidence.LOW:
                what = f"{sighting.by} has a stand-in that works as long as nobody changes it,"
            yield _hit(dockerfile, sighting, what, "a default that everyone knows")


def _hit(dockerfile: Dockerfile, sighting: Sighting, what: str, label: str) -> Hit:
    instruction, secret = sighting.instruction, sighting.secret
    keyword = _keyword(instruction)
    subject = f"{keyword or 'comment'} {sighting.by}"
    symbol = place_of(dockerfile, instruction, subject) if instruction else subject
    return Hit(
        at=sighting.at,
        message=f"{what} {_WHERE.get(keyword, 'in the image')} ({secret.redacted})",
        symbol=symbol,
        label=label,
        remedy=_remedy(dockerfile, sighting, keyword),
        confidence=secret.confidence,
        secrets=(sighting.at,),
    )


def _keyword(instruction: Instruction | None) -> str:
    return (instruction.trigger or instruction).keyword if instruction else ""


def _remedy(dockerfile: Dockerfile, sighting: Sighting, keyword: str) -> str:
    name = identifier(sighting.by)
    revoke = "" if sighting.secret.is_default else " Revoke the old value: it must count as known."
    if keyword in {"ENV", "CMD", "ENTRYPOINT", "HEALTHCHECK"}:
        variable = name.upper()
        return (
            f"Take it out and give it at run time as a file: "
            f"`{variable}_FILE=/run/secrets/{name}` with a secret named {name}.{revoke}"
        )
    if sighting.command is not None and sighting.command.name in _WRITERS:
        return (
            "Do not write it into the image: mount the finished file when the container starts, or "
            f"write it then from the secret /run/secrets/{name}.{revoke}"
        )
    if keyword in {"RUN", "ARG"}:
        return f"Mount it for this step only: `{_rewritten(dockerfile, sighting, name)}`.{revoke}"
    return f"Take it out and mount it as a file at run time.{revoke}"


def _rewritten(dockerfile: Dockerfile, sighting: Sighting, name: str) -> str:
    """The command with the secret read from a mount; in general terms where that is not plain."""
    command = sighting.command
    if _keyword(sighting.instruction) == "ARG" or command is None:
        variable = sighting.by if sighting.by.isidentifier() else name.upper()
        return f"RUN --mount=type=secret,id={name},env={variable} …"
    if any(a.start <= sighting.at.start < a.end for a in command.assignments):
        return f"RUN --mount=type=secret,id={name},env={sighting.by} {command.name or '…'} …"
    text = _without_secrets(dockerfile, command.start, command.end, name)
    return f"RUN --mount=type=secret,id={name} {text}"


_LONGEST = 120

# What these are told ends in a file of a layer, where a mounted secret would be no better.
_WRITERS = frozenset({"echo", "printf", "cat", "sed", "tee", "htpasswd", "npm", "git", "aws"})


def _without_secrets(dockerfile: Dockerfile, start: int, end: int, name: str) -> str:
    source, pieces, last = dockerfile.source.text, [], start
    for other in sightings(dockerfile):
        if start <= other.at.start and other.at.end <= end:
            pieces += [source[last : other.at.start], f"$(cat /run/secrets/{name})"]
            last = other.at.end
    text = "".join([*pieces, source[last:end]])
    is_plain = "\n" not in text and "'" not in text and len(text) <= _LONGEST
    return text if is_plain else f"… $(cat /run/secrets/{name}) …"


_READ = Risk(Needs.NOTHING, Gains.CONTROL)

RULES = (
    Rule(
        id="hardcoded-secret",
        title="A secret stands in the file",
        practice=NO_HARDCODED_SECRETS,
        risk=_READ,
        on={
            Dockerfile: _hardcoded,
            Workload: hardcoded,
            Project: hardcoded_in,
            Image: deferred("secrets.in_image:hardcoded"),
        },
        bad=(
            "FROM debian:12.5\nENV DB_PASSWORD=mysecret\n",
            'FROM debian:12.5\nRUN echo "password=mysecret" > config.ini\n',
            "FROM debian:12.5\nARG API_TOKEN=q9Zt4rXw7LmB2kVc\n",
            'FROM debian:12.5\nLABEL build.password="Kx7vR2mq"\n',
            "FROM debian:12.5\nRUN mysql -uroot -pKx7vR2mq -e 'select 1'\n",
            "FROM debian:12.5\nRUN curl -u deploy:Kx7vR2mq https://example.org/x\n",
            "FROM debian:12.5\nRUN git clone https://deploy:Kx7vR2mq@example.org/x.git\n",
            'FROM debian:12.5\nRUN curl -H "Authorization: Bearer q9Zt4rXw7LmB2kVc" https://e.org\n',
            "FROM debian:12.5\nCOPY <<EOF /app.properties\ndatasource.password=Kx7vR2mq\nEOF\n",
            "FROM debian:12.5\nRUN sed -i 's/db.password=.*/db.password=Kx7vR2mq/' app.ini\n",
            "FROM debian:12.5\nRUN mysql -e \"GRANT ALL ON *.* TO 'a' IDENTIFIED BY 'Kx7vR2mq'\"\n",
            'FROM debian:12.5\nCMD ["app", "--password", "Kx7vR2mq"]\n',
            "FROM debian:12.5\nONBUILD ENV DB_PASSWORD=Kx7vR2mq\n",
            "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
            "      POSTGRES_PASSWORD: ${DB_PASSWORD:-Kx7vR2mq}\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    environment:\n"
            "      - DATABASE_URL=postgres://app:Kx7vR2mq@db/app\n",
            "services:\n  web:\n    build: {context: ., args: {NPM_TOKEN: q9Zt4rXw7LmB2kVc}}\n",
            "services:\n  cache:\n    image: redis:8.0\n"
            "    command: redis-server --requirepass Kx7vR2mq\n",
            "services:\n  db:\n    image: mysql:8.4.5\n"
            "    healthcheck: {test: mysqladmin ping -uroot -pKx7vR2mq}\n",
            "docker run -e DB_PASSWORD=Kx7vR2mq acme/web:1.2.3",
            "=== image\nENV DB_PASSWORD=Kx7vR2mq\nFROM debian:12\n",
            "=== image\nFROM debian:12\nCOPY app /app\n  secret github-token app/settings.py\n",
            "=== image\nFROM debian:12\nRUN curl -u deploy:Kx7vR2mq https://example.org/x\n",
        ),
        good=(
            "FROM debian:12.5\nENV DB_PASSWORD_FILE=/run/secrets/db_password\n",
            'FROM debian:12.5\nENV PASSWORD= TOKEN=""\n',
            "FROM python:3.13\nENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305\n",
            "FROM debian:12.5\nARG USERNAME=vscode\n",
            "FROM debian:12.5\nENV Filters__0__Key=abcdef with_auth=true\n",
            "FROM debian:12.5\nENV API_KEY=<your-api-key> TOKEN=${TOKEN}\n",
            "FROM debian:12.5\nRUN adduser --disabled-password app && ./configure"
            " --with-password-argon2\n",
            "FROM debian:12.5\nRUN SECRET_KEY=example python manage.py collectstatic\n",
            'FROM debian:12.5\nRUN --mount=type=secret,id=t,env=TOKEN curl -u "me:$TOKEN" e.org\n',
            "FROM debian:12.5\nRUN docker run -p 80:80 x && mysql -p app\n",
            "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
            "      POSTGRES_PASSWORD: ${DB_PASSWORD}\n",
            "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
            "      POSTGRES_PASSWORD_FILE: /run/secrets/db_password\n",
            "docker run -e DB_PASSWORD acme/web:1.2.3",
            "=== image\nENV DB_PASSWORD_FILE=/run/secrets/db\nFROM debian:12\n",
            "=== image\nFROM debian:12\n  secret private-key usr/lib/python3/test/key.pem low\n",
        ),
        aliases=(
            "hadolint:DL3064",
            "trivy:DS-0031",
            "buildkit:SecretsUsedInArgOrEnv",
            "checkov:CKV_SECRET_2",
            "checkov:CKV_SECRET_4",
            "checkov:CKV_SECRET_6",
            "checkov:CKV_SECRET_13",
            "dockle:CIS-DI-0010",
            "kics:Passwords And Secrets",
        ),
    ),
    Rule(
        id="default-credential",
        title="A password that everyone knows",
        practice=NO_HARDCODED_SECRETS,
        risk=_READ,
        on={
            Dockerfile: _default,
            Workload: well_known,
            Project: well_known_in,
            Image: deferred("secrets.in_image:well_known"),
        },
        bad=(
            "FROM debian:12.5\nENV GF_SECURITY_ADMIN_PASSWORD=admin\n",
            "FROM debian:12.5\nENV POSTGRES_PASSWORD=postgres\n",
            "FROM debian:12.5\nENV ROOT_PASSWORD changeme\n",
            "FROM debian:12.5\nRUN mysql -e \"ALTER USER root IDENTIFIED BY '123456'\"\n",
            "FROM debian:12.5\nENV MTP_SECRET=00000000000000000000000000000000\n",
            "FROM debian:12.5\nENV DB_PASSWORD=${PASSWORD:-root}\n",
            "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
            "      POSTGRES_PASSWORD: ${DB_PASSWORD:-postgres}\n",
            "docker run -e MINIO_ROOT_PASSWORD=minioadmin -p 9000:9000 minio/minio:1.2.3",
            "=== image\nENV POSTGRES_PASSWORD=postgres\nFROM debian:12\n",
        ),
        good=(
            "FROM debian:12.5\nENV DB_PASSWORD=Kx7vR2mq\n",
            "FROM debian:12.5\nENV ADMIN_USER=admin\n",
            "FROM debian:12.5\nENV MYSQL_ALLOW_EMPTY_PASSWORD=yes\n",
            "FROM debian:12.5\nENV PASSWORD=\n",
            "services:\n  db:\n    image: postgres:17.5\n    environment:\n"
            "      POSTGRES_PASSWORD: ${DB_PASSWORD:?must be set}\n",
            "=== image\nENV POSTGRES_PASSWORD=\nFROM debian:12\n",
        ),
        why="A default password is on the first page of every list that attackers try, and images "
        "run with the defaults that they bring.",
        remedy="Set no default: let the program refuse to start until a secret file is given.",
        citations=(*NO_HARDCODED_SECRETS.citations, cwe(259)),
        aliases=("hadolint:DL3064", "trivy:DS-0031", "buildkit:SecretsUsedInArgOrEnv"),
    ),
    Rule(
        id="possible-secret",
        title="A text that may be a secret",
        practice=NO_HARDCODED_SECRETS,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        confidence=Confidence.LOW,
        profile=Profile.AUDIT,
        on={Image: deferred("secrets.in_image:possible")},
        bad=("=== image\nFROM debian:12\n  secret private-key usr/lib/x/tests/key.pem low\n",),
        good=("=== image\nFROM debian:12\nCOPY app /app\n  secret github-token app/x.py\n",),
        why="Packages bring keys for their tests, examples in their documents, and words that look "
        "like passwords. Nearly all of them are nobody's secret; who must be sure reads them.",
        remedy="Read the place. What is real must be taken out and revoked.",
    ),
)
