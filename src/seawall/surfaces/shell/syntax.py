"""The grammar's trees: one parser for the process, fed so that a byte is a character."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_WIDE = re.compile(r"[^\x01-\x7f]")


@cache
def _parser() -> Parser:
    # Imported on use: a run without shell text never pays for the grammar.
    import tree_sitter_bash  # noqa: PLC0415
    from tree_sitter import Language, Parser  # noqa: PLC0415

    return Parser(Language(tree_sitter_bash.language()))


def parse(text: str) -> Node:
    """The root of the text's tree; byte offsets in it are character offsets in `text`.

    The grammar counts bytes: every character outside ASCII is shown to it as one letter. None of
    them means anything to a shell.
    """
    if not text.isascii() or "\0" in text:
        text = _WIDE.sub("_", text)
    return _parser().parse(text.encode("ascii")).root_node
