"""Debian's databases of installed packages: `status`, and `status.d` of distroless images.

The format is deb-control(5), the states are those of dpkg(1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from seawall.core.expression import BytesExpression, Expression
from seawall.packages.licenses import all_normalised
from seawall.packages.reading import bounded, paths_of
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, License, Ownership, Package, Trouble

STATUS = "var/lib/dpkg/status"
STATUS_FOLDER = "var/lib/dpkg/status.d/"
INFO_FOLDER = "var/lib/dpkg/info/"
DOC_FOLDER = "usr/share/doc/"

_ABSENT = frozenset({"not-installed", "config-files"})
_MAX_FIELD = 64 * 1024
"""Characters: the longest real list of dependencies has some 20,000."""
_FIELD = Expression(
    r"\n(?:(Package|Status|Origin|Vendor|Maintainer|Architecture|Source|Version|Provides"
    r"|Pre-Depends|Depends):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)|\n*(?=\n))"
)
"""A field with its folded lines, or, with empty groups, the end of a paragraph."""
_ANY_NAME = Expression(r"\n[^\s:]+:")
_NAME = Expression(r"\s*([^\s(:\[<]+)")
_SOURCE = Expression(r"(\S+)(?:\s+\(([^()]*)\))?")
_VENDORS = {
    "docker.com": "Docker",
    "nginx.com": "NGINX",
    "f5.com": "NGINX",
    "nvidia.com": "NVIDIA",
    "mariadb.org": "MariaDB",
    "elastic.co": "Elastic",
    "hashicorp.com": "HashiCorp",
    "mongodb.com": "MongoDB",
    "percona.com": "Percona",
    "grafana.com": "Grafana",
    "gitlab.com": "GitLab",
    "datadoghq.com": "Datadog",
}
"""Hosts of maintainers whose packages come from a vendor's own repository."""


@bounded
def analyse(file: LayerFile) -> Iterable[Fact]:
    """The packages, or the files of one, or its licences: whichever the file tells of."""
    path = file.path
    if path == STATUS:
        return _packages(str(file.content, "latin-1"), path)
    if path.startswith(DOC_FOLDER):
        return _licenses(file)
    if path.startswith(INFO_FOLDER):
        return _listed(file) if path.endswith(".list") else ()
    if path.endswith(".md5sums"):
        return _summed(file)
    if path.startswith(STATUS_FOLDER):
        return _packages(str(file.content, "latin-1"), path)
    return ()


def _packages(text: str, path: str) -> Iterator[Fact]:
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    text = text.strip("\n")
    if not text:
        return
    paragraphs, odd = _paragraphs(f"\n{text}\n")
    present = [fields for fields in paragraphs if _is_present(fields)]
    required = _Requirements(present)
    for fields in present:
        if fields.get("Package") and fields.get("Version"):
            yield _package(fields, path, required)
        else:
            odd += 1
    if odd:
        yield Trouble(path, f"{odd} paragraphs have no package name or no version")


def _paragraphs(text: str) -> tuple[list[dict[str, str]], int]:
    """The fields of each paragraph that `_FIELD` knows, and how many paragraphs have none.

    Names of fields may be written in any case; where one seems to be, all are read again as dpkg
    writes them.
    """
    paragraphs, odd = _read(text)
    if not odd and all("Package" in fields for fields in paragraphs):
        return paragraphs, 0
    return _read(_ANY_NAME.sub(lambda match: match[0].title(), text))


def _read(text: str) -> tuple[list[dict[str, str]], int]:
    """One expression over the whole text: a thousand paragraphs take five milliseconds."""
    paragraphs: list[dict[str, str]] = []
    fields: dict[str, str] = {}
    odd = 0
    for name, value in (*_FIELD.findall(text), ("", "")):
        if name:
            fields[name] = value
        elif fields:
            paragraphs.append(fields)
            fields = {}
        else:
            odd += 1
    return paragraphs, odd


def _is_present(fields: dict[str, str]) -> bool:
    """Whether its files are there, be it half installed or not wholly configured.

    Without a `Status` it is: builders that run no dpkg leave it out, as `status.d` does.
    """
    words = fields.get("Status", "").split()
    return not words or words[-1] not in _ABSENT


def _package(fields: dict[str, str], path: str, required: _Requirements) -> Package:
    name, version = fields["Package"].rstrip(), fields["Version"].rstrip()
    source, source_version = _source(fields["Source"]) if "Source" in fields else ("", "")
    maintainer = _proper(fields.get("Maintainer", ""))
    return Package(
        ecosystem=Ecosystem.DEB,
        name=name,
        version=version,
        path=path,
        source=source if source != name else "",
        source_version=source_version if source_version != version else "",
        architecture=fields.get("Architecture", ""),
        supplier=maintainer,
        requires=required.of(fields, name),
        cataloguer="dpkg",
        origin=_origin(fields, version, maintainer),
    )


