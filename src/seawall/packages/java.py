"""Java archives: what each is, what was shaded into it, and the archives inside it.

Maven writes `META-INF/maven/<group>/<artifact>/pom.properties` into what it builds; several of
them mean that others were shaded in. Archives without one are named after their manifest and
file, and the group stays empty where neither tells it: their `cataloguer` is then `jar-name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from seawall.core.expression import Expression
from seawall.packages import licenses, zips
from seawall.packages.bounds import capped
from seawall.packages.java_names import (
    Coordinates,
    from_manifest,
    read_manifest,
)
from seawall.packages.zips import Budget, Entry, ZipError
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

MAX_DEPTH = 8
"""Archives in archives: an EAR holds a WAR that holds a JAR, and a fat JAR may lie in each."""
MAX_NESTED = 128 * 1024 * 1024
"""Bytes of an archive in another."""
MAX_PROPERTIES = 64 * 1024
MAX_MANIFEST = 256 * 1024
"""Bytes of the main section: bundles with many packages have some 100 kB."""

_ENDINGS = (".jar", ".war", ".ear", ".par", ".sar", ".nar", ".hpi", ".jpi", ".lpkg", ".kar")
_RAW_ENDINGS = tuple(ending.encode() for ending in _ENDINGS)
_MANIFEST = "META-INF/MANIFEST.MF"
_RAW_MANIFEST = b"meta-inf/manifest.mf"
_MAVEN = b"META-INF/maven/"
_POM = Expression(r"META-INF/maven/([^/]+)/([^/]+)/pom\.(properties|xml)")
_PROPERTY = Expression(r"^[ \t]*(groupId|artifactId|version)[ \t]*[=:](.*)$", re.MULTILINE)
_ADDRESSES = (
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("opensource.org/licenses/apache-2.0", "Apache-2.0"),
    ("opensource.org/licenses/apache2.0", "Apache-2.0"),
    ("opensource.org/licenses/mit", "MIT"),
    ("opensource.org/licenses/bsd-3-clause", "BSD-3-Clause"),
    ("opensource.org/licenses/bsd-2-clause", "BSD-2-Clause"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("eclipse.org/legal/epl-v10", "EPL-1.0"),
    ("mozilla.org/mpl/2.0", "MPL-2.0"),
)
_MAX_WORD = 256


def _analyse(file: LayerFile) -> Iterable[Fact]:
    return capped(_Walk(file.path).archive(file.content, file.name, "", 0), file.path)


class _Walk:
    """Goes through one file and the archives inside it, within one budget."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.budget = Budget()
        self.is_spent = False

    def archive(self, data: memoryview, name: str, inside: str, depth: int) -> Iterator[Fact]:
        """What an archive tells; `inside` is its place in the file, empty for the file itself."""
        try:
            listing = zips.list_entries(data, _is_wanted, self.budget)
        except ZipError as error:
            yield self._trouble(inside, str(error))
            return
        if listing.problem:
            yield self._trouble(inside, listing.problem)
        yield from self._packages(data, listing.entries, name, inside)
        for entry in listing.entries:
            if not self.is_spent and entry.name.lower().endswith(_ENDINGS):
                yield from self._nested(data, entry, inside, depth + 1)

    def _nested(self, data: memoryview, entry: Entry, inside: str, depth: int) -> Iterator[Fact]:
        place = f"{inside}!/{entry.name}" if inside else entry.name
        self.budget.archives -= 1
        if self.budget.archives < 0:
            self.is_spent = True
            yield self._trouble("", f"holds more than {zips.MAX_ARCHIVES:,} archives")
        elif depth > MAX_DEPTH:
            yield self._trouble(place, f"is nested deeper than {MAX_DEPTH} archives")
        elif entry.size > MAX_NESTED:
            yield self._trouble(place, f"has more than {MAX_NESTED:,} bytes")
        else:
            content = self._read(data, entry, place, MAX_NESTED)
            if isinstance(content, Trouble):
                yield content
            elif len(content):
                yield from self.archive(content, entry.name.rpartition("/")[2], place, depth)

    def _packages(
        self, data: memoryview, entries: Iterable[Entry], name: str, inside: str
    ) -> Iterator[Fact]:
        manifest: dict[str, str] = {}
        poms: dict[tuple[str, str], Coordinates] = {}
        for entry in entries:
            found = _POM.fullmatch(entry.name)
            if found is None and entry.name.upper() != _MANIFEST:
                continue
            most = MAX_MANIFEST if found is None else MAX_PROPERTIES
            content = b"" if found and found[3] == "xml" else self._head(data, entry, most)
            if isinstance(content, Trouble):
                yield content
            elif found is None:
                manifest = read_manifest(content)
            else:
                _add_pom(poms, Coordinates(found[1], found[2], ""), content)
        for coordinates, is_main in _all(list(poms.values()), manifest, name):
            yield self._package(coordinates, manifest if is_main else {}, inside)

    def _head(self, data: memoryview, entry: Entry, most: int) -> bytes | Trouble:
        content = self._read(data, entry, entry.name, most)
        return content if isinstance(content, Trouble) else bytes(content)

    def _read(self, data: memoryview, entry: Entry, place: str, most: int) -> memoryview | Trouble:
        if self.is_spent:
            return memoryview(b"")
        try:
            return zips.read_entry(data, entry, self.budget, most)
        except ZipError as error:
            self.is_spent = self.budget.inflated <= 0
            return self._trouble(place, str(error))

    def _trouble(self, inside: str, reason: str) -> Trouble:
        place = f"{inside} in the archive" if inside else "the archive"
        return Trouble(self.path, f"{place} {reason}")

    def _package(self, coordinates: Coordinates, manifest: dict[str, str], inside: str) -> Package:
        return Package(
            Ecosystem.MAVEN,
            coordinates.artifact,
            coordinates.version,
            self.path,
            namespace=coordinates.group,
            licenses=_licenses(manifest.get("bundle-license", "")),
            supplier=_word(manifest.get("implementation-vendor", "")),
            cataloguer="jar" if coordinates.group else "jar-name",
            inside=inside,
        )


