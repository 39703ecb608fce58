"""RPM's databases of installed packages, in the three formats that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seawall.packages import rpm_bdb, rpm_ndb
from seawall.packages.reading import MAX_FACTS
from seawall.packages.rpm_header import Header, package_of, read_header
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Ownership, Trouble

FOLDERS = ("var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/")
_NAMES = ("Packages", "Packages.db", "rpmdb.sqlite")
_JOURNAL = "rpmdb.sqlite-wal"
_SQLITE = b"SQLite format 3\0"
_KEYS = "gpg-pubkey"
_MAX_TEXTS = 3_000_000
"""The most paths, provided and required names: a desktop of 3,000 packages has about a million."""


def analyse(file: LayerFile) -> Iterable[Fact]:
    """The packages that the database tells of, and the files that they own."""
    if not file.content:
        return  # rpm leaves an empty file where it keeps another format
    if file.name == _JOURNAL:
        yield Trouble(file.path, "holds changes that were not written to the database of packages")
        return
    headers: list[Header] = []
    trouble = _collect(file, headers)
    yield from _facts(headers, file.path)
    if trouble:
        yield Trouble(file.path, trouble)


def _collect(file: LayerFile, headers: list[Header]) -> str:
    """Read what can be read; what could not is said."""
    odd = texts = 0
    try:
        for blob in _blobs(file.content):
            header = read_header(blob)
            if header:
                headers.append(header)
                texts += len(header.paths) + len(header.provides) + len(header.requires)
            else:
                odd += _is_header(blob)
            if len(headers) + odd > MAX_FACTS or texts > _MAX_TEXTS:
                return "tells of too many packages or files: the rest is not read"
    except ValueError as error:
        return f"can't be read as a database of RPM packages: {error}"
    return f"{odd} headers can't be understood" if odd else ""


def _blobs(content: memoryview) -> Iterator[bytes]:
    if bytes(content[:16]) == _SQLITE:
        from seawall.packages import rpm_sqlite  # noqa: PLC0415 -- few images need SQLite

        return rpm_sqlite.blobs(content)
    if bytes(content[:4]) == rpm_ndb.MAGIC:
        return rpm_ndb.blobs(content)
    return rpm_bdb.blobs(content)


def _is_header(blob: bytes) -> bool:
    """Whether it should have been one: a Berkeley DB also holds a counter of four bytes."""
    return len(blob) > 4


def _facts(headers: list[Header], path: str) -> Iterator[Fact]:
    headers = [header for header in headers if header.name != _KEYS]
    providers = _providers(headers)
    for header in headers:
        yield package_of(header, path, _required(header, providers))
        if header.paths:
            yield Ownership(Ecosystem.RPM, header.name, path, "\n".join(header.paths))


def _providers(headers: list[Header]) -> dict[str, str]:
    """What a requirement may be called, and the package that is meant."""
    providers: dict[str, str] = {}
    required = {name for header in headers for name in header.requires if name.startswith("/")}
    for header in headers:
        for name in header.provides:
            providers.setdefault(name, header.name)
        if required:
            for path in required.intersection("/" + path for path in header.paths):
                providers.setdefault(path, header.name)
    return providers | {header.name: header.name for header in headers}


def _required(header: Header, providers: dict[str, str]) -> tuple[str, ...]:
    found = dict.fromkeys(providers[name] for name in header.requires if name in providers)
    found.pop(header.name, None)
    return tuple(found)


ANALYSER = Analyser(
    "rpm",
    1,
    Wants(
        paths=frozenset(folder + name for folder in FOLDERS for name in (*_NAMES, _JOURNAL)),
    ),
    analyse,
)
"""Finds the packages of Red Hat's, SUSE's and Amazon's families of images."""
