"""Go programs: the modules that they were built of, as the linker writes them into each.

Both forms of the build information are read: with the texts in place (Go 1.18 and later) and with
pointers to them (Go 1.13 to 1.17). The format is that of Go's `debug/buildinfo`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from seawall.core.expression import BytesExpression, Expression
from seawall.packages import elf, executables
from seawall.packages.bounds import capped
from seawall.packages.executables import Program
from seawall.packages.naming import by_last_slash
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

MAX_MODULES = 4 * 1024 * 1024
"""Bytes of the list of modules: the largest known have some 100 kB."""

_MAGIC = BytesExpression(rb"\xff Go buildinf:")
_HEADER_SIZE = 32
_ALIGNMENT = 16
_MARK_SIZE = 16
_MAX_SEARCH = 64 * 1024 * 1024
_RELEASE = Expression(r"go(\d+)\.(\d+)(?:\.(\d+))?(?:(beta|rc)(\d+))?(?:[\s+-].*)?$")
_SET_AT_LINK = Expression(r"""-X[=\s]+["']?([^\s"'=]+)\.(\w+)=["']?([^\s"']+)""")
_VERSION_NAMES = frozenset({"version", "ver", "appversion", "buildversion", "gitversion", "tag"})
_LOOKS_LIKE_VERSION = Expression(r"v?\d+(?:\.\d+)+(?:[-+.][\w.+~-]+)?$")


class Module(Struct, frozen=True):
    """A line of the list; `replaced` is the path of a folder that stood in for the module."""

    path: str
    version: str = ""
    replaced: str = ""


class BuildInfo(Struct, frozen=True):
    """What a Go program says of its making; `release` is Go's own (`go1.22.1`), `command` the
    import path of the program."""

    release: str
    command: str
    main: Module | None
    modules: tuple[Module, ...]
    settings: dict[str, str]


def read_build_info(data: memoryview) -> BuildInfo | None:
    """The build information of a program; None where it is no Go program.

    Raises:
        ValueError: it is one, and its information can't be read.
    """
    program = executables.read(data)
    area = None if program is None else _area(program)
    if program is None or area is None:
        return None
    start = _start(area)
    if start < 0:
        return None
    if len(area) < start + _HEADER_SIZE:
        raise ValueError("it is cut off")
    header = bytes(area[start : start + _HEADER_SIZE])
    if header[15] & 2:
        release, modules = _inline(area, start + _HEADER_SIZE)
    else:
        release, modules = _pointed(program, header)
    if not release:
        raise ValueError("it does not name Go's version")
    return _parse(release, _without_marks(modules))


def _area(program: Program) -> memoryview | None:
    """Where the build information may begin: its section, or the program's data."""
    if program.elf is not None:
        found = program.section(b".go.buildinfo")
        if found is not None or elf.has_sections(program.elf):
            return found
    else:
        found = program.section(b"__go_buildinfo")
        if found is not None:
            return found
    return next((program.cut(part) for part in program.segments if part.is_data), None)


def _start(area: memoryview) -> int:
    """Where the header stands: it is aligned within its segment; -1 where there is none."""
    for found in _MAGIC.finditer(area[:_MAX_SEARCH]):
        if found.start() % _ALIGNMENT == 0:
            return found.start()
    return -1


def _inline(area: memoryview, at: int) -> tuple[str, bytes]:
    release, at = _counted(area, at)
    modules, _ = _counted(area, at)
    return release.decode("utf-8", "replace"), modules


def _counted(area: memoryview, at: int) -> tuple[bytes, int]:
    """A text after its length, which is a varint, and where it ends."""
    length = shift = 0
    while True:
        if at >= len(area) or shift > 63:
            raise ValueError("it is cut off")
        byte = area[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if length > MAX_MODULES or at + length > len(area):
        raise ValueError("it is cut off")
    return bytes(area[at : at + length]), at + length


def _pointed(program: Program, header: bytes) -> tuple[str, bytes]:
    """The texts of the older form: two pointers to Go strings (an address and a length each)."""
    width = header[14]
    if width not in {4, 8}:
        raise ValueError("its pointers have an odd size")
    order = "big" if header[15] & 1 else "little"
    texts = []
    for at in (16, 16 + width):
        address = _number(header[at : at + width], order)
        text = program.at(address, 2 * width)
        length = _number(text[width:], order)
        if length > MAX_MODULES:
            raise ValueError("it is absurdly long")
        texts.append(program.at(_number(text[:width], order), length))
    return texts[0].decode("utf-8", "replace"), texts[1]


def _number(data: bytes, order: str) -> int:
    return int.from_bytes(data, "big" if order == "big" else "little")


def _without_marks(modules: bytes) -> str:
    """The list without the marks of 16 bytes that enclose it; empty where there is no list."""
    if len(modules) < 2 * _MARK_SIZE + 1 or modules[-_MARK_SIZE - 1] != ord("\n"):
        return ""
    return modules[_MARK_SIZE:-_MARK_SIZE].decode("utf-8", "replace")


def _parse(release: str, text: str) -> BuildInfo:
    command = ""
    main: Module | None = None
    modules: list[Module] = []
    settings: dict[str, str] = {}
    for line in text.split("\n"):
        kind, _, rest = line.partition("\t")
        path, _, remainder = rest.partition("\t")
        version = remainder.partition("\t")[0]
        if kind == "path":
            command = path
        elif kind == "mod":
            main = Module(path, version)
        elif kind == "dep":
            modules.append(Module(path, version))
        elif kind == "=>":
            replacement = Module(path, version)
            if modules:
                modules[-1] = _replaced(modules[-1], replacement)
            elif main is not None:
                main = _replaced(main, replacement)
        elif kind == "build":
            key, _, value = rest.partition("=")
            settings[key] = _unquoted(value)
    return BuildInfo(release, command, main, tuple(modules), settings)


def _replaced(module: Module, replacement: Module) -> Module:
    """What was built in a module's place; a folder has no version, so the module's is kept."""
    is_folder = replacement.path.startswith(("./", "../", "/")) or not replacement.version
    if not is_folder:
        return replacement
    return Module(module.path, module.version, replacement.path)


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] not in '"`' or value[-1] != value[0]:
        return value
    inner = value[1:-1]
    return inner.replace('\\"', '"').replace("\\\\", "\\") if value[0] == '"' else inner


def _analyse(file: LayerFile) -> Iterable[Fact]:
    try:
        info = read_build_info(file.content)
    except ValueError as error:
        return (Trouble(file.path, f"the Go build information can't be read: {error}"),)
    return () if info is None else capped(_packages(info, file.path), file.path)


def _packages(info: BuildInfo, path: str) -> Iterator[Package]:
    release = _release_version(info.release)
    yield _package("stdlib", release, path)
    modules = [module for module in info.modules if module.path]
    name, version = _main(info, release)
    if name:
        needed = (*dict.fromkeys(module.path for module in modules), "stdlib")
        yield _package(name, version, path, requires=needed)
    if name == "cmd/go":
        # Advisories know Go's commands by this name; the others come with this one.
        yield _package("toolchain", release, path)
    for module in modules:
        origin = f"replaced by {module.replaced}" if module.replaced else ""
        yield _package(module.path, _own_version(info, module), path, origin=origin)


def _package(
    module: str, version: str, path: str, *, requires: tuple[str, ...] = (), origin: str = ""
) -> Package:
    namespace, name = by_last_slash(module)
    return Package(
        Ecosystem.GOLANG,
        name,
        version,
        path,
        namespace=namespace,
        requires=requires,
        cataloguer="go-buildinfo",
        origin=origin,
    )


def _release_version(release: str) -> str:
    """Go's version as advisories write it: `go1.22` is `1.22.0`, `go1.21rc2` is `1.21.0-rc.2`."""
    found = _RELEASE.match(release.strip())
    if found is None:
        return release.strip().removeprefix("go")
    major, minor, patch, stage, number = found.groups()
    return f"{major}.{minor}.{patch or 0}" + (f"-{stage}.{number}" if stage else "")


def _main(info: BuildInfo, release: str) -> tuple[str, str]:
    """The program's own module and version; empty where it was built of files alone.

    Go's own commands name no module, and have its version. Before Go 1.24 a program that was
    built in its own repository only says `(devel)`: then the commit tells.
    """
    if info.main is not None and info.main.path:
        return info.main.path, _own_version(info, info.main) or _commit(info)
    return (info.command, release) if info.command.startswith("cmd/") else ("", "")


def _own_version(info: BuildInfo, module: Module) -> str:
    """A module's version, or where Go did not know it the one that the linker was told."""
    if module.version and module.version != "(devel)":
        return module.version
    return _version_at_link(info.settings.get("-ldflags", ""), module.path)


def _version_at_link(flags: str, module: str) -> str:
    """The version that `-X` sets: in `main` best, else in a package of the module."""
    candidates: list[tuple[bool, str]] = []
    for package, name, value in _SET_AT_LINK.findall(flags):
        is_own = package in {"main", module} or package.startswith(module + "/")
        is_version = name.lower() in _VERSION_NAMES and _LOOKS_LIKE_VERSION.match(value)
        if is_own and is_version:
            candidates.append((package != "main", value))
    return min(candidates, default=(False, ""))[1]


def _commit(info: BuildInfo) -> str:
    """The pseudo-version of the commit (https://go.dev/ref/mod#pseudo-versions), if it is said."""
    revision = info.settings.get("vcs.revision", "")
    time = re.sub(r"[^0-9]", "", info.settings.get("vcs.time", ""))
    if len(revision) < 12 or len(time) != 14:
        return ""
    return f"v0.0.0-{time}-{revision[:12]}"


ANALYSER = Analyser("go", 1, Wants(magics=executables.MAGICS), _analyse)
"""Go programs' modules, their own version and Go's standard library."""
