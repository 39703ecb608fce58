"""Reads a policy file, and says of each mistake in it where it is and how to mend it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import cast

import msgspec

from seawall.core.errors import ConfigError
from seawall.core.expression import Expression
from seawall.core.globs import absolute, why_invalid
from seawall.core.model import Confidence, Profile, Severity
from seawall.core.policy.document import (
    Attestation,
    Compatibility,
    Document,
    IgnoreTerms,
    ImageTerms,
    Waiver,
)
from seawall.core.policy.lines import Lines, read_lines
from seawall.core.policy.lines import Path as KeyPath
from seawall.core.policy.model import Policy
from seawall.core.source import how_to_read
from seawall.core.suggestion import did_you_mean

MAX_BYTES = 1024 * 1024
"""Largest policy file that is read."""

_TOML_LINE = Expression(r" \(at line (\d+), column \d+\)$")
_DEEP_KEY = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){32}""")
_DECLARATION = re.compile(r"""^[ \t]*\[{1,2}[ \t]*tool[ \t]*\.[ \t]*["']?seawall\b""", re.MULTILINE)
_AT = Expression(r" - at `(?:key in )?\$(.*)`$")
_STEP = Expression(r"\.([^.\[\]]+)|\[(\d+)\]")

_TABLES: Mapping[str, type[msgspec.Struct]] = {
    "images": ImageTerms,
    "ignores": IgnoreTerms,
    "waivers": Waiver,
    "attestations": Attestation,
}
_CHOICES: Mapping[str, type[Enum]] = {
    "profile": Profile,
    "fail-on": Severity,
    "min-confidence": Confidence,
    "severity": Severity,
    "compat": Compatibility,
}
_PYPROJECT = "pyproject.toml"


class _File(msgspec.Struct, frozen=True):
    """A policy file's text, how messages call it, and where in it the policy's table is."""

    name: str
    text: str
    prefix: KeyPath
    lines: Lines

    def error(self, line: int, problem: str, hint: str) -> ConfigError:
        return ConfigError(f"{self.name}:{line}: {problem}", hint)

    def error_at(self, path: KeyPath, problem: str, hint: str) -> ConfigError:
        return self.error(self.line(path), problem, hint)

    def line(self, path: KeyPath) -> int:
        return self.lines.of((*self.prefix, *path))


def default_policy() -> Policy:
    """The policy where there is no file: the defaults, relative to the working directory."""
    return Policy(directory=absolute("."))


def load_policy(path: Path) -> Policy:
    """Read a policy file: a `pyproject.toml`'s `[tool.seawall]`, else the whole document.

    Raises:
        ConfigError: it can't be read or understood; the message has the file and the line.
    """
    name = _shown(path)
    text = _read(path, name)
    prefix: KeyPath = ("tool", "seawall") if path.name == _PYPROJECT else ()
    file = _File(name, text, prefix, read_lines(text))
    table = _table(file, _parse(file))
    _refuse_unknown_keys(file, table)
    document = _convert(file, table)
    _check_globs(file, document)
    values = {field: getattr(document, field) for field in Document.__struct_fields__}
    directory = os.path.dirname(absolute(os.fspath(path)))
    return Policy(**values, path=name, directory=directory, origins=_origins(file, table))


def declares_policy(path: Path) -> bool:
    """Whether a `pyproject.toml` has a `[tool.seawall]`, as far as it can be read."""
    try:
        text = _read(path, path.name)
    except ConfigError:
        return False
    if "seawall" not in text:
        return False
    if _DECLARATION.search(text):
        return True
    try:
        document = _parse(_File(path.name, text, (), Lines((), {})))
    except ConfigError:
        return False
    tools = document.get("tool")
    return isinstance(tools, dict) and "seawall" in tools


def _shown(path: Path) -> str:
    """The path relative to the working directory where it lies under it."""
    full, here = absolute(os.fspath(path)), absolute(".").rstrip("/") + "/"
    return full.removeprefix(here)


def _read(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"{name}: {reason}", how_to_read(error)) from error
    if len(data) > MAX_BYTES:
        hint = "A policy has room in far less; move other data out of it."
        raise ConfigError(f"{name}: larger than {MAX_BYTES // 1024} KiB, not read", hint)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: not UTF-8 text", "Save it as UTF-8.") from error


