"""A build in two stages, proposed for a file that builds and runs in one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Fix, Hit, Safety
from seawall.fixes.dockerfile import stages_texts as texts
from seawall.fixes.dockerfile.ground import ALPINE, Ground, ground_of
from seawall.fixes.dockerfile.placing import below, line_end
from seawall.fixes.model import Context, Fixer
from seawall.rules.installs import SYSTEM_FAMILIES, installs_of
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image import parse_reference
from seawall.surfaces.shell import Command


class _Start(Struct, frozen=True):
    """What the container starts: its words, and whether a shell reads them."""

    words: tuple[str, ...]
    by_shell: bool


class _Split(Struct, frozen=True):
    """Where the file is parted, what the second stage is made from, and what it takes along.

    `again` are the instructions of the first part that hold for the second too.
    """

    after: Instruction
    base: str
    copies: tuple[tuple[str, str], ...]
    again: tuple[str, ...] = ("ENV", "EXPOSE", "LABEL", "VOLUME")


def _single_stage(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    ground = ground_of(dockerfile)
    start = _start(ground) if ground is not None else None
    if ground is None or start is None or not _is_plain(ground):
        return None
    for make in (_go, _rust, _java, _dotnet):
        split = make(ground, start)
        if split is not None and not _acts_later(ground, split):
            return _fix(ground, split)
    return None


def _build_tools(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    ground = ground_of(dockerfile)
    if ground is None or not _is_plain(ground) or not _installs_compilers_only(ground):
        return None
    for make in (_python, _node):
        split = make(ground, hit)
        if split is not None and _is_simple(ground, split.after):
            return _fix(ground, split)
    return None


def _is_plain(ground: Ground) -> bool:
    """Whether the stage stands on an image, in a file that is read to its end."""
    target = ground.target
    return target.parent is None and not target.onbuild and len(target.source.arguments) in {1, 3}


def _acts_later(ground: Ground, split: _Split) -> bool:
    """Whether steps follow that the second stage may have no shell for."""
    return any(step.start > split.after.start for step in ground.instructions("RUN"))


def _start(ground: Ground) -> _Start | None:
    target = ground.target
    words: list[str] = []
    by_shell = False
    for instruction in (target.entrypoint, target.command):
        if instruction is None:
            continue
        if instruction.is_json:
            words += [word.text for word in instruction.arguments]
            continue
        script = ground.dockerfile.script_of(instruction)
        commands = script.commands if script is not None else ()
        commands = tuple(each for each in commands if each.name != "exec")
        if len(commands) != 1 or any(word.literal is None for word in commands[0].words):
            return None
        words += [word.loose for word in commands[0].words]
        by_shell = True
    return _Start(tuple(words), by_shell) if words else None


def _workdir(ground: Ground, before: int | None = None) -> str:
    """The working directory at a place, where it is certain; else empty."""
    workdir = "/" if ground.base.name.startswith(("rust:", "maven:", "gradle:", "mcr.")) else ""
    if ground.base.name.startswith("golang:"):
        workdir = "/go"
    for instruction in ground.instructions("WORKDIR"):
        if before is None or instruction.start < before:
            text = instruction.text.strip().strip("\"'")
            if "$" in text:
                text = ""
            is_known = text and (workdir or text.startswith("/"))
            workdir = posixpath.normpath(posixpath.join(workdir, text)) if is_known else ""
    return workdir


def _absolute(workdir: str, path: str) -> str:
    if path.startswith("/"):
        return posixpath.normpath(path)
    return posixpath.normpath(posixpath.join(workdir, path)) if workdir and path else ""


def _compiled(ground: Ground, name: str, *verbs: str) -> tuple[Instruction, Command] | None:
    """The last command of a compiler in the stage, and the step that it is in."""
    found = [pair for pair in ground.commands(name) if not set(verbs).isdisjoint(pair[1].literals)]
    return found[-1] if found else None


def _made(ground: Ground, step: Instruction, command: Command, program: str) -> bool:
    """Whether a program is what the compiler writes, or is copied to where it is started."""
    workdir = _workdir(ground, step.start)
    written = [word.loose for word in command.option_values("-o", "--output", "--path")]
    for _, copy in ground.commands("cp", "mv", "install", "ln"):
        written += [word.loose for word in copy.operands(frozenset({"-m", "-o", "-g"}))][-1:]
    return program in {_absolute(workdir, path) for path in written}


def _go(ground: Ground, start: _Start) -> _Split | None:
    found = _compiled(ground, "go", "build", "install")
    if found is None:
        return None
    step, command = found
    name, dynamic = start.words[0], _glibc(ground, {"golang": (1, 25)})
    if "/" not in name:
        if command.literals[:1] != ("install",):
            return None
        copy = (f"/go/bin/{name}", f"/usr/local/bin/{name}")
    else:
        path = _absolute(_workdir(ground), name)
        if not path or not (_made(ground, step, command, path) or path.startswith("/go/bin/")):
            return None
        copy = (path, path)
    is_static = _is_off(ground, step, command, "CGO_ENABLED") or ground.family == ALPINE
    base = _without_shell("static" if is_static else "base", dynamic)
    return _Split(step, _with_shell(ground, dynamic) if start.by_shell else base, (copy,))


def _is_off(ground: Ground, step: Instruction, command: Command, name: str) -> bool:
    """Whether a variable is 0 for a command: by ENV, or before it."""
    setting = ground.target.env.get(name)
    if setting is not None and setting.value.known == "0":
        return True
    return any(a.name == name and a.value.literal == "0" for a in command.assignments)


def _rust(ground: Ground, start: _Start) -> _Split | None:
    found = _compiled(ground, "cargo", "build", "install")
    if found is None:
        return None
    step, command = found
    name, dynamic = start.words[0], _glibc(ground, {"rust": (1, 90)})
    if "/" not in name:
        if command.literals[:1] != ("install",):
            return None
        copy = (f"/usr/local/cargo/bin/{name}", f"/usr/local/bin/{name}")
    else:
        path = _absolute(_workdir(ground), name)
        is_target = path.startswith(_workdir(ground, step.start) + "/target/")
        if not path or not (is_target or _made(ground, step, command, path)):
            return None
        copy = (path, path)
    kind = "static" if ground.family == ALPINE else "cc"
    base = _without_shell(kind, dynamic)
    return _Split(step, _with_shell(ground, dynamic) if start.by_shell else base, (copy,))


_JAVA = Expression(r"(?:jdk|java|temurin|corretto|sapmachine|openjdk|semeru)[-_]?(\d+)")


def _java(ground: Ground, start: _Start) -> _Split | None:
    found = _compiled(ground, "mvn", "package", "install", "verify") or _compiled(
        ground, "gradle", "build", "bootJar", "shadowJar", "assemble", "jar"
    )
    found = found or _compiled(ground, "mvnw", "package", "install", "verify")
    found = found or _compiled(ground, "gradlew", "build", "bootJar", "shadowJar", "assemble")
    version = _JAVA.search(ground.base.name)
    words = start.words
    if found is None or version is None or words[0] != "java" or "-jar" not in words[:-1]:
        return None
    path = _absolute(_workdir(ground), words[words.index("-jar") + 1])
    if not path or "$" in path or "*" in path:
        return None
    tail = "-alpine" if ground.family == ALPINE else ""
    return _Split(found[0], f"eclipse-temurin:{version[1]}-jre{tail}", ((path, path),))


_VERSION = Expression(r"(\d+)\.(\d+)")


def _dotnet(ground: Ground, start: _Start) -> _Split | None:
    found = _compiled(ground, "dotnet", "publish")
    version = _VERSION.search(ground.base.name.rpartition(":")[2])
    if found is None or version is None or start.words[0] != "dotnet" or len(start.words) < 2:
        return None
    step, command = found
    out = next(command.option_values("-o", "--output"), None)
    published = _absolute(_workdir(ground, step.start), out.literal or "") if out else ""
    program = _absolute(_workdir(ground), start.words[1])
    if not published or not program.startswith(published + "/") or not program.endswith(".dll"):
        return None
    tail = "-alpine" if "alpine" in ground.base.name else ""
    base = f"mcr.microsoft.com/dotnet/aspnet:{version[1]}.{version[2]}{tail}"
    return _Split(step, base, ((published + "/", published + "/"),))


def _glibc(ground: Ground, new: dict[str, tuple[int, int]]) -> int:
    """The release of Debian whose C library a program of this image runs with."""
    name = ground.base.name
    for release, word in ((13, "trixie"), (12, "bookworm"), (12, "bullseye"), (12, "buster")):
        if word in name:
            return release
    reference = parse_reference(name)
    version = _VERSION.match(reference.tag) if reference is not None else None
    limit = new.get(reference.name.rpartition("/")[2]) if reference is not None else None
    is_old = version is not None and limit and (int(version[1]), int(version[2])) < limit
    return 12 if is_old else 13


def _without_shell(kind: str, release: int) -> str:
    return f"gcr.io/distroless/{kind}-debian{release}:nonroot"


def _with_shell(ground: Ground, release: int) -> str:
    return "alpine:3" if ground.family == ALPINE else f"debian:{release}-slim"


_ALL = ("ARG", "ENV", "EXPOSE", "LABEL", "VOLUME", "WORKDIR", "COPY", "ADD")
_HARMLESS = frozenset(
    {
        "apt-get", "apk", "rm", "pip", "pip3", "python", "python3", "npm", "yarn", "pnpm", "set",
        "echo", "cd", "true", "",
    }
)  # fmt: skip
"""Commands that leave nothing that the second stage would miss."""


def _is_simple(ground: Ground, last: Instruction) -> bool:
    """Whether the steps up to one only install compilers and the program's own packages."""
    return all(
        command.name in _HARMLESS
        for step, script in ground.dockerfile.scripts
        if step.stage in ground.stages and step.start <= last.start
        for command in script.commands
    ) and not any(user.start < last.start for user in ground.instructions("USER"))


