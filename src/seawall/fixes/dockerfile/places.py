"""Working directories, volumes and copies that are at the wrong place."""

from __future__ import annotations

import posixpath

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.facts.official import official_name
from seawall.fixes.dockerfile.ground import ground_of
from seawall.fixes.model import Context, Example, Fixer
from seawall.rules.access.instructions import SYSTEM_PATH
from seawall.surfaces.dockerfile import Dockerfile, Instruction, Stage
from seawall.surfaces.image import parse_reference

_AT_ROOT = frozenset(
    {
        "debian", "ubuntu", "alpine", "busybox", "fedora", "centos", "rockylinux",
        "almalinux", "oraclelinux", "amazonlinux", "buildpack-deps", "python", "node",
        "ruby", "rust", "openjdk", "eclipse-temurin", "amazoncorretto",
    }
)  # fmt: skip
"""Official images that set no WORKDIR: theirs is `/`."""
_PLAIN = Expression(r"(?:\./)?[\w.@+-]+(?:/[\w.@+-]+)*/?\Z")


def _relative_workdir(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    instruction = _at(dockerfile, hit, "WORKDIR")
    stage = dockerfile.stage_of(instruction) if instruction else None
    if instruction is None or stage is None:
        return None
    word = instruction.arguments[0]
    is_plain = _PLAIN.match(word.text) and ".." not in word.text.split("/")
    if not is_plain or not _starts_at_root(stage):
        return None
    path = posixpath.normpath("/" + word.text)
    edit = Edit(word.start, word.end, path)
    return Fix(Safety.SAFE, f"Write `{path}`, which is where it is", (edit,))


def _starts_at_root(stage: Stage) -> bool:
    """Whether the base image of a stage surely has `/` as its working directory."""
    name = stage.base.known or ""
    reference = parse_reference(name) if name != "scratch" and stage.parent is None else None
    is_official = reference is not None and official_name(reference.name) in _AT_ROOT
    return name == "scratch" or is_official


def _at(dockerfile: Dockerfile, hit: Hit, keyword: str) -> Instruction | None:
    """The instruction of a keyword that a hit stands at or in."""
    for instruction in dockerfile.of(keyword):
        if instruction.start <= hit.at.start < instruction.end:
            return instruction
    return None


def _system_workdir(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    instruction = _at(dockerfile, hit, "WORKDIR")
    if instruction is None:
        return None
    word = instruction.arguments[0]
    edit = Edit(word.start, word.end, "/app")
    proposal = "# What is read or written by a relative path is then below /app.\nWORKDIR /app\n"
    return Fix(Safety.GUIDED, "Work in a directory of the image's own", (edit,), proposal=proposal)


def _system_volume(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    instruction = _at(dockerfile, hit, "VOLUME")
    words = instruction.arguments if instruction else ()
    if instruction is None or instruction.line != instruction.end_line:
        return None
    kept = [word for word in words if not _is_system(word.text)]
    if len(kept) == len(words):
        return None
    title = "Declare no volume over a system path"
    text = dockerfile.source.text
    if not kept:
        end = text.find("\n", instruction.end) + 1 or len(text)
        return Fix(Safety.UNSAFE, title, (Edit(instruction.start, end, ""),))
    separator = ", " if instruction.is_json else " "
    written = separator.join(text[word.start : word.end] for word in kept)
    return Fix(Safety.UNSAFE, title, (Edit(words[0].start, words[-1].end, written),))


def _is_system(path: str) -> bool:
    path = path.strip("\"'")
    return path.endswith("docker.sock") or bool(SYSTEM_PATH.match(path))


def _whole_filesystem(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    """Where a stage begins with the copy, nothing but the copy need be in it."""
    ground, instruction = ground_of(dockerfile), _at(dockerfile, hit, "COPY")
    stage = dockerfile.stage_of(instruction) if instruction else None
    if ground is None or instruction is None or stage is None or stage.parent is not None:
        return None
    acts = [each for each in stage.instructions if each.keyword in {"RUN", "COPY", "ADD"}]
    if acts[0] is not instruction or stage.name or not stage.source.arguments:
        return None
    origin = instruction.flag("from")
    word = stage.source.arguments[0]
    proposal = (
        f"# All of {origin.value if origin else 'the other stage'} and nothing else; what the base "
        "image set (ENV, CMD, …) must be set here.\nFROM scratch\n"
    )
    edit = Edit(word.start, word.end, "scratch")
    return Fix(Safety.GUIDED, "Begin with an empty image", (edit,), proposal=proposal)


FIXERS = (
    Fixer(
        id="workdir-absolute",
        title="An absolute WORKDIR",
        rules=("relative-workdir",),
        safety=Safety.SAFE,
        writes="The absolute path, where the base image is one that is known to set no `WORKDIR` "
        "and the path has no variable: it is the directory that the relative one means.",
        breaks="Nothing; if the base image is changed later for one with a `WORKDIR` of its own, "
        "the path stays where it is now.",
        on={Dockerfile: _relative_workdir},
        examples=(
            Example("FROM debian:12.5\nWORKDIR app\n", "FROM debian:12.5\nWORKDIR /app\n"),
            Example("FROM scratch\nWORKDIR ./a/b/ \n", "FROM scratch\nWORKDIR /a/b \n"),
        ),
        keeps=(
            "FROM golang:1.24.4\nWORKDIR app\n",
            "FROM ghcr.io/acme/base:1.2.3\nWORKDIR app\n",
            "FROM debian:12.5\nWORKDIR app/$NAME\n",
            "FROM debian:12.5\nWORKDIR ../app\n",
        ),
    ),
    Fixer(
        id="workdir-of-the-image",
        title="A WORKDIR of the image's own",
        rules=("system-workdir",),
        safety=Safety.GUIDED,
        writes="`WORKDIR /app` is proposed.",
        breaks="What is read or written by a relative path is elsewhere.",
        on={Dockerfile: _system_workdir},
        examples=(
            Example("FROM debian:12.5\nWORKDIR /proc/self\n", "FROM debian:12.5\nWORKDIR /app\n"),
        ),
    ),
    Fixer(
        id="no-system-volume",
        title="No volume over a system path",
        rules=("system-volume",),
        safety=Safety.UNSAFE,
        writes="`VOLUME` without the path; the whole line goes where it has no other.",
        breaks="Without `VOLUME` a container gets no volume of its own at that path: what it "
        "writes there is gone with it. A mount that is asked for at run time works as before.",
        on={Dockerfile: _system_volume},
        examples=(
            Example(
                "FROM debian:12.5\nVOLUME /var/run/docker.sock\nCMD a\n",
                "FROM debian:12.5\nCMD a\n",
            ),
            Example(
                'FROM debian:12.5\nVOLUME ["/data",  "/proc", "/x"]\n',
                'FROM debian:12.5\nVOLUME ["/data", "/x"]\n',
            ),
            Example("FROM debian:12.5\nVOLUME /run /a\n", "FROM debian:12.5\nVOLUME /a\n"),
        ),
        keeps=("FROM debian:12.5\nVOLUME /run \\\n  /a\n",),
    ),
    Fixer(
        id="copy-into-scratch",
        title="A whole filesystem is copied into an empty image",
        rules=("whole-filesystem-copied",),
        safety=Safety.GUIDED,
        writes="`FROM scratch` is proposed for a stage that begins with the copy: then the image "
        "is what was copied, and not two systems over each other.",
        breaks="`ENV`, `CMD`, `ENTRYPOINT`, `USER` and `WORKDIR` of the old base image are gone, "
        "`PATH` with them, and so are files that only the old base had.",
        on={Dockerfile: _whole_filesystem},
        examples=(
            Example(
                "FROM debian:12.5 AS b\nRUN make\nFROM debian:12.5\nCOPY --from=b / /\n",
                "FROM debian:12.5 AS b\nRUN make\nFROM scratch\nCOPY --from=b / /\n",
            ),
        ),
        keeps=("FROM debian:12.5 AS b\nFROM debian:12.5\nRUN a\nCOPY --from=b / /\n",),
    ),
)
