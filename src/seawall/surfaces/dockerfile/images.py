"""Where a build names images and stages: FROM, `COPY --from`, `RUN --mount=from`, `# syntax=`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from seawall.surfaces.dockerfile.model import Directive, Flag, ImageUse, Instruction, Mount
from seawall.surfaces.dockerfile.value import known

NO_VARIABLES = {
    "COPY": (
        "variable expansion is not supported for --from, define a new stage with FROM "
        "using ARG from global scope as a workaround"
    ),
    "MOUNT": "'from' doesn't support variable expansion, define alias stage instead",
}
"""BuildKit's error where a variable names what files are taken from."""

_HEXADECIMAL_ID = re.compile(r"[a-f0-9]{64}")
_REFERENCE = re.compile(
    r"""
    (?: (?: \[[0-9a-fA-F:]++\] | [a-zA-Z0-9-]++ (?: \.[a-zA-Z0-9-]++ )*+ ) (?: :[0-9]++ )?+ / )?
    [a-z0-9]++ (?: (?: \. | __? | -++ ) [a-z0-9]++ )*+
    (?: / [a-z0-9]++ (?: (?: \. | __? | -++ ) [a-z0-9]++ )*+ )*+
    (?: :\w[\w.-]{0,127} )?+
    (?: @ [A-Za-z][A-Za-z0-9]*+ (?: [-_+.][A-Za-z][A-Za-z0-9]*+ )*+ :[0-9a-fA-F]{32,}+ )?+
    """,
    re.VERBOSE | re.ASCII,
)
_MOUNT_FROM = re.compile(r"""(?:^|,)\s*"?from=([^,"]*)""", re.IGNORECASE)


class Source(Struct, frozen=True):
    """What a COPY or a mount takes files from, as written: a stage, its number, or an image."""

    via: str
    name: str
    start: int
    end: int
    line: int


def sources(instruction: Instruction) -> Iterator[Source]:
    """The stages and images that an instruction takes files from."""
    if not instruction.flags:
        return
    if instruction.keyword == "COPY":
        flag = instruction.flag("from")
        if flag is not None and flag.value:
            yield Source("COPY", flag.value, flag.value_start, flag.end, instruction.line)
    elif instruction.keyword == "RUN" and instruction.flag("mount") is not None:
        for mount in instruction.mounts:
            if mount.source_image:
                start, end = _mounted_place(mount, mount.flag)
                yield Source("MOUNT", mount.source_image, start, end, instruction.line)


def _mounted_place(mount: Mount, flag: Flag) -> tuple[int, int]:
    """Where the reference stands in the flag; the flag's value where quotes blur its places."""
    value = flag.value or ""
    match = _MOUNT_FROM.search(value)
    if match is None or len(value) != flag.end - flag.value_start:
        return flag.value_start, flag.end
    if match.group(1) != mount.source_image:
        return flag.value_start, flag.end
    return flag.value_start + match.start(1), flag.value_start + match.end(1)


def frontend(directives: Iterable[Directive]) -> tuple[ImageUse, ...]:
    """The image of `# syntax=`: the program that reads the file and writes the build."""
    for directive in directives:
        if directive.name == "syntax" and directive.value.strip():
            text = directive.value.split(None, 1)[0]
            end = min(directive.start + len(text), directive.end)
            return (ImageUse("SYNTAX", known(text), directive.start, end, -1),)
    return ()


def reference_fault(reference: str) -> str:
    """What is wrong with an image reference, in the words of Docker's reference library.

    Empty for a good one. Source: the grammar of distribution/reference.
    """
    if _HEXADECIMAL_ID.fullmatch(reference):
        return f"invalid repository name ({reference}), cannot specify 64-byte hexadecimal strings"
    first, slash, rest = reference.partition("/")
    has_domain = slash and (
        "." in first or ":" in first or first == "localhost" or first.lower() != first
    )
    repository = (rest if has_domain else reference).partition(":")[0]
    if repository.lower() != repository:
        official = "" if slash else "library/"
        return (
            f"invalid reference format: repository name ({official}{repository}) must be lowercase"
        )
    return "" if _REFERENCE.fullmatch(reference) else "invalid reference format"