def _is_wanted(name: bytes) -> bool:
    if name.startswith(_MAVEN):
        return name.endswith((b"/pom.properties", b"/pom.xml"))
    lower = name[-20:].lower()
    return lower.endswith(_RAW_ENDINGS) or (len(name) == 20 and lower == _RAW_MANIFEST)


def _add_pom(poms: dict[tuple[str, str], Coordinates], place: Coordinates, content: bytes) -> None:
    """Keep what pom.properties says, and of a pom.xml alone the names that its place tells."""
    text = content.decode("utf-8", "replace")
    values = {key: value.strip() for key, value in _PROPERTY.findall(text)}
    key = (place.group, place.artifact)
    named = Coordinates(
        _resolved(values.get("groupId", "")) or _resolved(place.group),
        _resolved(values.get("artifactId", "")) or _resolved(place.artifact),
        _resolved(values.get("version", "")),
    )
    if key not in poms or (named.version and not poms[key].version):
        poms[key] = named


def _resolved(value: str) -> str:
    """A value, but for one that a build left as `${project.version}`, or that is no word."""
    return "" if "${" in value or "@" in value else _word(value)


def _word(value: str) -> str:
    return value if len(value) <= _MAX_WORD and value.isprintable() else ""


def _all(
    poms: list[Coordinates], manifest: dict[str, str], name: str
) -> Iterator[tuple[Coordinates, bool]]:
    """The packages in one archive, and which of them the archive itself is.

    A POM is the archive's own if it has the artifact of the file name, or is the only one and has
    the version of the file or manifest; where none is, the archive is named after its manifest
    and file, beside what was shaded into it.
    """
    stem = name.rpartition(".")[0] or name
    guess = from_manifest(manifest, stem)
    own = _own(poms, guess, stem)
    for pom in poms:
        if pom is own:
            yield Coordinates(pom.group, pom.artifact, pom.version or guess.version), True
        elif pom.version:
            yield pom, False
    if own is None and _word(guess.artifact):
        yield guess, True


def _own(poms: list[Coordinates], guess: Coordinates, stem: str) -> Coordinates | None:
    for pom in poms:
        if pom.artifact == guess.artifact or stem in {
            pom.artifact,
            f"{pom.artifact}-{pom.version}",
        }:
            return pom
    is_only = len(poms) == 1 and guess.version != "" and guess.version == poms[0].version
    return poms[0] if is_only else None


def _licenses(written: str) -> tuple[str, ...]:
    """The licences of a bundle: addresses or names, each with attributes after a semicolon."""
    found: dict[str, None] = {}
    for part in written[:4096].split(","):
        value = _word(part.partition(";")[0].strip().strip('"'))
        if value:
            lower = value.lower()
            known = next((name for address, name in _ADDRESSES if address in lower), "")
            found[known or licenses.normalised(value)] = None
    return tuple(found)


ANALYSER = Analyser("java", 1, Wants(suffixes=frozenset(_ENDINGS)), _analyse)
"""Maven's packages in Java archives of all kinds."""
