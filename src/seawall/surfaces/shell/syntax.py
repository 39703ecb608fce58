"""The grammar's trees: one parser for the process, fed so that a byte is a character."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

WHOLE = 8192
"""Bytes up to which a text is given at once: even of nothing but mistakes it costs little."""

CHUNK = 512
"""Bytes that the parser is given at a time of a longer one."""

MOST_READS = 100
"""How often, on average, the parser may ask for a chunk.

It asks for each about four times, eight at most in 3,200 real scripts. On a text of nothing but
mistakes it goes back over and over, in time that grows with the square of the text: there the
text ends early.
"""

_UNDIVIDED = re.compile(
    r"(?<![\w-])(done|fi|esac|\})[ \f\t](?=[ \f\t]*(?:done|fi|esac|\}|else|elif)(?![\w-]))"
)
_WIDE = re.compile(r"[^\x01-\x7f]")


@cache
def _parser() -> Parser:
    # Imported on use: a run without shell text never pays for the grammar.
    import tree_sitter_bash  # noqa: PLC0415 -- the grammar on use
    from tree_sitter import Language, Parser  # noqa: PLC0415 -- the grammar on use

    return Parser(Language(tree_sitter_bash.language()))


def parse(text: str) -> Node:
    """The root of the text's tree; byte offsets in it are character offsets in `text`.

    The grammar counts bytes: every character outside ASCII is shown to it as one letter. None of
    them means anything to a shell.
    """
    if not text.isascii() or "\0" in text:
        text = _WIDE.sub("_", text)
    root = _parse(text.encode("ascii"))
    return _repaired(root, text) if root.has_error else root


def _repaired(root: Node, text: str) -> Node:
    """The tree with `done; done` for `done done`, which shells take and the grammar does not."""
    divided = _UNDIVIDED.sub(r"\1;", text)
    if divided == text:
        return root
    again = _parse(divided.encode("ascii"))
    return root if again.has_error else again


def _parse(data: bytes) -> Node:
    if len(data) <= WHOLE:
        return _parser().parse(data).root_node
    left = MOST_READS * (2 + len(data) // CHUNK)

    def read(offset: int, _point: object) -> bytes:
        nonlocal left
        left -= 1
        return data[offset : offset + CHUNK] if left > 0 else b""

    return _parser().parse(read).root_node
