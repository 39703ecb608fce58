"""`--network` and what hangs on it: what the container joins, or whose network it shares."""

from __future__ import annotations

import re

from seawall.surfaces.cell import Cell
from seawall.surfaces.run_line.argument import Argument, RefusedError, csv_fields
from seawall.surfaces.workload import NetworkUse

_LONG = re.compile(r"\w+=")
_MODES = frozenset({"host", "none", "bridge", "default", "private", "slirp4netns", "pasta"})
_SHARED = ("container:", "ns:", "slirp4netns:", "pasta:", "bridge:")
_KEYS = frozenset({"name", "alias", "driver-opt", "ip", "ip6", "mac-address", "link-local-ip"})
_NEWER_KEYS = frozenset({"gw-priority"})


class Networks:
    """What the networks of one line come to: a mode, or networks by name."""

    def __init__(self) -> None:
        self.mode: Cell[str] | None = None
        self.uses: list[NetworkUse] = []

    def read(self, arguments: list[Argument], aliases: list[Argument]) -> None:
        """Read each `--network`, the aliases for the first.

        Raises:
            RefusedError: Docker would not take them; what could be read is kept.
        """
        for index, argument in enumerate(arguments):
            name, own = _target(argument)
            if own and aliases and not index:
                message = "cannot specify both --network-alias and per-network alias"
                raise RefusedError(f"conflicting options: {message}", aliases[0])
            known = own if index else [*own, *aliases]
            self._add(name, tuple(alias.text for alias in known))
        self._check(arguments, aliases)

    def _add(self, name: Argument, aliases: tuple[str, ...]) -> None:
        cell = name.cell()
        mode = lowered(cell)
        is_mode = mode in _MODES or (mode or "").startswith(_SHARED)
        if not is_mode and cell.value is not None:
            self.uses.append(NetworkUse(cell.value, cell.place, aliases))
        elif self.mode is None or mode == "host":
            self.mode = Cell(mode, cell.place, cell.written, cell.state)

    def _check(self, arguments: list[Argument], aliases: list[Argument]) -> None:
        if aliases and not self.uses and (self.mode is None or self.mode.value is not None):
            message = "network-scoped aliases are only supported for user-defined networks"
            raise RefusedError(message, aliases[0])
        if self.uses and self.mode is not None and self.mode.value is not None:
            message = "cannot attach both user-defined and non-user-defined network-modes"
            raise RefusedError(f"conflicting options: {message}", arguments[-1])


def lowered(cell: Cell[str]) -> str | None:
    """A namespace in lower case; a container's name behind the colon stays as it is."""
    if cell.value is None:
        return None
    kind, colon, name = cell.value.partition(":")
    return kind.lower() + colon + name


def _target(argument: Argument) -> tuple[Argument, list[Argument]]:
    if not _LONG.match(argument.text):
        return argument, []
    name: Argument | None = None
    aliases: list[Argument] = []
    for field in csv_fields(argument):
        key, value = field.halves("=")
        word = key.text.strip().lower()
        if value is None or word not in _KEYS | _NEWER_KEYS:
            raise RefusedError(f"invalid field {field.text}", field)
        if word == "name":
            name = value
        elif word == "alias":
            aliases.append(value)
    if name is None or not name.text:
        raise RefusedError("network name/id is not specified", argument)
    return name, aliases
