"""Statements of others on whether a flaw matters: OpenVEX, CSAF and CycloneDX documents.

OpenVEX: https://github.com/openvex/spec; CSAF 2.0: https://docs.oasis-open.org/csaf/ (profile 5,
VEX); CycloneDX 1.4 to 1.6: https://cyclonedx.org/capabilities/vex/. All three say of products,
told by package URL, hash or name, that a flaw does not affect them or is fixed in them. Where a
statement can't be tied to a product it excuses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from seawall.advisories.model import Match
from seawall.advisories.names import normalise
from seawall.advisories.record import shortened
from seawall.advisories.vex_formats import readers
from seawall.core.errors import InputError
from seawall.packages.purl import package_url
from seawall.surfaces.image import parse_reference
from seawall.surfaces.image.facts import Distribution

MAX_DOCUMENT = 64 * 1024 * 1024

_EXCUSES = frozenset(("not_affected", "fixed"))


class Statement(Struct, frozen=True):
    """What a document says of a flaw in some products.

    `status` is `not_affected`, `fixed`, `affected` or `under_investigation`, `justification` a
    word of its format, `note` what its author adds. `products` are package URLs, digests
    (`sha256:…`) and names, each with the parts of it that are meant, none for all of it.
    """

    flaw: str
    aliases: tuple[str, ...]
    status: str
    products: tuple[tuple[str, tuple[str, ...]], ...]
    justification: str = ""
    note: str = ""
    time: str = ""


class VexDocument(Struct, frozen=True):
    """A document: `name` as the user gave it, `format`, its author, its statements in order."""

    name: str
    format: str
    statements: tuple[Statement, ...]
    author: str = ""
    time: str = ""


class Suppressed(Struct, frozen=True):
    """A match that a document excuses, and how: in words that a report can show."""

    match: Match
    statement: Statement
    document: str

    @property
    def reason(self) -> str:
        """`not affected: vulnerable_code_not_present (vex.json)`."""
        words = [self.statement.status.replace("_", " ")]
        told = self.statement.justification or shortened(self.statement.note, 120)
        if told:
            words.append(told)
        return f"{': '.join(words)} ({self.document})"


def read_vex(data: bytes, name: str) -> VexDocument:
    """Read a document of any of the three formats.

    Raises:
        InputError: it is none, or of more than `MAX_DOCUMENT` bytes.
    """
    if len(data) > MAX_DOCUMENT:
        raise InputError(f"{name}: more than {MAX_DOCUMENT:,} bytes")
    try:
        kind, author, time, raw = readers(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        hint = "OpenVEX, CSAF 2.0 and CycloneDX (1.4 and later) documents in JSON are read."
        raise InputError(f"{name}: no VEX document: {error}", hint) from error
    return VexDocument(name, kind, tuple(Statement(*statement) for statement in raw), author, time)


def apply(
    matches: Sequence[Match],
    documents: Sequence[VexDocument],
    distribution: Distribution | None = None,
    image: Collection[str] = (),
) -> tuple[tuple[Match, ...], tuple[Suppressed, ...]]:
    """Part matches into those that stand and those that documents excuse.

    `image` are names and digests of the image (`sha256:…`, `docker.io/library/python`,
    `pkg:oci/…`): a statement on a whole image holds for its packages. The last statement on a
    flaw and product counts, by its time, then by the order of documents.
    """
    index = _Index(documents)
    kept: list[Match] = []
    suppressed: list[Suppressed] = []
    names = frozenset(_image_names(image))
    for match in matches:
        found = index.last(match, distribution, names)
        if found is not None and found[0].status in _EXCUSES:
            suppressed.append(Suppressed(match, *found))
        else:
            kept.append(match)
    return tuple(kept), tuple(suppressed)


class _Index:
    """Statements by the flaws that they are on."""

    def __init__(self, documents: Iterable[VexDocument]) -> None:
        self._by_flaw: dict[str, list[tuple[Statement, str]]] = {}
        for document in documents:
            for statement in document.statements:
                for flaw in dict.fromkeys((statement.flaw, *statement.aliases)):
                    self._by_flaw.setdefault(flaw, []).append((statement, document.name))

    def last(
        self, match: Match, distribution: Distribution | None, image: frozenset[str]
    ) -> tuple[Statement, str] | None:
        """The statement that counts for a match, with its document's name."""
        flaws = (match.vulnerability.id, *match.vulnerability.aliases)
        found = [each for flaw in flaws for each in self._by_flaw.get(flaw, ())]
        if not found:
            return None
        own = [_Purl.of(url) for url in _urls(match, distribution)]
        # A statement on any of a record's ids is one on the flaw; a dict keeps each once.
        unique = {id(statement): (statement, name) for statement, name in found}
        meant = [each for each in unique.values() if _is_on(each[0], own, image)]
        return (
            max(enumerate(meant), key=lambda item: (item[1][0].time, item[0]))[1] if meant else None
        )


