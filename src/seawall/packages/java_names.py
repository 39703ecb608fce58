"""What a Java archive is called, from its file name and its manifest, where no POM says it.

Maven's coordinates are a group, an artifact and a version. A file name has the last two, a
manifest may have a group; the rules below are those by which Maven's plugins write them.
"""

from __future__ import annotations

import re

from msgspec import Struct

from seawall.core.expression import Expression

_MAX_STEM = 255
_QUALIFIER = (
    r"snapshot|release|final|ga|sp\d*|rc\.?\d*|cr\d*|m\d+|alpha\.?\d*|beta\.?\d*|b\d+|pre\d*"
    r"|jre\d*|jdk\d+|java\d+|android|incubating|redhat|empty|preview|build|patch|v?\d[\w.+~]*"
)
_VERSION = rf"\d[\w.+~]*(?:-(?:{_QUALIFIER}))*"
_WHOLE = Expression(_VERSION, re.IGNORECASE)
_CLASSIFIED = Expression(rf"({_VERSION})-[a-z][\w.-]*", re.IGNORECASE)
_ARTIFACT = Expression(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_GROUP = Expression(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_0-9][\w-]*)+")
_FIELD = Expression(r"^([A-Za-z0-9_-]+):[ \t]?(.*)$", re.MULTILINE)
_OSGI_STAMP = Expression(r"\.v?\d{8}(?:[-_]?\d{4,6})?$")


class Coordinates(Struct, frozen=True):
    """What Maven calls an archive; parts that nobody knows are empty."""

    group: str
    artifact: str
    version: str


def split_file_name(stem: str) -> tuple[str, str]:
    """Artifact and version of a file name without its ending: `guava-31.1-jre`.

    The version begins at a digit after a hyphen, and a classifier may follow it
    (`netty-4.1.0.Final-linux-x86_64`); in `log4j-1.2-api-2.17.1` it is the last one that can be.
    """
    if len(stem) > _MAX_STEM:
        return stem[:_MAX_STEM], ""
    places = [found.start() for found in re.finditer(r"(?<=[^-])-(?=\d)", stem)]
    for place in places:
        if _WHOLE.compiled.fullmatch(stem, place + 1):
            return stem[:place], stem[place + 1 :]
    for place in reversed(places):
        found = _CLASSIFIED.compiled.fullmatch(stem, place + 1)
        if found is not None:
            return stem[:place], found[1]
    return stem, ""


def read_manifest(data: bytes) -> dict[str, str]:
    """The main section of a manifest (JAR File Specification), keys in lower case."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    main = text.lstrip("\n").partition("\n\n")[0].replace("\n ", "")
    fields: dict[str, str] = {}
    for key, value in _FIELD.compiled.findall(main):
        fields.setdefault(key.lower(), value.strip())
    return fields


def from_manifest(manifest: dict[str, str], stem: str) -> Coordinates:
    """The best guess without a POM; the group stays empty where it can't be told for sure."""
    artifact, version = split_file_name(stem)
    title = manifest.get("implementation-title", "")
    if not version and _is_artifact(title) and title.lower() in stem.lower():
        artifact = title
    return Coordinates(_group(manifest, artifact), artifact, version or _manifest_version(manifest))


def _is_artifact(title: str) -> bool:
    return _ARTIFACT.fullmatch(title) is not None


def _group(manifest: dict[str, str], artifact: str) -> str:
    """The group that Maven's own plugins wrote down, or that an OSGi name is made of.

    The name of a bundle is group and artifact, with what both share written once
    (`org.apache.commons` and `commons-lang3` are `org.apache.commons.lang3`).
    """
    vendor = manifest.get("implementation-vendor-id", "")
    if _GROUP.fullmatch(vendor):
        return vendor
    bundle = manifest.get("bundle-symbolicname", "").partition(";")[0].strip()
    if not _GROUP.fullmatch(bundle):
        return ""
    if bundle.endswith("." + artifact):
        return bundle[: -len(artifact) - 1]
    group, _, rest = bundle.rpartition(".")
    shared = group.rpartition(".")[2]
    return group if artifact == f"{shared}-{rest}" else ""


def _manifest_version(manifest: dict[str, str]) -> str:
    """The version; a bundle's without the stamp of its build, which Maven's does not have."""
    for key in ("implementation-version", "bundle-version", "specification-version"):
        value = manifest.get(key, "")
        if value[:1].isdigit() and len(value) <= _MAX_STEM and value.isprintable():
            value = value.split()[0]
            return _OSGI_STAMP.sub("", value) if key == "bundle-version" else value
    return ""
