"""Dockerfiles, read as BuildKit reads them: exact places, stages, ARG and ENV evaluated."""

from seawall.surfaces.dockerfile.model import (
    Comment,
    Directive,
    Dockerfile,
    Flag,
    Heredoc,
    ImageUse,
    Instruction,
    Mount,
    Reach,
    Setting,
    Stage,
    Syntax,
    Word,
)
from seawall.surfaces.dockerfile.reader import read
from seawall.surfaces.dockerfile.value import Value, known

__all__ = [
    "Comment",
    "Directive",
    "Dockerfile",
    "Flag",
    "Heredoc",
    "ImageUse",
    "Instruction",
    "Mount",
    "Reach",
    "Setting",
    "Stage",
    "Syntax",
    "Value",
    "Word",
    "known",
    "read",
]
