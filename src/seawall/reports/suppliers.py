"""Who supplies a package, parted into a name and an address."""

from __future__ import annotations

import re
from functools import lru_cache

from seawall.core.clean import clean_line

_WRITTEN = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>\s]+)>")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_MAX = 300


@lru_cache(maxsize=4096)
def supplier_of(text: str) -> tuple[str, str]:
    """`Debian Perl <perl@debian.org>` as name and address; what is no address is left out."""
    text = clean_line(text[:_MAX]).strip()
    match = _WRITTEN.match(text)
    if match is None:
        return ("", text) if _EMAIL.fullmatch(text) else (text, "")
    email = match["email"] if _EMAIL.fullmatch(match["email"]) else ""
    return match["name"].strip(" \"'"), email
