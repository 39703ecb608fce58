"""Mounts of a service: volumes in short and long syntax, tmpfs, and where a bind's path leads."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping as Variables

from msgspec import Struct

from seawall.surfaces.cell import Cell, State
from seawall.surfaces.compose.cells import bytes_of, is_true, text_cell
from seawall.surfaces.compose.interpolation import MARK, with_names
from seawall.surfaces.compose.journal import Journal
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, Sequence, place_of
from seawall.surfaces.workload import Mount

_PROPAGATIONS = frozenset({"rprivate", "private", "rshared", "shared", "rslave", "slave"})
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]")


class ShortVolume(Struct, frozen=True):
    """`[source:]target[:options]`, taken apart."""

    source: str
    target: str
    options: tuple[str, ...] = ()


def split_volume(text: str) -> ShortVolume:
    """Take the short syntax apart; a drive letter is no separator."""
    if len(text) < 3:
        return ShortVolume("", text)
    sections = _sections(text)
    if len(sections) < 2:
        return ShortVolume("", text)
    options = tuple(sections[2].lower().split(",")) if len(sections) > 2 else ()
    return ShortVolume(sections[0], sections[1], options)


def _sections(text: str) -> list[str]:
    """The parts between colons, a single letter joined with what follows it."""
    sections: list[str] = []
    drive = ""
    for part in text.split(":"):
        if len(part) == 1 and part.isalpha() and not drive:
            drive = part + ":"
        else:
            sections.append(drive + part)
            drive = ""
    return [*sections, drive[:-1]] if drive else sections


def is_path(source: str) -> bool:
    """Whether the source of a short volume is a path of the host, not a volume's name."""
    if source[:1] in {".", "/", "~"} or source.startswith("\\\\"):
        return True
    if source.startswith(MARK):
        rest = source[source.index(MARK, 1) + 1 :] if source.count(MARK) > 1 else ""
        return rest.startswith("/")
    return len(source) > 1 and source[1] == ":" and source[0].isalpha()


def host_path(text: str, directory: str, variables: Variables[str, str]) -> str:
    """The absolute path that a bind's source means; `~` stays where no HOME is given."""
    if text.startswith("~"):
        home = variables.get("HOME", "")
        if not home:
            return text
        return posixpath.normpath(f"{home}/{text[1:]}")  # `~bob/x` is below HOME for Compose, too
    if text.startswith(("\\\\", MARK)) or _WINDOWS.match(text):
        return with_names(text)
    path = text if text.startswith("/") else posixpath.join(directory, text)
    path = posixpath.normpath(path)
    return with_names("/" + path.lstrip("/"))


def read_volumes(
    node: Node | None, variables: Variables[str, str], journal: Journal
) -> tuple[Mount, ...]:
    """The mounts of a service's `volumes`."""
    if node is None:
        return ()
    if type(node) is not Sequence:
        return ()
    mounts = (_mount(item, variables, journal) for item in node.items)
    return tuple(mount for mount in mounts if mount is not None)


def _mount(item: Node, variables: Variables[str, str], journal: Journal) -> Mount | None:
    if type(item) is Scalar:
        return _short(item, variables, journal)
    if type(item) is Mapping:
        return _long(item, variables, journal)
    journal.refuse("not a volume", item)
    return None


def _short(scalar: Scalar, variables: Variables[str, str], journal: Journal) -> Mount | None:
    text = text_of(scalar)
    if not text or text.startswith(":") or text.endswith(":") or "::" in text:
        journal.refuse("a volume with an empty section between colons", scalar)
        return None
    volume = split_volume(text)
    is_bind = is_path(volume.source)
    directory = scalar.document.directory
    source = host_path(volume.source, directory, variables) if is_bind else volume.source
    return Mount(
        _short_type(volume.source, is_bind),
        with_names(source),
        inner_path(volume.target),
        place_of(scalar),
        "ro" in volume.options,
        next((option for option in volume.options if option in _PROPAGATIONS), ""),
        tuple(option for option in volume.options if option not in {"ro", "rw"}),
        state=_state(scalar, volume.source),
    )


def inner_path(target: str) -> str:
    """A path in the container, cleaned where it is absolute."""
    if not target.startswith("/") or MARK in target:
        return with_names(target)
    return "/" + posixpath.normpath(target).lstrip("/")


def _short_type(source: str, is_bind: bool) -> str:
    if source.lower().startswith("\\\\.\\pipe\\"):
        return "npipe"
    return "bind" if is_bind else "volume"


def _state(scalar: Scalar, source: str) -> Cell[str] | None:
    """How the source came to be, where a variable had a part in it."""
    if scalar.state is State.WRITTEN:
        return None
    state = scalar.state if MARK in source or scalar.state is not State.UNSET else State.DEFAULT
    value = None if MARK in source else source
    return Cell(value, place_of(scalar), scalar.written, state)


def _long(node: Mapping, variables: Variables[str, str], journal: Journal) -> Mount | None:
    kind, source, target = (_text(node, key) for key in ("type", "source", "target"))
    if not target:
        journal.refuse("a volume without target", node)
        return None
    written = node.get("source")
    if kind == "bind" and type(written) is Scalar:
        source = host_path(source, written.document.directory, variables)
    options = _long_options(node)
    return Mount(
        kind or "volume",
        with_names(source),
        inner_path(target),
        place_of(node),
        is_true(node.get("read_only")),
        _text(_part(node, "bind"), "propagation"),
        options,
        _tmpfs_size(node),
        state=_state(written, _text(node, "source")) if type(written) is Scalar else None,
    )


def _long_options(node: Mapping) -> tuple[str, ...]:
    bind, volume = _part(node, "bind"), _part(node, "volume")
    words = [_text(bind, "propagation"), _text(bind, "selinux").lower()]
    if is_true(volume.get("nocopy") if volume is not None else None):
        words.append("nocopy")
    return tuple(word for word in words if word)


def _tmpfs_size(node: Mapping) -> int | None:
    text = _text(_part(node, "tmpfs"), "size")
    return bytes_of(text) if text else None


def _part(node: Mapping, key: str) -> Mapping | None:
    value = node.get(key)
    return value if type(value) is Mapping else None


def _text(node: Mapping | None, key: str) -> str:
    value = None if node is None else node.get(key)
    return text_of(value) if type(value) is Scalar else ""


def read_tmpfs(node: Node | None) -> tuple[Mount, ...]:
    """The mounts of a service's `tmpfs`: a path or a list of them, with options after a colon."""
    items = node.items if type(node) is Sequence else [] if node is None else [node]
    return tuple(_tmpfs(item) for item in items if type(item) is Scalar)


def _tmpfs(scalar: Scalar) -> Mount:
    target, _, rest = text_of(scalar).partition(":")
    options = tuple(option for option in rest.lower().split(",") if option)
    size = next((bytes_of(option[5:]) for option in options if option.startswith("size=")), None)
    return Mount(
        "tmpfs",
        "",
        with_names(target),
        place_of(scalar),
        "ro" in options,
        options=options,
        size=size,
        state=text_cell(scalar) if scalar.state is not State.WRITTEN else None,
    )