def _parse(file: _File) -> dict[str, object]:
    import tomllib  # noqa: PLC0415 -- most runs have no policy file

    if deep := _DEEP_KEY.search(file.text):
        line = 1 + file.text.count("\n", 0, deep.start())
        raise file.error(line, "a key has too many parts", "Write the tables out by name.")
    try:
        return tomllib.loads(file.text)
    except RecursionError as error:
        raise file.error(1, "nested too deeply", "No key of a policy needs it.") from error
    except ValueError as error:
        raise _syntax_error(file, str(error)) from error


def _syntax_error(file: _File, message: str) -> ConfigError:
    at = _TOML_LINE.search(message)
    line = int(at[1]) if at else len(file.lines.text) or 1
    problem = _TOML_LINE.sub("", message).removesuffix(" (at end of document)")
    hint = "Texts stand in quotes, lists in [brackets]; tables start with [name]."
    return file.error(line, f"not valid TOML: {problem[:1].lower()}{problem[1:]}", hint)


def _table(file: _File, document: dict[str, object]) -> dict[str, object]:
    table: object = document
    for step in file.prefix:
        table = table.get(str(step), {}) if isinstance(table, dict) else table
    if not isinstance(table, dict):
        raise file.error_at((), "`tool.seawall` must be a table", "Write `[tool.seawall]`.")
    return table


def _refuse_unknown_keys(file: _File, table: dict[str, object]) -> None:
    for path, each, kind in _tables(table):
        known = kind.__struct_encode_fields__
        for key in each:
            if key not in known:
                where = f" in `{path[0]}`" if path else ""
                hint = did_you_mean(key, known) or f"Known keys: {', '.join(known)}."
                raise file.error_at((*path, key), f"unknown key `{key}`{where}", hint)


def _tables(
    table: dict[str, object],
) -> Iterator[tuple[KeyPath, dict[str, object], type[msgspec.Struct]]]:
    """Every table of the document, with its path and the keys that it may have."""
    yield (), table, Document
    for key, kind in _TABLES.items():
        value = table.get(key)
        if isinstance(value, dict):
            yield (key,), value, kind
        for number, each in enumerate(value if isinstance(value, list) else ()):
            if isinstance(each, dict):
                yield (key, number), each, kind


def _convert(file: _File, table: dict[str, object]) -> Document:
    try:
        return msgspec.convert(table, Document)
    except msgspec.ValidationError as error:
        raise _type_error(file, table, str(error)) from error


def _type_error(file: _File, table: dict[str, object], message: str) -> ConfigError:
    at = _AT.search(message)
    problem = message[: at.start()] if at else message
    path: KeyPath = ()
    for name, number in _STEP.findall(at[1] if at else ""):
        path = (*path, int(number) if number else name)
    if path == ("severity",):
        path = (*path, *_wrong_severities(table))
    name = _dotted(path)
    if problem.startswith("Object missing required field"):
        key = problem.split("`")[1]
        problem = f"`{name}` lacks `{key}`"
        return file.error_at(path, problem, _missing_hint(key))
    value = _value_at(table, path)
    choices = _choices(path)
    if choices and isinstance(value, str):
        hint = did_you_mean(value, choices)
        problem = f"`{name}` must be one of {', '.join(choices)}, not `{value}`"
        return file.error_at(path, problem, hint or _example(path))
    return file.error_at(path, f"`{name}` {_wanted(problem)}", _example(path))


def _example(path: KeyPath) -> str:
    """A line that could stand there; empty where a table is meant."""
    names = [step for step in path if isinstance(step, str)]
    if names[:1] == ["severity"] and len(names) > 1:
        return f'Write `{names[1]} = "high"`.'
    key = names[-1] if names else ""
    return f"Write `{_EXAMPLES[key]}`." if key in _EXAMPLES else ""


