"""`--volume`, `--mount` and `--tmpfs` as mounts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from seawall.surfaces.cell import Cell, State
from seawall.surfaces.run_line.argument import HOLE, Argument, RefusedError, csv_fields
from seawall.surfaces.run_line.sizes import size, truth
from seawall.surfaces.workload import Mount

PROPAGATIONS = frozenset({"private", "rprivate", "shared", "rshared", "slave", "rslave"})
_MODES = PROPAGATIONS | {"ro", "rw", "z", "Z", "nocopy", "delegated", "cached", "consistent"}
_PODMAN_MODES = frozenset(
    {"U", "O", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "bind", "rbind", "copy", "idmap"}
)
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", re.ASCII)
_TYPES = frozenset({"bind", "volume", "tmpfs", "npipe", "cluster", "image"})
_PODMAN_TYPES = frozenset({"glob", "ramfs", "devpts"})
_ALIASES = {
    "src": "source",
    "dst": "target",
    "destination": "target",
    "ro": "readonly",
}
_KEYS = frozenset(
    {"type", "source", "target", "readonly", "consistency", "bind-propagation",
     "bind-nonrecursive", "bind-recursive", "volume-subpath", "volume-nocopy", "volume-label",
     "volume-driver", "volume-opt", "image-subpath", "tmpfs-size", "tmpfs-mode"}
)  # fmt: skip
_BARE_KEYS = frozenset({"readonly", "volume-nocopy", "bind-nonrecursive"})

Resolve = Callable[[str], str]
"""Makes a host path absolute where that can be done."""


def volume(argument: Argument, resolve: Resolve, is_podman: bool = False) -> Mount | None:
    """One `--volume`: `[source:]target[:modes]`; None where an expansion holds all of it.

    Raises:
        RefusedError: Docker's client or daemon would not take it.
    """
    parts = argument.split(":")
    if len(parts) > 3 or not all(part.text for part in parts):
        raise RefusedError(f"invalid volume specification: '{argument.named}'", argument)
    if len(parts) == 1 and not argument.is_known:
        return None
    if len(parts) == 1:
        return _mount(argument, "volume", None, _target(parts[0]), ())
    source, target = parts[0], _target(parts[1])
    modes = parts[2].text.split(",") if len(parts) == 3 else []
    known = _MODES | _PODMAN_MODES if is_podman else _MODES
    if HOLE not in "".join(modes) and not all(_is_mode(mode, known) for mode in modes):
        raise RefusedError(f"invalid mode: {parts[2].text}", parts[2])
    kind = "volume" if _is_volume_name(source) else "bind"
    if kind == "volume" and source.is_known and not _VOLUME_NAME.fullmatch(source.text):
        message = f'"{source.text}" includes invalid characters for a local volume name'
        raise RefusedError(message, source)
    return _mount(argument, kind, source, target, tuple(modes), resolve)


def _is_mode(mode: str, known: frozenset[str]) -> bool:
    return mode in known or (mode.startswith("idmap=") and "idmap" in known)


def _is_volume_name(source: Argument) -> bool:
    """Whether it names a volume, no path of the host; `$X` alone could be either."""
    text = source.text
    if text.startswith(HOLE):
        rest = text.lstrip(HOLE)
        return bool(rest) and rest[0] != "/"
    return text[0] not in "/.~"


def _target(part: Argument) -> Argument:
    if part.is_known and not part.text.startswith("/"):
        raise RefusedError(f"invalid mount path: '{part.text}' mount path must be absolute", part)
    if part.text == "/":
        raise RefusedError("invalid specification: destination can't be '/'", part)
    return part


def _mount(
    whole: Argument,
    kind: str,
    source: Argument | None,
    target: Argument,
    modes: tuple[str, ...],
    resolve: Resolve = str,
) -> Mount:
    path = "" if source is None else source.named
    return Mount(
        kind,
        _host_path(path, resolve) if kind == "bind" else path,
        _inner_path(target),
        whole.place,
        read_only="ro" in modes,
        propagation=next((mode for mode in modes if mode in PROPAGATIONS), ""),
        options=tuple(mode for mode in modes if HOLE not in mode and mode not in {"ro", "rw"}),
        state=_state(whole, source),
    )


def _state(whole: Argument, source: Argument | None) -> Cell[str] | None:
    """How the source came to be, where an expansion had a part in the mount."""
    if whole.is_known:
        return None
    if source is None or source.is_known:
        value = "" if source is None else source.text
        return Cell(value, whole.place, whole.written, State.UNKNOWN)
    return source.cell()


def _host_path(path: str, resolve: Resolve) -> str:
    """A bind's source, cleaned where it is absolute."""
    path = resolve(path)
    return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else path


def _inner_path(target: Argument) -> str:
    """A path in the container, cleaned where it is absolute."""
    path = target.named
    return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else path


