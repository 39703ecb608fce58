"""What is examined in one go: one file, or the files of one Compose project."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from seawall.core.errors import ConfigError
from seawall.core.globs import absolute
from seawall.core.model import Problem
from seawall.jobs.discover import (
    COMPOSE,
    DOCKERFILE,
    REPOSITORY,
    RUN,
    STANDARD_INPUT,
    Input,
    is_within,
)
from seawall.jobs.governance import Governance, Ruling

__all__ = ["COMPOSE", "DOCKERFILE", "REPOSITORY", "RUN", "Reading", "Unit", "make_units"]


class Reading(Struct, frozen=True):
    """What reading Compose projects depends on besides their files.

    `environment` are the variables of the process; `env_files` replace the project's `.env`.
    """

    environment: Mapping[str, str] = {}
    env_files: tuple[str, ...] = ()


class Unit(Struct, frozen=True):
    """Inputs that are read together, and what governs them, ready for another process."""

    kind: str
    inputs: tuple[Input, ...]
    ruling: Ruling


def make_units(
    inputs: Sequence[Input], governance: Governance, stdin_filename: str
) -> tuple[list[Unit], tuple[Problem, ...]]:
    """Group inputs, each with its policy; one that can't be understood is a problem, said once."""
    units: list[Unit] = []
    refused: dict[str, Problem] = {}
    for kind, group in _groups(inputs):
        first = group[0]
        is_stream = first.path == STANDARD_INPUT
        try:
            within = os.path.join(first.path, "x") if kind == REPOSITORY else first.path
            ruling = governance.of((stdin_filename or "x") if is_stream else within)
        except ConfigError as error:
            reason = f"{error.message}; the files that this policy governs were not examined"
            refused.setdefault(error.message, Problem(first.name, reason, error.hint))
        else:
            units.append(Unit(kind, group, ruling))
    return units, tuple(refused.values())


def _groups(inputs: Sequence[Input]) -> Iterable[tuple[str, tuple[Input, ...]]]:
    """Dockerfiles and files with run lines one by one, then the Compose files by project."""
    if all(each.kind == REPOSITORY for each in inputs):
        return  # A repository is looked at for its containers: there are none.
    dockerfiles = [each for each in inputs if each.kind == DOCKERFILE]
    for each in inputs:
        if each.kind == REPOSITORY:
            yield REPOSITORY, (each, *_below(each, dockerfiles))
        elif each.kind != COMPOSE:
            yield each.kind, (each,)
    compose = {Path(each.name): each for each in inputs if each.kind == COMPOSE}
    if compose:
        from seawall.surfaces.compose.project import find_projects  # noqa: PLC0415 -- YAML on use

        for files in find_projects(compose):
            yield COMPOSE, tuple(compose[file] for file in files)


def _below(directory: Input, files: Sequence[Input]) -> Iterable[Input]:
    """The files in a directory, however deep."""
    top = absolute(directory.path)
    return (file for file in files if is_within(absolute(file.path), top))
