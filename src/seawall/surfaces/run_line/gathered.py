"""The options of one line by name, read into cells; what Docker would refuse is noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from seawall.surfaces.cell import Cell, State
from seawall.surfaces.run_line.argument import Argument, RefusedError
from seawall.surfaces.run_line.command_line import CommandLine, Option, Remark
from seawall.surfaces.run_line.flags import Flag
from seawall.surfaces.run_line.sizes import truth

T = TypeVar("T")


class Gathered:
    """Options by name; `faults` and `gaps` grow as values are read."""

    def __init__(self, line: CommandLine) -> None:
        self.faults: list[Remark] = []
        self.gaps: list[Remark] = []
        self.is_podman = line.program == "podman"
        self._options: dict[str, list[Option]] = {}
        for option in line.options:
            self._options.setdefault(option.flag.name, []).append(option)

    def refuse(self, message: str, at: Argument) -> None:
        """Note what Docker would refuse."""
        self.faults.append(Remark(message, at))

    def each(self, name: str) -> list[Argument]:
        """The values of a flag that adds."""
        return [option.value for option in self._options.get(name, ()) if option.value is not None]

    def cells(self, name: str) -> tuple[Cell[str], ...]:
        """The values of a flag that adds, as cells."""
        return tuple(argument.cell() for argument in self.each(name))

    def last(self, name: str) -> Argument | None:
        """The value of a flag where the last one holds."""
        options = self._options.get(name)
        return options[-1].value if options else None

    def text(self, name: str) -> Cell[str] | None:
        """The same as a cell; the empty text is Docker's default, as if it were not given."""
        value = self.last(name)
        return value.cell() if value is not None and value.text else None

    def number(self, name: str, convert: Callable[[str], T]) -> Cell[T] | None:
        """A value through a conversion that raises ValueError; None where it is refused."""
        options = self._options.get(name)
        if not options or options[-1].value is None:
            return None
        value = options[-1].value
        if not value.is_known:
            return Cell(None, value.place, value.written, State.UNKNOWN)
        try:
            return Cell(convert(value.text), value.place, value.written)
        except ValueError as error:
            self._invalid(options[-1].flag, value, str(error))
            return None

    def truth(self, name: str) -> Cell[bool] | None:
        """A bool: the flag alone is true."""
        options = self._options.get(name)
        if not options:
            return None
        if options[-1].value is not None:
            return self.number(name, truth)
        at = options[-1].name
        return Cell(True, at.place, at.written)

    def made(self, name: str, make: Callable[[Argument], T | None]) -> tuple[T, ...]:
        """What each value of a flag comes to; those that Docker refuses are noted, not kept.

        Where `make` returns None it can't be told: a gap.
        """
        found = []
        for option in self._options.get(name, ()):
            if option.value is None:
                continue
            try:
                one = make(option.value)
                if one is None:
                    message = f"--{name} {option.value.written}: can't be told"
                    self.gaps.append(Remark(message, option.value))
                else:
                    found.append(one)
            except RefusedError as refusal:
                self._invalid(option.flag, option.value, refusal.message, refusal.at)
        return tuple(found)

    def _invalid(self, flag: Flag, value: Argument, why: str, at: Argument | None = None) -> None:
        shown = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
        message = f'invalid argument "{value.text}" for "{shown}" flag: {why}'
        self.refuse(message, at or value)
