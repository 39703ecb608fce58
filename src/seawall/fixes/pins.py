"""Images named by what the lock says of them: the digest that a tag had when it was pinned."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.facts.official import official_name
from seawall.facts.releases import cycle_for
from seawall.fixes.model import Context, Example, Fixer, RunLine, Service
from seawall.surfaces.cell import Cell, State
from seawall.surfaces.dockerfile import Dockerfile, ImageUse
from seawall.surfaces.image import Reference, parse_reference

_DIGEST = "sha256:" + "0123456789abcdef" * 4


class _Written(Struct, frozen=True):
    """A reference as it stands in a file: what is between `start` and `end` reads as `text`.

    `ends_reference` is whether the text's end is the reference's: then a digest can follow it.
    """

    text: str
    start: int
    end: int
    reference: Reference


def _in_dockerfile(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    use = hit.at
    if not isinstance(use, ImageUse) or use.value.known is None:
        return None
    reference = parse_reference(use.value.known)
    if reference is None or reference.digest:
        return None
    written = _literal(dockerfile, use, reference) or _argument(dockerfile, use, reference)
    return _pinned(written, context) if written else None


def _literal(dockerfile: Dockerfile, use: ImageUse, reference: Reference) -> _Written | None:
    """The reference where it is written out."""
    text = dockerfile.source.text[use.start : use.end]
    bare = text.strip("\"'")
    if bare != use.value.known:
        return None
    start = use.start + text.index(bare)
    return _Written(bare, start, start + len(bare), reference)


def _argument(dockerfile: Dockerfile, use: ImageUse, reference: Reference) -> _Written | None:
    """The default of the one argument that the reference ends with, where nothing else uses it.

    What is put behind it moves with it: whoever passes another version passes no digest.
    """
    text = dockerfile.source.text[use.start : use.end].strip("\"'")
    words = [
        word
        for instruction in dockerfile.of("ARG")
        if instruction.stage < 0
        for word in instruction.arguments
        if text.endswith(_expansions(word.text.partition("=")[0]))
    ]
    if len(words) != 1:
        return None
    word = words[0]
    name, equals, default = word.text.partition("=")
    bare = default.strip("\"'")
    whole = dockerfile.source.text
    is_plain = whole[word.start : word.end] == word.text and "$" not in default and bare
    if not equals or not is_plain or not (use.value.known or "").endswith(bare):
        return None
    if _uses(dockerfile, name) != 1:
        return None
    start = word.start + word.text.index(bare, len(name))
    return _Written(bare, start, start + len(bare), reference)


def _expansions(name: str) -> tuple[str, str]:
    return "${" + name + "}", f"${name}"


def _uses(dockerfile: Dockerfile, name: str) -> int:
    """How often an argument is expanded, or declared again within a stage."""
    text = dockerfile.source.text
    declared = sum(
        word.text.partition("=")[0] == name
        for instruction in dockerfile.of("ARG")
        if instruction.stage >= 0
        for word in instruction.arguments
    )
    return (
        text.count("${" + name + "}")
        + text.count(f"${name}")
        + text.count("${" + name + ":")
        + 2 * declared
    )


def _in_workload(subject: Service | RunLine, hit: Hit, context: Context) -> Fix | None:
    written = _in_cell(hit)
    return _pinned(written, context) if written else None


def _in_cell(hit: Hit) -> _Written | None:
    """The reference of a service or a run line, where it is written out and has no digest yet."""
    cell = hit.at
    if not isinstance(cell, Cell) or cell.state is not State.WRITTEN or cell.value is None:
        return None
    reference = parse_reference(str(cell.value))
    text = cell.place.source.text[cell.start : cell.end]
    bare = text.strip("\"'")
    if reference is None or reference.digest or bare != cell.value:
        return None
    start = cell.start + text.index(bare)
    return _Written(bare, start, start + len(bare), reference)


def _pinned(written: _Written, context: Context) -> Fix | None:
    """The digest behind the tag that is written; `latest` is written out, so that people see it."""
    reference = written.reference
    pin = context.pins.get(reference.familiar) or (
        context.pins.get(f"{reference.name}:latest") if not reference.tag else None
    )
    if pin is None or not pin.digest:
        return None
    tag = "" if reference.tag or ":" in written.text.rpartition("/")[2] else ":latest"
    text = f"{tag}@{pin.digest}"
    title = f"name `{reference.familiar}` by the digest in seawall.lock"
    return Fix(Safety.SAFE, title, (Edit(written.end, written.end, text),), fixer="pin-digest")


PIN_DIGEST = Fixer(
    id="pin-digest",
    title="Name an image by its digest",
    rules=("unpinned-digest", "latest-tag", "floating-tag", "unpinned-frontend"),
    safety=Safety.SAFE,
    writes=(
        "The digest that `seawall.lock` has for the reference, behind the tag: "
        "`python:3.13@sha256:…`. The digest is that of the index of all platforms, so the line "
        "stays good for each of them. A reference without a tag gets `:latest`, which is what it "
        "meant. FROM, `COPY --from`, `RUN --mount=from`, `# syntax=`, `image:` of a service and "
        "`docker run` lines are mended; where a reference ends with an argument, the argument's "
        "default is, if nothing else uses it. Nothing is written for what the lock does not hold: "
        "`seawall pin` asks the registries and fills it."
    ),
    breaks=(
        "Nothing now: the same image is pulled. Later, the image no longer moves with its tag, so "
        "security updates stop until `seawall pin --update` is run and its result committed. "
        "A registry that deletes untagged manifests can make an old digest unavailable."
    ),
    on={Dockerfile: _in_dockerfile, Service: _in_workload, RunLine: _in_workload},
    examples=(
        Example(
            'FROM python\nCMD ["python3"]\n',
            f'FROM python:latest@{_DIGEST}\nCMD ["python3"]\n',
            {"python:latest": _DIGEST},
        ),
        Example(
            "ARG VERSION=16\nFROM node:${VERSION}\n",
            f"ARG VERSION=16@{_DIGEST}\nFROM node:${{VERSION}}\n",
            {"node:16": _DIGEST},
        ),
        Example(
            "FROM alpine:3.22.1\nCOPY --from=busybox:latest /bin/busybox /bin/\n",
            f"FROM alpine:3.22.1\nCOPY --from=busybox:latest@{_DIGEST} /bin/busybox /bin/\n",
            {"busybox:latest": _DIGEST},
        ),
        Example(
            "# syntax=acme/dockerfile:1\nFROM scratch\n",
            f"# syntax=acme/dockerfile:1@{_DIGEST}\nFROM scratch\n",
            {"acme/dockerfile:1": _DIGEST},
        ),
        Example(
            "services:\n  web:\n    image: 'nginx:stable'  # the front\n",
            f"services:\n  web:\n    image: 'nginx:stable@{_DIGEST}'  # the front\n",
            {"nginx:stable": _DIGEST},
        ),
    ),
    keeps=(
        "FROM python\n",
        "ARG VERSION=16\nFROM node:${VERSION}\nARG VERSION\nRUN echo $VERSION\n",
    ),
)


def _release_in_dockerfile(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    use = hit.at
    reference = parse_reference(use.value.known or "") if isinstance(use, ImageUse) else None
    if not isinstance(use, ImageUse) or reference is None:
        return None
    return _released(_literal(dockerfile, use, reference))


def _release_in_workload(subject: Service | RunLine, hit: Hit, context: Context) -> Fix | None:
    return _released(_in_cell(hit))


def _released(written: _Written | None) -> Fix | None:
    """The newest patch release of the major version that the tag names, its variant kept."""
    if written is None or written.reference.digest:
        return None
    reference = written.reference
    key = official_name(reference.name)
    version, dash, variant = reference.tag.partition("-")
    if key is None or not version.isdigit() or not written.text.endswith(reference.tag):
        return None
    cycle = cycle_for(key, version)
    if cycle is None or not cycle.latest or cycle.latest.split(".")[0] != version:
        return None
    tag = cycle.latest + dash + variant
    if "+" in tag:  # Java's releases have it, tags can't: each publisher writes another sign
        return None
    edit = Edit(written.end - len(reference.tag), written.end, tag)
    return Fix(
        Safety.UNSAFE,
        f"name the newest release of {reference.name} {version} that is on record: {tag}",
        (edit,),
        fixer="pin-release",
    )


PIN_RELEASE = Fixer(
    id="pin-release",
    title="Name the exact release of an image",
    rules=("floating-tag",),
    safety=Safety.UNSAFE,
    writes=(
        "The newest patch release of the major version that the tag names, from the release dates "
        "that come with Seawall, the rest of the tag kept: `node:22-alpine` to "
        "`node:22.12.0-alpine`. Only for Docker's official images whose releases are on record."
    ),
    breaks=(
        "The release on record may be older than what the tag means today, or than what was "
        "tested; "
        "and an official image may not be built for every release in every variant. "
        "`seawall pin` finds out what the tag means, and needs a network."
    ),
    on={
        Dockerfile: _release_in_dockerfile,
        Service: _release_in_workload,
        RunLine: _release_in_workload,
    },
    examples=(),
)

FIXERS = (PIN_DIGEST, PIN_RELEASE)
