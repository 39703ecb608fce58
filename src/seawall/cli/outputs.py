"""Where a report goes: `-o FORMAT[:FILE]`, as often as it is given."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall import __version__
from seawall.cli.terminal import remark
from seawall.core.errors import InputError, UsageError
from seawall.core.report import Report
from seawall.core.suggestion import did_you_mean
from seawall.core.writing import as_bytes, atomic_write
from seawall.reports import (
    FORMATS,
    INVENTORIES,
    WITHOUT_NOTICES,
    RenderOptions,
    encode,
    notices,
    render_inventory,
)

if TYPE_CHECKING:
    from seawall.jobs.scan import Scanned


class Output(Struct, frozen=True):
    """A format and the file that takes it; an empty path is standard output."""

    form: str
    path: str = ""


def parse_outputs(values: Iterable[str], with_inventories: bool = False) -> tuple[Output, ...]:
    """Read what `-o` was given; text to standard output where it was not.

    `with_inventories` allows the formats that list what an image holds, too.

    Raises:
        UsageError: there is no such format, or two reports would go to one place.
    """
    forms = (*FORMATS, *INVENTORIES) if with_inventories else tuple(FORMATS)
    return _distinct(tuple(_parse(value, forms) for value in values) or (Output("text"),))


def _distinct(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    paths = [output.path for output in outputs]
    for path in paths:
        if paths.count(path) > 1:
            place = path or "standard output"
            raise UsageError(f"two reports go to {place}", "Give one of them a file: -o json:FILE.")
    return outputs


def write_outputs(
    outputs: Iterable[Output],
    report: Report,
    options: RenderOptions,
    images: Sequence[Scanned] = (),
) -> None:
    """Render and write each; colour and width only reach standard output.

    `images` are those that inventories are made of.

    Raises:
        InputError: a file can't be written.
    """
    plain = RenderOptions(
        verbose=options.verbose,
        fail_on=options.fail_on,
        profile=options.profile,
        version=options.version,
        date=options.date,
        is_checklist=options.is_checklist,
    )
    for output in outputs:
        chosen = plain if output.path else options
        if output.form in INVENTORIES:
            content: str | bytes = render_inventory(output.form, images, chosen)
        else:
            content = encode(output.form, report, chosen)
        if output.path:
            write_file(output.path, content)
        else:
            print_text(content)


def write_inventories(values: Iterable[str], scanned: Scanned) -> None:
    """Write what one image holds in each format.

    Raises:
        UsageError: there is no such format, or two lists would go to one place.
        InputError: a file can't be written.
    """
    options = RenderOptions(version=__version__)
    for output in _distinct(tuple(_parse(value, INVENTORIES) for value in values)):
        text = render_inventory(output.form, (scanned,), options)
        if output.path:
            write_file(output.path, text)
        else:
            print_text(text)


def say_notices(outputs: Iterable[Output], report: Report) -> None:
    """Say notices on standard error, unless the report on standard output has them."""
    is_said = any(not each.path and each.form not in WITHOUT_NOTICES for each in outputs)
    if report.notices and not is_said:
        for line in notices(report):
            remark(line)


def print_text(content: str | bytes) -> None:
    """Write to standard output: UTF-8 whatever the locale, for machines read it too."""
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    sys.stdout.flush()
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(content.decode())
    else:
        binary.write(content)


def write_file(path: str, content: str | bytes) -> None:
    """Replace a file whole or not at all; a device or pipe (`/dev/null`) is written to as it is.

    Raises:
        InputError: it can't be written.
    """
    target = Path(path)
    if target.is_file() or not target.exists():
        atomic_write(target, content)
        return
    try:
        target.write_bytes(as_bytes(content))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path}: can't be written: {reason}") from error


def _parse(value: str, forms: Collection[str]) -> Output:
    form, _, path = value.partition(":")
    if form not in forms:
        hint = did_you_mean(form, forms) or f"Formats: {', '.join(forms)}."
        raise UsageError(f"there is no report format '{form}'", hint)
    if value.endswith(":"):
        raise UsageError(f"no file after '{value}'", f"-o {form}:FILE, or -o {form}.")
    return Output(form, path)
