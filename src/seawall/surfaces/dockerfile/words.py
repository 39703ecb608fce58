"""How BuildKit cuts an instruction's line into keyword, flags and arguments.

Every position is one in the logical line; a piece is `(text, start, end)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from seawall.surfaces.dockerfile.lines import BLANK, SPACE

Piece = tuple[str, int, int]
Reading = tuple[list[Piece], bool]
"""Arguments, and whether they are of the JSON form."""
Reader = Callable[[str, int, str], Reading]
"""Reads the arguments of `text` from `start` on, with this escape character."""


class Rejection(Exception):  # noqa: N818 -- what BuildKit does with the file
    """BuildKit's parser refuses the file; the message is in its words."""


_NOT_BLANK = re.compile(f"[^{BLANK}]+")
_BLANKS = re.compile(f"[{BLANK}]+")
_SPACES = re.compile(f"[{SPACE}]*")
_HEAD = re.compile(f"[{SPACE}]*([^{BLANK}]*)[{BLANK}]*")

# Bytes, not characters, are what BuildKit's flag and HEALTHCHECK scanners look at: of UTF-8
# text they take the bytes 0x85 and 0xA0 for spaces.
_BYTE_SPACE = "\t\n\v\f\r \x85\xa0"
_BYTE_SPACES = re.compile(f"[{_BYTE_SPACE}]*")
_NOT_BYTE_SPACE = re.compile(f"[^{_BYTE_SPACE}]*")
_FLAG = re.compile(
    rf"--(?:[^{_BYTE_SPACE}\"'\\]++|\\."
    r'|"(?:[^"\\]++|\\.)*+(?:"|(?=\\?\Z))'
    r"|'(?:[^'\\]++|\\.)*+(?:'|(?=\\?\Z)))*+",
    re.DOTALL,
)
_FLAG_QUOTING = re.compile(
    r"""\\(.)|"((?:[^"\\]++|\\.)*+)"?|'((?:[^'\\]++|\\.)*+)'?""",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def _word_pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(
        rf"(?:[^{SPACE}\"'{mark}]++|{mark}.|'[^']*+'?"
        rf"|\"(?:[^\"{mark}]++|{mark}.)*+(?:\"|(?={mark}?\Z)))++",
        re.DOTALL,
    )


_WORD = {escape: _word_pattern(escape) for escape in "\\`"}


def read_head(text: str, position: int) -> tuple[str, int, int]:
    """The keyword as written, where it starts, and where what follows it starts."""
    match = _HEAD.match(text, position)
    assert match is not None  # noqa: S101 -- the pattern matches the empty string
    return match[1], match.start(1), match.end()


def skip_space(text: str, position: int) -> int:
    """Where the text goes on after any space."""
    match = _SPACES.match(text, position)
    return match.end() if match else position


def read_flags(text: str, start: int) -> tuple[list[Piece], int]:
    """The `--flag` words from `start` on, quotes removed, and where the arguments start."""
    if text.isascii():
        return _flags(text, start)
    encoded = text.encode("utf-8", "surrogateescape")
    widths = [len(character.encode("utf-8", "surrogateescape")) for character in text]
    places = [index for index, width in enumerate(widths) for _ in range(width)]
    places.append(len(text))
    flags, end = _flags(encoded.decode("latin-1"), places.index(start))
    pieces = [(word, places[first], places[last - 1] + 1) for word, first, last in flags]
    return pieces, skip_space(text, places[end])


def _flags(text: str, position: int) -> tuple[list[Piece], int]:
    flags: list[Piece] = []
    length = len(text)
    while text.startswith("--", position):
        match = _FLAG.match(text, position)
        assert match is not None  # noqa: S101 -- the text starts with the two dashes
        end = match.end()
        # An escape character that ends the line is dropped.
        end += end == length - 1 and text[end] == "\\"
        word = _unquote(match[0])
        if word == "--":
            return flags, _after(_BYTE_SPACES, text, end)
        flags.append((word, position, end))
        position = _after(_BYTE_SPACES, text, end)
    return flags, position


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _unquote(word: str) -> str:
    if '"' not in word and "'" not in word and "\\" not in word:
        return word
    return _FLAG_QUOTING.sub(_flag_quoted, word)


def _flag_quoted(match: re.Match[str]) -> str:
    if match[1] is not None:
        return match[1]
    inner = match[2] if match[2] is not None else match[3]
    return _ESCAPED.sub(r"\1", inner)


def read_string(text: str, start: int, _escape: str) -> Reading:
    """All that is left as one argument."""
    return ([(text[start:], start, len(text))] if start < len(text) else []), False


def read_list(text: str, start: int, _escape: str) -> Reading:
    """Words between blanks; quotes mean nothing."""
    return [
        (match[0], match.start(), match.end()) for match in _NOT_BLANK.finditer(text, start)
    ], False


def read_words(text: str, start: int, escape: str) -> Reading:
    """Words as ARG has them: quotes and escapes keep spaces inside and stay in the text."""
    return [
        (match[0], match.start(), match.end()) for match in _WORD[escape].finditer(text, start)
    ], False


def read_env(text: str, start: int, escape: str) -> Reading:
    """ENV's `name=value …`, or `name value` with all the rest as the value.

    Raises:
        Rejection: a name without a value, or a word without `=` after one with it.
    """
    return _read_pairs(text, start, escape, "ENV")


def read_label(text: str, start: int, escape: str) -> Reading:
    """LABEL's pairs; like ENV's."""
    return _read_pairs(text, start, escape, "LABEL")


def _read_pairs(text: str, start: int, escape: str, keyword: str) -> Reading:
    words = read_words(text, start, escape)[0]
    if words and "=" not in words[0][0]:
        return _legacy_pair(text, start, keyword), False
    pairs: list[Piece] = []
    for word, first, last in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise Rejection(
                f"Syntax error - can't find = in {quote(word)}. Must be of the form: name=value"
            )
        middle = first + len(name)
        pairs += ((name, first, middle), (value, middle + 1, last))
    return pairs, False


def _legacy_pair(text: str, start: int, keyword: str) -> list[Piece]:
    gap = _BLANKS.search(text, start)
    if gap is None:
        raise Rejection(f"{keyword} must have two arguments")
    name = (text[start : gap.start()], start, gap.start())
    return [name, (text[gap.end() :], gap.end(), len(text))]


def quote(text: str) -> str:
    """A string as Go's `%q` shows it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if escaped.isprintable() else f'"{_show_controls(escaped)}"'


def _show_controls(text: str) -> str:
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def health_split(text: str, start: int) -> tuple[int, int]:
    """Where HEALTHCHECK's type ends and where its command starts."""
    end = _after(_NOT_BYTE_SPACE, text, start)
    if text.isascii():
        return end, _after(_BYTE_SPACES, text, end)
    return _health_split_bytes(text, start)


def _health_split_bytes(text: str, start: int) -> tuple[int, int]:
    data = text[start:].encode("utf-8", "surrogateescape").decode("latin-1")
    end = _after(_NOT_BYTE_SPACE, data, 0)
    following = _after(_BYTE_SPACES, data, end)
    return start + _characters(data[:end]), start + _characters(data[:following])


def _characters(data: str) -> int:
    return len(data.encode("latin-1").decode("utf-8", "surrogateescape"))
