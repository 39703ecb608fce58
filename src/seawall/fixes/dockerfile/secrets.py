"""Secrets in a Dockerfile: out of the image, and into the steps that need them."""

from __future__ import annotations

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.cutting import comments_within, holding
from seawall.fixes.dockerfile.secret_mounts import (
    REVOKE,
    flags_for,
    front_end,
    guided,
    identifier_of,
    mentions,
    of_variable,
    proposal,
    taken_out,
)
from seawall.fixes.model import Context, Example, Fixer
from seawall.rules.secrets.sightings import Sighting, sightings
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Word
from seawall.surfaces.shell import Assignment, Command

_STARTS = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})


def _argument(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    word, owner = hit.at, holding(dockerfile, hit.at)
    if not isinstance(word, Word) or owner is None or owner.keyword != "ARG":
        return None
    return _as_mount(dockerfile, owner, word)


def _as_mount(dockerfile: Dockerfile, owner: Instruction, word: Word) -> Fix:
    """An ARG as a secret of the steps that name it."""
    name = word.text.partition("=")[0]
    uses, mount = mentions(dockerfile, name, owner), of_variable(name)
    title = f"Give `{name}` as a secret to the steps that use it; {REVOKE}"
    text = proposal(dockerfile, uses, mount)
    if not uses:
        return guided(title, text)
    flags = flags_for(uses, mount)
    return guided(title, text, front_end(dockerfile), taken_out(dockerfile, owner, word), flags)


def _exported(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    """An ENV that takes over an ARG: both go, and who names the variable in a RUN is given it."""
    key, owner = hit.at, holding(dockerfile, hit.at)
    if not isinstance(key, Word) or owner is None or owner.keyword != "ENV":
        return None
    name = key.text
    value = next((v.text for k, v in owner.pairs if k.start == key.start), "")
    variable = value.strip("\"'").strip("${}")
    declared = _declaration(dockerfile, variable, owner)
    uses = [use for use in mentions(dockerfile, name, owner) if use.keyword not in _STARTS]
    mount = of_variable(name)
    title = f"Keep `{name}` out of the image; {REVOKE}"
    text = proposal(dockerfile, uses, mount, _at_run_time(name))
    if declared is None:
        return guided(title, text)
    others = [
        use
        for use in mentions(dockerfile, variable, declared[0])
        if use is not owner and use not in uses and use.keyword not in _STARTS
    ]
    return guided(
        title,
        text,
        None if others else (),
        front_end(dockerfile) if uses else (),
        taken_out(dockerfile, *declared),
        taken_out(dockerfile, owner, key),
        flags_for(uses, mount),
    )


def _declaration(
    dockerfile: Dockerfile, name: str, before: Instruction
) -> tuple[Instruction, Word] | None:
    """The one ARG of the same stage that declares a variable."""
    found = [
        (instruction, word)
        for instruction in dockerfile.of("ARG")
        for word in instruction.arguments
        if instruction.stage == before.stage and word.text.partition("=")[0] == name
    ]
    return found[0] if len(found) == 1 and name.isidentifier() else None


def _at_run_time(name: str) -> str:
    return (
        f"# docker run --env {name} …, or a secret that the program reads from "
        f"/run/secrets/{identifier_of(name)}"
    )


def _written(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    seen = next((s for s in sightings(dockerfile) if s.at == hit.at), None)
    owner = seen.instruction if seen else None
    if seen is None or owner is None or owner.trigger is not None:
        return None
    if owner.keyword == "ENV":
        return _from_environment(dockerfile, owner, seen)
    if owner.keyword == "ARG":
        word = next((w for w in owner.arguments if w.start <= seen.at.start < w.end), None)
        return _as_mount(dockerfile, owner, word) if word else None
    if owner.keyword == "RUN":
        return _from_step(dockerfile, owner, seen)
    if owner.keyword in _STARTS:
        name = identifier_of(seen.by.split()[-1])
        text = f"# give it when the container starts, as the file /run/secrets/{name}"
        return guided(_taken_out_title(seen), text)
    return None


def _taken_out_title(seen: Sighting) -> str:
    known = "it is known to everyone who has the file: change it"
    return f"Take {seen.by} out of the file; {known if seen.secret.is_default else REVOKE}"


def _from_environment(dockerfile: Dockerfile, owner: Instruction, seen: Sighting) -> Fix | None:
    """A variable of the image: it goes, and whoever starts a container gives it."""
    pair = next(((k, v) for k, v in owner.pairs if v.start <= seen.at.start <= v.end), None)
    if pair is None:
        return None
    name = pair[0].text
    uses = [use for use in mentions(dockerfile, name, owner) if use.keyword not in _STARTS]
    mount = of_variable(name)
    text = _at_run_time(name)
    if uses:
        text = proposal(dockerfile, uses, mount, text)
    return guided(
        _taken_out_title(seen),
        text,
        front_end(dockerfile) if uses else (),
        taken_out(dockerfile, owner, pair[0]),
        flags_for(uses, mount),
    )


_ASKS = frozenset(
    [
        "curl",
        "wget",
        "git",
        "pip",
        "pip3",
        "npm",
        "yarn",
        "pnpm",
        "composer",
        "docker",
        "helm",
        "go",
        "aws",
        "gcloud",
        "az",
        "svn",
        "bundle",
        "gem",
        "mvn",
        "gradle",
        "dotnet",
        "nuget",
        "poetry",
        "uv",
    ]
)
"""Programs that use what they are told to ask a server, and keep nothing of it in the image."""
_KEEPS = frozenset({"config", "configure", "remote", "set-url", "login", "add", "set"})


def _from_step(dockerfile: Dockerfile, owner: Instruction, seen: Sighting) -> Fix | None:
    """A literal of a RUN: a variable that the step is given, where its command keeps nothing."""
    command = seen.command
    assigned = _assignment(command, seen) if command else None
    name = assigned.name if assigned else identifier_of(seen.by.split()[-1]).upper()
    if len(name) < 3 or not name.isidentifier():
        name = "PASSWORD"
    mount = of_variable(name)
    shown = f'RUN {mount.flag}{command.name if command else ""} … "${name}" …'
    title, text = _taken_out_title(seen), f"{shown}\n{mount.build}"
    if command is None or owner.is_json or owner.heredocs:
        return guided(title, text)
    place = (
        _without_assignment(dockerfile, command, assigned)
        if assigned
        else _variable(dockerfile, command, seen, name)
    )
    return guided(title, text, front_end(dockerfile), flags_for([owner], mount), place)


def _assignment(command: Command, seen: Sighting) -> Assignment | None:
    found = (a for a in command.assignments if a.start <= seen.at.start < a.end)
    return next(found, None) if command.words else None


def _without_assignment(
    dockerfile: Dockerfile, command: Command, assigned: Assignment
) -> Edit | None:
    before = [a.end for a in command.assignments if a.start < assigned.start]
    after = [a.start for a in command.assignments if a.start > assigned.start]
    start = max(before, default=assigned.start)
    end = assigned.end if before else min([*after, command.words[0].start])
    is_commented = comments_within(dockerfile, start, end)
    return None if is_commented else Edit(start, end, "")


def _variable(dockerfile: Dockerfile, command: Command, seen: Sighting, name: str) -> Edit | None:
    """The variable in the secret's place, where the shell expands it there as one word."""
    word = next((w for w in command.words if w.start <= seen.at.start < w.end), None)
    keeps = command.name not in _ASKS or not _KEEPS.isdisjoint(command.literals)
    if word is None or keeps or command.wrappers or "'" in word.text or "\\" in word.text:
        return None
    text = dockerfile.source.text
    is_quoted = text[word.start : seen.at.start].count('"') % 2 == 1
    braced = "${" + name + "}"
    return Edit(seen.at.start, seen.at.end, braced if is_quoted else f'"{braced}"')


_CALLER = (
    " Whoever builds must pass the secret: the proposal has the command. `env=` needs the front "
    "end 1.10, so `# syntax=docker/dockerfile:1` is written where the file names none; a file "
    "that names an older one is not edited."
)
_FETCHED = (
    "A build without `--secret` goes on with an empty value, as without `--build-arg`. With "
    "`# syntax=`, BuildKit fetches the front end from Docker Hub, which a builder without a "
    "network can't. "
)

MOUNT_ARGUMENT = Fixer(
    id="mount-build-secret",
    title="Mount a secret instead of passing an argument",
    rules=("secret-in-build-arg",),
    safety=Safety.GUIDED,
    writes=(
        "The ARG goes, and every RUN that names it gets "
        "`--mount=type=secret,id=npm_token,env=NPM_TOKEN`, under which the variable is there for "
        "that step and kept nowhere. The edit is offered where RUNs alone name the variable."
        + _CALLER
    ),
    breaks=_FETCHED + "A step that reads the variable without naming it no longer gets it.",
    on={Dockerfile: _argument},
    examples=(
        Example(
            "FROM node:22.17.0\nARG NPM_TOKEN\nRUN npm ci --//e.org/:_authToken=$NPM_TOKEN\n",
            "# syntax=docker/dockerfile:1\nFROM node:22.17.0\n"
            "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN "
            "npm ci --//e.org/:_authToken=$NPM_TOKEN\n",
        ),
        Example(
            "# syntax=docker/dockerfile:1.12\nFROM node:22.17.0\nARG A API_TOKEN=\n"
            "RUN --network=default get $API_TOKEN\n",
            "# syntax=docker/dockerfile:1.12\nFROM node:22.17.0\nARG A\n"
            "RUN --mount=type=secret,id=api_token,env=API_TOKEN --network=default "
            "get $API_TOKEN\n",
        ),
    ),
    keeps=(
        "FROM debian:12.5\nARG ACCESSTOKEN\nRUN make\n",
        "FROM debian:12.5\nARG TOKEN\nCOPY x-$TOKEN /x\nRUN get $TOKEN\n",
        "# syntax=docker/dockerfile:1.4\nFROM debian:12.5\nARG TOKEN\nRUN get $TOKEN\n",
    ),
)

KEEP_FROM_ENVIRONMENT = Fixer(
    id="keep-secret-from-environment",
    title="Keep a build's secret out of the environment",
    rules=("secret-arg-to-env",),
    safety=Safety.GUIDED,
    writes=(
        "The ARG and the pair of the ENV go; every RUN that names the variable gets it as a "
        "secret." + _CALLER
    ),
    breaks=(
        _FETCHED + "The program finds no such variable when it runs: give it with "
        "`docker run --env`, or let it read a file below /run/secrets."
    ),
    on={Dockerfile: _exported},
    examples=(
        Example(
            "FROM debian:12.5\nARG TOKEN\nENV API_TOKEN=${TOKEN} A=b\nRUN get $API_TOKEN\n",
            "# syntax=docker/dockerfile:1\nFROM debian:12.5\nENV A=b\n"
            "RUN --mount=type=secret,id=api_token,env=API_TOKEN get $API_TOKEN\n",
        ),
        Example(
            "FROM debian:12.5\nARG DB_PASSWORD\nENV DB_PASSWORD $DB_PASSWORD\nCMD serve\n",
            "FROM debian:12.5\nCMD serve\n",
        ),
    ),
    keeps=(
        'FROM debian:12.5\nARG TOKEN\nENV URL="https://x:${TOKEN}@example.org"\n',
        "FROM debian:12.5\nARG TOKEN\nENV T=$TOKEN\nRUN get $TOKEN\n",
    ),
)

TAKE_OUT_SECRET = Fixer(
    id="take-out-secret",
    title="Take a secret out of the file",
    rules=("hardcoded-secret", "default-credential"),
    brings=("exposed-database-port",),
    safety=Safety.GUIDED,
    writes=(
        "An ENV's pair goes, and RUNs that name the variable get it as a secret; an ARG becomes a "
        "secret of the steps that name it; in a RUN, an assignment goes, or `${NAME}` takes the "
        "value's place, where the command only asks a server (`curl`, `git clone`, `pip`). A "
        "secret that a command would write into the image is only pointed at, and so is one in "
        "CMD, ENTRYPOINT, a here-document or a comment. The value itself is shown nowhere."
        + _CALLER
    ),
    breaks=(
        _FETCHED + "A container that relied on the value in the image must be given it, or it "
        "does not start. The value stays in every image that was built, and in the history of the "
        "repository: change it."
    ),
    on={Dockerfile: _written},
    examples=(
        Example(
            "FROM debian:12.5\nENV DB_PASSWORD=Kx7vR2mqLz A=b\nCMD serve\n",
            "FROM debian:12.5\nENV A=b\nCMD serve\n",
        ),
        Example(
            'FROM debian:12.5\nRUN curl -u "me:Kx7vR2mqLz" https://e.org/x\n',
            "# syntax=docker/dockerfile:1\nFROM debian:12.5\n"
            "RUN --mount=type=secret,id=password,env=PASSWORD "
            'curl -u "me:${PASSWORD}" https://e.org/x\n',
        ),
        Example(
            "FROM debian:12.5\nRUN A=1 DB_PASSWORD=Kx7vR2mqLz ./migrate\n",
            "# syntax=docker/dockerfile:1\nFROM debian:12.5\n"
            "RUN --mount=type=secret,id=db_password,env=DB_PASSWORD A=1 ./migrate\n",
        ),
    ),
    keeps=(
        "FROM debian:12.5\nENV DB_PASSWORD=Kx7vR2mqLz\nCOPY x-$DB_PASSWORD /x\n",
        "FROM debian:12.5\nRUN echo DB_PASSWORD=Kx7vR2mqLz > /app.ini\n",
        'FROM debian:12.5\nCMD ["serve", "--password=Kx7vR2mqLz"]\n',
    ),
)

FIXERS = (MOUNT_ARGUMENT, KEEP_FROM_ENVIRONMENT, TAKE_OUT_SECRET)