_ONLY_COMPILERS = Expression(
    r"(?:gcc|g\+\+|cpp|make|cmake|build-essential|build-base|musl-dev|libc6?-dev|linux-headers"
    r"|python3?(?:\.\d+)?-dev|python3|ninja(?:-build)?|cargo|rustc)\Z"
)


def _installs_compilers_only(ground: Ground) -> bool:
    """Whether what is installed with a compiler is of no use to what was compiled.

    A `libpq-dev` brings the library that the program is linked to: that can't be left behind.
    """
    installs = installs_of(ground.dockerfile, *SYSTEM_FAMILIES)
    ours = [install for install in installs if install.instruction.stage in ground.stages]
    return bool(ours) and all(
        _ONLY_COMPILERS.match(package.name) for install in ours for package in install.packages
    )


_PYTHON = Expression(r"(?:\A|/)python:(3\.\d+)(?:\.\d+)?(?:-|\Z|@)")


def _python(ground: Ground, hit: Hit) -> _Split | None:
    version = _PYTHON.search(ground.base.name)
    steps = [step for step, c in ground.commands("pip", "pip3") if "install" in c.literals]
    if version is None or not steps or steps[-1].start < hit.at.start:
        return None
    packages = f"/usr/local/lib/python{version[1]}/site-packages"
    copies = ((packages, packages), ("/usr/local/bin", "/usr/local/bin"))
    return _Split(steps[-1], _written_base(ground), copies, _ALL)


