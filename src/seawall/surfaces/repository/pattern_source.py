"""What sources in other languages log: read by patterns, within the arguments of each call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Place
from seawall.surfaces.repository.sources import LogCall, Shown

_MAX_ARGUMENTS = 2000
_MAX_CALLS = 2000

_LEVEL = r"(?:trace|debug|info|notice|warn|warning|error|fatal|critical|log|verbose|silly|severe)"
_CALLS = {
    "JavaScript": re.compile(
        rf"\b(?:(?P<print>console)|(?:\w+\.){{0,3}}(?:\w*[lL]og(?:ger)?|winston|pino|bunyan))"
        rf"\.{_LEVEL}\s*\("
    ),
    "Go": re.compile(
        r"\b(?:(?P<print>fmt\.(?:Print|Println|Printf))|(?:\w+\.){0,2}(?:\w*[lL]og(?:ger|rus|r)?|sugar"
        r"|slog|klog|glog|zap)\.(?:Trace|Debug|Info|Print|Warn|Warning|Error|Fatal|Panic|With"
        r"|WithField|WithFields|Log)(?:f|ln|w|Context|Ctx)?)\s*\("
    ),
    "Java": re.compile(
        rf"\b(?:(?P<print>System\.(?:out|err)\.print(?:ln|f)?|println)|(?:\w+\.){{0,2}}\w*"
        rf"[lL](?:og(?:ger)?|OG(?:GER)?)\.{_LEVEL})\s*\("
    ),
    "Ruby": re.compile(
        r"(?:^|[^\w.])(?:(?P<print>puts|p|pp|print)|(?:\w+\.){0,3}\w*log(?:ger)?\."
        r"(?:debug|info|warn|error|fatal|unknown))(?:[ \t]*\(|[ \t]+(?=[\"'\w@#:]))",
        re.MULTILINE,
    ),
    "Python": re.compile(
        r"\b(?:(?P<print>print)|(?:\w+\.){0,3}\w*log(?:ger|ging)?\."
        r"(?:debug|info|warn|warning|error|exception|critical))(?:\s*\(|[ \t]+(?=[\"'\w]))",
        re.IGNORECASE,
    ),
}
_CALLS["TypeScript"] = _CALLS["JavaScript"]
_CALLS["Kotlin"] = _CALLS["Java"]

_TOKEN = re.compile(
    r"""
      (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<template>`(?:[^`\\]|\\.)*`)
    | (?P<chain>[@$]?[A-Za-z_]\w*(?:(?:\?\.|&?\.|::)[A-Za-z_]\w*)*[?!]?)
    | (?P<space>\s+)
    | (?P<sign>===?|!==?|=~|<=|>=|&&|\|\||\?\?|=>|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_INTERPOLATIONS = {
    "JavaScript": re.compile(r"\$\{([^{}]{1,300})\}"),
    "TypeScript": re.compile(r"\$\{([^{}]{1,300})\}"),
    "Kotlin": re.compile(r"\$\{([^{}]{1,300})\}|\$([A-Za-z_]\w*)"),
    "Ruby": re.compile(r"#\{([^{}]{1,300})\}"),
    "Python": re.compile(r"(?!)"),
}
_TRANSPARENT = re.compile(
    r"(?:.*\.)?(?:String|string|Sprintf|Sprint|format|Any|Str|stringify|Reflect|Fields|valueOf|inspect"
    r"|toString|concat|Stringer|H|Map|Attr|Group|str|repr|Error|Errorf|With|WithField|keyValue|kv|v"
    r"|value|inspect|to_s|dump|generate|Info|Infof|Debug|Msg)",
)
_SAME_VALUE = frozenset(
    {"toString", "trim", "to_s", "strip", "String", "get", "toLowerCase", "chomp"}
)
_GETTERS = frozenset(
    {"get", "getenv", "Getenv", "getProperty", "getString", "GetString", "fetch", "getOrDefault"}
)
_EVERYTHING = frozenset({"process.env", "os.Environ", "System.getenv", "ENV.to_h", "ENV.inspect"})
_COMPARING = frozenset({"==", "===", "!=", "!==", "=~", "<", ">", "<=", ">=", "?", "&&"})
_GIVING = re.compile(
    r"(?:get|fetch|load|read|generate|create|make|issue|decrypt|retrieve)_?([A-Za-z]\w+)"
)
_SANITISED = re.compile(
    r"\b(\w{1,60})\s*(?::\s*\w+\s*)?:?=\s*(?:await\s+)?[\w.]{0,60}"
    r"(?:mask|redact|hash|sanitiz|obfuscat|scrub|encrypt|digest)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"[ \t]*(?://|#|\*|/\*|--)")


class _Token(Struct, frozen=True):
    kind: str
    text: str
    start: int
    end: int


def read_patterns(source: Source, language: str) -> tuple[LogCall, ...]:
    """The calls of a source that write to a log; never raises on its content."""
    pattern = _CALLS.get(language)
    if pattern is None:
        return ()
    safe = frozenset(found[1] for found in _SANITISED.finditer(source.text))
    calls: list[LogCall] = []
    for found in pattern.finditer(source.text):
        if len(calls) >= _MAX_CALLS:
            break
        if not _is_comment(source, found.start()):
            reading = _Arguments(source, language, safe)
            reading.read(found.end(), found[0].rstrip().endswith("("))
            if reading.values:
                callee = found[0].strip(" \t\n\r(;{}=,&|!")
                place = Place(source, found.start(), found.end())
                values = tuple(reading.values)
                calls.append(LogCall(callee, place, values, found["print"] is not None))
    return tuple(calls)


def _is_comment(source: Source, offset: int) -> bool:
    start = source.line_starts[source.line_of(offset) - 1]
    return _COMMENT.match(source.text, start, max(offset, start)) is not None


class _Arguments:
    """The arguments of one call."""

    def __init__(self, source: Source, language: str, safe: frozenset[str]) -> None:
        self.values: list[Shown] = []
        self._source = source
        self._interpolation = _INTERPOLATIONS.get(language)
        self._safe = safe

    def read(self, start: int, is_enclosed: bool) -> None:
        """Read from behind the bracket, or to the line's end where there is none."""
        text = self._source.text
        end = min(len(text), start + _MAX_ARGUMENTS)
        if not is_enclosed:
            line_end = text.find("\n", start, end)
            end = line_end if line_end >= 0 else end
        self._take(list(_tokens(text, start, end)))

    def _take(self, tokens: list[_Token]) -> None:
        """Go through the tokens; what another function makes of a value is not the value."""
        opaque = [False]
        for index, token in enumerate(tokens):
            if token.text in {"(", "[", "{"}:
                before = tokens[index - 1] if index else None
                is_opaque = before is not None and _is_opaque(before, token.text)
                opaque.append(opaque[-1] or is_opaque)
            elif token.text in {")", "]", "}"}:
                opaque.pop()
                if not opaque:
                    return
            elif token.kind in {"string", "template"}:
                self._interpolated(token)
            elif token.kind == "chain" and not opaque[-1]:
                self._chain(tokens, index)

    def _interpolated(self, token: _Token) -> None:
        is_plain = token.text.startswith("'")
        if self._interpolation is None or is_plain:
            return
        for found in self._interpolation.finditer(token.text):
            group = 1 if found[1] is not None else 2
            start, end = token.start + found.start(group), token.start + found.end(group)
            inner = [t for t in _tokens(self._source.text, start, end) if t.kind != "template"]
            self._take([t for t in inner if t.kind != "string"])

    def _chain(self, tokens: list[_Token], index: int) -> None:
        token = tokens[index]
        before = tokens[index - 1].text if index else ""
        after = [t.text for t in tokens[index + 1 : index + 4]] + ["", "", ""]
        if before in {"!", "typeof", *_COMPARING} - {"?", "&&"} or after[0] in _COMPARING:
            return
        if after[0] in {":", "=>"} and before in {"{", ",", "("}:
            self._key(tokens, index)
            return
        shown = _called(token, after) if after[0] == "(" else _plain(token, after)
        if shown is not None and shown[0] not in self._safe:
            place = Place(self._source, token.start, token.end)
            self.values.append(Shown(shown[0], place, shown[1]))

    def _key(self, tokens: list[_Token], index: int) -> None:
        """`password: value`: the value goes by the key's name, unless it is a text or made safe."""
        value = tokens[index + 2] if index + 2 < len(tokens) else None
        follower = tokens[index + 3].text if index + 3 < len(tokens) else ""
        if value is not None and value.kind == "chain" and follower != "(":
            token = tokens[index]
            if value.text not in {"true", "false", "null", "nil", "undefined", *self._safe}:
                self.values.append(
                    Shown(token.text, Place(self._source, token.start, token.end), "key")
                )


def _tokens(text: str, start: int, end: int) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text, start, end):
        if found.lastgroup != "space":
            yield _Token(found.lastgroup or "", found[0], found.start(), found.end())


def _is_opaque(before: _Token, bracket: str) -> bool:
    """Whether what a bracket holds is not what is shown: another function's, or an index."""
    if before.kind != "chain" or bracket == "{":
        return False
    return bracket == "[" or _TRANSPARENT.fullmatch(before.text) is None


def _last(chain: str) -> str:
    return re.split(r"\W+", chain.rstrip("?!"))[-1]


def _plain(token: _Token, after: list[str]) -> tuple[str, str] | None:
    if token.text in _EVERYTHING and after[0] not in {"[", "."}:
        return token.text, "everything"
    if after[0] == "[":
        is_key = after[1][:1] in {'"', "'"} or after[1] == ":"
        return (after[1].strip("\"'"), "key") if is_key else None
    if token.text.endswith("?"):
        return None
    return _last(token.text), "name"


def _called(token: _Token, after: list[str]) -> tuple[str, str] | None:
    """What a call gives: a getter's value, the text of a value, or nothing that is known."""
    method = _last(token.text)
    if token.text in _EVERYTHING and after[1] == ")":
        return token.text, "everything"
    if method in _GETTERS and after[1][:1] in {'"', "'"}:
        return after[1].strip("\"'"), "environment" if "env" in method.lower() else "key"
    if after[1] != ")":
        return None
    parts = re.split(r"\W+", token.text)
    if method in _SAME_VALUE and len(parts) > 1:
        return parts[-2], "name"
    giving = _GIVING.fullmatch(method)
    return (giving[1], "call") if giving else None
