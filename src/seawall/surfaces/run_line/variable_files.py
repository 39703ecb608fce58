"""`--env-file` and `--label-file`: a variable in each line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seawall.core.errors import InputError
from seawall.core.source import Source, read
from seawall.surfaces.cell import Cell, Place, State
from seawall.surfaces.run_line.argument import Argument, RefusedError
from seawall.surfaces.workload import Variable


def file_variables(argument: Argument, directory: str, origin: str) -> list[Variable]:
    """The variables of a file; `origin` says which kind it is: env_file or label_file.

    Raises:
        InputError: the file can't be read, or which one it is can't be told.
        RefusedError: Docker would not take one of its lines.
    """
    if not argument.is_known:
        raise InputError(f"{argument.written}: a variable decides which file is read")
    if not directory:
        raise InputError(f"{argument.text}: not read, its directory is not known")
    if "\n" in argument.text:
        raise InputError("a file's name with a line end: not read")
    source = read(Path(directory, argument.text), argument.text)
    variables = list(_lines(source, argument, origin))
    if origin == "env_file":
        return variables
    return [each for each in variables if each.value.state is not State.ENVIRONMENT]


def _lines(source: Source, argument: Argument, origin: str) -> Iterator[Variable]:
    for number, first in enumerate(source.line_starts, 1):
        line = source.line_text(number)
        text = line.removeprefix("\ufeff").lstrip() if number == 1 else line.lstrip()
        if text and text[0] != "#":
            yield _variable(source, first + len(line) - len(text), text, argument, origin)


def _variable(source: Source, start: int, text: str, argument: Argument, origin: str) -> Variable:
    name, equal, value = text.partition("=")
    if not name:
        message = f"invalid env file ({argument.text}): no variable name on line '{text}'"
        raise RefusedError(message, argument)
    if " " in name or "\t" in name:
        message = f"invalid env file ({argument.text}): variable '{name}' contains whitespaces"
        raise RefusedError(message, argument)
    key = Place(source, start, start + len(name))
    if not equal:
        return Variable(name, Cell(None, key, name, State.ENVIRONMENT), key, origin)
    place = Place(source, key.end + 1, start + len(text))
    return Variable(name, Cell(value, place, value), key, origin)
