"""What an image holds that only building, debugging or installing needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seawall.core.model import Evidence, Hit
from seawall.core.rule import Settings
from seawall.core.vocabulary import words
from seawall.rules.image.layers import by_layer, in_layer, listed, noted, noted_ever
from seawall.rules.secrets.files_in_image import is_copied, unread_secrets
from seawall.surfaces.image.facts import Kind, NotableFile
from seawall.surfaces.image.model import Held, Image
from seawall.surfaces.image.notable import Note

_VERSION_CONTROL = words("git svn hg")
_LOOKING = words("nc ncat netcat nmap socat telnet dig tftp")
_FETCHING = words("curl wget ftp rsync scp sftp ssh")
_BECOMING = words("sudo doas")
_APPLETS = ("busybox", "toybox")
_MEGA = 1_000_000


def build_tools(image: Image, _: Settings) -> Iterator[Hit]:
    """Compilers and build drivers; what fetches sources is told of with the other fetchers."""
    found = [
        held for held in noted(image, Note.BUILD_TOOL.value) if _name(held) not in _VERSION_CONTROL
    ]
    yield from _tools(image, found, "build tools", "needed to build, not to run")


def debug_tools(image: Image, _: Settings) -> Iterator[Hit]:
    """What looks around in a container or a network, and sudo."""
    found = [
        *noted(image, Note.DEBUGGER.value),
        *_named(image, Note.NETWORK_TOOL, _LOOKING),
        *_named(image, Note.PRIVILEGE_TOOL, _BECOMING),
    ]
    yield from _tools(image, found, "debug tools", "of use to an intruder")


def convenience_tools(image: Image, _: Settings) -> Iterator[Hit]:
    """What fetches from networks and version control."""
    found = [
        *_named(image, Note.NETWORK_TOOL, _FETCHING),
        *_named(image, Note.BUILD_TOOL, _VERSION_CONTROL),
    ]
    yield from _tools(image, found, "convenience tools", "seldom needed to run")


def shells(image: Image, _: Settings) -> Iterator[Hit]:
    """Shells and package managers, by which an intruder works and installs more."""
    found = noted(image, Note.SHELL.value, Note.PACKAGE_MANAGER.value)
    yield from _tools(image, found, "shells", "what an intruder works with")


def _named(image: Image, note: Note, names: frozenset[str]) -> Iterable[Held[NotableFile]]:
    """Programs of these names; an applet of busybox is part of a shell that is there anyway."""
    for held in noted(image, note.value):
        is_applet = held.fact.target.rpartition("/")[2] in _APPLETS
        if _name(held) in names and not is_applet:
            yield held


def _name(held: Held[NotableFile]) -> str:
    return held.fact.path.rpartition("/")[2]


def _tools(
    image: Image, found: Iterable[Held[NotableFile]], what: str, label: str
) -> Iterator[Hit]:
    for layer in by_layer(found).values():
        names = sorted({_name(held) for held in layer}, key=lambda name: (len(name), name))
        whose = " of the base image" if image.layers[layer[0].layer].is_base else ""
        yield Hit(
            image.place_of(layer[0]),
            f"{listed(names, 6)} {'is' if len(names) == 1 else 'are'} in the image{whose}",
            f"{what} {names[0]}",
            label=label,
            evidence=tuple(_packages(image, layer)),
            layer=in_layer(image, layer[0], layer[0].fact.path),
        )


def _packages(image: Image, layer: Iterable[Held[NotableFile]]) -> Iterator[Evidence]:
    owners = sorted({image.owned.get(held.fact.path, "") for held in layer} - {""})
    if owners:
        yield Evidence(f"brought by the package{'s' * (len(owners) > 1)} {listed(owners, 8)}")


def package_caches(image: Image, _: Settings) -> Iterator[Hit]:
    """Lists and downloads of package managers, in the layer that brought them for good."""
    for layer in by_layer(noted_ever(image, Note.PACKAGE_CACHE.value)).values():
        size = sum(held.fact.size for held in layer)
        folders = sorted({_cache(held.fact.path) for held in layer})
        deleted = all(held.gone is not None for held in layer)
        yield Hit(
            image.place_of(layer[0]),
            f"{size / _MEGA:,.1f} MB of package lists and downloads are in the layer"
            + (", though a later one deletes them" if deleted else ""),
            f"cache {folders[0]}",
            label=listed([f"/{folder}" for folder in folders]),
            remedy=_CLEAN_UP.get(folders[0], "Delete it in the RUN that brings it."),
            layer=in_layer(image, layer[0], folders[0]),
        )


_CLEAN_UP = {
    "var/lib/apt/lists": "End the same RUN with `&& rm -rf /var/lib/apt/lists/*`.",
    "var/cache/apt": "End the same RUN with `&& apt-get clean`.",
    "var/cache/apk": "Write `apk add --no-cache …`.",
    "etc/apk/cache": "Write `apk add --no-cache …`.",
    "var/cache/dnf": "End the same RUN with `&& dnf clean all`.",
    "var/cache/libdnf5": "End the same RUN with `&& dnf clean all`.",
    "var/cache/yum": "End the same RUN with `&& yum clean all`.",
    "var/cache/zypp": "End the same RUN with `&& zypper clean --all`.",
}
_HOME_CACHES = (
    ".cache",
    ".cargo",
    "_cacache",
    ".m2",
    ".gradle",
    ".gem",
    "mod",
    ".nuget",
    "pkgs",
    ".yarn",
)


def _cache(path: str) -> str:
    """The directory of a cache that a file lies in."""
    for folder in _CLEAN_UP:
        if path.startswith(f"{folder}/"):
            return folder
    parts = path.split("/")
    last = next((i for i, part in enumerate(parts) if part in _HOME_CACHES), 0)
    return "/".join(parts[: last + 2])


def left_over(image: Image, _: Settings) -> Iterator[Hit]:
    """What building and developing leave behind: histories of shells, Dockerfiles, clones."""
    found: list[tuple[Held[NotableFile], str]] = [
        (held, "belongs to building or developing")
        for held in noted(image, Note.LEFT_OVER.value)
        if held.fact.path not in image.owned
    ]
    found += [(held, f"is {what}") for held, what in unread_secrets(image) if held.gone is None]
    found += [
        (held, "is the history of a source tree")
        for held in noted(image, Note.GIT_DIRECTORY.value)
        if not is_copied(image.layers[held.layer].instruction) and held.fact.kind is Kind.DIRECTORY
    ]
    for held, what in found:
        yield Hit(
            image.place_of(held),
            f"{held.fact.path} {what}, and nothing in a container needs it",
            held.fact.path,
            label="left behind",
            layer=in_layer(image, held, held.fact.path),
        )
