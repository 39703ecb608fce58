"""apt in a build: its lists, its questions, what it adds unasked, and its name."""

from __future__ import annotations

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.later_steps import Need, Step, is_opaque, needed_later
from seawall.fixes.dockerfile.shell_lists import ShellList, list_of
from seawall.fixes.dockerfile.shell_words import behind, command_at, is_exact, verb_of
from seawall.fixes.model import Context, Example, Fixer
from seawall.rules.installs import installs_of
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command, ShellWord

APT = frozenset({"apt-get", "apt", "aptitude"})
LISTS = "/var/lib/apt/lists"
_CLEAN = f"rm -rf {LISTS}/*"
_USERS = frozenset(
    {
        "install", "build-dep", "source", "download", "upgrade", "dist-upgrade", "full-upgrade",
        "safe-upgrade", "satisfy", "reinstall", "search", "show", "list", "policy", "changelog",
    }
)  # fmt: skip


def lists_step(command: Command) -> Step:
    """What a command does with apt's lists."""
    if command.name == "apt-cache":
        return Step.USES
    if command.name not in APT:
        return Step.NOTHING
    verb = verb_of(command, _USERS | {"update"})
    if verb is None:
        return Step.NOTHING
    return Step.RENEWS if verb.literal == "update" else Step.USES


