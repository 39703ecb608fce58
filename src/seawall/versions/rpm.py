"""RPM's order of versions: `[epoch:]version[-release]` (rpm-version(7), rpm's `rpmvercmp`)."""

from __future__ import annotations

import re

from seawall.versions.encoding import number

# What may stand at a place, lowest first. All other characters only separate.
_TILDE, _END, _CARET, _LETTERS, _NUMBER = "\x01", "\x02", "\x03", "\x04", "\x05"
_LETTERS_END = "\x00"
_NO_RELEASE, _RELEASE = "\x00", "\x01"
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|[~^]")
_EPOCH = re.compile("([0-9]*):")


def key(version: str) -> str:
    """The sort key of an RPM's version, with or without epoch and release.

    No epoch is epoch 0; no release is lower than any, as where rpm compares two version objects.
    """
    epoch = _EPOCH.match(version)
    rest = version[epoch.end() :] if epoch else version
    upstream, dash, release = rest.rpartition("-")
    if not dash:
        upstream, tail = rest, _NO_RELEASE
    else:
        tail = _RELEASE + _part(release)
    return number(epoch[1] if epoch else "") + _part(upstream) + tail


def _part(text: str) -> str:
    return "".join([_segment(segment) for segment in _SEGMENT.findall(text)]) + _END


def _segment(text: str) -> str:
    if text == "~":
        return _TILDE
    if text == "^":
        return _CARET
    if text[0] <= "9":
        return _NUMBER + number(text)
    return _LETTERS + text + _LETTERS_END
