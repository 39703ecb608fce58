"""What Python sources log: read by the syntax tree, with the flow of values in each function."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator

from msgspec import Struct

from seawall.core.source import Source
from seawall.surfaces.cell import Place
from seawall.surfaces.repository.sources import LogCall, Shown

_MAX_DEPTH = 40
"""Deepest expression that is followed."""
_MAX_NESTING = 150
"""Deepest nesting of statements; each `elif` is one deeper."""
_MAX_ORIGINS = 12
_LEVELS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log",
     "trace", "notice", "success", "msg", "bind"}
)  # fmt: skip
_PRINTS = frozenset(
    {"print", "pprint", "pprint.pprint", "sys.stdout.write", "sys.stderr.write", "click.echo",
     "typer.echo", "click.secho", "console.print", "rich.print", "warnings.warn", "stdout.write"}
)  # fmt: skip
_UNSHOWN_KEYWORDS = frozenset({"exc_info", "stack_info", "stacklevel", "file", "end", "sep"})
_TRANSPARENT = frozenset(
    {"str", "repr", "dict", "list", "tuple", "ascii", "json.dumps", "pformat", "pprint.pformat",
     "format", "unicode", "vars", "asdict", "dumps"}
)  # fmt: skip
_SAME_VALUE = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "encode", "decode", "copy", "get_secret_value",
     "items", "values", "title", "expandtabs", "dict", "model_dump"}
)  # fmt: skip
_GETTERS = frozenset({"get", "getenv", "pop", "getlist", "get_secret", "read_secret", "setdefault"})
_EVERYTHING = frozenset({"os.environ", "environ", "locals()", "globals()"})
_GIVING = re.compile(r"_*(?:get|fetch|load|read|generate|create|make|issue|decrypt|retrieve)_(\w+)")
_SANITISING = re.compile(
    r"mask|redact|hash|sanitiz|sanitis|obfuscat|censor|scrub|anonymi|digest|encrypt|len$|bool$"
    r"|filter|type$|crypt|truncate|shorten|hide|fingerprint|isinstance|hexdigest|any$|all$|set$",
    re.IGNORECASE,
)
_MASKED = re.compile(
    r"[*xX.•#-]*|<\w*>|\[?(?:redacted|masked|hidden|none|removed)\]?", re.IGNORECASE
)


class _Origins(Struct, frozen=True):
    """What a variable was made of; `is_harmless` where that is known to be no value to hide."""

    values: tuple[Shown, ...] = ()
    is_harmless: bool = False


_Names = dict[str, _Origins]


def read_python(source: Source) -> tuple[LogCall, ...] | None:
    """The calls of a source that write to a log; None where it is not Python 3."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text.encode("utf-8", "replace"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    reading = _Reading(source)
    reading.block(tree.body, {}, False, 0)
    return tuple(sorted(reading.calls, key=lambda call: call.place.start))


