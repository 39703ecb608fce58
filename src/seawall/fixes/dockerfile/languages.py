"""pip and uv in a build: wheels and downloads that stay in the layer."""

from __future__ import annotations

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.shell_words import behind, command_at, verb_of
from seawall.fixes.model import Context, Example, Fixer
from seawall.rules.installs import installs_of
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command

_OPTIONS = {"uv": "--no-cache", "pipx": "--pip-args=--no-cache-dir"}


def _no_cache(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None:
        return None
    instruction = found[0]
    installs = [i.command for i in installs_of(dockerfile, "pip") if i.instruction is instruction]
    if found[1] not in installs:
        return None
    edits = [_switched_off(dockerfile, command) for command in installs]
    if None in edits:
        return None
    option = _OPTIONS.get(found[1].name, "--no-cache-dir")
    written = tuple(edit for edit in edits if edit is not None)
    safety = Safety.UNSAFE if _has_old_pip(dockerfile, instruction) else Safety.SAFE
    return Fix(safety, f"install with `{option}`", written, fixer="pip-no-cache")


_OLD_PIP = Expression(
    r"ubuntu\S*:(?:\d\.|1[0-4])|debian\S*:[678](?!\d)|precise|trusty|squeeze|wheezy|jessie"
)
"""Images whose own pip is older than 6, which does not know the option."""


def _has_old_pip(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    stage = dockerfile.stage_of(instruction)
    names = (stage.root_base.candidates or (stage.root_base.written,)) if stage else ("",)
    is_official = all("python:" in name for name in names)
    return not is_official and any(_OLD_PIP.search(name) for name in names)


def _switched_off(dockerfile: Dockerfile, command: Command) -> Edit | None:
    if command.has_option("--cache-dir", "--pip-args", "--no-cache-dir", "--no-index"):
        return None
    option = _OPTIONS.get(command.name, "--no-cache-dir")
    return behind(dockerfile, verb_of(command, {"install"}), option)


FIXERS = (
    Fixer(
        id="pip-no-cache",
        title="Install Python packages and keep no downloads",
        rules=("package-cache",),
        safety=Safety.UNSAFE,
        writes=(
            "`--no-cache-dir` behind `pip install` (also `python -m pip`), `--no-cache` behind "
            "`uv … install`, `--pip-args=--no-cache-dir` behind `pipx install`, for each of the "
            "RUN. It is *unsafe* on Debian 8, Ubuntu 14.04 and older, whose own pip does not "
            "know the option. Nothing is written where `--cache-dir` or `--no-index` is given."
        ),
        breaks=(
            "Nothing that is installed. A build that installs the same package in two steps now "
            "downloads it twice; a cache mount (`RUN --mount=type=cache,target=/root/.cache/pip`) "
            "spares that, and can be written instead."
        ),
        on={Dockerfile: _no_cache},
        examples=(
            Example(
                "FROM python:3.12.2\nRUN pip install flask==3.0.2 && python3 -m pip install pip\n",
                "FROM python:3.12.2\nRUN pip install --no-cache-dir flask==3.0.2 && "
                "python3 -m pip install --no-cache-dir pip\n",
            ),
            Example(
                "FROM python:3.12.2\nRUN uv pip install --system flask==3.0.2\n",
                "FROM python:3.12.2\nRUN uv pip install --no-cache --system flask==3.0.2\n",
            ),
        ),
        keeps=(
            "FROM python:3.12.2\nRUN pip install --cache-dir /wheels flask==3.0.2\n",
            "FROM ubuntu:14.04\nRUN pip install flask==0.12\n",
            'FROM python:3.12.2\nRUN ["pip", "install", "flask==3.0.2"]\n',
        ),
    ),
)
