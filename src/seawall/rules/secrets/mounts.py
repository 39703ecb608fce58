"""Secret mounts whose content gets out of the mount: into a file, the log or a configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.model import Evidence, Hit
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.rules.practices import INJECTED_SECRETS
from seawall.rules.stages import place_of, weight_in_image
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Mount
from seawall.surfaces.shell import Command, Redirect, Script

_COPIES = frozenset({"cp", "mv", "install", "rsync", "tee", "dd"})
_PRINTS = frozenset({"cat", "echo", "printf", "head", "tail", "less", "more", "printenv", "base64"})
_CONFIGURES = frozenset(
    {"npm", "yarn", "pnpm", "git", "pip", "composer", "bundle", "poetry", "aws"}
)
_HARMLESS = ("/dev/", "/run/secrets/", "/proc/")


class Mounted(Struct, frozen=True):
    """A secret that a RUN mounts: its id, and how the script can name it."""

    id: str
    pattern: re.Pattern[str]


def _mounted(mount: Mount) -> Mounted | None:
    options = mount.options
    name = options.get("id") or options.get("source") or options.get("src") or ""
    target = options.get("target") or options.get("dst") or options.get("destination") or ""
    variable = options.get("env", "")
    if not name:
        name = target.rpartition("/")[2] or variable
    paths = [target or ("" if variable else f"/run/secrets/{name}")]
    forms = [rf"(?<![\w/]){re.escape(path)}(?![\w/-])" for path in paths if path]
    forms += [rf"\$\{{?{re.escape(variable)}\b"] if variable else []
    return Mounted(name, re.compile("|".join(forms))) if name and forms else None


def _exposed(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    if "type=secret" not in dockerfile.source.text:
        return
    for instruction, script in dockerfile.scripts:
        inner = instruction.trigger or instruction
        for mount in inner.mounts:
            secret = _mounted(mount) if mount.type == "secret" else None
            if secret is not None:
                yield from _in_script(dockerfile, instruction, script, secret)


def _in_script(
    dockerfile: Dockerfile, instruction: Instruction, script: Script, secret: Mounted
) -> Iterator[Hit]:
    for command in script.commands:
        how = _how(script, command, secret)
        if how:
            yield Hit(
                at=command,
                message=f"the mounted secret {secret.id} {how}",
                symbol=place_of(dockerfile, instruction, f"RUN {command.name} {secret.id}"),
                label="leaves the mount",
                remedy="Let the program read the mounted file itself, at the path that it expects: "
                f"`RUN --mount=type=secret,id={secret.id},target=/root/.npmrc npm ci`, or pass it "
                f"only to the command: `TOKEN=$(cat /run/secrets/{secret.id}) command`.",
                weaker=weight_in_image(dockerfile, instruction),
                evidence=(Evidence(f"--mount=type=secret,id={secret.id}", instruction.line),),
            )


def _how(script: Script, command: Command, secret: Mounted) -> str:
    """How a command lets the secret out; empty where it does not."""
    names_it = [w for w in command.arguments if secret.pattern.search(w.text)]
    if not names_it or _cleans_up(script, command):
        return ""
    if command.name in _COPIES:
        return "" if names_it == [command.arguments[-1]] else "is copied into a layer"
    if command.name in _CONFIGURES:
        return "is written to a configuration file" if "config" in command.literals else ""
    if command.name not in _PRINTS or command.substituted_into is not None:
        return ""
    return _where_printed(script, command)


def _where_printed(script: Script, command: Command) -> str:
    written = [r for r in command.redirects if r.operator in {">", ">>", ">|", "&>"}]
    if written:
        return "" if all(map(_is_harmless, written)) else "is written into a layer"
    feeds = [c for c in script.commands if c.pipeline == command.pipeline]
    after = [c for c in feeds if c.position > command.position]
    if not after:
        return "is printed into the build's log"
    last = after[-1]
    into_file = any(r.operator in {">", ">>"} and not _is_harmless(r) for r in last.redirects)
    return "is written into a layer" if into_file or last.name == "tee" else ""


def _is_harmless(redirect: Redirect) -> bool:
    target = redirect.target
    return redirect.descriptor == 2 or (target is not None and target.loose.startswith(_HARMLESS))


def _cleans_up(script: Script, command: Command) -> bool:
    """Whether a later command of the same RUN deletes what this one may have written."""
    places = {r.target.loose for r in command.redirects if r.target}
    places |= {word.loose for word in command.arguments[-1:]}
    later = [other for other in script.commands if other.start > command.start]
    return any(_deletes(other, places) or _unsets(other, command) for other in later)


def _deletes(command: Command, places: set[str]) -> bool:
    if command.name not in {"rm", "shred"}:
        return False
    removed = [word.loose.rstrip("/*") for word in command.operands()]
    return any(
        place == gone or place.startswith(f"{gone}/") for gone in removed for place in places
    )


def _unsets(other: Command, command: Command) -> bool:
    """`npm config delete`, `git config --unset`."""
    undoing = {"delete", "--unset", "unset"}
    return other.name == command.name in _CONFIGURES and bool(undoing & set(other.literals))


RULES = (
    Rule(
        id="secret-mount-exposed",
        title="A mounted secret is written to a layer or the log",
        practice=INJECTED_SECRETS,
        risk=Risk(Needs.NOTHING, Gains.CONTROL),
        on={Dockerfile: _exposed},
        bad=(
            "FROM debian:12.5\nRUN --mount=type=secret,id=t cat /run/secrets/t > /etc/token\n",
            "FROM debian:12.5\nRUN --mount=type=secret,id=t cp /run/secrets/t /root/.netrc\n",
            "FROM debian:12.5\nRUN --mount=type=secret,id=t cat /run/secrets/t\n",
            'FROM debian:12.5\nRUN --mount=type=secret,id=t,env=T echo "token=$T" >> /app.ini\n',
            "FROM debian:12.5\n"
            'RUN --mount=type=secret,id=t npm config set k "$(cat /run/secrets/t)"\n',
            "FROM debian:12.5\nRUN --mount=type=secret,id=t,target=/k cat /k | tee /etc/k\n",
        ),
        good=(
            "FROM debian:12.5\nRUN --mount=type=secret,id=t export T=$(cat /run/secrets/t)\n",
            "FROM debian:12.5\nRUN --mount=type=secret,id=t,target=/root/.npmrc npm ci\n",
            "FROM debian:12.5\nRUN --mount=type=secret,id=t cat /run/secrets/t | docker login -u x"
            " --password-stdin\n",
            'FROM debian:12.5\nRUN --mount=type=secret,id=t x -H "T: $(cat /run/secrets/t)"\n',
            "FROM debian:12.5\nRUN --mount=type=secret,id=t cat /run/secrets/t > ~/.netrc &&"
            " make && rm ~/.netrc\n",
            "FROM debian:12.5\nRUN --mount=type=cache,target=/c cat /c/x\n",
            "FROM debian:12.5\nRUN --mount=type=secret,id=t cat /run/secrets/t > /dev/null\n",
        ),
        why="A secret mount is there so that no layer has the secret; what copies or prints it "
        "undoes that.",
        citations=(*INJECTED_SECRETS.citations, cwe(532)),
    ),
)