_EXAMPLES: Mapping[str, str] = {
    "profile": 'profile = "strict"',
    "fail-on": 'fail-on = "high"',
    "min-confidence": 'min-confidence = "medium"',
    "select": 'select = ["root-user", "latest-tag"]',
    "ignore": 'ignore = ["unpinned-package"]',
    "exclude": 'exclude = ["vendor/"]',
    "severity": '[severity]` and under it `latest-tag = "high"',
    "images": "[images]` and under it `require-digest = true",
    "ignores": "[ignores]` and under it `require-reason = true",
    "waivers": '[[waivers]]` and under it `rule = "root-user"',
    "attestations": '[[attestations]]` and under it `practice = "signed-images"',
    "allowed": 'allowed = ["registry.acme.example/*"]',
    "bases": 'bases = ["registry.acme.example/python:3.12-slim"]',
    "require-digest": "require-digest = true",
    "eol-warning-days": "eol-warning-days = 90",
    "compat": 'compat = ["hadolint"]',
    "require-reason": "require-reason = true",
    "max-days": "max-days = 365",
    "rule": 'rule = "root-user"',
    "reason": 'reason = "drops to uid 10001 itself"',
    "until": "until = 2027-01-31",
    "path": 'path = "legacy/**"',
    "symbol": 'symbol = "stage 0/*"',
    "practice": 'practice = "signed-images"',
    "who": 'who = "platform team"',
    "where": 'where = "https://wiki.acme.example/mirror"',
}


def _wrong_severities(table: dict[str, object]) -> Iterator[str]:
    """The first rule that the `severity` table gives no severity."""
    severities = table.get("severity")
    names = {severity.value for severity in Severity}
    if isinstance(severities, dict):
        yield from (
            k for k, v in list(severities.items()) if not isinstance(v, str) or v not in names
        )


def _missing_hint(key: str) -> str:
    if key == "until":
        return "Say until when it holds: `until = 2027-01-31`."
    if key == "reason":
        return 'Say why: `reason = "…"`.'
    return f'Add `{key} = "…"`.'


def _wanted(problem: str) -> str:
    """The second half of a sentence that starts with the key."""
    if "matching regex" in problem:
        return "must not be empty"
    if problem.startswith("Invalid RFC3339"):
        return "must be a date such as 2027-01-31"
    wanted = (
        problem.replace("Expected", "must be", 1) if problem.startswith("Expected") else problem
    )
    for plain, word in _WORDS.items():
        wanted = wanted.replace(f"`{plain}`", word)
    return wanted.replace(", got ", ", not ")


_WORDS: Mapping[str, str] = {
    "str": "text in quotes",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a date such as 2027-01-31",
    "float": "a number with a fraction",
    "datetime": "a date with a time",
    "int | null": "a whole number",
}


def _choices(path: KeyPath) -> list[str]:
    names = [step for step in path if isinstance(step, str)]
    key = "severity" if path[:1] == ("severity",) else (names[-1] if names else "")
    return [choice.value for choice in _CHOICES.get(key, ())]


def _value_at(table: object, path: KeyPath) -> object:
    for step in path:
        if isinstance(table, dict):
            table = table.get(step)
        elif isinstance(table, list) and isinstance(step, int) and step < len(table):
            table = table[step]
        else:
            return None
    return table


def _dotted(path: KeyPath) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "seawall"


def _check_globs(file: _File, document: Document) -> None:
    globs: list[tuple[KeyPath, str]] = [(("exclude",), glob) for glob in document.exclude]
    for number, waiver in enumerate(document.waivers):
        globs += [(("waivers", number, "path"), waiver.path)] if waiver.path else []
    for path, glob in globs:
        if problem := why_invalid(glob):
            line = file.lines.of_value((*file.prefix, *path), glob)
            hint = "Globs are as in .gitignore: `vendor/`, `**/test/*`."
            raise file.error(line, f"`{glob}` (in `{path[0]}`) {problem}", hint)


def _origins(file: _File, table: dict[str, object]) -> dict[str, str]:
    """Where each key of the file stands, by its dotted name; also each name of a list of rules."""
    origins: dict[str, str] = {}
    for path in _paths(table):
        origins[_dotted(path)] = f"{file.name}:{file.line(path)}"
    for key in ("select", "ignore"):
        for name in cast("list[str]", table.get(key, ())):
            line = file.lines.of_value((*file.prefix, key), name)
            origins[f"{key}.{name}"] = f"{file.name}:{line}"
    return origins


def _paths(table: dict[str, object]) -> Iterator[KeyPath]:
    for key, value in table.items():
        yield (key,)
        if isinstance(value, dict):
            yield from ((key, inner) for inner in value)
        elif isinstance(value, list) and key in _TABLES:
            for number, each in enumerate(value):
                yield (key, number)
                yield from ((key, number, inner) for inner in each)
