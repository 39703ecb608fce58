"""The verdicts that tools are held to: root or not for a file, moving or not for a reference."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from oracle import bases
from oracle.evaluation import (
    OPEN,
    Reference,
    Stage,
    UnreadableError,
    is_reference,
    read,
    split,
    status,
)
from oracle.substitution import HOLE, REFUSED

ROOT, PRESUMED, WINDOWS, NON_ROOT, UNKNOWN = (
    "root",
    "presumed root",
    "Windows administrator",
    "non-root",
    "unknown",
)


@dataclass(frozen=True)
class Truth:
    """What is true of a file; `reason` says how we know."""

    user: str
    reason: str
    references: tuple[tuple[Reference, str], ...] = ()


@cache
def labels() -> dict[str, dict[str, str]]:
    """What a person read, by the first 16 digits of the file's SHA-256."""
    return tomllib.loads(Path(__file__).with_name("labels.toml").read_text())


def of(path: Path) -> Truth:
    """The truth of one Dockerfile."""
    label = labels().get(hashlib.sha256(path.read_bytes()).hexdigest()[:16], {})
    try:
        reading = read(str(path))
    except UnreadableError as error:
        return Truth(UNKNOWN, f"no build is possible: {error}")
    user, reason = _user(reading.final)
    if "user" in label:
        user, reason = label["user"], f"read by a person: {label['why']}"
    open_names = label.get("contexts", "").split()
    references = tuple(
        (reference, OPEN if reference.value in open_names else status(reference.value))
        for reference in reading.references
    )
    return Truth(user, reason, references)


def _user(stage: Stage) -> tuple[str, str]:
    base = stage.root_base
    if stage.user is not None:
        name = stage.user.partition(":")[0]
        if REFUSED in name:
            return UNKNOWN, f"line {stage.user_line}: BuildKit refuses the USER"
        if HOLE in name or not name:
            return UNKNOWN, f"line {stage.user_line}: USER hangs on what nothing sets"
        is_root = name == "root" or (name.isdigit() and int(name) == 0)
        verdict = ROOT if is_root else NON_ROOT
        if name.lower() == "containeradministrator":
            verdict = WINDOWS
        return verdict, f"line {stage.user_line}: USER {stage.user}"
    return _user_of(base)


def _user_of(base: str) -> tuple[str, str]:
    name, tag, _ = split(base)
    if not is_reference(base):
        return UNKNOWN, "BuildKit refuses the reference to the base image"
    if HOLE in name:
        return UNKNOWN, "the base image hangs on what nothing sets"
    known = bases.find(name, tag)
    if known is None:
        return PRESUMED, f"no USER; nothing is published of {name}, and most images are root"
    verdict = {"root": ROOT, "ContainerAdministrator": WINDOWS}.get(known.user, NON_ROOT)
    if HOLE in tag and any(
        e.holds_for(name, "nonroot") and e.user != known.user for e in bases.table()
    ):
        return UNKNOWN, "the tag of the base image hangs on what nothing sets"
    return verdict, f"no USER; {name} is {known.user}: {known.source}"
