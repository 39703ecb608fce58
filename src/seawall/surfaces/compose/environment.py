"""`.env` and `env_file` files, as Compose reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Cell, Place, State
from seawall.surfaces.compose.interpolation import MARK, Interpolation

_STATEMENT = re.compile(
    r"""[ \t\v\f\r\x85\xa0]*(?:export[ \t]+)?
    (?P<key>[^\s=:\#'"][^\n=:\#'"]*?)[ \t\v\f\r]*
    (?:(?P<sign>[=:])[ \t\v\f\r]*
       (?:'(?P<single>(?:\\.|[^'\\])*)'|"(?P<double>(?:\\.|[^"\\])*)"|(?P<bare>[^\n]*))
     |(?=\n|\#|\Z))
    [^\n]*""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"(?:[ \t\v\f\r]*(?:#[^\n]*)?\n)*[ \t\v\f\r]*(?:#[^\n]*\Z)?")
_ESCAPE = re.compile(r"\\([nrtabfv\"$\\'])")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_COMMENT = re.compile(r"(?:^|[ \t])#.*")


class Setting(Struct, frozen=True):
    """A line of the file: `value` is None-valued where only a name stands."""

    name: str
    key: Place
    value: Cell[str]


class EnvironmentFile(Struct, frozen=True):
    """What a file sets, in order, and the lines that Compose would refuse."""

    settings: tuple[Setting, ...]
    faults: tuple[tuple[str, int], ...] = ()

    def variables(self) -> dict[str, str]:
        """The known values by name."""
        return {
            setting.name: setting.value.value
            for setting in self.settings
            if setting.value.value is not None
        }


def parse_environment(
    source: Source,
    outer: Mapping[str, str],
    is_raw: bool,
    earlier: Mapping[str, str] | None = None,
) -> EnvironmentFile:
    """Read `NAME=value` lines.

    A value refers to `outer`, else to what the file has set above it, else to `earlier` files.

    `is_raw` takes values as they stand, as `format: raw` asks. Faults hold message and offset.
    """
    settings: list[Setting] = []
    faults: list[tuple[str, int]] = []
    known: dict[str, str] = {**(earlier or {}), **outer}
    for match in _statements(source.text, faults):
        setting = _setting(source, match, known, is_raw)
        settings.append(setting)
        if setting.value.value is not None and setting.name not in outer:
            known[setting.name] = setting.value.value
    return EnvironmentFile(tuple(settings), tuple(faults))


def _statements(text: str, faults: list[tuple[str, int]]) -> Iterator[re.Match[str]]:
    position = 1 if text.startswith("\ufeff") else 0
    while position < len(text):
        blank = _BLANK.match(text, position)
        position = blank.end() if blank is not None else position
        if position >= len(text):
            return
        match = _STATEMENT.match(text, position)
        if match is None or " " in match["key"].strip():
            faults.append(("not a NAME=value line", position))
            position = _next_line(text, position)
            continue
        yield match
        position = _next_line(text, match.end())


def _next_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _setting(
    source: Source, match: re.Match[str], known: Mapping[str, str], is_raw: bool
) -> Setting:
    name = match["key"].strip()
    key = Place(source, match.start("key"), match.start("key") + len(name))
    if match["sign"] is None:
        inherited = known.get(name)
        state = State.UNKNOWN if inherited is None else State.ENVIRONMENT
        return Setting(name, key, Cell(inherited, key, "", state))
    group = next(group for group in ("single", "double", "bare") if match[group] is not None)
    written, start = match[group], match.start(group)
    if is_raw and group != "bare":
        written, start = match[0][start - 1 - match.start() :].rstrip("\r"), start - 1
    elif group == "bare" and not is_raw:
        written = _COMMENT.sub("", written).strip()
    place = Place(source, start, start + len(written))
    return Setting(name, key, _value(written, group, place, known, is_raw))


def _value(
    written: str, group: str, place: Place, known: Mapping[str, str], is_raw: bool
) -> Cell[str]:
    if is_raw or group == "single" or ("$" not in written and "\\" not in written):
        return Cell(written, place, written)
    text = _ESCAPE.sub(_unescape, written) if group == "double" else written
    result = Interpolation(known).substitute(text)
    is_known = MARK not in result.text
    return Cell(result.text if is_known else None, place, written, result.state)


def _unescape(match: re.Match[str]) -> str:
    if match[1] == "$":
        return "$$"
    return _ESCAPES.get(match[1], match[1])
