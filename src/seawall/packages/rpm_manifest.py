"""The list of packages in distroless images of Azure Linux, which have no database.

It is what `rpm -qa` printed when the image was built: ten fields a line, parted by tabs.
"""

from __future__ import annotations

from collections.abc import Iterable

from seawall.packages.reading import bounded, text_of
from seawall.packages.rpm_header import Header, package_of
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Fact, Trouble

_PATH = "var/lib/rpmmanifest/container-manifest-2"
_FIELDS = 10


@bounded
def analyse(file: LayerFile) -> Iterable[Fact]:
    """The packages that the list names."""
    odd = 0
    for line in filter(None, text_of(file).split("\n")):
        fields = ["" if field == "(none)" else field for field in line.split("\t")]
        if len(fields) == _FIELDS and fields[0] and fields[1]:
            yield package_of(_header(fields), file.path)
        else:
            odd += 1
    if odd:
        yield Trouble(file.path, f"{odd} lines can't be understood")


def _header(fields: list[str]) -> Header:
    version, _, release = fields[1].rpartition("-")
    return Header(
        name=fields[0],
        version=version or fields[1],
        release=release if version else "",
        epoch=fields[8],
        vendor=fields[4],
        architecture=fields[7],
        source_rpm=fields[9],
    )


ANALYSER = Analyser("rpm-manifest", 1, Wants(paths=frozenset({_PATH})), analyse)
"""Finds the packages of Azure Linux's distroless images."""
