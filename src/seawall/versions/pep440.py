"""Python's order of versions (PEP 440), with a place for the versions that break its rules."""

from __future__ import annotations

import re

from seawall.versions.encoding import number

# Appendix B of PEP 440. A word ends with its letters, or where the next begins (`1.0adev1`):
# `1.0alpine` is not an alpha.
_EDGE = "(?=(?:post|rev|r)?+(?:dev)?+(?![a-z]))"
_VERSION = re.compile(
    r"v?(?:([0-9]++)!)?([0-9]++(?:\.[0-9]++)*+)"
    rf"(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc){_EDGE}[-_.]?+([0-9]*+))?+"
    rf"(?:-([0-9]++)(?![-_.]?[a-z0-9])|(?:[-_.]?(post|rev|r){_EDGE}[-_.]?+([0-9]*+)))?+"
    rf"(?:[-_.]?(dev){_EDGE}[-_.]?+([0-9]*+))?+"
    r"(?:\+([a-z0-9]++(?:[-_.][a-z0-9]++)*+))?+"
)
_PRE = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_END, _MORE = "\x01", "\x02"
_LEGACY, _REGULAR = "\x00", "\x01"
_DEV_ONLY, _NO_PRE = "\x01", "\x05"
_PHASES = {"a": "\x02", "b": "\x03", "rc": "\x04"}


def key(version: str) -> str:
    """The sort key of a version of a Python distribution.

    A version that PEP 440 does not allow stands just after what can be read of its beginning:
    `1.0-custom` after `1.0`, before `1.0.post1`. One without a number at its beginning is lower
    than all others, as setuptools and pip once had it.
    """
    text = version.strip().lower()
    match = _VERSION.match(text)
    if match is None:
        return _LEGACY + text
    epoch, release, pre, pre_number, implicit, post, post_number, dev, dev_number, local = (
        match.groups()
    )
    after = number(implicit) if implicit else number(post_number) if post else None
    before = number(dev_number) if dev else None
    return "".join(
        (
            _REGULAR,
            number(epoch or ""),
            _release(release),
            _pre(pre, pre_number, is_dev_only=before is not None and after is None),
            _END if after is None else _MORE + after,
            _MORE if before is None else _END + before,
            _local(local, text[match.end() :]),
        )
    )


def _release(text: str) -> str:
    """The numbers; zeros at the end mean nothing."""
    parts = [number(part) for part in text.split(".")]
    zero = number("")
    while parts and parts[-1] == zero:
        parts.pop()
    return "".join([_MORE + part for part in parts]) + _END


def _pre(word: str | None, digits: str, *, is_dev_only: bool) -> str:
    if word:
        return _PHASES[_PRE.get(word, word)] + number(digits)
    return _DEV_ONLY if is_dev_only else _NO_PRE


def _local(local: str | None, rest: str) -> str:
    """The local part, words before numbers, a shorter before a longer; or what is no version."""
    if rest:
        return f"\x03{local or ''}{rest}"
    if not local:
        return _END
    parts = re.split("[-_.]", local)
    return _MORE + "".join([_local_part(part) for part in parts]) + "\x00"


def _local_part(part: str) -> str:
    return "\x02" + number(part) if part.isdigit() else f"\x01{part}\x00"
