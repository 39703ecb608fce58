"""Texts that stand for files: what a fix would write is judged before it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_TEXTS: ContextVar[Mapping[str, str] | None] = ContextVar("texts", default=None)


@contextmanager
def overlaid(texts: Mapping[str, str]) -> Iterator[None]:
    """Within it, `core.source.read` takes these texts for the files of these absolute paths."""
    token = _TEXTS.set({**(_TEXTS.get() or {}), **texts})
    try:
        yield
    finally:
        _TEXTS.reset(token)


def text_for(path: str | os.PathLike[str]) -> str | None:
    """The text that stands for a file; None where it is read from the disk."""
    texts = _TEXTS.get()
    return texts.get(os.path.abspath(path)) if texts else None
