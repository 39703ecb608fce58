"""A finding's identity: what makes it the same one after the file around it has changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache

from msgspec import structs

from seawall.core.globs import absolute
from seawall.core.model import Finding

_SEPARATOR = "\0"


def fingerprint(rule: str, path: str, symbol: str, ordinal: int = 0) -> str:
    """32 hexadecimal digits for a rule, a path relative to its root, and a symbolic place.

    `ordinal` counts, from 0, findings that are otherwise the same. Neither lines nor messages
    take part, so that blank lines, indentation and better wording change nothing.
    """
    from hashlib import sha256  # noqa: PLC0415 -- loads a cryptographic library

    text = _SEPARATOR.join((rule, path, _on_one_line(symbol), str(ordinal)))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def relative_path(path: str, root: str) -> str:
    """A path as identities have it: relative to an absolute root, with `/` separators.

    A path outside the root is made absolute. So the directory that a run starts in, and how its
    paths are spelt, change no identity.
    """
    full = absolute(path)
    return full.removeprefix(root.rstrip("/") + "/").replace(os.sep, "/")


def identify(findings: Iterable[Finding], root: str, called: str = "") -> tuple[Finding, ...]:
    """Give the findings of one or more files their fingerprints, and keep their order.

    `root` is the absolute directory that paths are relative to: the repository's. `called` stands
    for the path where that is none: an image is its repository, whatever its tag. Where rule, path
    and symbol are the same, the place in the file tells the findings apart.
    """
    given = tuple(findings)
    paths = {path: called or relative_path(path, root) for path in {f.location.path for f in given}}
    counts: dict[tuple[str, str, str], int] = {}
    prints: dict[int, str] = {}
    for number in sorted(range(len(given)), key=[_place(f) for f in given].__getitem__):
        finding = given[number]
        place = finding.location
        key = (finding.rule, paths[place.path], _on_one_line(place.symbol))
        ordinal = counts[key] = counts.get(key, -1) + 1
        prints[number] = fingerprint(*key, ordinal)
    return tuple(
        [structs.replace(finding, fingerprint=prints[n]) for n, finding in enumerate(given)]
    )


@lru_cache(maxsize=4096)
def _on_one_line(symbol: str) -> str:
    return " ".join(symbol.split())


def _place(finding: Finding) -> tuple[int, int, int, int]:
    span = finding.location.span
    return span.line, span.column, span.end_line, span.end_column
