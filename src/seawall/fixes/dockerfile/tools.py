"""Packages that need not be in the image, or whose version nobody chose: proposals."""

from __future__ import annotations

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.shell_lists import ShellList, list_of
from seawall.fixes.dockerfile.shell_words import command_at, is_exact, without
from seawall.fixes.model import Context, Example, Fixer
from seawall.rules.build.toolchain import COMPILERS, CONVENIENCE_TOOLS, DEBUG_TOOLS
from seawall.rules.installs import Install, Package, installs_of
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command

_REMOVES = {
    "apt": "apt-get purge -y --auto-remove",
    "apk": "apk del",
    "dnf": "dnf remove -y",
    "zypper": "zypper --non-interactive remove --clean-deps",
    "pacman": "pacman -Rns --noconfirm",
}
_PROGRAMS = {
    "netcat": "nc", "netcat-openbsd": "nc", "netcat-traditional": "nc", "nmap-ncat": "ncat",
    "dnsutils": "dig", "bind-tools": "dig", "bind-utils": "dig", "iputils-ping": "ping",
    "openssh-client": "ssh", "openssh-clients": "ssh", "subversion": "svn", "vim-tiny": "vi",
    "inetutils-telnet": "telnet", "man-db": "man",
}  # fmt: skip
"""The program that a package is for, where it has another name."""


def _install_at(dockerfile: Dockerfile, hit: Hit) -> tuple[Instruction, Command, Install] | None:
    found = command_at(dockerfile, hit)
    if found is None:
        return None
    installs = (i for i in installs_of(dockerfile) if i.command is found[1])
    install = next(installs, None)
    return (*found, install) if install else None


