"""Checks that are imported when they are first asked.

Images are looked at by `scan` alone: `check`, which starts for a single Dockerfile, knows the
rules on them and loads none of their code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module

from seawall.core.expression import Expression
from seawall.core.model import Hit
from seawall.core.rule import Check, Settings
from seawall.surfaces.image.model import Image


def deferred(path: str) -> Check:
    """The check at `module:name`, with the module's name below `seawall.rules`."""

    def check(facts: object, settings: Settings) -> Iterable[Hit]:
        return _loaded(path)(facts, settings)

    return check


def again(check: Check, sign: str) -> Check:
    """A check of Dockerfiles, asked of an image's history told as one.

    `sign` is a regular expression that every instruction with the fault matches in lower case:
    reading the instructions takes longer than all other checks.
    """
    expression = Expression(sign, re.MULTILINE)

    def checked(image: Image, settings: Settings) -> Iterable[Hit]:
        from seawall.rules.image.retold import judged_again  # noqa: PLC0415 -- for scans only

        return judged_again(check, expression, image, settings)

    return checked


@cache
def _loaded(path: str) -> Check:
    module, _, name = path.partition(":")
    found: Check = getattr(import_module(f"seawall.rules.{module}"), name)
    return found