_NODE = Expression(r"(?:\A|/)node:")


def _node(ground: Ground, hit: Hit) -> _Split | None:
    verbs = {"install", "ci", "i"}
    steps = [
        step
        for step, command in ground.commands("npm", "yarn", "pnpm")
        if command.name == "yarn" or not verbs.isdisjoint(command.literals)
    ]
    workdir = _workdir(ground, steps[-1].start) if steps else ""
    if not _NODE.search(ground.base.name) or not workdir or steps[-1].start < hit.at.start:
        return None
    modules = f"{workdir}/node_modules"
    return _Split(steps[-1], _written_base(ground), ((modules, modules),), _ALL)


def _written_base(ground: Ground) -> str:
    source = ground.target.source
    text = ground.dockerfile.source.text
    flags = "".join(text[flag.start : flag.end] + " " for flag in source.flags)
    word = source.arguments[0]
    return flags + text[word.start : word.end]


def _fix(ground: Ground, split: _Split) -> Fix | None:
    dockerfile = ground.dockerfile
    text, end = dockerfile.source.text, line_end(dockerfile)
    source = ground.target.source
    name = ground.target.name or _free_name(dockerfile)
    word, cut = source.arguments[-1], below(dockerfile, split.after)
    named = "" if ground.target.name else f" AS {name}"
    head = text[: word.end] + named + text[word.end : cut]
    if not head.endswith("\n"):
        head += end
    lines = ["", *_second(ground, split, name)]
    proposal = head + "".join(line + end for line in lines) + text[cut:]
    title = f"Build in a stage `{name}`, and start from `{split.base}`"
    return Fix(Safety.GUIDED, title, proposal=proposal)


def _free_name(dockerfile: Dockerfile) -> str:
    taken = {stage.name for stage in dockerfile.stages}
    names = ("build", "builder", *(f"build{number}" for number in range(2, 1000)))
    return next(name for name in names if name not in taken)


def _second(ground: Ground, split: _Split, name: str) -> Iterator[str]:
    """The lines with which the second stage begins."""
    yield "# What is read when it runs (templates, certificates, libraries) is to be copied too."
    yield f"FROM {split.base}"
    yield from _again(ground, split)
    workdir = _workdir(ground, split.after.start)
    if workdir and "WORKDIR" not in split.again:
        yield f"WORKDIR {workdir}"
    for path, to in split.copies:
        yield f"COPY --from={name} {path} {to}"


_OF_BUILDING = Expression(
    r"(?:ENV|ARG)\s+\"?(?:GO|CGO|CARGO|RUST|MAVEN|MVN|GRADLE|NUGET|DEBIAN_FRONTEND|PIP_|NPM_)"
)


def _again(ground: Ground, split: _Split) -> Iterator[str]:
    """What the first part says of how the container runs: a new stage forgets it."""
    text = ground.dockerfile.source.text
    for each in sorted(ground.instructions(*split.again), key=lambda each: each.start):
        written = text[each.start : each.end]
        if each.start < split.after.start and not _OF_BUILDING.match(written):
            yield written


FIXERS = (
    Fixer(
        id="stages",
        title="A stage to build in, and one to run",
        rules=("single-stage-build",),
        safety=Safety.GUIDED,
        writes=texts.WRITES,
        breaks=texts.BREAKS,
        on={Dockerfile: _single_stage},
        examples=(),
        keeps=texts.KEEPS,
    ),
    Fixer(
        id="compilers-in-a-stage",
        title="Compilers in a stage of their own",
        rules=("build-tools",),
        safety=Safety.GUIDED,
        writes=texts.TOOLS_WRITES,
        breaks=texts.TOOLS_BREAKS,
        on={Dockerfile: _build_tools},
        examples=(),
        keeps=texts.TOOLS_KEEPS,
    ),
)