class _Reading:
    """One source as it is read."""

    def __init__(self, source: Source) -> None:
        self.calls: list[LogCall] = []
        self._source = source

    def block(self, body: Iterable[ast.stmt], names: _Names, is_branch: bool, depth: int) -> None:
        """Statements in order; in a branch an assignment adds to what a name may hold."""
        if depth > _MAX_NESTING:
            return
        for statement in body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._scope(statement, names, depth)
                continue
            inner = [each for each in _bodies(statement) if each]
            for expression in _expressions(statement):
                self._log_calls(expression, names)
            self._bind(statement, names, is_branch)
            for each in inner:
                is_same_path = isinstance(statement, (ast.With, ast.AsyncWith))
                self.block(each, names, is_branch or not is_same_path, depth + 1)

    def _scope(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, names: _Names, depth: int
    ) -> None:
        own = dict(names)
        if not isinstance(node, ast.ClassDef):
            arguments = node.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                own.pop(argument.arg, None)
        self.block(node.body, own, False, depth + 1)

    def _bind(self, statement: ast.stmt, names: _Names, is_branch: bool) -> None:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        elif isinstance(statement, ast.AugAssign):
            targets, value, is_branch = [statement.target], statement.value, True
        else:
            for name in _loop_names(statement):
                names.pop(name, None)
            return
        for target in targets:
            if isinstance(target, ast.Name):
                self._assign(target.id, value, names, is_branch)
            else:
                for name in _names_in(target):
                    names.pop(name, None)

    def _assign(self, name: str, value: ast.expr, names: _Names, is_branch: bool) -> None:
        line = value.lineno
        found = self.values(value, names, 0)
        via = tuple(
            Shown(v.name, v.place, v.kind, (*v.via, (f"{name} is made of {v.name}", line))[:4])
            for v in found
            if v.name != name
        )
        new = _Origins(via[:_MAX_ORIGINS], not found and _is_harmless(value))
        old = names.get(name)
        if is_branch and old is not None:
            both = (*old.values, *(v for v in new.values if v not in old.values))
            new = _Origins(both[:_MAX_ORIGINS], old.is_harmless and new.is_harmless)
        elif is_branch:
            new = _Origins(new.values, False)
        names[name] = new

    def _log_calls(self, expression: ast.expr, names: _Names) -> None:
        for node in ast.walk(expression):
            if isinstance(node, ast.Call):
                callee = _dotted(node.func)
                is_print = callee in _PRINTS
                if (is_print or _is_logger(callee)) and not _is_elsewhere(node):
                    values = tuple(self._arguments(node, names))
                    if values:
                        self.calls.append(LogCall(callee, self._place(node), values, is_print))

    def _arguments(self, call: ast.Call, names: _Names) -> Iterator[Shown]:
        for argument in call.args:
            yield from self.values(argument, names, 0)
        for keyword in call.keywords:
            if keyword.arg is None:
                found = self.values(keyword.value, names, 0)
                yield from (value for value in found if value.kind != "everything")
            elif keyword.arg not in _UNSHOWN_KEYWORDS:
                yield from self._keyed(keyword.arg, keyword.value, names, 0)

    def _keyed(self, key: str, value: ast.expr, names: _Names, depth: int) -> Iterator[Shown]:
        found = self.values(value, names, depth)
        if found and not isinstance(value, (ast.Dict, ast.List, ast.Tuple)):
            yield Shown(key, self._place(value), "key")
        yield from found

    def values(self, node: ast.expr, names: _Names, depth: int) -> list[Shown]:
        """What of an expression would be readable in its text."""
        if depth > _MAX_DEPTH:
            return []
        match node:
            case ast.Name():
                found = self._name(node, names)
            case ast.Attribute():
                found = self._attribute(node, names, depth)
            case ast.Subscript():
                found = self._subscript(node)
            case ast.Call():
                found = self._call(node, names, depth)
            case ast.Dict():
                found = self._dictionary(node, names, depth)
            case _:
                found = [v for part in _parts(node) for v in self.values(part, names, depth + 1)]
        return found

    def _name(self, node: ast.Name, names: _Names) -> list[Shown]:
        origins = names.get(node.id, _Origins())
        if origins.is_harmless:
            return []
        place = self._place(node)
        kind = "everything" if node.id in _EVERYTHING else "name"
        made = [Shown(v.name, place, v.kind, v.via) for v in origins.values]
        return [Shown(node.id, place, kind), *made]

    def _attribute(self, node: ast.Attribute, names: _Names, depth: int) -> list[Shown]:
        if _dotted(node) in _EVERYTHING:
            return [Shown(_dotted(node), self._place(node), "everything")]
        if node.attr in {"value", "text", "data"}:
            return self.values(node.value, names, depth + 1)
        return [Shown(node.attr, self._place(node))]

    def _subscript(self, node: ast.Subscript) -> list[Shown]:
        """`environ["X"]`; a part of a text (`x[:2]`) is not the whole of it."""
        key = node.slice
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return []
        kind = "environment" if _dotted(node.value) in _EVERYTHING else "key"
        return [Shown(key.value, self._place(node), kind)]

    def _call(self, node: ast.Call, names: _Names, depth: int) -> list[Shown]:
        callee = _dotted(node.func)
        method = callee.rpartition(".")[2]
        if callee in {"locals", "globals", "os.environ.copy"}:
            return [Shown(f"{callee}()", self._place(node), "everything")]
        if method in _GETTERS and node.args and isinstance(node.args[0], ast.Constant):
            kind = "environment" if "env" in callee else "key"
            return [Shown(str(node.args[0].value), self._place(node), kind)]
        if callee in _TRANSPARENT or (method in {"format", "join"} and "." in callee):
            named = (keyword.value for keyword in node.keywords if keyword.arg is not None)
            inner = (*node.args, *named)  # of a mapping that is spread, a template takes a part
            return [v for part in inner for v in self.values(part, names, depth + 1)]
        if method in _SAME_VALUE and isinstance(node.func, ast.Attribute):
            return self.values(node.func.value, names, depth + 1)
        giving = _GIVING.fullmatch(method)
        if method == "getpass" or giving:
            name = giving[1] if giving else "password"
            return [Shown(name, self._place(node), "call")]
        return []

    def _dictionary(self, node: ast.Dict, names: _Names, depth: int) -> list[Shown]:
        found: list[Shown] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found += self._keyed(key.value, value, names, depth + 1)
            else:
                found += self.values(value, names, depth + 1)
        return found

    def _place(self, node: ast.expr) -> Place:
        start = self._offset(node.lineno, node.col_offset)
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return Place(self._source, start, max(start, self._offset(end_line, end_column)))

    def _offset(self, line: int, column: int) -> int:
        """The tree counts bytes of UTF-8; a source counts characters, and a BOM."""
        starts = self._source.line_starts
        if line > len(starts):
            return len(self._source.text)
        start = starts[line - 1]
        text = self._source.text[start : start + column + 1]
        if not text.isascii():
            bom = 1 if start == 0 and text.startswith("\ufeff") else 0
            encoded = text[bom:].encode("utf-8", "replace")[:column]
            return start + bom + len(encoded.decode("utf-8", "ignore"))
        return start + column


