"""Files of secrets, keys and passwords that a build leaves in the image."""

from __future__ import annotations

import posixpath

from seawall.core.model import Fix, Hit, Safety
from seawall.fixes.dockerfile.cutting import holding
from seawall.fixes.dockerfile.masked import masked
from seawall.fixes.dockerfile.secret_mounts import (
    REVOKE,
    Mount,
    flags_for,
    front_end,
    guided,
    identifier_of,
    of_file,
    proposal,
    scope_of,
    taken_out,
)
from seawall.fixes.model import Context, Example, Fixer
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Word
from seawall.surfaces.shell import Command

_READERS = {
    ".npmrc": frozenset({"npm", "npx", "yarn", "pnpm"}),
    ".yarnrc": frozenset({"yarn"}),
    ".yarnrc.yml": frozenset({"yarn"}),
    "pip.conf": frozenset({"pip", "pip3", "uv"}),
    ".pypirc": frozenset({"twine"}),
    ".netrc": frozenset({"git", "curl", "wget", "go", "pip", "pip3", "npm", "cargo", "bazel"}),
    ".git-credentials": frozenset({"git", "go", "npm", "pip", "pip3", "cargo"}),
    "auth.json": frozenset({"composer"}),
    "settings.xml": frozenset({"mvn"}),
    "gradle.properties": frozenset({"gradle", "gradlew"}),
    "nuget.config": frozenset({"dotnet", "nuget"}),
    "id_rsa": frozenset({"git", "ssh", "scp", "npm", "yarn", "go", "pip", "pip3", "bundle"}),
    "id_ed25519": frozenset({"git", "ssh", "scp", "npm", "yarn", "go", "pip", "pip3", "bundle"}),
    "id_ecdsa": frozenset({"git", "ssh", "scp", "npm", "yarn", "go", "pip", "pip3", "bundle"}),
}
"""Programs that read a file of secrets by its name, when a build needs it."""
_KEYS = frozenset({"id_rsa", "id_ed25519", "id_ecdsa"})


