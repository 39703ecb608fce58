"""The texts of the files that `init` writes: the policy, the CI's job, the commit hook."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from seawall import __version__
from seawall.jobs.survey import Survey
from seawall.rules.practices.checklist import CHECKLIST
from seawall.surfaces.repository import Context

OWN = "OWNER/seawall@REVISION"
"""Stands for where Seawall is kept and which commit of it, until somebody says it."""
_CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
_ATTESTED = ("monitored", "updated", "backed-up", "response-plan", "no-known-vulnerabilities")
_NAME = re.compile(r"[^a-z0-9]+")


class Command(Struct, frozen=True):
    """One `docker build`, as a shell is given it."""

    file: str
    context: str

    def __str__(self) -> str:
        tag = _NAME.sub("-", self.file.lower().removesuffix("dockerfile")).strip("-") or "project"
        words = ("docker", "build", "--file", self.file, "--tag", f"local/{tag}:ci", self.context)
        return " ".join(map(shlex.quote, words))


def policy(survey: Survey, today: date) -> str:
    """A seawall.toml with the defaults that matter, and what is seen of the project."""
    until = date(today.year + 1, today.month, min(today.day, 28))
    lines = [
        "# What this project reports, fails on and accepts: `seawall config show` says what holds.",
        'profile = "default" # strict adds hygiene, audit everything',
        'fail-on = "high"',
        '# exclude = ["vendor/"]',
        "",
        *_images(survey),
        "",
        "# What no file shows, somebody stands for: fill in those that hold, and take the # away.",
        "# After `until` an attestation fails its item of the checklist.",
    ]
    for practice, item in _attestable():
        lines += [
            "",
            f"# {item}",
            "# [[attestations]]",
            f'# practice = "{practice}"',
            '# who = "team or person"',
            '# where = "https://…"',
            '# reason = "what is done, and how it is known to work"',
            f"# until = {until}",
        ]
    return "\n".join(lines) + "\n"


def _images(survey: Survey) -> Iterator[str]:
    found = survey.publishers
    trusted = [pattern for pattern, is_open in found if not is_open]
    others = [pattern for pattern, is_open in found if is_open]
    yield "[images]"
    yield "# With this list, every image is reported that is neither official, nor of a known"
    yield "# maker, nor on it."
    mark = "" if trusted else "# "
    if found:
        yield f"{mark}allowed = ["
        yield from (f'{mark}  "{pattern}", # seen here' for pattern in trusted)
        yield from (f'#   "{p}", # seen here; anybody can publish there' for p in others)
        yield f"{mark}]"
    else:
        yield '# allowed = ["registry.example.com/*"]'


def _attestable() -> Iterator[tuple[str, str]]:
    for item in CHECKLIST:
        first = item.practices[0].id
        if first in _ATTESTED:
            yield first, item.text


def builds(survey: Survey) -> list[Command]:
    """The project's builds, by paths from its root; odd names that a CI could expand are out."""
    commands = (_command(context, survey.root) for context in survey.contexts)
    return list(dict.fromkeys(command for command in commands if command is not None))


def _command(context: Context, root: str) -> Command | None:
    file = os.path.relpath(context.build.path, root)
    directory = os.path.relpath(context.directory, root)
    if not (file + directory).isprintable() or "${{" in file + directory:
        return None
    return Command(_relative(file), _relative(directory))


def _relative(path: str) -> str:
    """A path that is no option."""
    return f"./{path}" if path.startswith("-") else path


def github(survey: Survey, own: str) -> str:
    """A workflow that checks the project, fails on high, and builds its images."""
    lines = [
        "# Checks the project, fails on findings of severity high or worse, and builds its images.",
        "name: seawall",
        "on:",
        "  push:",
        "  pull_request:",
        "permissions:",
        "  contents: read",
        "jobs:",
        "  seawall:",
        "    runs-on: ubuntu-24.04",
        "    timeout-minutes: 30",
        "    steps:",
        f"      - uses: {_CHECKOUT}",
        "        with:",
        "          persist-credentials: false",
        "      - name: Check",
        f"        uses: {own}{_where(own)}",
        "        with:",
        "          fail-on: high",
        *_github_builds(builds(survey)),
    ]
    return "\n".join(lines) + "\n"


def _github_builds(commands: list[Command]) -> Iterator[str]:
    if commands:
        yield "      - name: Build"
        yield "        run: |"
        yield from (f"          {command}" for command in commands)


def _where(own: str) -> str:
    return " # where you keep Seawall, by commit" if own == OWN else ""


def gitlab(survey: Survey) -> str:
    """Jobs that check the project, fail on high, and build its images."""
    lines = [
        "# Checks the project, fails on findings of severity high or worse, and builds its images.",
        "seawall:",
        "  stage: test",
        "  needs: []",
        "  image:",
        "    name: $SEAWALL_IMAGE",
        '    entrypoint: [""] # the image\'s own is `seawall`, and the runner needs a shell',
        "  variables:",
        f"    SEAWALL_IMAGE: registry.example.com/seawall:{__version__} # where you keep it",
        "  script:",
        "    - seawall check . -o concise -o gitlab:gl-code-quality-report.json --fail-on high",
        "  artifacts:",
        "    when: always",
        "    reports:",
        "      codequality: gl-code-quality-report.json",
        *_gitlab_builds(builds(survey)),
    ]
    return "\n".join(lines) + "\n"


def _gitlab_builds(commands: list[Command]) -> Iterator[str]:
    if commands:
        yield ""
        yield "build-images:"
        yield "  stage: build"
        yield "  image: docker:28.5.1"
        yield '  services: ["docker:28.5.1-dind"]'
        yield '  variables: {DOCKER_TLS_CERTDIR: "/certs"}'
        yield "  script:"
        for command in commands:
            yield "    - |-"
            yield f"      {command}"


def pre_commit(own: str) -> str:
    """A configuration with the hook for the files of a commit."""
    place, _, revision = own.partition("@")
    lines = (
        "repos:",
        f"  - repo: https://github.com/{place}{_where(own)}",
        f"    rev: {revision}",
        "    hooks:",
        "      - id: seawall",
        "        args: [--fail-on, high]",
    )
    return "\n".join(lines) + "\n"
