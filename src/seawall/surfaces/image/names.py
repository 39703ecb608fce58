"""Paths of a layer's entries, brought to one form: `./usr//bin/`, `/usr/bin` → `usr/bin`."""

from __future__ import annotations


class RefusedError(Exception):
    """A path that no entry can have; the reason is the message."""


def clean(name: bytes, limit: int) -> bytes:
    """The path relative to the root; empty for the root itself.

    Raises:
        RefusedError: it leaves the root, is too long, or has a NUL in it.
    """
    if name.endswith(b"/"):
        name = name.rstrip(b"/")
    if len(name) > limit:
        raise RefusedError(f"its path has more than {limit} bytes")
    if b"\0" in name:
        raise RefusedError("its path has a NUL in it")
    if b"./" in name or b"//" in name or name.startswith((b"/", b".")) or name.endswith(b"."):
        return _resolved(name)
    return name


def _resolved(name: bytes) -> bytes:
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            if not parts:
                raise RefusedError("its path leaves the image's root")
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)