def _dotted(node: ast.expr) -> str:
    """`a.b.c` as text; calls in it as `()`, anything else as nothing."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call) and parts:
            node = node.func
        else:
            parts.append(node.id if isinstance(node, ast.Name) else "")
            return ".".join(reversed(parts))


def _is_logger(callee: str) -> bool:
    base, _, method = callee.rpartition(".")
    return method in _LEVELS and "log" in base.lower()


def _is_elsewhere(call: ast.Call) -> bool:
    """Whether a print goes to a file of its own."""
    for keyword in call.keywords:
        if keyword.arg == "file":
            return _dotted(keyword.value) not in {"sys.stdout", "sys.stderr", "stderr", "stdout"}
    return False


def _parts(node: ast.expr) -> list[ast.expr]:
    """The parts of an expression that go into its text."""
    match node:
        case ast.JoinedStr(values=values):
            parts = [part.value for part in values if isinstance(part, ast.FormattedValue)]
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            parts = [left, right]
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            parts = elements
        case ast.IfExp(body=body, orelse=orelse):
            parts = [body, orelse]
        case ast.BoolOp(op=op, values=values):
            parts = values if isinstance(op, ast.Or) else values[-1:]
        case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.Starred(value=value):
            parts = [value]
        case _:
            parts = []
    return parts


def _is_harmless(node: ast.expr) -> bool:
    """Whether a value is known to be nothing to hide: no text, a mask, or a made-safe one."""
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str) or _MASKED.fullmatch(node.value[:100]) is not None
    if isinstance(node, ast.Call):
        return _SANITISING.search(_dotted(node.func).rpartition(".")[2]) is not None
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mult)
    return isinstance(node, (ast.Compare, ast.UnaryOp, ast.Subscript, ast.JoinedStr, ast.IfExp))


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        body = getattr(statement, field, None)
        if isinstance(body, list):
            yield body
    for handler in getattr(statement, "handlers", ()):
        yield handler.body
    for case in getattr(statement, "cases", ()):
        yield case.body


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.withitem):
            yield child.context_expr


def _loop_names(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        yield from _names_in(statement.target)
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        for item in statement.items:
            if item.optional_vars is not None:
                yield from _names_in(item.optional_vars)


def _names_in(target: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