def _lists(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None or found[1].name not in APT:
        return None
    instruction, command = found
    commands = list_of(dockerfile, instruction)
    if commands is None or _is_elsewhere(instruction, commands):
        return None
    last = _last_use(commands)
    if last < 0 or not _fetches(commands, last):
        return _shown(dockerfile, command)
    edit = commands.after(last, _sudo(commands) + _CLEAN)
    need = needed_later(dockerfile, instruction, commands.items[last].end, lists_step)
    if edit is None or need is Need.SURE:
        return _shown(dockerfile, command)
    safety = Safety.SAFE if need is Need.NONE and not _sudo(commands) else Safety.UNSAFE
    title = "delete apt's lists in the step that fetched them"
    return Fix(safety, title, (edit,), fixer="apt-lists")


def _shown(dockerfile: Dockerfile, command: Command) -> Fix:
    """The step to write where a later one takes its lists from an earlier one."""
    written = dockerfile.source.text[command.start : command.end]
    proposal = f"RUN apt-get update \\\n    && {written} \\\n    && {_CLEAN}"
    title = "fetch the lists and delete them in each step that installs"
    return Fix(Safety.GUIDED, title, proposal=proposal, fixer="apt-lists")


def _is_elsewhere(instruction: Instruction, commands: ShellList) -> bool:
    """Whether the lists are no part of the layer, or the glob would mean nothing."""
    options = commands.script.options
    shopt = any(command.name == "shopt" for command in commands.script.commands)
    mounted = any(
        "/var/lib" in m.options.get("target", m.options.get("dst", "")) for m in instruction.mounts
    )
    return (
        "-f" in options
        or shopt
        or mounted
        or any(c.name == "chroot" for c in commands.script.commands)
    )


def _last_use(commands: ShellList) -> int:
    """The last item of the list that uses or fetches the lists."""
    uses = [c for c in commands.script.commands if lists_step(c) is not Step.NOTHING]
    return commands.index_of(uses[-1].start) if uses else -1


def _fetches(commands: ShellList, last: int) -> bool:
    """Whether this very step fetched them, or ran something that may have."""
    end = commands.items[last].end
    return any(
        lists_step(command) is Step.RENEWS
        or command.name in {"add-apt-repository", "apt-add-repository"}
        or is_opaque(commands.script, command)
        for command in commands.script.commands
        if command.start < end
    )


def _sudo(commands: ShellList) -> str:
    """`sudo ` where apt itself is called by it."""
    is_used = any(c.name in APT and "sudo" in c.wrappers for c in commands.script.commands)
    return "sudo " if is_used else ""


LISTS_FIXER = Fixer(
    id="apt-lists",
    title="Delete apt's lists in the step that fetched them",
    rules=("package-cache",),
    safety=Safety.UNSAFE,
    writes=(
        "`rm -rf /var/lib/apt/lists/*` behind the last command of the RUN that needs the lists, "
        "in the RUN's own style, and such that the RUN still fails where it failed: joined by "
        "`&&`, or by `;` where `set -e` or a `;` already rules. It is *safe* where every later "
        "step of the stage, and of the stages that start from it, either never asks apt or runs "
        "`apt-get update` itself; *unsafe* where one runs a script, a Makefile's target or a "
        "program that may install packages, in ONBUILD, and where `sudo` calls apt. Where a later "
        "step installs without an update of its own, or the lists came from an earlier step (then "
        "the layer would not shrink), only the step to write is shown. Nothing is said under a "
        "mount and where the RUN's list can't be read in full."
    ),
    breaks=(
        "A container or a later image of yours in which someone runs `apt-get install` without "
        "`apt-get update` before it: apt then says that it can't locate the package."
    ),
    on={Dockerfile: _lists},
    examples=(
        Example(
            "FROM debian:12.5\nRUN apt-get update && apt-get install -y nginx\n",
            "FROM debian:12.5\nRUN apt-get update && apt-get install -y nginx"
            " && rm -rf /var/lib/apt/lists/*\n",
        ),
        Example(
            "FROM debian:12.5\nRUN set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y \\\n"
            "\t\tnginx \\\n\t\t# for the probe\n\t\tcurl; \\\n\tnginx -t\n",
            "FROM debian:12.5\nRUN set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y \\\n"
            "\t\tnginx \\\n\t\t# for the probe\n\t\tcurl; \\\n\trm -rf /var/lib/apt/lists/*; \\\n"
            "\tnginx -t\n",
        ),
        Example(
            "FROM debian:12.5\nRUN <<EOF\napt-get update\napt-get install -y nginx\nEOF\n",
            "FROM debian:12.5\nRUN <<EOF\napt-get update\n"
            "apt-get install -y nginx && rm -rf /var/lib/apt/lists/*\nEOF\n",
        ),
    ),
    keeps=(
        "FROM debian:12.5\nRUN apt-get update && apt-get install -y curl\n"
        "RUN apt-get install -y nginx\n",
        "FROM debian:12.5\nRUN apt-get update && apt-get install -y curl\nRUN ./install.sh\n",
        "FROM debian:12.5 AS base\nRUN apt-get update && apt-get install -y curl\n"
        "FROM base\nRUN apt-get install -y nginx\n",
        'FROM debian:12.5\nRUN ["apt-get", "install", "-y", "nginx"]\n',
        "FROM debian:12.5\nRUN apt-get update && ! apt-get install -y nginx\n",
        "FROM debian:12.5\nRUN apt-get update; apt-get install -y nginx; r=$?; exit $r\n",
    ),
)

_COMPANIONS = {
    "curl": "ca-certificates",
    "wget": "ca-certificates",
    "git": "ca-certificates",
    "gcc": "libc6-dev",
}
"""What packages only recommend, and nearly everyone who installs them needs."""


def _recommends(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None:
        return None
    _instruction, command = found
    is_aptitude = command.name == "aptitude"
    option = "-o APT::Install-Recommends=false" if is_aptitude else "--no-install-recommends"
    edit = behind(dockerfile, _last_yes(dockerfile, command), option)
    if edit is None:
        return None
    title = "install without what packages only recommend"
    edits = (edit, *_companions(dockerfile, command))
    return Fix(Safety.UNSAFE, title, edits, fixer="no-recommends")


def _last_yes(dockerfile: Dockerfile, command: Command) -> ShellWord | None:
    """The verb, or the options right behind it on its line that only say yes or be quiet."""
    verb = verb_of(command, {"install"})
    if verb is None:
        return None
    words = command.words[command.words.index(verb) + 1 :]
    for word in words:
        gap = dockerfile.source.text[verb.end : word.start]
        if word.literal not in {"-y", "--yes", "-yq", "-yqq", "-qy", "-qqy", "-q", "-qq"}:
            break
        if gap.strip(" "):
            break
        verb = word
    return verb


def _companions(dockerfile: Dockerfile, command: Command) -> tuple[Edit, ...]:
    installs = list(installs_of(dockerfile, "apt"))
    here = next((i for i in installs if i.command is command), None)
    if here is None:
        return ()
    everywhere = {name for install in installs for name in install.names}
    wanted: dict[str, Edit] = {}
    for package in here.packages:
        other = _COMPANIONS.get(package.name, "")
        if other and other not in everywhere and is_exact(dockerfile, package.word):
            if other == "libc6-dev" and not everywhere.isdisjoint({"g++", "build-essential"}):
                continue
            wanted.setdefault(other, Edit(package.end, package.end, f" {other}"))
    return tuple(wanted.values())


RECOMMENDS = Fixer(
    id="no-recommends",
    title="Install without what packages only recommend",
    rules=("package-recommends",),
    safety=Safety.UNSAFE,
    writes=(
        "`--no-install-recommends` behind `apt-get install` (aptitude: "
        "`-o APT::Install-Recommends=false`). What nearly everyone needs of what is then missing "
        "is named beside its package, if the file does not install it already: `ca-certificates` "
        "for curl, wget and git, `libc6-dev` for gcc."
    ),
    breaks=(
        "It is always *unsafe*: a recommended package may be one that the image needs. Known "
        "cases: build tools behind `python3-pip`, `openssh-client` behind `git`, locales, fonts "
        "and drivers behind desktop programs. The build then fails, or the program does when it "
        "first wants the package: build and try before you merge."
    ),
    on={Dockerfile: _recommends},
    examples=(
        Example(
            "FROM debian:12.5\nRUN apt-get update && apt-get install -y nginx\n",
            "FROM debian:12.5\nRUN apt-get update && "
            "apt-get install -y --no-install-recommends nginx\n",
        ),
        Example(
            "FROM debian:12.5\nRUN apt-get install -yq \\\n    curl \\\n    nginx\n",
            "FROM debian:12.5\nRUN apt-get install -yq --no-install-recommends \\\n"
            "    curl ca-certificates \\\n    nginx\n",
        ),
    ),
    keeps=('FROM debian:12.5\nRUN ["apt-get", "install", "-y", "nginx"]\n',),
)

_AS_APT_GET = {
    "install": "", "update": "", "remove": "", "purge": "", "autoremove": "", "clean": "",
    "autoclean": "", "source": "", "build-dep": "", "download": "", "dist-upgrade": "",
    "upgrade": "upgrade --with-new-pkgs", "full-upgrade": "dist-upgrade",
    "autopurge": "autoremove --purge", "reinstall": "install --reinstall",
}  # fmt: skip
_VALUED = frozenset(
    ["-t", "--target-release", "--default-release", "-o", "--option", "-c", "--config-file", "-a"]
)
_AS_APT_CACHE = frozenset({"policy", "madison", "depends", "rdepends"})


def _name(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    word = found[1].words[0] if found else None
    if found is None or word is None or not is_exact(dockerfile, word):
        return None
    verb = verb_of(found[1], _AS_APT_GET.keys() | _AS_APT_CACHE)
    if (
        verb is None
        or not is_exact(dockerfile, verb)
        or verb is not next(found[1].operands(_VALUED))
    ):
        return None
    text = verb.literal or ""
    name = "cache" if text in _AS_APT_CACHE else "get"
    edits = [Edit(word.end, word.end, f"-{name}")]
    if _AS_APT_GET.get(text):
        edits.append(Edit(verb.start, verb.end, _AS_APT_GET[text]))
    return Fix(Safety.SAFE, f"write `apt-{name}` for `apt`", tuple(edits), fixer="apt-get")


APT_GET = Fixer(
    id="apt-get",
    title="Write apt-get where a build says apt",
    rules=("apt-for-people",),
    safety=Safety.SAFE,
    writes=(
        "`apt-get` for `apt` where the same subcommand does the same there: install, update, "
        "remove, purge, autoremove, clean, autoclean, source, build-dep, download. `apt upgrade` "
        "becomes `apt-get upgrade --with-new-pkgs` and `apt full-upgrade` becomes "
        "`apt-get dist-upgrade`, which are what they do; policy, madison, depends and rdepends go "
        "to `apt-cache`. `apt list`, `search` and `show` stay: the others print something else."
    ),
    breaks=(
        "Nothing that is installed. `apt-get` keeps downloaded archives in /var/cache/apt, which "
        "`apt` deletes, unless the image is told to delete them, as Debian's and Ubuntu's are."
    ),
    on={Dockerfile: _name},
    examples=(
        Example(
            "FROM debian:12.5\nRUN apt update && /usr/bin/apt -y full-upgrade && apt purge -y x\n",
            "FROM debian:12.5\n"
            "RUN apt-get update && /usr/bin/apt-get -y dist-upgrade && apt-get purge -y x\n",
        ),
    ),
    keeps=(
        "FROM debian:12.5\nRUN apt list --installed > /packages\n",
        "FROM debian:12.5\nRUN apt $ACTION nginx\n",
        "FROM debian:12.5\nRUN apt --version\n",
    ),
)

FIXERS = (LISTS_FIXER, RECOMMENDS, APT_GET)
