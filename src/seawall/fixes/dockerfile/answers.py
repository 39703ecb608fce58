"""Installs that ask a question which nobody answers."""

from __future__ import annotations

from seawall.core.model import Fix, Hit, Safety
from seawall.fixes.dockerfile.shell_lists import list_of
from seawall.fixes.dockerfile.shell_words import behind, command_at, verb_of
from seawall.fixes.model import Context, Example, Fixer
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command

_VERBS = frozenset(["install", "localinstall", "reinstall", "groupinstall", "in"])
_NO = ("--assume-no", "--assumeno", "--dry-run", "-s", "--simulate", "-D")


def _answered(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None or found[1].has_option(*_NO):
        return None
    instruction, command = found
    is_zypper = command.name == "zypper"
    word = command.words[0] if is_zypper else verb_of(command, _VERBS)
    option = "--non-interactive" if is_zypper else "-y"
    edit = behind(dockerfile, word, option)
    if edit is None or (is_zypper and word is not None and word.literal is None):
        return None
    safety = Safety.SAFE if _stops(dockerfile, instruction, command) else Safety.UNSAFE
    return Fix(safety, f"answer {command.name}'s question: `{option}`", (edit,), fixer="say-yes")


def _stops(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> bool:
    """Whether the build stops where the install gets no answer."""
    commands = list_of(dockerfile, instruction)
    if commands is None or command.condition not in {"", "&&"}:
        return False
    index = commands.index_of(command.start)
    is_simple = commands.items[index].kind in {"command", "redirected_statement"}
    return index >= 0 and is_simple and commands.fails_with(index)


FIXERS = (
    Fixer(
        id="say-yes",
        title="Answer the question that an install asks",
        rules=("install-asks",),
        safety=Safety.UNSAFE,
        writes=(
            "`-y` behind the word `install` of apt-get, apt, yum, dnf and tdnf, and "
            "`--non-interactive` behind `zypper`. It is *safe* where the build stops without it; "
            "*unsafe* where the install's failure is passed over (`|| true`, `;` without `set -e`, "
            "a condition, a loop), since then packages come that were not there before."
        ),
        breaks=(
            "Nothing now. Later, packages that the install also removes or replaces are no longer "
            "asked about; apt still stops where it would remove essential ones."
        ),
        on={Dockerfile: _answered},
        examples=(
            Example(
                "FROM debian:12.5\nRUN apt-get update && apt-get install \\\n    nginx\n",
                "FROM debian:12.5\nRUN apt-get update && apt-get install -y \\\n    nginx\n",
            ),
            Example(
                "FROM opensuse/leap:15.6\nRUN zypper install nginx\n",
                "FROM opensuse/leap:15.6\nRUN zypper --non-interactive install nginx\n",
            ),
            Example(
                "FROM rockylinux:9\nRUN yum groupinstall 'Development Tools'\n",
                "FROM rockylinux:9\nRUN yum groupinstall -y 'Development Tools'\n",
            ),
        ),
        keeps=(
            "FROM debian:12.5\nRUN apt-get install nginx || true\n",
            "FROM debian:12.5\nRUN if test -e /x; then apt-get install nginx; fi\n",
            "FROM debian:12.5\nRUN apt-get install nginx; echo done\n",
            'FROM debian:12.5\nRUN ["apt-get", "install", "nginx"]\n',
        ),
    ),
)
