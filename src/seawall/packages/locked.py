"""What readers of lock files share: the package they make, and plain data read within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import msgspec

from seawall.core.expression import Expression
from seawall.surfaces.image.facts import Ecosystem, Package

MAX_TOML = 8 * 1024 * 1024
MAX_NODES = 1_000_000
"""Nodes of a YAML file: the largest lock files known have some 200,000."""
MAX_DEPTH = 100
MAX_WORD = 256

# Python's reader of TOML takes time in the square of a dotted key's parts; real ones have five.
_MAX_PARTS = 32
_SPECIFIER = Expression(r"[A-Za-z0-9][\w.-]*")

Names: TypeAlias = tuple[str, ...]


class LockError(ValueError):
    """A lock file can't be understood; the text says why."""


def declared(
    ecosystem: Ecosystem,
    name: tuple[str, str],
    version: str,
    path: str,
    cataloguer: str,
    *,
    requires: Iterable[str] = (),
    licenses: Names = (),
) -> Iterator[Package]:
    """The package that a lock file asks for, `name` being namespace and name; none for no name."""
    namespace, rest = name
    if not (rest and version) or max(map(len, (*name, version))) > MAX_WORD:
        return
    if not (namespace + rest + version).isprintable():
        return
    yield Package(
        ecosystem,
        rest,
        version,
        path,
        namespace=namespace,
        requires=tuple(dict.fromkeys(one for one in requires if len(one) <= MAX_WORD)),
        licenses=licenses,
        is_declared=True,
        cataloguer=cataloguer,
    )


def json_value(text: str) -> dict[str, Any]:
    """The object that a JSON text holds.

    Raises:
        LockError: it is none.
    """
    try:
        value = msgspec.json.decode(text.removeprefix("\ufeff"))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise LockError(f"it is no JSON: {error}") from error
    return _object(value)


def toml_value(text: str) -> dict[str, Any]:
    """The table that a TOML text holds.

    Raises:
        LockError: it is none, or too large to be read.
    """
    import tomllib  # noqa: PLC0415 -- few layers have such a file

    if len(text) > MAX_TOML or _has_long_key(text):
        raise LockError("it is too large, or has keys of many parts")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise LockError(f"it is no TOML: {error}") from error


def _has_long_key(text: str) -> bool:
    """Whether there may be a key of many parts: before an equals sign, or in a table's header."""
    before_equals = (piece.rpartition("\n")[2] for piece in text.split("="))
    if any(piece.count(".") > _MAX_PARTS for piece in before_equals):
        return True
    headers = (line for line in text.split("\n") if line.lstrip().startswith("["))
    return any(line.count(".") > _MAX_PARTS for line in headers)


def yaml_value(text: str) -> dict[str, Any]:
    """The mapping that a YAML text holds, all scalars as texts; programs write no aliases.

    Raises:
        LockError: it is none, has aliases, or is too large to be read.
    """
    import yaml  # noqa: PLC0415 -- only where there is such a file

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        return _object(_built(loader.get_event))
    except (yaml.YAMLError, UnicodeError) as error:
        problem = getattr(error, "problem", None) or error
        raise LockError(f"it is no YAML: {problem}") from error
    finally:
        loader.dispose()


def _built(next_event: Callable[[], Any]) -> object:
    """The value of the first document, built of events without recursion."""
    stack: list[list[Any]] = [[]]
    kinds: list[bool] = []
    for _ in range(MAX_NODES):
        event = next_event()
        kind = type(event).__name__
        if kind == "ScalarEvent":
            stack[-1].append(event.value)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            stack.append([])
            kinds.append(kind[0] == "M")
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            items = stack.pop()
            stack[-1].append(_mapping(items) if kinds.pop() else items)
        elif kind in {"DocumentEndEvent", "StreamEndEvent", "NoneType"}:
            return stack[0][0] if stack[0] else None
        if kind == "AliasEvent" or len(stack) > MAX_DEPTH:
            raise LockError("it has aliases, or is nested too deep")
    raise LockError(f"it has more than {MAX_NODES:,} nodes")


def _mapping(items: list[Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in zip(items[::2], items[1::2], strict=False)
        if isinstance(key, str)
    }


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LockError("it holds no object")
    return value


def table(value: object, key: str) -> dict[str, Any]:
    """The object under a key, empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def tables(value: object, key: str) -> list[dict[str, Any]]:
    """The objects in the list under a key; what is none is left out."""
    found = value.get(key) if isinstance(value, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def word(value: object, key: str) -> str:
    """The text under a key, empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def leading_name(text: object) -> str:
    """The name that a requirement begins with: `requests[socks]>=2; python_version < "4"`."""
    found = _SPECIFIER.match(text) if isinstance(text, str) else None
    return "" if found is None else found[0]
