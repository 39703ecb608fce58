"""Secret files that are copied into an image, and those that are deleted too late."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Hit, Located
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.facts.secret_names import SecretFile, is_sample, secret_file
from seawall.rules.deferred import deferred
from seawall.rules.practices import NO_HARDCODED_SECRETS
from seawall.rules.secrets.places import of_word
from seawall.rules.stages import place_of, weight_in_image
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image.model import Image
from seawall.surfaces.shell import Command


class Stored(Struct, frozen=True):
    """A secret file that one layer stores: `path` is where, as far as the file says it."""

    instruction: Instruction
    at: Located
    name: str
    path: str
    file: SecretFile
    is_written: bool = False


def _copied(dockerfile: Dockerfile) -> Iterator[Stored]:
    for instruction in dockerfile.of("COPY", "ADD", "ONBUILD"):
        inner = instruction.trigger or instruction
        if inner.keyword in {"COPY", "ADD"} and len(inner.arguments) >= 2 and not inner.heredocs:
            yield from _sources(inner, instruction)


def _sources(inner: Instruction, instruction: Instruction) -> Iterator[Stored]:
    *sources, target = inner.arguments
    into = of_word(target).text
    becomes = secret_file(into) if len(sources) == 1 else None
    for word in sources:
        name = of_word(word).text
        if "://" in name:
            continue
        file = secret_file(name) or (becomes and _by_target(name, into, becomes))
        if file is not None:
            yield Stored(instruction, word, name, _stored_at(name, into, len(sources)), file)


def _by_target(name: str, into: str, becomes: SecretFile) -> SecretFile | None:
    """`COPY npmrc /root/.npmrc`: what it becomes says what it is, unless it comes from a sample.

    Outside a home, where such files have no meaning of their own, the names must be akin.
    """
    stem = posixpath.basename(into).lstrip(".").partition(".")[0]
    is_akin = len(stem) >= 3 and stem in posixpath.basename(name)
    is_used = is_akin or _IN_HOME.match(into) is not None
    return becomes if is_used and not is_sample(name) and not into.endswith("/") else None


_IN_HOME = Expression(r"(?:/root|/home/[^/]+|~|\$\{?HOME\}?)/\.")


def _stored_at(name: str, into: str, count: int) -> str:
    base = posixpath.basename(name.rstrip("/"))
    is_directory = into.endswith("/") or into in {".", ".."} or count > 1
    return posixpath.normpath(posixpath.join(into, base)) if is_directory else into


def _written(dockerfile: Dockerfile) -> Iterator[Stored]:
    """Secret files that a RUN writes by redirection: `echo … > ~/.netrc`."""
    for instruction, script in dockerfile.scripts:
        if ">" not in instruction.text:
            continue
        for command in script.commands:
            for redirect in command.redirects:
                target = redirect.target if redirect.operator in {">", ">>", ">|"} else None
                file = secret_file(target.loose) if target else None
                if target and file:
                    name = target.loose
                    yield Stored(instruction, target, name, name, file, True)


def _deletion(dockerfile: Dockerfile, stored: Stored) -> tuple[Instruction, Command] | None:
    """The first `rm` of the file in a later instruction of the same chain of stages."""
    origin = dockerfile.stage_of(stored.instruction)
    for instruction, command in dockerfile.commands("rm", "shred", "unlink"):
        stage = dockerfile.stage_of(instruction)
        is_later = instruction.start > stored.instruction.start
        if is_later and stage and origin in stage.lineage and _removes(command, stored.path):
            return instruction, command
    return None


def _removes(command: Command, path: str) -> bool:
    home = ("~", "$HOME", "${HOME}", "/root")
    wanted = _below_home(path, home)
    for word in command.operands():
        given = _below_home(word.loose.rstrip("/*"), home)
        if wanted == given or (len(given) > 1 and wanted.startswith(given + "/")):
            return True
        if posixpath.basename(given) == posixpath.basename(wanted) and not given.startswith("/"):
            return True
    return False


def _below_home(path: str, homes: tuple[str, ...]) -> str:
    for home in homes:
        if path.startswith(home + "/"):
            return "~" + path[len(home) :]
    return path.removeprefix("./")


def _file_copied(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for stored in _copied(dockerfile):
        if _deletion(dockerfile, stored) is None and not _is_packagers(dockerfile, stored):
            inner = stored.instruction.trigger or stored.instruction
            yield Hit(
                at=stored.at,
                message=f"{stored.name} looks like {stored.file.what} and is put into the image",
                symbol=place_of(dockerfile, stored.instruction, f"{inner.keyword} {stored.name}"),
                label=stored.file.what,
                remedy=_mounted(stored),
                confidence=stored.file.confidence,
                weaker=weight_in_image(dockerfile, stored.instruction),
            )


_KEYRINGS = ("apt-key ", "--dearmor", "rpm --import", "keyrings", "trusted.gpg", "/etc/apk/keys")


def _is_packagers(dockerfile: Dockerfile, stored: Stored) -> bool:
    """Whether a `.key` file is the public one of a package repository, by what is done with it."""
    text = dockerfile.source.text
    is_named = stored.name.endswith(".key") and stored.file.confidence is not Confidence.HIGH
    return is_named and any(keyring in text for keyring in _KEYRINGS)


def _mounted(stored: Stored) -> str:
    target = stored.path if stored.path.startswith("/") else f"/run/secrets/{_base(stored.name)}"
    return (
        "Do not copy it (and list it in .dockerignore). For a build step: "
        f"`RUN --mount=type=secret,id={_base(stored.name).lstrip('.')},target={target} …`; "
        "for run time: mount it as a secret."
    )


def _base(name: str) -> str:
    return posixpath.basename(name.rstrip("/")) or "secret"


def _deleted_later(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for stored in (*_copied(dockerfile), *_written(dockerfile)):
        deletion = _deletion(dockerfile, stored)
        if deletion is not None:
            yield _too_late(dockerfile, stored, deletion[0], deletion[1])


def _too_late(
    dockerfile: Dockerfile, stored: Stored, deleting: Instruction, command: Command
) -> Hit:
    keyword = (stored.instruction.trigger or stored.instruction).keyword
    verb = "writes" if stored.is_written else "copies"
    line = dockerfile.source.line_of(command.start)
    return Hit(
        at=stored.at,
        message=f"{stored.name} is deleted on line {line}, but stays in the layer that {verb} it",
        symbol=place_of(dockerfile, stored.instruction, f"{keyword} {stored.name}"),
        label="in this layer for good",
        remedy=_mounted(stored),
        confidence=stored.file.confidence,
        weaker=weight_in_image(dockerfile, stored.instruction),
        evidence=(
            Evidence(f"{keyword} {verb} {stored.path}", stored.instruction.line),
            Evidence(f"{deleting.keyword} deletes it in another layer", line),
        ),
    )


_READ = Risk(Needs.NOTHING, Gains.CONTROL)

RULES = (
    Rule(
        id="secret-file-copied",
        title="A secret file is copied into the image",
        practice=NO_HARDCODED_SECRETS,
        risk=_READ,
        on={Dockerfile: _file_copied, Image: deferred("secrets.files_in_image:secret_files")},
        bad=(
            "FROM debian:12.5\nCOPY .env /app/\n",
            "FROM debian:12.5\nCOPY id_rsa /root/.ssh/id_rsa\n",
            "FROM debian:12.5\nADD credentials.json /app/credentials.json\n",
            'FROM debian:12.5\nCOPY ["certs/server.key", "/etc/ssl/"]\n',
            "FROM debian:12.5\nCOPY npmrc /root/.npmrc\n",
            "FROM debian:12.5\nCOPY privkey.pem .env.production /app/\n",
            "FROM debian:12.5\nONBUILD COPY .netrc /root/\n",
            "=== image\nFROM debian:12\nCOPY . /app\n  -rw------- 0:0 app/server.p12 secret-name\n",
        ),
        good=(
            "FROM debian:12.5\nCOPY .env.example /app/.env\n",
            "FROM debian:12.5\nCOPY id_rsa.pub /root/.ssh/authorized_keys\n",
            "FROM debian:12.5\nCOPY ca.pem server.crt fullchain.pem /etc/ssl/\n",
            "FROM debian:12.5\nCOPY meta.env repo.gpg.key truststore.jks /x/\n",
            "FROM debian:12.5\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n",
            "FROM debian:12.5\nCOPY Dockerfile /credentials.json\n",
            "=== image\nFROM debian:12\nCOPY . /app\n  -rw-r--r-- 0:0 app/.npmrc secret-name\n",
        ),
        aliases=("trivy:DS-0031", "dockle:CIS-DI-0010"),
        citations=(*NO_HARDCODED_SECRETS.citations, cwe(538)),
    ),
    Rule(
        id="secret-deleted-later",
        title="A secret file is deleted in a later layer",
        practice=NO_HARDCODED_SECRETS,
        risk=_READ,
        on={Dockerfile: _deleted_later, Image: deferred("secrets.in_image:deleted_later")},
        aliases=("dockle:CIS-DI-0010",),
        bad=(
            "FROM debian:12.5\nCOPY id_rsa /root/.ssh/id_rsa\nRUN make && rm ~/.ssh/id_rsa\n",
            "FROM debian:12.5\nCOPY .npmrc ./\nRUN npm ci\nRUN rm -f .npmrc\n",
            "FROM debian:12.5\nRUN echo $T > ~/.netrc\nRUN go build ./... && rm -rf ~/.netrc\n",
            "FROM debian:12.5\nCOPY .ssh /root/.ssh\nRUN rm -rf /root/.ssh\n",
            "=== image\nFROM debian:12\nCOPY . /app\n  secret password app/.env\n"
            "RUN rm /app/.env\n  - app/.env\n",
        ),
        good=(
            "FROM debian:12.5\nRUN echo $T > ~/.netrc && go build ./... && rm ~/.netrc\n",
            "FROM debian:12.5\nCOPY app.tar /tmp/\nRUN tar xf /tmp/app.tar && rm /tmp/app.tar\n",
            "FROM debian:12.5\nCOPY .npmrc ./\nRUN rm -rf /var/lib/apt/lists\n",
            "FROM debian:12.5 AS a\nCOPY .npmrc ./\nFROM debian:12.5\nRUN rm .npmrc\n",
            "=== image\nFROM debian:12\nCOPY . /app\n  secret password app/.env\n",
        ),
        why="A layer is never changed by a later one: the file is hidden, and whoever saves the "
        "image and opens that layer reads it.",
        citations=(*NO_HARDCODED_SECRETS.citations, cwe(538)),
    ),
)