def _left_out(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = _install_at(dockerfile, hit)
    package = (
        next((p for p in found[2].packages if p.start == hit.at.start), None) if found else None
    )
    if found is None or package is None:
        return None
    edit = None
    if _is_free(dockerfile, found[2], package):
        edit = without(dockerfile, found[1], package.word)
    if edit is not None:
        return Fix(Safety.GUIDED, f"leave {package.name} out", (edit,), fixer="leave-tool-out")
    program = _PROGRAMS.get(package.name, package.name)
    removal = f"{_remover(found[2])} {package.name}"
    title = f"remove {package.name} in the same RUN, after what needs {program}"
    return Fix(Safety.GUIDED, title, proposal=f"    && {removal}", fixer="leave-tool-out")


def _is_free(dockerfile: Dockerfile, install: Install, package: Package) -> bool:
    """Whether no other instruction names the program, and something else is installed still."""
    names = (package.name, _PROGRAMS.get(package.name, package.name))
    others = install.names - DEBUG_TOOLS - CONVENIENCE_TOOLS
    is_exact_word = is_exact(dockerfile, package.word) and not package.version
    return (
        bool(others)
        and is_exact_word
        and not any(
            name in word.text
            for _, script in dockerfile.scripts
            for command in script.commands
            if command is not install.command
            for word in command.words
            for name in names
        )
        and not any(
            name in each.text
            for each in dockerfile.of("HEALTHCHECK", "CMD", "ENTRYPOINT")
            for name in names
        )
    )


def _remover(install: Install) -> str:
    text = _REMOVES.get(install.family, "")
    name = install.command.name
    return text.replace("dnf", name) if install.family == "dnf" else text


LEAVE_OUT = Fixer(
    id="leave-tool-out",
    title="Leave a tool out of the image",
    rules=("debug-tools", "convenience-tools"),
    safety=Safety.GUIDED,
    writes=(
        "The package is taken out of its install, where nothing else in the file names it or its "
        "program, and other packages remain. Else the removal to write behind its last use is "
        "shown."
    ),
    breaks=(
        "Whatever calls the program without the Dockerfile saying so: scripts that are copied in, "
        "health checks of Compose files, and people with `docker exec`."
    ),
    on={Dockerfile: _left_out},
    examples=(
        Example(
            "FROM debian:12.5\nRUN apt-get install -y \\\n    nginx \\\n    vim \\\n    strace\n",
            "FROM debian:12.5\nRUN apt-get install -y \\\n    nginx\n",
        ),
    ),
    keeps=("FROM debian:12.5\nRUN apt-get install -y nginx curl && curl -fsS https://x.example\n",),
)


def _compiled_away(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = _install_at(dockerfile, hit)
    if found is None or found[2].family not in _REMOVES:
        return None
    instruction, command, install = found
    tools = [p.name for p in install.packages if COMPILERS.fullmatch(p.name)]
    removal = f"{_remover(install)} {' '.join(tools)}"
    edit = _at_the_end(dockerfile, list_of(dockerfile, instruction), command, removal)
    written = dockerfile.source.text[command.start : command.end]
    proposal = f"RUN {written} \\\n    && … what needs them … \\\n    && {removal}"
    title = f"remove {', '.join(tools)} in the step that uses them, or build in a stage of its own"
    edits = (edit,) if edit else ()
    return Fix(Safety.GUIDED, title, edits, proposal=proposal, fixer="remove-build-tools")


_COMPILE = ("make", "gcc", "g++", "cc", "cmake", "pip", "pip3", "npm", "yarn", "gem", "bundle",
            "cargo", "go", "python", "python3", "mvn", "gradle", "ant", "node-gyp")  # fmt: skip


def _at_the_end(
    dockerfile: Dockerfile, commands: ShellList | None, command: Command, removal: str
) -> Edit | None:
    """The removal behind the last command, where the step builds something and none does later."""
    if commands is None or not commands.is_one_chain:
        return None
    builds = [(i, c) for i, c in dockerfile.commands(*_COMPILE) if c.start > command.end]
    here = any(i is commands.instruction for i, _ in builds)
    later = [i for i, _ in builds if i.start > commands.instruction.start]
    if not here or any(i.stage >= commands.instruction.stage for i in later):
        return None
    return commands.after(len(commands.items) - 1, removal)


BUILD_TOOLS = Fixer(
    id="remove-build-tools",
    title="Remove build tools in the step that uses them",
    rules=("build-tools",),
    safety=Safety.GUIDED,
    writes=(
        "The removal of the compilers and headers at the end of the RUN that installs them "
        "(`apt-get purge -y --auto-remove`, `apk del`, `dnf remove`). The edit is there where that "
        "RUN builds something and no later one does; else the RUN to write is shown. A build stage "
        "of its own is cleaner, where you can say which files to copy out of it."
    ),
    breaks=(
        "`--auto-remove` also takes libraries that came only with the tools: install by name what "
        "the program links to (`ldd` lists it). A program that compiles when it runs fails."
    ),
    on={Dockerfile: _compiled_away},
    examples=(
        Example(
            "FROM python:3.12-slim\nRUN apt-get update \\\n    && apt-get install -y gcc xz \\\n"
            "    && pip install x\n",
            "FROM python:3.12-slim\nRUN apt-get update \\\n    && apt-get install -y gcc xz \\\n"
            "    && pip install x \\\n    && apt-get purge -y --auto-remove gcc\n",
        ),
    ),
    keeps=("FROM python:3.12-slim\nRUN apt-get install -y gcc\nRUN pip install x\n",),
)

_VERSIONED = {
    "apt": "{}=VERSION", "apk": "{}=~VERSION", "dnf": "{}-VERSION", "zypper": "{}=VERSION",
    "pip": "{}==VERSION", "npm": "{}@VERSION", "gem": "{}:VERSION", "go": "{}@vVERSION",
    "cargo": "{}@VERSION",
}  # fmt: skip


def _with_versions(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    installs = (i for i in installs_of(dockerfile) if found and i.command is found[1])
    install = next(installs, None)
    form = _VERSIONED.get(install.family) if install else None
    if found is None or install is None or form is None:
        return None
    start, text = found[1].start, dockerfile.source.text[found[1].start : found[1].end]
    for package in reversed(install.packages):
        if not package.version and is_exact(dockerfile, package.word):
            head, tail = text[: package.start - start], text[package.end - start :]
            text = head + form.format(package.word.text) + tail
    title = "ask for the version that you have tried"
    return Fix(Safety.GUIDED, title, proposal=text, fixer="name-version")


VERSIONS = Fixer(
    id="name-version",
    title="Ask for exact versions",
    rules=("unpinned-package", "unpinned-library"),
    safety=Safety.GUIDED,
    writes=(
        "Nothing: the command is shown with the place of each version. Which one you have tried, "
        "only you know. For libraries a lock file with hashes is better."
    ),
    breaks=(
        "A version stays until you change it, security fixes included; and distributions delete "
        "old versions from their mirrors, so that such a build stops one day."
    ),
    on={Dockerfile: _with_versions},
    examples=(),
    keeps=("FROM debian:12.5\nRUN apt-get install -y nginx\n",),
)

FIXERS = (LEAVE_OUT, BUILD_TOOLS, VERSIONS)
