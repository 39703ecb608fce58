"""What one layer's files say: the facts that analysers find, kept in the cache as they are.

Paths are relative to the image's root, with `/`, without a leading `./` or `/`; bytes that are no
UTF-8 are surrogate escapes. Facts never hold a secret's value.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from seawall.core.model import Confidence


class Ecosystem(Enum):
    """What a package is managed by: the types of package URLs."""

    DEB = "deb"
    APK = "apk"
    RPM = "rpm"
    PYPI = "pypi"
    NPM = "npm"
    GOLANG = "golang"
    CARGO = "cargo"
    MAVEN = "maven"
    GEM = "gem"
    COMPOSER = "composer"
    NUGET = "nuget"
    CONDA = "conda"
    GENERIC = "generic"


class Package(Struct, frozen=True, tag="package", omit_defaults=True):
    """One package as the file at `path` tells of it.

    `version` is as the ecosystem writes it, epoch included (`1:2.3-4`). `namespace` is that of
    the package URL: a Maven group, an npm scope with its `@`, the first part of a Go module; for
    a distribution's packages it is empty, since only the image knows the distribution.
    `source` and `source_version` are what the package was built from, where that is another
    name or version. `is_declared` marks what a lock file asks for and nobody has seen installed.
    `licenses` are as written, best as SPDX expressions. `requires` are names of the same
    ecosystem.
    """

    ecosystem: Ecosystem
    name: str
    version: str
    path: str
    namespace: str = ""
    source: str = ""
    source_version: str = ""
    architecture: str = ""
    licenses: tuple[str, ...] = ()
    supplier: str = ""
    requires: tuple[str, ...] = ()
    is_declared: bool = False
    cataloguer: str = ""
    """Which cataloguer found it: `dpkg`, `dist-info`, `go-buildinfo`, …"""
    origin: str = ""
    """The vendor or repository that it says it comes from, where a third party's can be told."""
    modularity: str = ""
    """The label of an RPM module stream: `nodejs:18:…`."""
    inside: str = ""
    """Where in the archive at `path` it lies: `BOOT-INF/lib/x.jar`."""


class Ownership(Struct, frozen=True, tag="ownership"):
    """The files that a distribution's package owns: `paths` are joined by line feeds.

    Kept apart from the package, since dpkg writes them to files of their own.
    """

    ecosystem: Ecosystem
    package: str
    path: str
    paths: str


class License(Struct, frozen=True, tag="license"):
    """The licences of an installed package, where a file of its own tells them: `copyright`."""

    ecosystem: Ecosystem
    package: str
    path: str
    licenses: tuple[str, ...]


class Distribution(Struct, frozen=True, tag="distribution", omit_defaults=True):
    """What `os-release`, or a file that stands in for it, says."""

    path: str
    id: str
    version_id: str = ""
    codename: str = ""
    pretty_name: str = ""
    id_like: tuple[str, ...] = ()
    variant_id: str = ""


class FoundSecret(Struct, frozen=True, tag="secret", omit_defaults=True):
    """A secret in a file: where, of what kind, and what may be shown of it.

    `value_id` is the same for the same value within one installation and tells nothing of it.
    `line` counts from 1; 0 for a binary file.
    """

    path: str
    kind: str
    title: str
    line: int
    confidence: Confidence
    redacted: str
    value_id: str
    is_default: bool = False
    name: str = ""


class Kind(Enum):
    """What an entry of a layer is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    DEVICE = "device"
    FIFO = "fifo"


class NotableFile(Struct, frozen=True, tag="file", omit_defaults=True):
    """A file that stands out by its mode, owner, name or attributes; `note` says by which.

    `mode` has the permission bits with setuid, setgid and sticky (0o7777). `capabilities` are
    file capabilities in the words of capabilities(7), lower case: `cap_net_raw=ep`.
    """

    path: str
    mode: int
    uid: int
    gid: int
    size: int = 0
    kind: Kind = Kind.FILE
    note: str = ""
    capabilities: str = ""
    target: str = ""


class Account(Struct, frozen=True, tag="account", omit_defaults=True):
    """A line of `etc/passwd`, `etc/shadow` or `etc/group`; a password is never kept.

    `password` is `none` (empty: anyone may log in), `locked`, `set`, or `shadowed`. `line` is
    the line in `path`.
    """

    path: str
    line: int
    name: str
    uid: int = -1
    gid: int = -1
    home: str = ""
    shell: str = ""
    password: str = ""
    members: tuple[str, ...] = ()


class Trouble(Struct, frozen=True, tag="trouble"):
    """Something in a layer that could not be read, or not wholly: the image's verdict is open.

    `is_fatal` where the rest of the layer could not be read either.
    """

    path: str
    reason: str
    is_fatal: bool = False


Fact = Package | Ownership | License | Distribution | FoundSecret | NotableFile | Account | Trouble