def tmpfs(argument: Argument) -> Mount:
    """One `--tmpfs`: `target[:options]`.

    Raises:
        RefusedError: the target is no absolute path, or a size is none.
    """
    target, words = argument.halves(":")
    options = () if words is None else tuple(words.text.split(",")) if words.text else ()
    given = next((word[5:] for word in options if word.startswith("size=")), None)
    known = tuple(word for word in options if HOLE not in word)
    return Mount(
        "tmpfs",
        "",
        _inner_path(_target(target)),
        argument.place,
        read_only="ro" in options,
        options=known,
        size=_tmpfs_size(given),
        state=_state(argument, None),
    )


def _tmpfs_size(text: str | None) -> int | None:
    """The kernel also takes a share of the memory (`50%`): no bytes then."""
    try:
        return None if text is None else size(text)
    except ValueError:
        return None


def long_mount(argument: Argument, resolve: Resolve, is_podman: bool = False) -> Mount | None:
    """One `--mount`: keys and values in CSV; None where an expansion may hold its target.

    Raises:
        RefusedError: a key or value that Docker would not take.
    """
    values: dict[str, Argument] = {}
    options: dict[str, str] = {}
    for field in csv_fields(argument):
        key, value = field.halves("=")
        name = key.text.strip().lower()
        name = _ALIASES.get(name, name)
        _check(field, name, value, is_podman)
        if name == "volume-opt" and value is not None:
            word, setting = value.halves("=")
            options[word.text] = "" if setting is None else setting.text
        else:
            values[name] = key if value is None else value
    target = values.get("target")
    if target is not None:
        return _long(argument, target, values, options, resolve)
    if argument.is_known:
        raise RefusedError("target is required", argument)
    return None


def _check(field: Argument, name: str, value: Argument | None, is_podman: bool) -> None:
    if HOLE in name or is_podman:
        return
    if value is None and name not in _BARE_KEYS:
        message = f"invalid field '{field.named}' must be a key=value pair"
        raise RefusedError(message, field)
    if name not in _KEYS:
        raise RefusedError(f"unexpected key '{name}' in '{field.named}'", field)
    if value is None or not value.is_known:
        return
    if name in _BARE_KEYS:
        _bool(value, name)
    elif name == "type" and value.text.lower() not in _TYPES | _PODMAN_TYPES:
        raise RefusedError(f"mount type unknown: {value.text}", value)
    elif name == "bind-propagation" and value.text.lower() not in PROPAGATIONS:
        raise RefusedError(f"invalid propagation value: {value.text}", value)
    elif name == "tmpfs-size":
        _size(value)


def _bool(value: Argument, name: str) -> bool:
    try:
        return truth(value.text)
    except ValueError:
        raise RefusedError(f"invalid value for {name}: {value.text}", value) from None


def _size(value: Argument) -> int:
    try:
        return size(value.text)
    except ValueError:
        raise RefusedError(f"invalid value for tmpfs-size: {value.text}", value) from None


def _long(
    whole: Argument,
    target: Argument,
    values: dict[str, Argument],
    options: dict[str, str],
    resolve: Resolve,
) -> Mount:
    kind, via = _text(values, "type").lower() or "volume", "direct"
    source = values.get("source")
    path = "" if source is None else source.named
    if kind == "bind":
        path = _bind_source(source, resolve)
    elif kind == "volume" and "bind" in options.get("o", "").split(","):
        kind, via, path = "bind", "driver_opts", options.get("device", "")
    amount = values.get("tmpfs-size")
    return Mount(
        kind,
        path,
        _inner_path(target),
        whole.place,
        read_only=_is_set(values.get("readonly")),
        propagation=_text(values, "bind-propagation").lower(),
        options=_option_words(values),
        size=_size(amount) if amount is not None and amount.is_known else None,
        via=via,
        state=_state(whole, source),
    )


def _is_set(value: Argument | None) -> bool:
    """A key without a value is set; one whose value can't be told is not."""
    if value is None or not value.is_known:
        return False
    if value.text.lower() in _ALIASES or value.text.lower() in _BARE_KEYS:
        return True
    return truth(value.text)


def _bind_source(source: Argument | None, resolve: Resolve) -> str:
    if source is None:
        return ""
    if source.is_known and not source.text.startswith(("/", ".")):
        message = f"invalid mount config for type \"bind\": invalid mount path: '{source.text}'"
        raise RefusedError(f"{message} mount path must be absolute", source)
    return _host_path(source.named, resolve)


def _option_words(values: dict[str, Argument]) -> tuple[str, ...]:
    """What further keys say, in words: `nocopy`, `bind-recursive=disabled`, `tmpfs-mode=1777`."""
    words = []
    for name, value in values.items():
        if name in {"type", "source", "target", "readonly", "tmpfs-size", "bind-propagation"}:
            continue
        if name == "volume-nocopy":
            words += ["nocopy"] if _is_set(value) else []
        elif value.is_known:
            words.append(name if value.text == name else f"{name}={value.text}")
    return tuple(words)


def _text(values: dict[str, Argument], name: str) -> str:
    """A value's text; empty where it is not given or not known."""
    value = values.get(name)
    return value.text if value is not None and value.is_known else ""
