"""The options of `RUN --mount`, read as BuildKit reads them."""

from __future__ import annotations

from seawall.surfaces.dockerfile.model import Flag, Instruction, Mount

_SAME = {
    "src": "source",
    "dst": "target",
    "destination": "target",
    "ro": "readonly",
    "rw": "readwrite",
}


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
    for field in csv_fields(flag.value or "") or ():
        key, equals, value = field.partition("=")
        key = key.lower()
        options[_SAME.get(key, key)] = value if equals else "true"
    return Mount(options.get("type", "bind").lower(), options, flag)


def csv_fields(value: str) -> list[str] | None:
    """The fields of one CSV record; None where its quoting is broken."""
    if '"' not in value:
        return value.split(",")
    # Quoted fields are rare: most runs need no CSV reader.
    import csv  # noqa: PLC0415

    try:
        return next(csv.reader([value], strict=True), [])
    except csv.Error:
        return None
