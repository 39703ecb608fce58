"""Semantic Versioning 2.0.0 (semver.org), and what npm, Go, Cargo, Dart and Bitnami make of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from seawall.versions.encoding import number

_CORE = re.compile(r"[\s=]*+[vV]?+([0-9]++(?:\.[0-9]++)*+)")
_NOT_A_VERSION, _A_VERSION = "\x00", "\x01"
_END, _MORE = "\x01", "\x02"
_PRERELEASE, _RELEASE = "\x01", "\x02"
_IDENTIFIERS_END, _NUMERIC, _WORD = "\x00", "\x01", "\x02"
_WORD_END = "\x00"


def key(version: str) -> str:
    """The sort key by precedence (section 11): what follows `+` plays no part.

    Read as loosely as versions are written: a leading `v` or `=`, missing parts are 0 (`v1.2`), a
    fourth and further parts count, `1.2.3rc1` is a pre-release. What does not begin with a number
    (`(devel)`, `latest`) is lower than all versions.
    """
    core, prerelease, _ = _parts(version)
    return _key(core, prerelease)


def labelled_key(version: str, identifier: Callable[[str], str]) -> str:
    """The key of `key`, with another piece for each identifier of a pre-release."""
    core, prerelease, _ = _parts(version)
    return _key(core, prerelease, identifier)


def go_key(version: str) -> str:
    """The sort key of a Go module's version, a pseudo-version, or Go's own (`go1.21.3`)."""
    return key(version.strip().removeprefix("go"))


def pub_key(version: str) -> str:
    """The sort key of a Dart package: a build (`1.0.0+1`) is later than none.

    The tool orders by the draft 2.0.0-rc.1 of SemVer.
    """
    core, prerelease, build = _parts(version)
    return _key(core, prerelease) + (_MORE + _identifiers(build) if build else _END)


def bitnami_key(version: str) -> str:
    """The sort key of a Bitnami component, where `1.2.3-4` is the fourth revision of `1.2.3`."""
    core, prerelease, _ = _parts(version)
    if core is None or not _is_number(prerelease):
        return _key(core, prerelease) + number("")
    return _key(core, "") + number(prerelease)


def _parts(version: str) -> tuple[str | None, str, str]:
    """The numbers, the pre-release and the build; None and all of the text where there are none."""
    match = _CORE.match(version)
    if match is None:
        return None, version, ""
    rest, _, build = version[match.end() :].strip().partition("+")
    return match[1], rest.removeprefix("-"), build


def _numbers(core: str) -> str:
    parts = [number(part) for part in core.split(".")]
    zero = number("")
    while parts and parts[-1] == zero:
        parts.pop()
    return "".join([_MORE + part for part in parts]) + _END


def number_piece(digits: str) -> str:
    """The piece of an identifier that is a number."""
    return _NUMERIC + number(digits)


def word_piece(word: str) -> str:
    """The piece of an identifier that is not: higher than all numbers."""
    return _WORD + word + _WORD_END


def _identifier(text: str) -> str:
    return number_piece(text) if _is_number(text) else word_piece(text)


def _identifiers(text: str, identifier: Callable[[str], str] = _identifier) -> str:
    return "".join([identifier(part) for part in text.split(".")]) + _IDENTIFIERS_END


def _key(core: str | None, prerelease: str, identifier: Callable[[str], str] = _identifier) -> str:
    if core is None:
        return _NOT_A_VERSION + prerelease
    tail = _PRERELEASE + _identifiers(prerelease, identifier) if prerelease else _RELEASE
    return _A_VERSION + _numbers(core) + tail


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
