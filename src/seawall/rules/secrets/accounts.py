"""Passwords of accounts that a build sets."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.core.model import Hit, Region
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.detectors.placeholders import Worth, worth
from seawall.rules.deferred import deferred
from seawall.rules.practices import NO_HARDCODED_SECRETS
from seawall.rules.secrets.places import Literal, after, of_shell_word
from seawall.rules.stages import place_of, weight_in_image
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image.model import Image
from seawall.surfaces.shell import Command, Script

_LOCKED = frozenset({"*", "!", "!!", "x", "!*", "*LK*"})


class Set(Struct, frozen=True):
    """A password that a command sets; an empty one means that the account needs none."""

    instruction: Instruction
    command: Command
    literal: Literal
    user: str = ""


def _passwords(dockerfile: Dockerfile) -> Iterator[Set]:
    for instruction, command in dockerfile.commands("useradd", "usermod", "groupmod"):
        for value in command.option_values("-p", "--password"):
            if value.literal is not None:
                yield Set(instruction, command, of_shell_word(value))
    for instruction, command in dockerfile.commands("passwd"):
        deleting = command.option("-d", "--delete")
        if deleting is not None:
            yield Set(instruction, command, Literal("", deleting.start, deleting.end))
    yield from _fed(dockerfile)


def _fed(dockerfile: Dockerfile) -> Iterator[Set]:
    names = ("chpasswd", "passwd")
    if not dockerfile.commands(*names):
        return
    for instruction, script in dockerfile.scripts:
        for command in script.commands:
            if command.name in names:
                for literal in (*_echoed(script, command), *_redirected(dockerfile, command)):
                    yield from _password_in(instruction, command, literal)


def _echoed(script: Script, command: Command) -> Iterator[Literal]:
    """`echo 'root:x' | chpasswd`, `echo x | passwd --stdin root`."""
    for other in script.commands:
        is_before = other.pipeline == command.pipeline and other.position == command.position - 1
        if is_before and other.name in {"echo", "printf"}:
            for word in other.operands():
                if word.literal is not None:
                    yield of_shell_word(word)


def _redirected(dockerfile: Dockerfile, command: Command) -> Iterator[Literal]:
    """`chpasswd <<< 'root:x'` and the here-document."""
    for redirect in command.redirects:
        if redirect.operator == "<<<" and redirect.target and redirect.target.literal is not None:
            yield of_shell_word(redirect.target)
        elif redirect.body:
            start = dockerfile.source.text.find(redirect.body, command.start)
            text = redirect.body.strip()
            place = start if start >= 0 else redirect.start
            yield Literal(text, place, place + len(text))


def _password_in(instruction: Instruction, command: Command, literal: Literal) -> Iterator[Set]:
    """passwd reads the password alone, chpasswd `user:password`."""
    if command.name == "passwd":
        yield Set(instruction, command, literal)
        return
    password = after(literal, ":")
    if password is not None:
        yield Set(instruction, command, password, literal.text.partition(":")[0])


def _set_in_build(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for found in _passwords(dockerfile):
        text = found.literal.text.strip()
        if text in _LOCKED or "$(" in text or (text and _is_reference(text)):
            continue
        yield _hit(dockerfile, found, text)


def _is_reference(text: str) -> bool:
    return worth(text) is Worth.NOTHING and "$" in text and not text.startswith("$")


def _hit(dockerfile: Dockerfile, found: Set, text: str) -> Hit:
    name, place = found.command.name, Region(found.literal.start, found.literal.end)
    how = "no password at all" if not text else f"a fixed password ({len(text)} characters)"
    if worth(text) is Worth.WEAK or (text and text == found.user):
        how = "a password that everyone tries first"
    return Hit(
        at=place,
        message=f"{name} gives an account {how}, the same in every container of the image",
        symbol=place_of(dockerfile, found.instruction, f"RUN {name}"),
        label="needs no password" if not text else "the same for everyone who has the image",
        weaker=weight_in_image(dockerfile, found.instruction),
        secrets=(place,) if text else (),
    )


RULES = (
    Rule(
        id="password-set-in-build",
        title="An account's password is set in the build",
        practice=NO_HARDCODED_SECRETS,
        risk=Risk(Needs.NOTHING, Gains.CONTROL),
        on={Dockerfile: _set_in_build, Image: deferred("secrets.files_in_image:passwords")},
        bad=(
            "FROM debian:12.5\nRUN echo 'root:Kx7vR2mq' | chpasswd\n",
            "FROM debian:12.5\nRUN useradd -p '' app\n",
            "FROM debian:12.5\nRUN echo password | passwd --stdin root\n",
            "FROM debian:12.5\nRUN usermod --password '$6$abc$def' root\n",
            "FROM debian:12.5\nRUN passwd -d root\n",
            "FROM debian:12.5\nRUN chpasswd <<< 'root:root'\n",
            "=== image\nFROM alpine:3.9\n  shadow root none\n",
        ),
        good=(
            'FROM debian:12.5\nRUN echo "root:$(head -c 24 /dev/urandom | base64)" | chpasswd\n',
            'FROM debian:12.5\nRUN --mount=type=secret,id=p,env=P echo "root:$P" | chpasswd\n',
            "FROM debian:12.5\nRUN useradd -p '*' app && passwd -l root && usermod -p '!' x\n",
            "FROM debian:12.5\nRUN useradd --uid 1000 app\n",
            "=== image\nFROM alpine:3.22\n  shadow root locked\n",
        ),
        remedy="Leave accounts without a password (locked): processes start as a USER, nobody logs "
        "in. Where someone must, give the password as a secret when the container starts.",
        citations=(*NO_HARDCODED_SECRETS.citations, cwe(259)),
        aliases=("checkov:CKV2_DOCKER_17", "dockle:DKL-LI-0001"),
    ),
)
