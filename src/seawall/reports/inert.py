"""Keeps text for people from commanding the CI system whose log it lands in."""

from __future__ import annotations

import re

# GitHub's runner obeys `::name::` at the start of a line (blanks before it are skipped) and
# `##[name]` anywhere in it; Azure obeys `##vso[`, TeamCity `##teamcity[`.
_AT_START = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_ANYWHERE = re.compile(r"##(?=\w*\[)")


def inert(text: str) -> str:
    """The text, as wide as before, with such commands broken visibly: `·:error::`, `#·[error]`."""
    return _ANYWHERE.sub("#·", _AT_START.sub(r"\1·", text))