def _proper(text: str) -> str:
    """UTF-8 that was read as Latin-1, which is far cheaper for text that is nearly all ASCII."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


def _source(text: str) -> tuple[str, str]:
    match = _SOURCE.match(text)
    return (match[1], (match[2] or "").strip()) if match else ("", "")


def _origin(fields: dict[str, str], version: str, maintainer: str) -> str:
    """Who publishes it, where it says so, or its version or maintainer gives a vendor away."""
    said = fields.get("Origin") or fields.get("Vendor")
    if said:
        return _proper(said)
    if "nodesource" in version:
        return "NodeSource"
    return "PostgreSQL" if ".pgdg" in version else _vendor(maintainer)


@lru_cache(maxsize=4096)
def _vendor(maintainer: str) -> str:
    host = maintainer.rpartition("@")[2].rstrip("> ")
    return _VENDORS.get(host, "")


class _Requirements:
    """The installed packages that meet what others depend on, virtual packages included."""

    def __init__(self, packages: list[dict[str, str]]) -> None:
        self._known: dict[str, str] = {}
        self._names = {fields.get("Package", "") for fields in packages}
        self._providers: dict[str, str] = {}
        for fields in packages:
            if "Provides" in fields:
                for clause in fields["Provides"][:_MAX_FIELD].split(","):
                    self._providers.setdefault(_bare(clause), fields.get("Package", ""))

    def of(self, fields: dict[str, str], name: str) -> tuple[str, ...]:
        """What the package needs, each once, itself left out."""
        known = self._known
        found: dict[str, None] = {}
        for field in ("Pre-Depends", "Depends"):
            if field in fields:
                for clause in fields[field][:_MAX_FIELD].split(","):
                    found[known.get(clause) or self._meant(clause)] = None
        found.pop(name, None)
        found.pop("", None)
        return tuple(found)

    def _meant(self, clause: str) -> str:
        """The first alternative that is installed, or that something installed provides."""
        names = [_bare(alternative) for alternative in clause.split("|")]
        meant = next(
            (self._providers.get(n, n) for n in names if n in self._names or n in self._providers),
            names[0],
        )
        self._known[clause] = meant
        return meant


def _bare(clause: str) -> str:
    match = _NAME.match(clause)
    return match[1] if match else ""


def _listed(file: LayerFile) -> Iterator[Fact]:
    """`info/NAME.list`, or `NAME:ARCHITECTURE.list`: absolute paths, the root as `/.`."""
    paths = ("\n" + paths_of(file)).replace("\n/", "\n").removeprefix("\n.")
    yield _owned(file.name.removesuffix(".list"), file.path, paths)


def _summed(file: LayerFile) -> Iterator[Fact]:
    """`status.d/NAME.md5sums`: all that a distroless image says of who owns what."""
    lines = (line.partition("  ")[2] for line in paths_of(file).split("\n"))
    yield _owned(file.name.removesuffix(".md5sums"), file.path, "\n".join(filter(None, lines)))


def _owned(name: str, path: str, paths: str) -> Ownership:
    return Ownership(Ecosystem.DEB, name.partition(":")[0], path, paths.strip("\n"))


def _licenses(file: LayerFile) -> Iterator[Fact]:
    package, _, rest = file.path.removeprefix(DOC_FOLDER).partition("/")
    if rest != "copyright":
        return
    licenses = all_normalised(_written(bytes(file.content)))
    if licenses:
        yield License(Ecosystem.DEB, package, file.path, licenses)


_SHARED = BytesExpression(rb"common-licenses/([A-Za-z0-9][A-Za-z0-9.+-]*)")
_DECLARED = BytesExpression(rb"\nLicense:[ \t]*(\S[^\n]*)")


def _written(content: bytes) -> Iterator[str]:
    """The licences of a machine-readable copyright file (DEP 5), or the shared texts it names."""
    if content.startswith(b"Format") or b"\nFormat" in content[:4096]:
        declared = set(_DECLARED.findall(content))
        if declared:
            yield from sorted(text.decode("utf-8", "replace") for text in declared)
            return
    for name in sorted(set(_SHARED.findall(content))):
        yield name.decode("ascii").rstrip(".-")


ANALYSER = Analyser(
    "dpkg",
    1,
    Wants(
        paths=frozenset({STATUS}),
        directories=(STATUS_FOLDER, INFO_FOLDER),
        names=frozenset({"copyright"}),
    ),
    analyse,
)
"""Finds the packages of Debian, Ubuntu and distroless images, their files and licences."""
