"""Reads the data files of this package, each once and only when something asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

DIRECTORY = Path(__file__).parent / "data"

_T = TypeVar("_T")


def load(name: str, kind: type[_T]) -> _T:
    """Read `data/<name>` as a value of `kind`; the files are part of the package.

    Raises:
        OSError: the file is not there.
        msgspec.ValidationError: it does not have the shape of `kind`.
    """
    return msgspec.json.decode((DIRECTORY / name).read_bytes(), type=kind)
