"""Paths as the services take them that show findings beside the code."""

from __future__ import annotations


def relative(path: str) -> str:
    """A path without a leading `./`: they match it against the paths of the repository."""
    return path.removeprefix("./")


def uri(path: str) -> str:
    """A URI reference (RFC 3986): relative for a relative path, `file:` for an absolute one."""
    from urllib.parse import quote  # noqa: PLC0415 -- only SARIF needs it

    quoted = quote(relative(path), safe="/~")
    return f"file://{quoted}" if quoted.startswith("/") else quoted
