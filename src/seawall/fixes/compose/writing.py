"""Values as YAML text, in the manner of the file that they go into."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct, structs


class Plain(Struct, frozen=True):
    """A text that is written as it is, without a look at what YAML makes of it."""

    text: str


class Inline(Struct, frozen=True):
    """A list or a mapping that is written on one line, whatever the file's manner.

    All its texts are quoted where it `is_quoted`, as is usual for commands.
    """

    value: Sequence[Value] | Mapping[str, Value]
    is_quoted: bool = False


Value: TypeAlias = (
    "str | bool | int | float | Plain | Inline | Sequence[Value] | Mapping[str, Value]"
)


class Manner(Struct, frozen=True):
    """How a file is written: its indentation, how far it puts dashes in, its lists and quotes."""

    step: int = 2
    dash: int = 2
    has_flow_lists: bool = False
    quote: str = '"'
    is_json: bool = False
    eol: str = "\n"


_WORDS = frozenset(
    {"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<"}
)
_NUMBER = re.compile(
    r"(?!(?:[0-9]+\.){2,}[0-9]+\Z)[-+]?\.?(?:[0-9][0-9_.,:eExXoObBa-fA-F+-]*|inf|nan)\Z",
    re.IGNORECASE,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]")
_PLAIN_FIRST = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=<]|-(?=[^\s,\[\]{}\-])")
_NOT_PRINTED = re.compile(
    "[^\t\x20-\x7e\xa0-\ud7ff\udc80-\udcff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]"
)
_NOT_IN_FLOW = re.compile(r"[,\[\]{}:?]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_ESCAPED = re.compile('[\\\\"\n\r\t\0]')


def scalar(text: str, *, flow: bool = False, quote: str = "") -> str:
    """A text so that every reader of YAML takes it for that very text.

    Written plainly where that can be; else, or where a `quote` is asked for, in quotes. `flow` is
    for places within brackets and braces. `$` is no concern of YAML's: Compose reads it later.
    """
    if not quote and _is_plain(text, flow):
        return text
    if _NOT_PRINTED.search(text) or "\t" in text:
        return _double(text)
    if quote == "'" or (quote != '"' and "'" not in text and _ESCAPED.search(text)):
        return "'" + text.replace("'", "''") + "'"
    return _double(text)


def _double(text: str) -> str:
    text = _ESCAPED.sub(lambda match: _ESCAPES[match[0]], text)
    return '"' + _NOT_PRINTED.sub(lambda match: _code(ord(match[0])), text) + '"'


def _code(point: int) -> str:
    if point > 0xFFFF:
        return f"\\U{point:08X}"
    return f"\\u{point:04X}" if point > 0xFF else f"\\x{point:02X}"


def _is_plain(text: str, flow: bool) -> bool:
    if text.lower() in _WORDS or _NUMBER.match(text) or _DATE.match(text):
        return False
    if _PLAIN_FIRST.match(text) is None or text[-1] in " :" or text.startswith("..."):
        return False
    if "\t" in text or ": " in text or " #" in text or _NOT_PRINTED.search(text):
        return False
    return not (flow and _NOT_IN_FLOW.search(text))


_PLAINEST = Manner()


def inline(value: Value, manner: Manner = _PLAINEST, *, flow: bool = True) -> str:
    """A value on one line; `flow` where it stands within brackets or braces."""
    if isinstance(value, Inline):
        quoting = structs.replace(manner, is_json=True) if value.is_quoted else manner
        return inline(value.value, quoting, flow=flow)
    if isinstance(value, Mapping):
        pairs = (f"{_key(key, manner)}: {inline(each, manner)}" for key, each in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, str):
        return _text(value, manner, flow)
    if isinstance(value, bool | int | float | Plain):
        return _bare(value)
    return "[" + ", ".join(inline(each, manner) for each in value) + "]"


def _bare(value: bool | float | Plain) -> str:
    """What is never quoted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, Plain) else str(value)


def _text(text: str, manner: Manner, flow: bool) -> str:
    if manner.is_json:
        return scalar(text, quote='"')
    written = scalar(text, flow=flow)
    if written == text or "\\" in text or "'" in text or '"' in text:
        return written
    return scalar(text, flow=flow, quote=manner.quote)


def _key(key: str, manner: Manner) -> str:
    return _text(key, manner, flow=True)


def entry_lines(key: str, value: Value, indent: int, manner: Manner) -> list[str]:
    """The lines, without their ends, of a key and its value in a block at an indentation."""
    pad = " " * indent
    if isinstance(value, Mapping) and value:
        lines = [f"{pad}{_key(key, manner)}:"]
        for inner, each in value.items():
            lines += entry_lines(inner, each, indent + manner.step, manner)
        return lines
    if _is_block_list(value, manner):
        lines = [f"{pad}{_key(key, manner)}:"]
        for each in _items(value):
            lines += item_lines(each, indent + manner.dash, manner)
        return lines
    return [f"{pad}{_key(key, manner)}: {inline(value, manner, flow=False)}"]


def item_lines(value: Value, indent: int, manner: Manner) -> list[str]:
    """The lines of an item of a list whose dashes are at an indentation."""
    pad = " " * indent
    if isinstance(value, Mapping) and value:
        lines: list[str] = []
        for key, each in value.items():
            lines += entry_lines(key, each, indent + 2, manner)
        return [f"{pad}- {lines[0][indent + 2 :]}", *lines[1:]]
    return [f"{pad}- {inline(value, manner, flow=False)}"]


def _is_block_list(value: Value, manner: Manner) -> bool:
    return bool(_items(value)) and not manner.has_flow_lists


def _items(value: Value) -> Sequence[Value]:
    if isinstance(value, str | bool | int | float | Plain | Inline | Mapping):
        return ()
    return value
