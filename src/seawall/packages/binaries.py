"""Programs that are known by their file's name and tell their version in it.

Images are full of what no package manager put there: the interpreters of official images, servers
built from source, libraries copied beside a binary. Which of them a package owns after all is
for the image as a whole to say. Programs in Go and Rust carry better word of themselves.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import islice

from seawall.core.expression import BytesExpression, Expression
from seawall.packages.binary_patterns import BEFORE, KNOWN, Known
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package

ELF = b"\x7fELF"
_MAX_TEXT = 64 * 1024
_MAX_PLACES = 1000
_MAX_NEEDLES = 16
_STEM = re.compile(r"[A-Za-z]+")


def analyse(file: LayerFile) -> Iterable[Fact]:
    """The program that the file is, where it is one that is known."""
    name = file.name
    if bytes(file.content[:4]) == ELF:
        return _binary(file, name)
    tell = _TEXTS.get(name)
    return tell(file) if tell and len(file.content) <= _MAX_TEXT else ()


def _binary(file: LayerFile, name: str) -> Iterable[Fact]:
    stem = _STEM.match(name)
    for known in _BY_STEM.get(stem[0], ()) if stem else ():
        match = known.files.fullmatch(name)
        version = match and _version(known, match, file.content)
        if version:
            return (_package(file, known.name, version, known.bitnami),)
    return ()


def _version(known: Known, match: re.Match[str], content: memoryview) -> str:
    if known.files.groups:
        return match[1] or ""
    special = _SPECIAL.get(known.name)
    if special:
        return special(match[0], content)
    for pattern in known.patterns:
        found = pattern.search(content)
        if found:
            return found[1].decode("ascii")
    return next(filter(None, (_marked(known, mark, content) for mark in known.marks)), "")


def _marked(known: Known, mark: bytes, content: memoryview) -> str:
    """The version that stands right before a mark."""
    for place in islice(re.finditer(re.escape(mark), content), _MAX_PLACES):
        start = place.start()
        found = known.shape.search(bytes(content[max(0, start - BEFORE) : start]))
        if found:
            return found[1].decode("ascii")
    return ""


def _package(file: LayerFile, name: str, version: str, bitnami: str, supplier: str = "") -> Package:
    return Package(
        ecosystem=Ecosystem.GENERIC,
        name=name,
        version=version,
        path=file.path,
        source=bitnami,
        supplier=supplier,
        cataloguer="binary",
    )


_PYTHON_MINOR = Expression(r"\d\.\d+")
_PYTHON_FOLDER = BytesExpression(rb"/lib/python([23]\.\d{1,2})\b|\x00lib/python([23]\.\d{1,2})\b")


def _python(name: str, content: memoryview) -> str:
    """The full version: a text of its own that goes on from `3.11`, which the name or a path has.

    A look for any version would find that of an old Unicode database, 3.2.0.
    """
    minor = _PYTHON_MINOR.search(name)
    if minor:
        text = minor[0].encode()
    else:
        folder = _PYTHON_FOLDER.search(content)
        if not folder:
            return ""
        text = folder[1] or folder[2]
    tail = rb"\.\d{1,3}(?:(?:a|b|rc)\d{1,2})?)\+?\x00"
    found = re.search(rb"\x00(" + re.escape(text) + tail, content)
    return found[1].decode("ascii") if found else ""


_BUILD_ID = BytesExpression(
    rb"(?<![\d.])(\d{1,2}\.\d{1,2}\.)(\d{1,3})[\w.-]{0,80}?1\d{9}[01][0-9a-f]{8}(?![0-9a-f])"
)
_REDIS_NEEDLE = BytesExpression(rb"1\d{9}[01]0{8}\x00|1\d{9}[01][0-9a-f]{8}\x00")


def _redis(_name: str, content: memoryview) -> str:
    """The version: it begins the build id (`7.0.15`, host, time, commit), and stands alone too.

    Where the host's name begins with a digit, the id alone does not tell where the version ends.
    """
    for needle in islice(_REDIS_NEEDLE.finditer(content), _MAX_NEEDLES):
        window = bytes(content[max(0, needle.start() - 128) : needle.end()])
        found = _BUILD_ID.search(window)
        for end in range(1, len(found[2]) + 1) if found else ():
            version = found[1] + found[2][:end] if found else b""
            if re.search(rb"\x00" + re.escape(version) + rb"\x00", content):
                return version.decode("ascii")
    return ""


_SPECIAL: dict[str, Callable[[str, memoryview], str]] = {
    "python": _python,
    "redis": _redis,
    "valkey": _redis,
}
_OWN = (
    Known(
        "python",
        r"python(?:\d(?:\.\d+)?)?m?|libpython\d\.\d+m?\.so(?:\.\d+)*",
        bitnami="python",
    ),
    Known("redis", r"redis-server|redis-check-(?:aof|rdb)", bitnami="redis"),
    Known("valkey", r"valkey-server|valkey-check-(?:aof|rdb)", bitnami="valkey"),
)


def _stems(known: Known) -> set[str]:
    """The letters that names of the program's files begin with, from the alternatives' own."""
    names = re.split(r"\|(?![^(]*\))", known.called)
    return {match[0] for name in names if (match := _STEM.match(name))}


def _by_stem() -> dict[str, list[Known]]:
    table: defaultdict[str, list[Known]] = defaultdict(list)
    for known in (*_OWN, *KNOWN):
        for stem in _stems(known):
            table[stem].append(known)
    return dict(table)


_BY_STEM = _by_stem()

_JAVA = Expression(r'^JAVA_VERSION="?([0-9][\w.+-]*)"?', re.MULTILINE)
_IMPLEMENTOR = Expression(r'^IMPLEMENTOR="?([^"\n]+)"?', re.MULTILINE)
_GO = Expression(r"\Ago(\d+\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)\b")
_OTP = Expression(r"(\d{1,3}(?:\.\d{1,3}){0,4}(?:-rc\d+)?)\s*$")
_VSN = Expression(r'\{\s*vsn\s*,\s*"([0-9][\w.+-]*)"\s*\}')
_WORDPRESS = Expression(r"^[ \t]*\$wp_version[ \t]*=[ \t]*'([0-9][\w.-]*)'", re.MULTILINE)


def _java(file: LayerFile) -> Iterable[Fact]:
    """The `release` file of a JDK or JRE."""
    text = str(file.content, "utf-8", "replace")
    version = _JAVA.search(text)
    maker = _IMPLEMENTOR.search(text)
    if not version:
        return ()
    supplier = maker[1] if maker else ""
    name = "graalvm" if "GRAALVM_VERSION" in text else "openjdk"
    return (_package(file, name, version[1], "java", supplier),)


def _matched(
    name: str, bitnami: str, pattern: Expression, folder: str
) -> Callable[[LayerFile], Iterable[Fact]]:
    """A reader of a small text file, which is only looked at in `folder`."""

    def tell(file: LayerFile) -> Iterable[Fact]:
        if folder not in f"/{file.path}":
            return ()
        found = pattern.search(str(file.content, "utf-8", "replace"))
        return (_package(file, name, found[1], bitnami),) if found else ()

    return tell


_TEXTS: dict[str, Callable[[LayerFile], Iterable[Fact]]] = {
    "release": _java,
    "VERSION": _matched("go", "golang", _GO, "go"),
    "OTP_VERSION": _matched("erlang", "erlang", _OTP, "/releases/"),
    "elixir.app": _matched("elixir", "", _VSN, "/elixir/ebin/"),
    "rabbit.app": _matched("rabbitmq", "rabbitmq", _VSN, "/ebin/"),
    "version.php": _matched("wordpress", "wordpress", _WORDPRESS, "/wp-includes/"),
}

ANALYSER = Analyser("binaries", 1, Wants(names=frozenset(_TEXTS), magics=frozenset({ELF})), analyse)
"""Finds programs by name and version, whoever put them there."""
