"""Which distribution an image is of: `os-release`, and the files that stand in for it.

os-release(5) gives the format: assignments as a shell reads them, without expansion.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable

from seawall.core.expression import Expression
from seawall.packages.reading import text_of
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Distribution, Fact, Trouble

_MAX = 64 * 1024
_ASSIGNMENT = re.compile(r"^[ \t]*([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
_RELEASE = Expression(r"(?:.* )?v?([0-9][0-9A-Za-z.]*)(?: \(([^()]*)\))?(?: |$)")
_PATCH = Expression(r"^PATCHLEVEL *= *(\d{1,3})", re.MULTILINE)
_NAMES = (
    ("red hat", "rhel"),
    ("centos", "centos"),
    ("fedora", "fedora"),
    ("rocky", "rocky"),
    ("almalinux", "almalinux"),
    ("oracle", "ol"),
    ("amazon", "amzn"),
    ("opensuse leap", "opensuse-leap"),
    ("opensuse tumbleweed", "opensuse-tumbleweed"),
    ("opensuse", "opensuse"),
    ("suse linux enterprise", "sles"),
    ("photon", "photon"),
    ("azure linux", "azurelinux"),
    ("cbl-mariner", "mariner"),
    ("mageia", "mageia"),
)
"""Words of a release file's line, lower case, and the `ID` that os-release has for them."""


def analyse(file: LayerFile) -> Iterable[Fact]:
    """The distribution, where the file tells of one."""
    if len(file.content) > _MAX:
        yield Trouble(file.path, f"has more than {_MAX} bytes: not read")
        return
    text = text_of(file).strip()
    distribution = _READERS[file.path](file.path, text) if text else None
    if distribution and distribution.id:
        yield distribution


def best(distributions: Iterable[Distribution]) -> Distribution | None:
    """The most telling of several: os-release where it is there, with what it leaves out.

    Debian's `os-release` has no point release, and that of an unstable one has no version at
    all; Ubuntu has `debian_version` too, which then tells nothing.
    """
    ordered = sorted(distributions, key=lambda d: _RANKS.index(d.path))
    return ordered[0] if ordered else None


def _assignments(text: str) -> dict[str, str]:
    return {match[1]: _unquoted(match[2]) for match in _ASSIGNMENT.finditer(text)}


def _unquoted(value: str) -> str:
    try:
        words = shlex.split(value.strip(), comments=False)
    except ValueError:
        return value.strip().strip("\"'")
    return " ".join(words)


def _os_release(path: str, text: str) -> Distribution:
    values = _assignments(text)
    codename = values.get("VERSION_CODENAME") or values.get("UBUNTU_CODENAME") or ""
    return Distribution(
        path=path,
        id=values.get("ID", "linux" if values else "").lower(),
        version_id=values.get("VERSION_ID", ""),
        codename=codename or _in_parentheses(values.get("VERSION", "")),
        pretty_name=values.get("PRETTY_NAME") or values.get("NAME", ""),
        id_like=tuple(values.get("ID_LIKE", "").lower().split()),
        variant_id=values.get("VARIANT_ID", ""),
    )


def _in_parentheses(version: str) -> str:
    """`stretch` of `9 (stretch)`: what os-release had before there was VERSION_CODENAME."""
    match = re.search(r"\(([a-z]+)\)", version)
    return match[1] if match else ""


def _lsb_release(path: str, text: str) -> Distribution:
    values = _assignments(text)
    return Distribution(
        path=path,
        id=values.get("DISTRIB_ID", "").lower(),
        version_id=values.get("DISTRIB_RELEASE", ""),
        codename=values.get("DISTRIB_CODENAME", ""),
        pretty_name=values.get("DISTRIB_DESCRIPTION", ""),
    )


def _alpine_release(path: str, text: str) -> Distribution:
    version = text.split("\n", 1)[0].strip()
    return Distribution(path, "alpine", version, pretty_name=f"Alpine Linux {version}")


def _debian_version(path: str, text: str) -> Distribution:
    """`12.5`, or `trixie/sid` before a release."""
    version = text.split("\n", 1)[0].strip()
    name = f"Debian GNU/Linux {version}"
    if version[:1].isdigit():
        return Distribution(path, "debian", version, pretty_name=name)
    return Distribution(path, "debian", codename=version.partition("/")[0], pretty_name=name)


def _line_release(path: str, text: str) -> Distribution | None:
    """`CentOS Linux release 7.9.2009 (Core)`, and `VERSION = 11` below it as SUSE once had it."""
    first = " ".join(text.split("\n", 1)[0].split())[:120]
    match = _RELEASE.match(first)
    name = first.lower()
    found = next((known for words, known in _NAMES if words in name), "")
    if not found or not match:
        return None
    patch = _PATCH.search(text)
    version = f"{match[1]}.{patch[1]}" if patch and patch[1] != "0" else match[1]
    codename = "" if "suse" in name else match[2] or ""
    return Distribution(path, found, version, codename=codename, pretty_name=first)


_READERS: dict[str, Callable[[str, str], Distribution | None]] = {
    "etc/os-release": _os_release,
    "usr/lib/os-release": _os_release,
    "etc/initrd-release": _os_release,
    "etc/alpine-release": _alpine_release,
    "etc/rocky-release": _line_release,
    "etc/almalinux-release": _line_release,
    "etc/oracle-release": _line_release,
    "etc/fedora-release": _line_release,
    "etc/centos-release": _line_release,
    "etc/redhat-release": _line_release,
    "etc/photon-release": _line_release,
    "etc/mariner-release": _line_release,
    "etc/azurelinux-release": _line_release,
    "etc/mageia-release": _line_release,
    "etc/SuSE-release": _line_release,
    "etc/system-release": _line_release,
    "etc/lsb-release": _lsb_release,
    "etc/debian_version": _debian_version,
}
_RANKS = tuple(_READERS)
"""The most telling first: a derived distribution keeps the files of the one it derives from."""

ANALYSER = Analyser("distribution", 1, Wants(paths=frozenset(_READERS)), analyse)
"""Finds which distribution the image is of."""
