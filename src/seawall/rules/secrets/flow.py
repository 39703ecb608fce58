"""Secrets that pass through build arguments into an image's history and environment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Hit
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.detectors.names import sort_of
from seawall.detectors.placeholders import Worth, worth
from seawall.rules.deferred import deferred
from seawall.rules.practices import INJECTED_SECRETS
from seawall.rules.secrets.literal import identifier
from seawall.rules.secrets.places import of_word
from seawall.rules.secrets.sightings import sightings
from seawall.rules.stages import place_of, weight_in_image
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage, Word
from seawall.surfaces.image.model import Image
from seawall.surfaces.shell import Command

_VARIABLE = Expression(r"(?<!\\)\$(?:\{([A-Za-z_]\w*)[^}]*\}|([A-Za-z_]\w*))")
_KEY_TEXT = Expression(r"(?:^|_)(?:ssh|rsa|git|deploy)_?(?:key|rsa)$|(?:^|_)id_rsa$", re.IGNORECASE)


class Argument(Struct, frozen=True):
    """A build argument whose name says that a secret is to be passed through it."""

    name: str
    word: Word
    instruction: Instruction
    stage: Stage


def _arguments(dockerfile: Dockerfile) -> Iterator[Argument]:
    for instruction in dockerfile.of("ARG"):
        stage = dockerfile.stage_of(instruction)
        for word in instruction.arguments if stage else ():
            name, _, default = word.text.partition("=")
            if stage and _awaits_secret(name, default.strip("\"'")):
                yield Argument(name, word, instruction, stage)


def _awaits_secret(name: str, default: str) -> bool:
    """Whether the argument is there to be given a secret: its default is none, nor a setting."""
    if sort_of(name) is None and not _KEY_TEXT.search(name):
        return False
    judged = worth(default)
    return (
        not default or judged is Worth.PLACEHOLDER or (judged is Worth.NOTHING and "$" in default)
    )


def _later(argument: Argument, dockerfile: Dockerfile) -> Iterator[Instruction]:
    """The instructions that the argument is in scope of: its stage's later ones, and children's."""
    for stage in dockerfile.stages:
        if argument.stage in stage.lineage:
            for instruction in stage.instructions:
                if instruction.start > argument.instruction.start:
                    yield instruction


def _names(text: str) -> set[str]:
    return {braced or bare for braced, bare in _VARIABLE.compiled.findall(text)}


def _uses(argument: Argument, dockerfile: Dockerfile) -> list[Instruction]:
    source = dockerfile.source.text
    return [
        instruction
        for instruction in _later(argument, dockerfile)
        if argument.name in source[instruction.start : instruction.end]
        and _mentions(source[instruction.start : instruction.end], argument.name)
    ]


def _mentions(text: str, name: str) -> bool:
    return (
        name in _names(text)
        or re.search(rf"(?<!\w)(?:printenv\s+|env:|environ\W+){name}\b", text) is not None
    )


def _in_build_arg(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    exposed = {argument.instruction.start for argument, _, _ in _exposures(dockerfile)}
    for argument in _arguments(dockerfile):
        if argument.instruction.start not in exposed:
            yield _argument_hit(dockerfile, argument)


def _argument_hit(dockerfile: Dockerfile, argument: Argument) -> Hit:
    uses = _uses(argument, dockerfile)
    line = dockerfile.source.line_of(argument.word.start)
    chain = [Evidence(f"ARG {argument.name}", line)]
    chain += [Evidence(f"{use.keyword} uses ${argument.name}", use.line) for use in uses[:3]]
    return Hit(
        at=argument.word,
        message=f"a secret given as build argument {argument.name} stays in the image's history",
        symbol=place_of(dockerfile, argument.instruction, f"ARG {argument.name}"),
        label="recorded with every later RUN",
        remedy=_mount(dockerfile, argument, uses),
        weaker=_weaker(dockerfile, argument, uses),
        confidence=Confidence.HIGH if uses else Confidence.MEDIUM,
        evidence=tuple(chain),
    )


def _weaker(dockerfile: Dockerfile, argument: Argument, uses: list[Instruction]) -> str:
    reason = weight_in_image(dockerfile, argument.instruction)
    if not uses and not reason:
        return f"nothing in stage {argument.stage.label} uses it"
    return reason


def _mount(dockerfile: Dockerfile, argument: Argument, uses: list[Instruction]) -> str:
    name = identifier(argument.name)
    command = _command(dockerfile, argument.name) if uses else "…"
    return (
        f"Delete the ARG and mount the secret for the step that needs it: "
        f"`RUN --mount=type=secret,id={name},env={argument.name} {command}`, "
        f"built with `docker build --secret id={name},env={argument.name}`."
    )


# Their arguments can hold passwords that nothing gives away, so that remedies do not show them.
_UNSHOWN = frozenset({"", "echo", "printf", "chpasswd", "passwd", "useradd", "usermod"})


def _command(dockerfile: Dockerfile, name: str) -> str:
    """The command that uses the argument, where it is short and holds no secret itself."""
    text = dockerfile.source.text
    for _, script in dockerfile.scripts:
        for command in script.commands:
            shown = text[command.start : command.end]
            if name in shown and command.name not in _UNSHOWN and _is_short(dockerfile, command):
                return shown
    return "…"


def _is_short(dockerfile: Dockerfile, command: Command) -> bool:
    text = dockerfile.source.text[command.start : command.end]
    others = (s.at for s in sightings(dockerfile))
    holds = any(command.start <= at.start < command.end for at in others)
    return len(text) <= 80 and "\n" not in text and not holds


_Exposure = tuple[Argument, Instruction, Word]


def _exposures(dockerfile: Dockerfile) -> Iterator[_Exposure]:
    """Each secret build argument that an ENV of its scope takes over."""
    arguments = list(_arguments(dockerfile))
    for argument in arguments:
        for instruction in _later(argument, dockerfile):
            if instruction.keyword == "ENV":
                for key, value in instruction.pairs:
                    if not value.text.startswith("'") and argument.name in _names(value.text):
                        yield argument, instruction, key


def _arg_to_env(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for argument, instruction, key in _exposures(dockerfile):
        line = dockerfile.source.line_of(argument.word.start)
        name = of_word(key).text
        yield Hit(
            at=key,
            message=f"ENV {name} keeps the secret build argument {argument.name} in the image's "
            "environment, where `docker inspect` and every process see it",
            symbol=place_of(dockerfile, instruction, f"ENV {name}"),
            label=f"takes over ${argument.name}",
            remedy=_mount(dockerfile, argument, [])
            + f" At run time a program reads it from `/run/secrets/{identifier(name)}`.",
            weaker=weight_in_image(dockerfile, instruction),
            evidence=(
                Evidence(f"ARG {argument.name}", line),
                Evidence(f"ENV {name} = ${argument.name}", instruction.line),
            ),
        )


_READ = Risk(Needs.NOTHING, Gains.CONTROL)

RULES = (
    Rule(
        id="secret-in-build-arg",
        title="A secret is passed as a build argument",
        practice=INJECTED_SECRETS,
        risk=_READ,
        on={Dockerfile: _in_build_arg, Image: deferred("secrets.in_image:build_argument")},
        bad=(
            "FROM node:22\nARG NPM_TOKEN\nRUN npm ci --//e.org/:_authToken=$NPM_TOKEN\n",
            'FROM debian:12.5\nARG GITHUB_TOKEN=""\nRUN git clone https://$GITHUB_TOKEN@e.org/x\n',
            'FROM debian:12.5\nARG SSH_KEY\nRUN echo "${SSH_KEY}" > /root/.ssh/id_rsa\n',
            "FROM debian:12.5 AS a\nARG API_TOKEN\nFROM a\nRUN get --token $API_TOKEN\n",
            "FROM debian:12.5\nARG ACCESSTOKEN\nRUN make\n",
            "=== image\nFROM node:22\nRUN |1 NPM_TOKEN=q9Zt4rXw7LmB2kVc /bin/sh -c npm ci\n",
        ),
        good=(
            "FROM node:22\nRUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci\n",
            "FROM debian:12.5\nARG TOKEN_URL\nARG PASSWORD_FILE=/x\nRUN get $TOKEN_URL\n",
            "ARG API_TOKEN\nFROM debian:12.5\nRUN true\n",
            "FROM debian:12.5\nARG SSH_KEY=/root/.ssh/id_ed25519\nRUN ssh -i $SSH_KEY host\n",
            "FROM debian:12.5\nARG USE_TOKEN=false\nARG PUBLIC_KEY\nRUN echo $PUBLIC_KEY\n",
            "=== image\nFROM node:22\nRUN |1 VERSION=1.2.3 /bin/sh -c npm ci\n",
        ),
        why="Build arguments are recorded in the history of the image, in the build's provenance "
        "and in the cache: `docker history --no-trunc` shows them to whoever can pull it.",
        remedy="`RUN --mount=type=secret,id=token,env=TOKEN …` gives it to one step, keeps none.",
        citations=(*INJECTED_SECRETS.citations, cwe(522)),
        aliases=(
            "hadolint:DL3064",
            "trivy:DS-0031",
            "buildkit:SecretsUsedInArgOrEnv",
            "dockle:CIS-DI-0010",
        ),
    ),
    Rule(
        id="secret-arg-to-env",
        title="A secret build argument becomes an environment variable of the image",
        practice=INJECTED_SECRETS,
        risk=_READ,
        on={Dockerfile: _arg_to_env},
        bad=(
            "FROM debian:12.5\nARG DB_PASSWORD\nENV DB_PASSWORD=$DB_PASSWORD\n",
            'FROM debian:12.5\nARG TOKEN\nENV URL="https://x:${TOKEN}@example.org"\n',
            "FROM debian:12.5 AS a\nARG TOKEN\nFROM a\nENV T=${TOKEN:-none}\n",
        ),
        good=(
            "FROM debian:12.5\nARG VERSION\nENV VERSION=$VERSION\n",
            "FROM debian:12.5\nARG TOKEN\nENV T='$TOKEN'\n",
            "FROM debian:12.5\nARG TOKEN\nFROM debian:12.5\nENV TOKEN=$TOKEN\n",
        ),
        aliases=("hadolint:DL3064", "trivy:DS-0031", "buildkit:SecretsUsedInArgOrEnv"),
    ),
)
