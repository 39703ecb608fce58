"""Makes foreign text safe to show: nothing that a terminal would act on passes as it is."""

from __future__ import annotations

import re

from seawall.core.expression import Expression

_UNSAFE = Expression(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and LF, DEL, C1
    "\u00ad\u061c\u180e"  # soft hyphen, Arabic letter mark, Mongolian vowel separator
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, separators, bidi controls
    "\ufeff\ufff9-\ufffb"  # byte order mark, interlinear annotation
    "\ud800-\udfff"  # surrogates: the undecodable bytes of a name or a file
    "\U000e0000-\U000e007f]"  # tags: invisible text
)


def clean(text: str) -> str:
    r"""Show control, bidirectional, invisible and undecodable characters as escapes.

    Tab and line feed stay. ESC becomes `\x1b`, a right-to-left override `\u202e`, the
    undecodable byte 0xFF `\xff`. The result encodes to UTF-8 and moves no cursor.
    """
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_visible, text)


def clean_line(text: str) -> str:
    r"""Like `clean`, and a line feed becomes `\n`: for what must stay on one line, a file name."""
    return clean(text).replace("\n", "\\n")


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
