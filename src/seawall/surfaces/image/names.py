"""Paths of a layer's entries, brought to one form: `./usr//bin/`, `/usr/bin` → `usr/bin`."""

from __future__ import annotations

_LAST = (b"/", b".")


class RefusedError(Exception):
    """A path that no entry can have; the reason is the message."""


def clean(name: bytes, limit: int) -> bytes:
    """The path relative to the root; empty for the root itself.

    Raises:
        RefusedError: it leaves the root, is too long, or has a NUL in it.
    """
    if name.startswith(b"./"):
        name = name[2:]
    if len(name) > limit or name.endswith(_LAST) or name.startswith(b"/"):
        return _resolved(name, limit)
    return _resolved(name, limit) if b"./" in name or b"//" in name or b"\0" in name else name


def _resolved(name: bytes, limit: int) -> bytes:
    if len(name) > limit:
        raise RefusedError(f"its path has more than {limit} bytes")
    if b"\0" in name:
        raise RefusedError("its path has a NUL in it")
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            if not parts:
                raise RefusedError("its path leaves the image's root")
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)
