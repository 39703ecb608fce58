"""A plan as a patch that `git apply` and `patch -p1` take: the very bytes of the files."""

from __future__ import annotations

import os
from collections.abc import Iterator

from seawall.jobs.fixing import ChangedFile, Plan
from seawall.reports.fixes.hunks import Hunk, hunks

_PLAIN = frozenset(range(0x20, 0x7F)) - {0x22, 0x5C}
_ESCAPES = {0x07: "a", 0x08: "b", 0x09: "t", 0x0A: "n", 0x0B: "v", 0x0C: "f", 0x0D: "r"}
_ESCAPES |= {0x22: '"', 0x5C: "\\"}
_NO_END = "\\ No newline at end of file\n"


def render(plan: Plan) -> bytes:
    """The patch, for the working directory; a file that holds a secret is not in it."""
    parts = (_file(each) for each in plan.changed if not each.is_text and not each.is_private)
    return "".join(parts).encode("utf-8", "surrogateescape")


def _file(file: ChangedFile) -> str:
    path = os.path.relpath(file.path)
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    head = f"diff --git {old} {new}\n"
    if file.is_new:
        head += f"new file mode 100644\n--- /dev/null\n+++ {_named(new)}\n"
    else:
        head += f"--- {_named(old)}\n+++ {_named(new)}\n"
    return head + "".join(piece for hunk in hunks(file) for piece in _hunk(hunk, file.is_new))


def _named(quoted: str) -> str:
    """A name with a space ends with a tab, as `git` writes it for `patch`."""
    return f"{quoted}\t" if " " in quoted and not quoted.startswith('"') else quoted


def _hunk(hunk: Hunk, is_new: bool) -> Iterator[str]:
    head = hunk.head.replace("-0,0", "-0,0") if is_new else hunk.head
    yield head + "\n"
    for line in hunk.lines:
        yield line.sign + line.text
        if not line.text.endswith("\n"):
            yield "\n" + _NO_END


def _quoted(path: str) -> str:
    """A path as `git` quotes it: in C's way where a byte of it is no plain character."""
    data = os.fsencode(path)
    if all(byte in _PLAIN for byte in data):
        return path
    return '"' + "".join(map(_escaped, data)) + '"'


def _escaped(byte: int) -> str:
    if byte in _ESCAPES:
        return f"\\{_ESCAPES[byte]}"
    return chr(byte) if byte in _PLAIN else f"\\{byte:03o}"
