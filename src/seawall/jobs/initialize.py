"""Drafts the files that a project starts with, and writes those that are asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct

from seawall.core.errors import InputError, UsageError
from seawall.core.policy import find_policy
from seawall.core.suggestion import did_you_mean
from seawall.core.writing import atomic_write
from seawall.fixes.ignorefile import write_ignore_file
from seawall.jobs import drafts
from seawall.jobs.survey import GITHUB, GITLAB, Survey, survey
from seawall.surfaces.repository import Context

SYSTEMS = (GITHUB, GITLAB, "none")
_OWN = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}@[\w./-]{1,200}", re.ASCII)
_GITLAB = ".gitlab-ci.yml"
_INCLUDED = ".gitlab/seawall.gitlab-ci.yml"


class Draft(Struct, frozen=True):
    """A file that could be written: its path below the directory, text, and what it is for.

    `stands` is the path of what is there already and goes before it, empty where nothing is;
    `note` is what is left to do by hand.
    """

    path: str
    text: str
    purpose: str
    stands: str = ""
    note: str = ""


class InitOptions(Struct, frozen=True):
    """What is asked of `init`: the CI system (empty for the one that is there), where Seawall is
    kept (`OWNER/seawall@REVISION`), and the files that may be written over."""

    system: str = ""
    own: str = drafts.OWN
    force: tuple[str, ...] = ()
    today: date = date.min


def draft(directory: str, options: InitOptions) -> tuple[Draft, ...]:
    """The files for a project, in the order in which they matter; writes nothing.

    Raises:
        InputError: it is no directory.
        UsageError: `own` has another form, or `force` names a file that is none of these.
    """
    if not _OWN.fullmatch(options.own):
        hint = "Write OWNER/NAME@REVISION, as in acme/seawall@<40 hex digits>."
        raise UsageError(f"--seawall {options.own}: not a place of Seawall", hint)
    found = survey(directory)
    made = (*_policy(found, options), *_ignore_files(found), *_pipeline(found, options))
    known = [each.path for each in made]
    for name in map(os.path.normpath, options.force):
        if name not in known:
            hint = did_you_mean(name, known) or f"Files: {', '.join(known)}."
            raise UsageError(f"--force {name}: not a file that is written", hint)
    return made


def write(directory: str, made: Sequence[Draft], force: Collection[str]) -> list[Draft]:
    """Write the drafts whose place is free, or that are named; gives those that were written.

    Raises:
        InputError: a file can't be written, or its place lies outside the directory.
    """
    allowed = {os.path.normpath(name) for name in force}
    written = []
    for each in made:
        if not each.stands or each.path in allowed:
            _write(Path(directory), each)
            written.append(each)
    return written


def _write(root: Path, each: Draft) -> None:
    target = root / each.path
    parent = Path(os.path.realpath(target.parent))
    if not parent.is_relative_to(os.path.realpath(root)):
        raise InputError(f"{each.path}: its directory is a link that leads out, not written")
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{each.path}: its directory can't be made: {reason}") from error
    atomic_write(target, each.text, root)


def _policy(found: Survey, options: InitOptions) -> Iterator[Draft]:
    """Where another file holds already, ours would hide it."""
    there = find_policy(found.root)
    stands = os.path.relpath(there, found.root) if there is not None else ""
    if not stands.startswith(".."):
        text = drafts.policy(found, options.today)
        yield Draft("seawall.toml", text, "the policy", stands)


def _ignore_files(found: Survey) -> Iterator[Draft]:
    """One for each directory that is a build's context; a Dockerfile's own goes before it."""
    by_directory: dict[str, list[Context]] = {}
    for context in found.contexts:
        if not _is_its_own(context):
            by_directory.setdefault(context.directory, []).append(context)
    for directory, contexts in by_directory.items():
        path = os.path.relpath(f"{directory}/.dockerignore", found.root)
        text = write_ignore_file(contexts, found.repository)
        yield Draft(path, text, "what builds must not see", _standing(found, path))


def _is_its_own(context: Context) -> bool:
    return (
        context.ignore is not None and context.ignore.path == f"{context.build.path}.dockerignore"
    )


def _pipeline(found: Survey, options: InitOptions) -> Iterator[Draft]:
    """The CI's job and the commit hook, which belong in the root of a repository."""
    system = options.system or found.system
    edit = "" if options.own != drafts.OWN else "Put the place and the commit of Seawall in."
    if not found.is_root:
        return
    if system == GITHUB:
        path = ".github/workflows/seawall.yml"
        text = drafts.github(found, options.own)
        yield Draft(path, text, "the CI's job", _standing(found, path), edit)
    elif system == GITLAB:
        yield _gitlab(found)
    path = ".pre-commit-config.yaml"
    text = drafts.pre_commit(options.own)
    yield Draft(path, text, "the commit hook", _standing(found, path), edit)


def _gitlab(found: Survey) -> Draft:
    """Beside a pipeline that is there, a file for it to include."""
    edit = "Put the place of Seawall's image in."
    has_pipeline = bool(_standing(found, _GITLAB))
    path = _INCLUDED if has_pipeline else _GITLAB
    if has_pipeline:
        edit += f" Add to {_GITLAB}: `include: [{{local: {_INCLUDED}}}]`."
    return Draft(path, drafts.gitlab(found), "the CI's job", _standing(found, path), edit)


def _standing(found: Survey, path: str) -> str:
    return path if os.path.lexists(f"{found.root}/{path}") else ""