def _urls(match: Match, distribution: Distribution | None) -> Iterator[str]:
    """The package's URL, and that of what it was built from: statements are on either."""
    package = match.package
    yield package_url(package, distribution)
    if package.source and package.source != package.name:
        version = package.source_version or package.version
        yield package_url(
            msgspec.structs.replace(
                package, name=package.source, version=version, source="", source_version=""
            ),
            distribution,
        )


def _is_on(statement: Statement, own: Sequence[_Purl | None], image: frozenset[str]) -> bool:
    for product, parts in statement.products:
        if parts:
            if _is_meant(product, own, image) and any(_is_package(part, own) for part in parts):
                return True
        elif _is_meant(product, own, image):
            return True
    return False


def _is_meant(product: str, own: Sequence[_Purl | None], image: frozenset[str]) -> bool:
    if _is_package(product, own):
        return True
    return any(name in image for name in _product_names(product))


def _is_package(product: str, own: Sequence[_Purl | None]) -> bool:
    wanted = _Purl.of(product)
    return wanted is not None and any(each is not None and wanted.covers(each) for each in own)


def _image_names(names: Iterable[str]) -> Iterator[str]:
    """All that the image may be called: its repository, without a tag, stands for it too, and
    `oci:python` for a package URL that does not say where it lies."""
    for name in names:
        yield from _product_names(name)
        reference = None if name.startswith(("pkg:", "sha256:")) else parse_reference(name)
        if reference is not None:
            yield reference.repository
            yield f"oci:{reference.path.rpartition('/')[2]}"
            if reference.tag:
                yield f"{reference.repository}:{reference.tag}"


def _product_names(name: str) -> Iterator[str]:
    """What a product's name may stand for: itself, or what a package URL tells of an image."""
    purl = _Purl.of(name)
    if purl is None:
        yield name
    elif purl.kind in ("oci", "docker"):
        yield from _purl_names(purl)


def _purl_names(purl: _Purl) -> Iterator[str]:
    """The digest where one is told: no other image is meant then; else the repository."""
    place = purl.qualifiers.get("repository_url", "").removeprefix("index.")
    if purl.version.startswith("sha256:"):
        yield purl.version
    elif purl.version or "tag" in purl.qualifiers:
        return  # a tag may be another image by now
    elif place:
        yield place
        yield f"{place}/{purl.name}"
    else:
        yield f"oci:{purl.name}"


class _Purl(Struct, frozen=True):
    """A package URL, taken apart as far as statements need it."""

    kind: str
    name: str
    version: str
    qualifiers: dict[str, str]

    @classmethod
    def of(cls, text: str) -> _Purl | None:
        """Take a URL apart; None for what is none."""
        if not text.startswith("pkg:") or len(text) > 4096:
            return None
        rest, _, query = text[4:].partition("#")[0].partition("?")
        kind, _, path = rest.lstrip("/").partition("/")
        name, at, version = path.rpartition("@")
        if not at or "/" in version:  # `@scope/name` has no version
            name, version = path, ""
        pairs = (pair.partition("=") for pair in query.split("&") if "=" in pair)
        qualifiers = {key: unquote(value) for key, _, value in pairs}
        return cls(kind.lower(), _name(kind.lower(), unquote(name)), unquote(version), qualifiers)

    def covers(self, other: _Purl) -> bool:
        """Whether what is said of this holds for the other: the same package; where a version is
        named, the same one; where an architecture or a distribution is, the same too."""
        if (self.kind, self.name) != (other.kind, other.name):
            return False
        if self.version and self.version not in _spellings(other):
            return False
        return all(
            key not in other.qualifiers or _agree(self.qualifiers[key], other.qualifiers[key])
            for key in ("arch", "distro")
            if key in self.qualifiers
        )


def _name(kind: str, name: str) -> str:
    if kind == "pypi":
        return normalise("PyPI", name)
    if kind == "nuget":
        return name.lower()
    return (
        name.lower() if kind in ("composer", "deb", "apk", "rpm", "golang", "npm", "oci") else name
    )


def _spellings(purl: _Purl) -> Iterator[str]:
    """A version as it may be written: RPM's with its epoch or without, Go's with its v."""
    yield purl.version
    yield purl.version.removeprefix("v")
    yield f"v{purl.version}"
    if epoch := purl.qualifiers.get("epoch"):
        yield f"{epoch}:{purl.version}"


def _agree(wanted: str, actual: str) -> bool:
    """`debian-12` holds for `debian-12.5`; all architectures for any."""
    if wanted in ("", "source", "src", "all", "noarch") or wanted == actual:
        return True
    return actual.startswith(f"{wanted}.")
