"""The options of `RUN --mount`, read as BuildKit reads them."""

from __future__ import annotations

import re

from seawall.surfaces.dockerfile.model import Flag, Instruction, Mount
from seawall.surfaces.dockerfile.suggestion import with_suggestion
from seawall.surfaces.dockerfile.words import quote

_SAME = {
    "src": "source",
    "dst": "target",
    "destination": "target",
    "ro": "readonly",
    "rw": "readwrite",
}
_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_SHARING = ("shared", "private", "locked")
_OWNER_KEYS = ("mode", "uid", "gid")
_BOOLEANS = frozenset(
    {"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"}
)
_BARE_KEYS = frozenset({"readonly", "readwrite", "required"})
_KEYS = (
    *("type", "from", "source", "target", "readonly", "id", "sharing", "required", "mode", "uid"),
    *("gid", "src", "dst", "destination", "ro", "rw", "readwrite", "env", "size"),
)
_NUMBERS = {"mode": re.compile(r"[0-7]+"), "uid": re.compile(r"\d+"), "gid": re.compile(r"\d+")}


def read_mounts(instruction: Instruction) -> tuple[Mount, ...]:
    """The mounts of an instruction in order.

    Keys are lower case and without synonyms: `source`, `target`, `readonly` and `readwrite`
    stand for `src`, `dst`, `destination`, `ro` and `rw` too. A bare key has the value `true`;
    of a repeated key the last value holds. Values may still hold `$` variables.
    """
    flags = (flag for flag in instruction.flags if flag.name == "mount")
    return tuple(_read_mount(flag) for flag in flags)


def _read_mount(flag: Flag) -> Mount:
    options: dict[str, str] = {}
    for field in _fields(flag.value or "") or ():
        key, equals, value = field.partition("=")
        key = key.lower()
        options[_SAME.get(key, key)] = value if equals else "true"
    return Mount(options.get("type", "bind").lower(), options, flag)


def _fields(value: str) -> list[str] | None:
    """The fields of one CSV record; None where its quoting is broken."""
    if '"' not in value:
        return value.split(",") if value else None
    # Quoted fields are rare: most runs need no CSV reader.
    import csv  # noqa: PLC0415 -- few files mount

    try:
        fields = next(csv.reader([value], strict=True), None)
    except csv.Error:
        return None
    bare = any('"' in part and not part.startswith('"') for part in value.split(","))
    return None if bare and fields == value.split(",") else fields


def mount_error(flag: Flag) -> str:
    """What BuildKit says against a `--mount` flag; empty for nothing.

    Fields with a variable in them are not judged: their value is not known here.
    """
    fields = _fields(flag.value or "")
    if fields is None:
        reason = "EOF" if not flag.value else 'parse error on line 1: bare " in non-quoted-field'
        return f"failed to parse csv mounts: {reason}"
    kind, options = "bind", {}
    for field in fields:
        key, _, value = field.partition("=")
        key = key.lower()
        message = _field_error(field, kind)
        if message:
            return message
        kind = value.lower() if key == "type" and "$" not in value else kind
        options[_SAME.get(key, key)] = value
    return _combination_error(kind, options) if "$" not in (flag.value or "") else ""


def _field_error(field: str, kind: str) -> str:
    key, equals, value = field.partition("=")
    key = key.lower()
    name = _SAME.get(key, key)
    if not equals and name not in _BARE_KEYS:
        return f"invalid field '{field}' must be a key=value pair"
    if key not in _KEYS:
        return with_suggestion(f"unexpected key '{key}' in '{field}'", key, _KEYS)
    if name == "from" and "$" in value[:-1]:
        return f"'{key}' doesn't support variable expansion, define alias stage instead"
    if (name == "required" and kind not in ("secret", "ssh")) or (
        name == "size" and kind != "tmpfs"
    ):
        return f"unexpected key '{key}' for mount type '{kind}'"
    return _value_error(name, key, value) if equals and "$" not in value else ""


def _value_error(name: str, key: str, value: str) -> str:
    if name == "type" and value.lower() not in _TYPES:
        return with_suggestion(f"unsupported mount type {quote(value)}", value, _TYPES)
    if name == "sharing" and value.lower() not in _SHARING:
        return with_suggestion(f"unsupported sharing value {quote(value)}", value, _SHARING)
    if name in _BARE_KEYS and value not in _BOOLEANS:
        return f"invalid value for {key}: {value}"
    number = _NUMBERS.get(name)
    if number is not None and number.fullmatch(value) is None:
        return f"invalid value {value} for {name}"
    return ""


def _combination_error(kind: str, options: dict[str, str]) -> str:
    if kind not in ("secret", "ssh", "cache"):
        for key in _OWNER_KEYS:
            if key in options:
                return f"{key} not allowed for {quote(kind)} type mounts"
    message = _secret_error(options) if kind == "secret" else ""
    if not message and options.get("sharing") and kind != "cache":
        return f"invalid cache sharing set for {kind} mount"
    return message


def _secret_error(options: dict[str, str]) -> str:
    if options.get("from"):
        return "secret mount should not have a from"
    if options.get("sharing"):
        return "secret mount should not define sharing"
    if not any(options.get(key) for key in ("source", "target", "id", "env")):
        return "invalid secret mount. one of source, target required"
    if options.get("source") and options.get("id"):
        return "both source and id can't be set"
    return ""