def _copied(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    word, owner = hit.at, holding(dockerfile, hit.at)
    if not isinstance(word, Word) or owner is None or owner.keyword not in {"COPY", "ADD"}:
        return None
    name = word.text.strip("\"'")
    target = _target(dockerfile, owner, name)
    base = posixpath.basename(target or name)
    mount = of_file(name, target or f"/run/secrets/{identifier_of(base)}", _mode(base))
    users = _users(dockerfile, owner, base)
    title = f"Leave `{name}` out of the image; {REVOKE}, if such an image was pushed"
    text = _file_proposal(dockerfile, users, mount, name)
    if not users or not target or owner.flag("from") is not None:
        return guided(title, text)
    return guided(
        title,
        text,
        front_end(dockerfile),
        taken_out(dockerfile, owner, word),
        flags_for(users, mount),
    )


def _file_proposal(
    dockerfile: Dockerfile, users: list[Instruction], mount: Mount, name: str
) -> str:
    ignore = f"# and name `{name}` in .dockerignore"
    if users:
        return proposal(dockerfile, users, mount, ignore)
    run = f"# docker run --volume ./{name.removeprefix('./')}:{_of(mount)}:ro …, or a secret"
    return "\n".join((f"# for a step of the build: RUN {mount.flag}…", mount.build, run, ignore))


def _of(mount: Mount) -> str:
    return mount.options.removeprefix("target=").partition(",")[0]


def _mode(base: str) -> str:
    """ssh reads a key that is its owner's alone."""
    return "0400" if base in _KEYS else ""


def _target(dockerfile: Dockerfile, owner: Instruction, name: str) -> str:
    """Where the file is put; empty where that can't be told."""
    into = owner.arguments[-1].text.strip("\"'")
    if not into.startswith("/"):
        into = posixpath.join(_workdir(dockerfile, owner), into)
    if not into.startswith("/") or "$" in into or "$" in name:
        return ""
    last = owner.arguments[-1].text.strip("\"'")
    is_directory = last.endswith("/") or last in {".", "..", ""} or len(owner.arguments) > 2
    path = posixpath.join(into, posixpath.basename(name)) if is_directory else into
    return posixpath.normpath(path)


def _workdir(dockerfile: Dockerfile, before: Instruction) -> str:
    """The absolute WORKDIR that stands last before an instruction of the same stage."""
    found = ""
    for instruction in dockerfile.of("WORKDIR"):
        if instruction.stage == before.stage and instruction.start < before.start:
            path = instruction.text.strip().strip("\"'")
            found = path if path.startswith("/") and "$" not in path else ""
    return found


def _users(dockerfile: Dockerfile, owner: Instruction, base: str) -> list[Instruction]:
    """The RUNs whose programs read such a file."""
    readers = _READERS.get(base.lower(), frozenset())
    later = {instruction.start for instruction in scope_of(dockerfile, owner)}
    found = {
        instruction.start: instruction
        for instruction, _ in dockerfile.commands(*readers)
        if instruction.start in later
    }
    return [found[start] for start in sorted(found)]


MOUNT_FILE = Fixer(
    id="mount-secret-file",
    title="Mount a secret file instead of copying it",
    rules=("secret-file-copied",),
    safety=Safety.GUIDED,
    writes=(
        "The source goes from COPY, and every RUN whose program reads such a file gets "
        "`--mount=type=secret,id=npmrc,target=/app/.npmrc`: the file is there for that step and "
        "in no layer. The edit is offered for files that a package manager, git or ssh reads by "
        "name, where the place is certain; any other is only pointed at, since Seawall can't know "
        "who reads it, nor when. Whoever builds must pass the file: the proposal has the command."
    ),
    breaks=(
        "A build without `--secret` goes on without the file, so that private packages are not "
        "found. A program that reads the file when the container runs no longer finds it: mount "
        "it then. The file stays in every image that was built: revoke what is in it."
    ),
    on={Dockerfile: _copied},
    examples=(
        Example(
            "FROM node:22.17.0\nWORKDIR /app\nCOPY package.json .npmrc ./\nRUN npm ci\n",
            "# syntax=docker/dockerfile:1\nFROM node:22.17.0\nWORKDIR /app\n"
            "COPY package.json ./\n"
            "RUN --mount=type=secret,id=npmrc,target=/app/.npmrc npm ci\n",
        ),
        Example(
            "FROM debian:12.5\nCOPY id_rsa /root/.ssh/id_rsa\nRUN git clone git@e.org:x\n",
            "# syntax=docker/dockerfile:1\nFROM debian:12.5\n"
            "RUN --mount=type=secret,id=id_rsa,target=/root/.ssh/id_rsa,mode=0400 "
            "git clone git@e.org:x\n",
        ),
    ),
    keeps=(
        "FROM debian:12.5\nCOPY .env /app/\nRUN make\n",
        "FROM node:22.17.0\nCOPY .npmrc ./\nRUN npm ci\n",
    ),
)


def _kept_out(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    """A file that is deleted too late: the step that needs it, with the file mounted."""
    owner = holding(dockerfile, hit.at)
    if owner is None:
        return None
    name = dockerfile.source.text[hit.at.start : hit.at.end].strip("\"'")
    base = posixpath.basename(name.rstrip("/")) or "secret"
    target = _target(dockerfile, owner, name) if owner.keyword in {"COPY", "ADD"} else name
    mount = of_file(base, target or f"/run/secrets/{identifier_of(base)}", _mode(base))
    text = _file_proposal(dockerfile, _users(dockerfile, owner, base), mount, base)
    steps = "the step that makes it and the one that deletes it"
    return guided(f"Leave `{name}` out of all layers: take out {steps}", text)


KEEP_OUT = Fixer(
    id="keep-secret-out",
    title="Keep a secret file out of every layer",
    rules=("secret-deleted-later",),
    safety=Safety.GUIDED,
    writes=(
        "A proposal: the steps that need the file, with a secret mount in its place, and the "
        "command that builds with it. Nothing is edited, since steps must go together."
    ),
    breaks="Nothing is edited. A build without `--secret` goes on without the file.",
    on={Dockerfile: _kept_out},
    examples=(),
    keeps=("FROM debian:12.5\nCOPY .npmrc ./\nRUN npm ci\nRUN rm -f .npmrc\n",),
)


def _locked(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    owner = holding(dockerfile, hit.at)
    if owner is None:
        return None
    line = dockerfile.source.line_of(hit.at.start)
    text = (
        f"# take the command on line {line} out: an account without a password is locked,\n"
        "# and a process gets another user by USER, not by logging in. Where people must log in:\n"
        'RUN --mount=type=secret,id=hash,env=HASH usermod --password "$HASH" NAME\n'
        "# docker build --secret id=hash,env=HASH …   (HASH from `openssl passwd -6`)"
    )
    return guided("Leave the account without a password", text)


LOCK_ACCOUNT = Fixer(
    id="lock-account",
    title="Leave accounts locked",
    rules=("password-set-in-build",),
    safety=Safety.GUIDED,
    writes=(
        "A proposal: no password, which leaves the account locked; or its hash from a secret, "
        "where people must log in."
    ),
    breaks="Nothing is edited. Without the password nobody can log in or use `su` with it.",
    on={Dockerfile: _locked},
    examples=(),
    keeps=("FROM debian:12.5\nRUN echo 'root:Kx7vR2mq' | chpasswd\n",),
)


def _made_at_start(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    command = hit.at
    if not isinstance(command, Command):
        return None
    written = masked(dockerfile, command.start, command.end)
    text = (
        "# in a script that starts the program, with the key's directory on a volume:\n"
        f"[ -e KEY ] || {written}\n"
        'exec "$@"'
    )
    return guided("Make the key when the container first starts", text)


KEY_AT_START = Fixer(
    id="key-at-start",
    title="Make keys when a container starts",
    rules=("private-key-generated",),
    safety=Safety.GUIDED,
    writes="A proposal: the command in a start script, run only where the key is missing.",
    breaks=(
        "Nothing is edited. Each container has a key of its own then, which clients do not know; "
        "on a volume it outlives the container."
    ),
    on={Dockerfile: _made_at_start},
    examples=(),
    keeps=("FROM debian:12.5\nRUN apt-get update && ssh-keygen -A\n",),
)


def _not_copied(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    command, owner = hit.at, holding(dockerfile, hit.at)
    if not isinstance(command, Command) or owner is None:
        return None
    inner = owner.trigger or owner
    mount = next((mount for mount in inner.mounts if mount.type == "secret"), None)
    if mount is None:
        return None
    name = mount.options.get("id") or mount.options.get("env") or "secret"
    written = masked(dockerfile, command.start, command.end)
    text = (
        f"# instead of: {written}\n"
        f"RUN --mount=type=secret,id={name},target=/where/the/program/reads/it …\n"
        f'# or for one command alone: NAME="$(cat /run/secrets/{name})" command'
    )
    return guided(f"Let the program read the secret `{name}` where it is mounted", text)


MOUNT_IN_PLACE = Fixer(
    id="mount-in-place",
    title="Mount a secret where it is read",
    rules=("secret-mount-exposed",),
    safety=Safety.GUIDED,
    writes="A proposal: the mount with `target=` at the path where the program looks for it.",
    breaks="Nothing is edited. A program that writes its settings file can't write to a mount.",
    on={Dockerfile: _not_copied},
    examples=(),
    keeps=("FROM debian:12.5\nRUN --mount=type=secret,id=t cat /run/secrets/t > /etc/token\n",),
)

FIXERS = (MOUNT_FILE, KEEP_OUT, LOCK_ACCOUNT, KEY_AT_START, MOUNT_IN_PLACE)
