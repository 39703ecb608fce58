"""An image's history and configuration as a text with lines, so that findings have a place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from seawall.core.clean import clean_line
from seawall.core.expression import Expression
from seawall.core.model import Region
from seawall.core.source import Source
from seawall.surfaces.image.config import Healthcheck, ImageConfig, Step

MAX_INSTRUCTION = 2000
"""Characters of an instruction that go with each finding; the history has it whole."""

_NOP = re.compile(
    r"(?:\|\d+ .*?)?(?:/bin/sh -c|cmd /S /C|powershell.{0,200}?)\s+#\(nop\)\s*", re.DOTALL
)
_BUILDKIT = "# buildkit"
_ARGUMENTS = Expression(r"\|\d+ ")
_SHELL = Expression(
    r"(?:(?<= )|^)(?:"
    r"/(?:usr/)?(?:local/)?(?:bin/)?(?:ba|da|a|z|k)?sh(?: -[a-z]+(?: pipefail)?)* -[a-z]*c"
    r"|cmd /S /C|(?:powershell|pwsh)(?:\.exe)?(?: -\w+)*? -Command)[ \t]+"
)
_REACH = 64 * 1024
"""How far into a step its shell is looked for, behind the values of build arguments."""


class History(Struct, frozen=True):
    """The text, and where each part of the configuration stands in it by name.

    Names are `step N` and `layer N` (from 0), `env NAME`, `label NAME`, `expose PORT`,
    `volume PATH`, `onbuild N`, `user`, `workdir`, `entrypoint`, `cmd`, `healthcheck`,
    `stopsignal` and `shell`.
    """

    source: Source
    places: dict[str, Region]


def instruction(step: Step) -> str:
    """A step as it stood in the Dockerfile, as far as that can be told; on one line.

    What builders wrap around it is taken off: `/bin/sh -c #(nop)`, `# buildkit`, the values of
    build arguments before a RUN, the shell. Where nothing made the step, its comment stands for
    it (`Imported from -`).
    """
    text = clean_line(_without_arguments(_unwrapped(step)))
    return text if len(text) <= MAX_INSTRUCTION else text[: MAX_INSTRUCTION - 1] + "…"


def write_history(name: str, config: ImageConfig, loose: Sequence[tuple[int, str]] = ()) -> History:
    """The history, one line for each step, and the configuration below it.

    Step N stands in line N + 1. `loose` are layers that no step accounts for, with what to call
    them. Values stay as they are, secrets included: whoever shows a line masks it.
    """
    lines: list[str] = []
    places: dict[str, Region] = {}
    position = 0
    for key, text in _parts(config, loose):
        line = clean_line(text)
        places[key] = Region(position, position + len(line))
        lines.append(line)
        position += len(line) + 1
    places.pop("", None)
    return History(Source(name, "".join(f"{line}\n" for line in lines)), places)


def _parts(config: ImageConfig, loose: Sequence[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    for number, step in enumerate(config.history):
        yield f"step {number}", _unwrapped(step)
    for index, text in loose:
        yield f"layer {index}", text
    if config.history or loose:
        yield "", "# What containers of the image run with"
    yield from _settings(config)


def _settings(config: ImageConfig) -> Iterator[tuple[str, str]]:
    for entry in config.env:
        yield f"env {entry.partition('=')[0]}", f"ENV {entry}"
    for key, value in config.labels:
        yield f"label {key}", f"LABEL {key}={value}"
    for port in config.exposed_ports:
        yield f"expose {port}", f"EXPOSE {port}"
    for path in config.volumes:
        yield f"volume {path}", f"VOLUME {path}"
    for number, trigger in enumerate(config.on_build):
        yield f"onbuild {number}", f"ONBUILD {trigger}"
    if config.healthcheck is not None:
        yield "healthcheck", _healthcheck(config.healthcheck)
    for key, text in (
        ("stopsignal", config.stop_signal),
        ("shell", _array(config.shell)),
        ("workdir", config.working_dir),
        ("user", config.user),
        ("entrypoint", _array(config.entrypoint)),
        ("cmd", _array(config.cmd)),
    ):
        if text:
            yield key, f"{key.upper()} {text}"


def _array(words: Sequence[str]) -> str:
    return json.dumps(words, ensure_ascii=False) if words else ""


def _healthcheck(health: Healthcheck) -> str:
    kind, *words = health.test or ("",)
    if kind == "NONE":
        return "HEALTHCHECK NONE"
    options = (
        ("interval", health.interval),
        ("timeout", health.timeout),
        ("start-period", health.start_period),
    )
    said = [f"--{name}={value / 1e9:g}s" for name, value in options if value]
    if health.retries:
        said.append(f"--retries={health.retries}")
    command = " ".join(words) if kind == "CMD-SHELL" else _array(words)
    return " ".join(["HEALTHCHECK", *said, "CMD", command]).rstrip()


def _unwrapped(step: Step) -> str:
    """Without the marks of builders, but with the values of build arguments."""
    text = step.created_by.strip()
    if not text:
        return step.comment.strip()
    if match := _NOP.match(text, 0, _REACH):
        return text[match.end() :].strip()
    text = text.removesuffix(_BUILDKIT).rstrip()
    command = text.removeprefix("RUN ").lstrip()
    if _ARGUMENTS.match(command):
        return f"RUN {command}"
    if match := _SHELL.match(command, 0, _REACH):
        return f"RUN {command[match.end() :].strip()}"
    return text


def _without_arguments(text: str) -> str:
    """`RUN |1 A=b /bin/sh -c make` is `RUN make`."""
    command = text.removeprefix("RUN ")
    if command is text or not _ARGUMENTS.match(command):
        return text
    match = _SHELL.search(command, 0, _REACH)
    return f"RUN {command[match.end() :].strip()}" if match else text
